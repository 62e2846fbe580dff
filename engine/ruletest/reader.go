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

func (r *reader) report(code string, rng hcl.Range, format string, args ...any) {
	r.diags = append(r.diags, diag.New(code, rng, format, args...))
}

// constants reports what HCL says of an expression of constants. It returns whether that has a value.
func (r *reader) constants(diags hcl.Diagnostics) bool {
	r.diags = append(r.diags, withCode(diags)...)
	return !diags.HasErrors()
}

// withCode gives what HCL says of the value of an expression a code, and a place.
func withCode(diags hcl.Diagnostics) hcl.Diagnostics {
	out := make(hcl.Diagnostics, len(diags))
	for i, d := range diags {
		var rng hcl.Range
		if d.Subject != nil {
			rng = *d.Subject
		}
		out[i] = diag.New(diag.BadValue, rng, "%s", d.Detail)
	}
	return out
}

// errors returns how many diagnostics there are so far.
func (r *reader) errors() int { return len(r.diags) }

// A block is a body that is being read. What was not asked for when finish is called is unknown.
type block struct {
	r     *reader
	body  *hclsyntax.Body
	what  string // "A test block"
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

// finish reports the attributes and blocks that were not asked for.
func (b *block) finish() {
	b.r.diags = append(b.r.diags, diag.Unknown(b.what, b.body, b.attrs, b.types)...)
}

// label returns a block's one label. A second one, or none, is an error.
func (r *reader) label(b *hclsyntax.Block, what, means string) string {
	if len(b.Labels) != 1 {
		at := b.TypeRange
		if len(b.Labels) > 1 {
			at = b.LabelRanges[1]
		}
		r.report(diag.BadName, at, "The name of %s block is one text in quotes, %s.", what, means)
		return ""
	}
	if strings.TrimSpace(b.Labels[0]) == "" {
		r.report(diag.BadName, b.LabelRanges[0], "The name of %s block says %s; it cannot be empty.", what, means)
	}
	return b.Labels[0]
}

// constant evaluates an attribute that does not depend on the packet. ok is false after an error.
func (r *reader) constant(a *hclsyntax.Attribute, t cty.Type) (v cty.Value, ok bool) {
	v, diags := a.Expr.Value(&hcl.EvalContext{Functions: functions})
	if !r.constants(diags) {
		return v, false
	}
	v, err := convert.Convert(v, t)
	if err != nil || v.IsNull() || !v.IsWhollyKnown() {
		r.report(diag.BadValue, a.Expr.Range(), "%s must be a %s.", a.Name, t.FriendlyName())
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
		r.report(diag.BadValue, a.Expr.Range(), "%s cannot be empty.", a.Name)
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
		r.report(diag.BadValue, a.Expr.Range(), "%s must be a whole number from %d to %d.", a.Name, lo, hi)
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
		r.report(diag.BadValue, a.Expr.Range(), "%s: %v.", a.Name, err)
	}
	return d
}

// entries evaluates an attribute that is an object, entry by entry.
func (r *reader) entries(a *hclsyntax.Attribute, example string, each func(name string, nameAt hcl.Range, v cty.Value, valueAt hcl.Range)) {
	obj, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		r.report(diag.BadValue, a.Expr.Range(), "%s must be an object, as %s.", a.Name, example)
		return
	}
	seen := make(map[string]bool)
	for _, item := range obj.Items {
		name, diags := item.KeyExpr.Value(nil)
		if !r.constants(diags) {
			continue
		}
		s, err := convert.Convert(name, cty.String)
		if err != nil || s.IsNull() {
			r.report(diag.BadValue, item.KeyExpr.Range(), "A name in %s must be text.", a.Name)
			continue
		}
		v, diags := item.ValueExpr.Value(&hcl.EvalContext{Functions: functions})
		if !r.constants(diags) {
			continue
		}
		if v.IsNull() {
			r.report(diag.BadValue, item.ValueExpr.Range(), "%q cannot be null.", s.AsString())
			continue
		}
		if seen[s.AsString()] {
			r.report(diag.DuplicateName, item.KeyExpr.Range(), "%s has %q twice.", a.Name, s.AsString())
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
			r.report(diag.BadValue, valueAt, "The value of %q must be text, a number, a boolean or a list.", name)
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
			r.report(diag.BadValue, valueAt, "The value of %q must be text, a number or a boolean.", name)
			return
		}
		out = append(out, keyValue{name, s.AsString(), nameAt})
	})
	slices.SortFunc(out, func(x, y keyValue) int { return strings.Compare(x.name, y.name) })
	return out
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
