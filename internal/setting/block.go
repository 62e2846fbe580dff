package setting

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/internal/diag"
)

// A Block is a block of a settings file, or all that is outside of blocks.
type Block struct {
	What   string // in sentences, "A log block"
	Prefix string // before the names of its settings in messages, "log."
	Body   *hclsyntax.Body
	Header hcl.Range
	// Skip reports whether a setting comes from somewhere else, so that its value here does not matter; nil for none.
	Skip func(name string) bool
	// Hint returns a sentence about an attribute that is not near any that there is, with a space before it; nil for none.
	Hint func(name string) string
}

// A Place is where a block has an attribute.
type Place struct {
	Name, Value hcl.Range
	Faulty      bool // the value could not be taken
	Secret      bool // the value is a secret, or may be one
}

// Read reads the attributes of a block into structs. It returns where they are, and all that is wrong with each by itself:
// what is wrong with them together is for Check. A setting with an error keeps its value.
func (b *Block) Read(structs ...any) (map[string]Place, hcl.Diagnostics) {
	fields := Fields(structs...)
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	places := map[string]Place{}
	var diags hcl.Diagnostics
	report := func(code string, rng hcl.Range, format string, args ...any) {
		diags = append(diags, diag.New(code, rng, format, args...))
	}
	for _, a := range b.Body.Attributes {
		i := slices.Index(names, a.Name)
		if i < 0 {
			hint := diag.DidYouMean(a.Name, names)
			if hint == "" && b.Hint != nil {
				hint = b.Hint(a.Name)
			}
			report(diag.UnknownAttribute, a.NameRange, "%s has no setting %q.%s", b.What, a.Name, hint)
			continue
		}
		p := Place{Name: a.NameRange, Value: a.Expr.Range()}
		if b.Skip == nil || !b.Skip(a.Name) {
			fields[i].read(a.Expr, func(rng hcl.Range, err error) {
				p.Faulty = true
				report(diag.BadValue, rng, "%s%s: %v.", b.Prefix, a.Name, err)
			})
			if !p.Faulty && fields[i].path {
				if err := fields[i].resolve(filepath.Dir(a.NameRange.Filename)); err != nil {
					p.Faulty = true
					report(diag.BadValue, p.Value, "%s%s: %v.", b.Prefix, a.Name, err)
				}
			}
		}
		t := fields[i].value.Type()
		p.Secret = isSecret(t) || p.Faulty && t == reflect.TypeFor[EnvName]()
		places[a.Name] = p
	}
	for _, inner := range b.Body.Blocks {
		hint := diag.DidYouMean(inner.Type, names)
		if slices.Contains(names, inner.Type) {
			hint = fmt.Sprintf(" Write it as an attribute: %s = ….", inner.Type)
		}
		report(diag.UnknownBlock, inner.TypeRange, "%s has no block %q.%s", b.What, inner.Type, hint)
	}
	for _, f := range fields {
		if _, ok := places[f.Name]; !ok && f.Required && !f.hasDefault() {
			report(diag.MissingAttribute, b.Header, "%s needs the setting %q.", b.What, f.Name)
		}
	}
	return places, diags
}

// read sets the value from an expression. It reports each error with its place, and leaves the value alone then.
func (f Field) read(e hclsyntax.Expression, report func(hcl.Range, error)) {
	good := true
	wrong := func(rng hcl.Range, err error) {
		good = false
		report(rng, err)
	}
	whole := e.Range()
	v, diags := e.Value(nil)
	if diags.HasErrors() {
		wrong(whole, fmt.Errorf("a setting is a constant: %s", diags[0].Detail))
		return
	}
	one := func(to reflect.Value, v cty.Value, rng hcl.Range) {
		word, err := word(v)
		if err == nil {
			err = f.parse(to, word)
		}
		if err != nil {
			wrong(rng, err)
		}
	}
	to := reflect.New(f.value.Type()).Elem()
	t := v.Type()
	switch {
	case v.IsNull() || !v.IsWhollyKnown():
		wrong(whole, errors.New("it needs a value"))
	case f.isMap() && (t.IsObjectType() || t.IsMapType()):
		to.Set(reflect.MakeMap(to.Type()))
		for k, x := range v.AsValueMap() {
			entry := reflect.New(to.Type().Elem()).Elem()
			one(entry, x, whole)
			to.SetMapIndex(reflect.ValueOf(k), entry)
		}
	case f.isMap():
		wrong(whole, errors.New("it needs texts by name, as { X-Name = \"…\" }"))
	case f.isList() && (t.IsTupleType() || t.IsListType() || t.IsSetType()):
		entries, _ := e.(*hclsyntax.TupleConsExpr)
		to.Set(reflect.MakeSlice(to.Type(), v.LengthInt(), v.LengthInt()))
		for i, x := range v.AsValueSlice() {
			rng := whole
			if entries != nil {
				rng = entries.Exprs[i].Range()
			}
			one(to.Index(i), x, rng)
		}
		if err := f.checkLength(to); err != nil {
			wrong(whole, err)
		}
	case f.isList():
		wrong(whole, fmt.Errorf("it needs a %s in brackets, as [%s]", f.Type(), example(to.Type().Elem())))
	default:
		one(to, v, whole)
	}
	if good {
		f.value.Set(to)
	}
}

// example returns a value of a type, for messages.
func example(t reflect.Type) string {
	switch typeName(t) {
	case "network":
		return `"10.0.0.0/8"`
	case "number":
		return "22, 2222"
	}
	return `"…"`
}

// word returns a constant as text: numbers and truth values may stand with or without quotes.
func word(v cty.Value) (string, error) {
	if !v.IsNull() {
		switch v.Type() {
		case cty.String:
			return v.AsString(), nil
		case cty.Bool:
			if v.True() {
				return "true", nil
			}
			return "false", nil
		case cty.Number:
			n := v.AsBigFloat()
			if n.IsInt() && n.MantExp(nil) < 256 {
				return n.Text('f', 0), nil
			}
			return n.Text('g', 17), nil
		}
	}
	return "", errors.New("it needs one value, not several and not null")
}
