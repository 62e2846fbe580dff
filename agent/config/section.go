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

	"github.com/ruleids/ruleids/internal/diag"
)

// A Section is a labelled block whose settings the package declares that it is for: `output "kind" "name"`.
type Section[C any] struct {
	Kind, Name string // one of them is "" where the block has one label
	Config     C
	Range      hcl.Range // of the block's header

	parts []any             // pointers to the structs with hcl tags that have the settings
	from  map[string]string // by attribute that the block sets: where
}

// id is how `config show` names the section.
func (s *Section[C]) id(block string) string {
	parts := []string{block}
	for _, p := range []string{s.Kind, s.Name} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ".")
}

// A fault is what is wrong with one setting of a section.
type fault struct {
	setting string // "" for the section as a whole
	detail  string
}

// faults makes those of a package's own problems.
func faults[P any](ps []P, of func(P) (setting, detail string)) []fault {
	out := make([]fault, len(ps))
	for i, p := range ps {
		out[i].setting, out[i].detail = of(p)
	}
	return out
}

// section reads the settings of a block into parts, pointers to structs with hcl tags, which have the defaults. what
// names the block in messages. check is asked once all is read; resolve makes paths relative to the folder of the file.
// It returns where each attribute is, nil where they could not be read.
func (l *loader) section(b *hclsyntax.Block, what string, parts []any, check func() []fault, resolve func(dir string)) map[string]string {
	known := settingsOf(parts)
	from := map[string]string{}
	good := true
	for _, a := range inOrder(b.Body.Attributes) {
		if !slices.Contains(known, a.Name) {
			good = false
			l.report(diag.UnknownAttribute, a.NameRange, "%s has no setting %q.%s", upperFirst(what), a.Name, diag.DidYouMean(a.Name, known))
		}
		from[a.Name] = fmt.Sprintf("%s:%d", a.NameRange.Filename, a.NameRange.Start.Line)
	}
	for _, inner := range b.Body.Blocks {
		good = false
		hint := diag.DidYouMean(inner.Type, known)
		if slices.Contains(known, inner.Type) {
			hint = fmt.Sprintf(" Write it as an attribute: %s = ….", inner.Type)
		}
		l.report(diag.UnknownBlock, inner.TypeRange, "%s has no block %q.%s", upperFirst(what), inner.Type, hint)
	}
	if !good {
		return nil
	}
	for _, d := range decode(b.Body, parts) {
		good = false
		code, rng := diag.BadValue, b.DefRange()
		if d.Subject != nil {
			rng = *d.Subject
		}
		if d.Summary == "Missing required argument" {
			code = diag.MissingAttribute
		}
		l.report(code, rng, "%s", d.Detail)
	}
	if !good {
		return nil
	}
	for _, f := range check() {
		rng := b.DefRange()
		if a := b.Body.Attributes[f.setting]; a != nil {
			rng = a.Expr.Range()
		}
		l.report(diag.BadValue, rng, "%s", f.detail)
	}
	resolve(filepath.Dir(b.TypeRange.Filename))
	return from
}

// labels checks that a block has as many labels as it needs. example is one of its kind.
func (l *loader) labels(b *hclsyntax.Block, n int, example string) bool {
	if len(b.Labels) == n {
		return true
	}
	l.report(diag.BadName, b.TypeRange, "Write %s block as %s.", an(b.Type), example)
	return false
}

// noKind reports that there is no kind of block of that name.
func (l *loader) noKind(b *hclsyntax.Block, kinds []string) {
	kind := b.Labels[0]
	l.report(diag.BadName, b.LabelRanges[0], "There is no kind of %s %q; the kinds are %s.%s", b.Type, kind, strings.Join(kinds, ", "), diag.DidYouMean(kind, kinds))
}

// twice reports that a name is there already. at is the place of the label.
func (l *loader) twice(b *hclsyntax.Block, at int, first hcl.Range) {
	l.report(diag.DuplicateName, b.LabelRanges[at], "The %s %q is already there in line %d. Give one of them another name.", b.Type, b.Labels[at], first.Start.Line)
}

// decode reads the attributes of a body into the parts that have settings of their names.
func decode(body *hclsyntax.Body, parts []any) (diags hcl.Diagnostics) {
	for _, p := range parts {
		mine := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: body.SrcRange, EndRange: body.EndRange}
		for _, name := range settingsOf([]any{p}) {
			if a := body.Attributes[name]; a != nil {
				mine.Attributes[name] = a
			}
		}
		diags = append(diags, gohcl.DecodeBody(mine, nil, p)...)
	}
	return diags
}

// settingsOf returns the names of the settings of a section, in the order of its documentation.
func settingsOf(parts []any) []string {
	var out []string
	for _, p := range parts {
		schema, _ := gohcl.ImpliedBodySchema(p)
		for _, a := range schema.Attributes {
			out = append(out, a.Name)
		}
	}
	return out
}

// values returns the settings of a section as a settings file has them.
func values(parts []any) map[string]string {
	f := hclwrite.NewEmptyFile()
	for _, p := range parts {
		gohcl.EncodeIntoBody(p, f.Body())
	}
	out := map[string]string{}
	for name, a := range f.Body().Attributes() {
		out[name] = strings.TrimSpace(string(a.Expr().BuildTokens(nil).Bytes()))
		if out[name] == "null" { // a list without entries
			out[name] = "[]"
		}
	}
	return out
}

// sameSections reports whether two configurations have the same sections with the same settings.
func sameSections[C any](a, b []Section[C]) bool {
	return slices.EqualFunc(a, b, func(x, y Section[C]) bool {
		if x.Kind != y.Kind || x.Name != y.Name {
			return false
		}
		vx, vy := values(x.parts), values(y.parts)
		for name, v := range vx {
			if vy[name] != v {
				return false
			}
		}
		return true
	})
}

// show lists the settings of sections, in the order of the file.
func show[C any](block string, sections []Section[C]) []Shown {
	var out []Shown
	for _, s := range sections {
		v := values(s.parts)
		for _, name := range settingsOf(s.parts) {
			from := s.from[name]
			if from == "" {
				from = "default"
			}
			out = append(out, Shown{s.id(block) + "." + name, v[name], from})
		}
	}
	return out
}

func an(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
