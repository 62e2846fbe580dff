package ruletest

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
)

// maxCount bounds the numbers of packets and alerts that a test can name.
const maxCount = 100_000_000

// A reader turns the syntax tree of a test file into tests and gathers what is wrong with it.
type reader struct {
	dir   string // of the file
	diags hcl.Diagnostics
}

func (r *reader) fail(rng hcl.Range, summary, detail string, args ...any) {
	r.diags = append(r.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  summary,
		Detail:   fmt.Sprintf(detail, args...),
		Subject:  &rng,
	})
}

// errors returns how many diagnostics there are so far.
func (r *reader) errors() int { return len(r.diags) }

// A block is a body that is being read. What was not asked for when finish is called is unknown.
type block struct {
	r     *reader
	body  *hclsyntax.Body
	what  string // "a test block"
	attrs []string
	types []string
}

func (r *reader) enter(body *hclsyntax.Body, what string) *block {
	return &block{r: r, body: body, what: what}
}

// attr returns the attribute of a name, or nil.
func (b *block) attr(name string) *hclsyntax.Attribute {
	b.attrs = append(b.attrs, name)
	return b.body.Attributes[name]
}

// blocks returns the blocks of a type in the order of the file.
func (b *block) blocks(typ string) []*hclsyntax.Block {
	b.types = append(b.types, typ)
	var out []*hclsyntax.Block
	for _, x := range b.body.Blocks {
		if x.Type == typ {
			out = append(out, x)
		}
	}
	return out
}

// finish reports the attributes and blocks that nobody asked for.
func (b *block) finish() {
	for _, a := range sortedAttributes(b.body) {
		switch {
		case slices.Contains(b.attrs, a.Name):
		case slices.Contains(b.types, a.Name):
			b.r.fail(a.NameRange, "Block expected", "%s is a block: write %s { … } without the equals sign.", a.Name, a.Name)
		default:
			b.r.fail(a.NameRange, "Unknown attribute", "There is no %q in %s.%s", a.Name, b.what, knownNames(a.Name, b.attrs))
		}
	}
	for _, x := range b.body.Blocks {
		switch {
		case slices.Contains(b.types, x.Type):
		case slices.Contains(b.attrs, x.Type):
			b.r.fail(x.TypeRange, "Attribute expected", "%s is an attribute: write %s = ….", x.Type, x.Type)
		default:
			b.r.fail(x.TypeRange, "Unknown block", "There is no %q block in %s.%s", x.Type, b.what, knownNames(x.Type, b.types))
		}
	}
}

// sortedAttributes returns a body's attributes in the order of the file.
func sortedAttributes(body *hclsyntax.Body) []*hclsyntax.Attribute {
	out := make([]*hclsyntax.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		out = append(out, a)
	}
	slices.SortFunc(out, func(x, y *hclsyntax.Attribute) int { return x.NameRange.Start.Byte - y.NameRange.Start.Byte })
	return out
}

// label returns a block's one label. A second one, or none, is an error.
func (r *reader) label(b *hclsyntax.Block, what, means string) string {
	if len(b.Labels) != 1 {
		at := b.TypeRange
		if len(b.Labels) > 1 {
			at = b.LabelRanges[1]
		}
		r.fail(at, "Invalid name", "The name of %s block is one text in quotes, %s.", what, means)
		return ""
	}
	if strings.TrimSpace(b.Labels[0]) == "" {
		r.fail(b.LabelRanges[0], "Invalid name", "The name of %s block says %s; it cannot be empty.", what, means)
	}
	return b.Labels[0]
}

// constant evaluates an attribute that does not depend on the packet. ok is false after an error.
func (r *reader) constant(a *hclsyntax.Attribute, t cty.Type) (v cty.Value, ok bool) {
	v, diags := a.Expr.Value(&hcl.EvalContext{Functions: functions})
	if diags.HasErrors() {
		r.diags = append(r.diags, diags...)
		return v, false
	}
	v, err := convert.Convert(v, t)
	if err != nil || v.IsNull() || !v.IsWhollyKnown() {
		r.fail(a.Expr.Range(), "Invalid value", "%s must be a %s.", a.Name, t.FriendlyName())
		return v, false
	}
	return v, true
}

// text returns the value of a string attribute that cannot be empty; "" after an error.
func (r *reader) text(a *hclsyntax.Attribute) string {
	v, ok := r.constant(a, cty.String)
	if !ok {
		return ""
	}
	if v.AsString() == "" {
		r.fail(a.Expr.Range(), "Invalid value", "%s cannot be empty.", a.Name)
	}
	return v.AsString()
}

func (r *reader) boolean(a *hclsyntax.Attribute) bool {
	v, ok := r.constant(a, cty.Bool)
	return ok && v.True()
}

