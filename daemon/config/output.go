package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/rules"
)

// An Output is a block `output "kind" "name"`.
type Output struct {
	Kind, Name string
	Config     output.Config
	Range      hcl.Range // of the block's header

	from map[string]string // by attribute that the block sets: where
}

// Specs returns the outputs as package output takes them.
func (c *Config) Specs() []output.Spec {
	out := make([]output.Spec, len(c.Outputs))
	for i, o := range c.Outputs {
		out[i] = output.Spec{Name: o.Name, Config: o.Config}
	}
	return out
}

// output reads an output block.
func (l *loader) output(b *hclsyntax.Block) {
	if len(b.Labels) != 2 {
		l.report(rules.CodeBadName, b.TypeRange, "An output block has a kind and a name, as in output \"eve\" \"main\" { … }. The kinds are %s.", strings.Join(output.Kinds(), ", "))
		return
	}
	o := Output{Kind: b.Labels[0], Name: b.Labels[1], Range: b.DefRange(), from: map[string]string{}}
	cfg, err := output.NewConfig(o.Kind)
	if err != nil {
		l.report(rules.CodeBadName, b.LabelRanges[0], "There is no kind of output %q; the kinds are %s.%s", o.Kind, strings.Join(output.Kinds(), ", "), didYouMean(o.Kind, output.Kinds()))
		return
	}
	if i := slices.IndexFunc(l.config.Outputs, func(x Output) bool { return x.Name == o.Name }); i >= 0 {
		l.report(rules.CodeDuplicateName, b.LabelRanges[1], "The output %q is already there in line %d. Give one of them another name.", o.Name, l.config.Outputs[i].Range.Start.Line)
		return
	}
	known := settingsOf(cfg)
	attrs := inOrder(b.Body.Attributes)
	good := true
	for _, a := range attrs {
		if !slices.Contains(known, a.Name) {
			good = false
			l.report(rules.CodeUnknownAttribute, a.NameRange, "An output of kind %q has no setting %q.%s", o.Kind, a.Name, didYouMean(a.Name, known))
		}
		o.from[a.Name] = fmt.Sprintf("%s:%d", a.NameRange.Filename, a.NameRange.Start.Line)
	}
	for _, inner := range b.Body.Blocks {
		good = false
		hint := didYouMean(inner.Type, known)
		if slices.Contains(known, inner.Type) {
			hint = fmt.Sprintf(" Write it as an attribute: %s = ….", inner.Type)
		}
		l.report(rules.CodeUnknownBlock, inner.TypeRange, "An output block has no block %q.%s", inner.Type, hint)
	}
	if !good {
		return
	}
	for _, d := range gohcl.DecodeBody(b.Body, nil, cfg) {
		good = false
		code, rng := rules.CodeBadValue, b.DefRange()
		if d.Subject != nil {
			rng = *d.Subject
		}
		if d.Summary == "Missing required argument" {
			code = rules.CodeMissingAttribute
		}
		l.report(code, rng, "%s", d.Detail)
	}
	if !good {
		return
	}
	for _, p := range cfg.Validate() {
		rng := b.DefRange()
		if a := b.Body.Attributes[p.Setting]; a != nil {
			rng = a.Expr.Range()
		}
		l.report(rules.CodeBadValue, rng, "%s", p.Detail)
	}
	cfg.Resolve(filepath.Dir(b.TypeRange.Filename))
	o.Config = cfg
	l.config.Outputs = append(l.config.Outputs, o)
}

// settingsOf returns the names of the settings of an output, in the order of its documentation.
func settingsOf(cfg output.Config) []string {
	schema, _ := gohcl.ImpliedBodySchema(cfg)
	out := make([]string, len(schema.Attributes))
	for i, a := range schema.Attributes {
		out[i] = a.Name
	}
	return out
}

// values returns the settings of an output as a settings file has them.
func values(cfg output.Config) map[string]string {
	f := hclwrite.NewEmptyFile()
	gohcl.EncodeIntoBody(cfg, f.Body())
	out := map[string]string{}
	for name, a := range f.Body().Attributes() {
		out[name] = strings.TrimSpace(string(a.Expr().BuildTokens(nil).Bytes()))
		if out[name] == "null" { // a list without entries
			out[name] = "[]"
		}
	}
	return out
}

// sameOutputs reports whether two configurations have the same outputs with the same settings.
func sameOutputs(a, b []Output) bool {
	return slices.EqualFunc(a, b, func(x, y Output) bool {
		if x.Kind != y.Kind || x.Name != y.Name {
			return false
		}
		vx, vy := values(x.Config), values(y.Config)
		for name, v := range vx {
			if vy[name] != v {
				return false
			}
		}
		return true
	})
}
