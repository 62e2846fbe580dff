package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/actions/output"
)

// An Output is a block `output "kind" "name"`.
type Output = Section[output.Config]

// OutputSpecs returns the outputs as package output takes them.
func (c *Config) OutputSpecs() []output.Spec {
	out := make([]output.Spec, len(c.Outputs))
	for i, o := range c.Outputs {
		out[i] = output.Spec{Name: o.Name, Config: o.Config}
	}
	return out
}

// output reads an output block.
func (l *loader) output(b *hclsyntax.Block) {
	if !l.labels(b, 2, `output "eve" "main" { … }, with a kind and a name; the kinds are `+strings.Join(output.Kinds(), ", ")) {
		return
	}
	o := Output{Kind: b.Labels[0], Name: b.Labels[1], Range: b.DefRange()}
	cfg, err := output.NewConfig(o.Kind)
	if err != nil {
		l.noKind(b, output.Kinds())
		return
	}
	if i := slices.IndexFunc(l.config.Outputs, func(x Output) bool { return x.Name == o.Name }); i >= 0 {
		l.twice(b, 1, l.config.Outputs[i].Range)
		return
	}
	o.parts = []any{cfg}
	o.from = l.section(b, `an output of kind "`+o.Kind+`"`, o.parts, func() []fault {
		return faults(cfg.Validate(), func(p output.Problem) (string, string) { return p.Setting, p.Detail })
	}, cfg.Resolve)
	if o.from != nil {
		o.Config = cfg
		l.config.Outputs = append(l.config.Outputs, o)
	}
}