// integer returns the value of an attribute that is a whole number from lo to hi; lo after an error.
func (r *reader) integer(a *hclsyntax.Attribute, lo, hi int64) int64 {
	v, ok := r.constant(a, cty.Number)
	if !ok {
		return lo
	}
	n, acc := v.AsBigFloat().Int64()
	if acc != big.Exact || n < lo || n > hi {
		r.fail(a.Expr.Range(), "Invalid value", "%s must be a whole number from %d to %d.", a.Name, lo, hi)
		return lo
	}
	return n
}

// duration returns the value of an attribute like "1.4s"; 0 after an error.
func (r *reader) duration(a *hclsyntax.Attribute) time.Duration {
	v, ok := r.constant(a, cty.String)
	if !ok {
		return 0
	}
	d, err := setting.ParseDuration(v.AsString())
	if err != nil {
		r.fail(a.Expr.Range(), "Invalid value", "%s: %v.", a.Name, err)
	}
	return d
}

// entries evaluates an attribute that is an object, entry by entry.
func (r *reader) entries(a *hclsyntax.Attribute, example string, each func(name string, nameAt hcl.Range, v cty.Value, valueAt hcl.Range)) {
	obj, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		r.fail(a.Expr.Range(), "Invalid value", "%s must be an object, as %s.", a.Name, example)
		return
	}
	seen := make(map[string]bool)
	for _, item := range obj.Items {
		name, diags := item.KeyExpr.Value(nil)
		r.diags = append(r.diags, diags...)
		if diags.HasErrors() {
			continue
		}
		s, err := convert.Convert(name, cty.String)
		if err != nil || s.IsNull() {
			r.fail(item.KeyExpr.Range(), "Invalid value", "A name in %s must be text.", a.Name)
			continue
		}
		v, diags := item.ValueExpr.Value(&hcl.EvalContext{Functions: functions})
		r.diags = append(r.diags, diags...)
		if diags.HasErrors() {
			continue
		}
		if v.IsNull() {
			r.fail(item.ValueExpr.Range(), "Invalid value", "%q cannot be null.", s.AsString())
			continue
		}
		if seen[s.AsString()] {
			r.fail(item.KeyExpr.Range(), "Duplicate name", "%s has %q twice.", a.Name, s.AsString())
			continue
		}
		seen[s.AsString()] = true
		each(s.AsString(), item.KeyExpr.Range(), v, item.ValueExpr.Range())
	}
}

// settings reads set. Text stays as it is, everything else is written as JSON, which is HCL too: the
// form that --set takes.
func (r *reader) settings(a *hclsyntax.Attribute) map[string]assignment {
	out := make(map[string]assignment)
	r.entries(a, "{ port_scan_ports = 15 }", func(name string, nameAt hcl.Range, v cty.Value, valueAt hcl.Range) {
		if v.Type() == cty.String {
			out[name] = assignment{v.AsString(), nameAt, valueAt}
			return
		}
		text, err := ctyjson.Marshal(v, v.Type())
		if err != nil {
			r.fail(valueAt, "Invalid value", "The value of %q must be text, a number, a boolean or a list.", name)
			return
		}
		out[name] = assignment{string(text), nameAt, valueAt}
	})
	return out
}

// key reads the key of an alert block, sorted by name.
func (r *reader) key(a *hclsyntax.Attribute) []keyValue {
	var out []keyValue
	r.entries(a, `{ "ip.src" = "198.51.100.7" }`, func(name string, nameAt hcl.Range, v cty.Value, valueAt hcl.Range) {
		s, err := convert.Convert(v, cty.String)
		if err != nil {
			r.fail(valueAt, "Invalid value", "The value of %q must be text, a number or a boolean.", name)
			return
		}
		out = append(out, keyValue{name, s.AsString(), nameAt})
	})
	slices.SortFunc(out, func(x, y keyValue) int { return strings.Compare(x.name, y.name) })
	return out
}

// knownNames says which name was meant, or else which names there are.
func knownNames(name string, known []string) string {
	if s := diag.DidYouMean(name, known); s != "" {
		return s
	}
	if len(known) == 0 {
		return ""
	}
	known = slices.Clone(known)
	slices.Sort(known)
	return " It can have " + strings.Join(known, ", ") + "."
}

// wholeNumber returns v as a whole number from 0 to limit.
func wholeNumber(v cty.Value, limit int64) (int64, error) {
	n, err := convert.Convert(v, cty.Number)
	if err != nil || n.IsNull() || !n.IsKnown() {
		return 0, fmt.Errorf("must be a whole number from 0 to %d", limit)
	}
	f := n.AsBigFloat()
	if x, acc := f.Int64(); acc == big.Exact && x >= 0 && x <= limit {
		return x, nil
	}
	if f.IsInt() {
		return 0, fmt.Errorf("must be from 0 to %d; it is %s", limit, f.Text('f', 0))
	}
	return 0, fmt.Errorf("must be a whole number; it is %s", f.Text('g', 6))
}
