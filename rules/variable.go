package rules

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// EnvPrefix begins the names of environment variables that set variables of rule files.
const EnvPrefix = "RULEIDS_VAR_"

// goValue turns a value of HCL into an int64, a float64, a string, a bool, or a []any of these.
func goValue(v cty.Value) (any, bool) {
	if v.IsNull() || !v.IsWhollyKnown() {
		return nil, false
	}
	t := v.Type()
	switch {
	case t == cty.String:
		return v.AsString(), true
	case t == cty.Bool:
		return v.True(), true
	case t == cty.Number:
		f := v.AsBigFloat()
		if i, acc := f.Int64(); acc == big.Exact {
			return i, true
		}
		x, _ := f.Float64()
		return x, true
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		out := make([]any, 0, v.LengthInt())
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			x, ok := goValue(e)
			if _, nested := x.([]any); !ok || nested {
				return nil, false
			}
			out = append(out, x)
		}
		return out, true
	}
	return nil, false
}

// ctyValue is the inverse of goValue.
func ctyValue(v any) cty.Value {
	switch v := v.(type) {
	case int64:
		return cty.NumberIntVal(v)
	case float64:
		return cty.NumberFloatVal(v)
	case bool:
		return cty.BoolVal(v)
	case string:
		return cty.StringVal(v)
	case []any:
		if len(v) == 0 {
			return cty.EmptyTupleVal
		}
		items := make([]cty.Value, len(v))
		for i, x := range v {
			items[i] = ctyValue(x)
		}
		return cty.TupleVal(items)
	}
	return cty.DynamicVal
}

// typeWord names the type of a variable's value.
func typeWord(v any) string {
	switch v.(type) {
	case int64, float64:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	}
	return "a text"
}

// fits converts a value to the type of like; a list takes a single value as its only entry.
func fits(v, like any) (any, bool) {
	switch like.(type) {
	case nil:
		return v, true
	case int64, float64:
		switch v.(type) {
		case int64, float64:
			return v, true
		}
	case string:
		_, ok := v.(string)
		return v, ok
	case bool:
		_, ok := v.(bool)
		return v, ok
	case []any:
		if _, ok := v.([]any); ok {
			return v, true
		}
		return []any{v}, true
	}
	return nil, false
}

// fromText reads a value given as text, by the type of like: lists are separated by commas, or
// written in brackets as in a rule file.
func fromText(s string, like any) (any, bool) {
	switch like := like.(type) {
	case int64, float64:
		return numberFromText(s)
	case bool:
		switch s {
		case "true":
			return true, true
		case "false":
			return false, true
		}
		return nil, false
	case []any:
		if t := strings.TrimSpace(s); strings.HasPrefix(t, "[") {
			if diag.TooDeep([]byte(t), "") != nil {
				return nil, false
			}
			e, diags := hclsyntax.ParseExpression([]byte(t), "", hcl.InitialPos)
			if diags.HasErrors() {
				return nil, false
			}
			v, diags := e.Value(nil)
			if diags.HasErrors() {
				return nil, false
			}
			x, ok := goValue(v)
			_, isList := x.([]any)
			return x, ok && isList
		}
		out := []any{}
		for _, part := range strings.Split(s, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			if len(like) > 0 {
				if _, isText := like[0].(string); isText {
					out = append(out, part)
					continue
				}
			}
			if n, ok := numberFromText(part); ok {
				out = append(out, n)
			} else {
				out = append(out, part)
			}
		}
		return out, true
	case nil: // no default to say the type
		if n, ok := numberFromText(s); ok {
			return n, true
		}
		if s == "true" || s == "false" {
			return s == "true", true
		}
	}
	return s, true
}

func numberFromText(s string) (any, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != f || f > 1e308 || f < -1e308 {
		return nil, false
	}
	return f, true
}

// loadVariable checks a variable block and settles its value.
func (l *loader) loadVariable(b *block) {
	v := &ast.Variable{Name: b.name, Description: l.stringAttr(b, "description"), Shipped: b.file.shipped, Range: b.header(), From: "default"}
	l.define(b, func(s *check.Symbols) { s.Vars[b.name] = v })
	l.known(b, []string{"description", "default"}, nil)
	if a := b.attrs["default"]; a != nil {
		x, ok := l.constant(a.Expr, "The default of a variable is a constant.")
		if !ok {
			// Other values would have no type to be checked against.
			return
		}
		v.Value = x
	}
	like := v.Value
	if b.shipped() && l.shadowed[shadow{"variable", b.name}] {
		return // values that are given are for the one of the user
	}
	if found, ok := l.opt.Found[b.name]; ok {
		items := make([]any, len(found))
		for i, s := range found {
			items[i] = s
		}
		v.Value, v.From = items, "this host"
	}
	if s, ok := l.settings[b.name]; ok {
		if x, ok := fits(s.value, like); ok {
			v.Value, v.From = x, s.rng.Filename
		} else {
			l.report(diag.BadVariable, s.rng, "The variable %q needs %s, as its default in %s.", b.name, typeWord(like), v.Range.Filename)
		}
	}
	if l.opt.LookupEnv != nil {
		if s, ok := l.opt.LookupEnv(EnvPrefix + b.name); ok {
			l.setText(v, s, like, "environment", "The environment variable "+EnvPrefix+b.name)
		}
	}
	if s, ok := l.opt.Set[b.name]; ok {
		l.setText(v, s, like, "--set", "--set "+b.name)
	}
	if v.Value == nil {
		l.report(diag.MissingAttribute, b.header(), "The variable %q has no default and no value. Add a default, or give it with --set %s=….", b.name, b.name)
	}
}

func (l *loader) setText(v *ast.Variable, s string, like any, from, what string) {
	x, ok := fromText(s, like)
	if !ok {
		d := diag.New(diag.BadVariable, v.Range, "%s is %q, and the variable needs %s, as its default.", what, s, typeWord(like))
		l.diags = append(l.diags, d)
		return
	}
	v.Value, v.From = x, from
}

// A givenValue is a value of the settings file's vars block.
type givenValue struct {
	value any
	rng   hcl.Range
	name  hcl.Range
}

// loadSettings reads the vars block of the settings file; other blocks are not looked at.
func (l *loader) loadSettings() {
	l.settings = map[string]givenValue{}
	if l.opt.Settings == "" {
		return
	}
	f := l.parsePath(l.opt.Settings, false)
	if f == nil {
		return
	}
	l.settingsFile = f
	for _, b := range f.body.Blocks {
		if b.Type != "vars" {
			continue
		}
		for name, a := range b.Body.Attributes {
			if x, ok := l.constant(a.Expr, "A value in the settings is a constant."); ok {
				l.settings[name] = givenValue{x, a.Expr.Range(), a.NameRange}
			}
		}
	}
}

// unknownSettings reports values for variables that no file declares.
func (l *loader) unknownSettings() {
	names := slices.Sorted(maps.Keys(l.sym.Vars))
	for _, name := range slices.Sorted(maps.Keys(l.settings)) {
		if l.sym.Vars[name] == nil {
			l.report(diag.UnknownVariable, l.settings[name].name, "There is no variable %q.%s", name, l.sym.Hint("variable", name, names))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.opt.Set)) {
		if l.sym.Vars[name] == nil {
			d := diag.New(diag.UnknownVariable, hcl.Range{}, "--set %s: there is no variable %q.%s", name, name, l.sym.Hint("variable", name, names))
			d.Subject = nil
			l.diags = append(l.diags, d)
		}
	}
}

// constant evaluates an expression without variables.
func (l *loader) constant(e hclsyntax.Expression, rule string) (any, bool) {
	if vars := e.Variables(); len(vars) > 0 {
		l.report(diag.BadValue, vars[0].SourceRange(), "%s It cannot use other values.", rule)
		return nil, false
	}
	return l.eval(e)
}

// eval evaluates the value of an attribute, in which var.x may stand.
func (l *loader) eval(e hclsyntax.Expression) (any, bool) {
	if x, ok := literalValue(e); ok {
		return x, true
	}
	var ctx *hcl.EvalContext
	if vars := e.Variables(); len(vars) > 0 {
		values := map[string]cty.Value{}
		ok := true
		for _, t := range vars {
			rng := t.SourceRange()
			if t.RootName() != "var" || len(t) != 2 {
				ok = false
				if t.RootName() == "list" {
					l.report(diag.BadValue, rng, "A list is used in conditions only, as in where = \"ip.src in list.x\".")
					continue
				}
				l.report(diag.BadValue, rng, "Only variables can stand here, as var.name. Texts are written in quotes: \"%s\".", traversalText(t))
				continue
			}
			name, isAttr := t[1].(hcl.TraverseAttr)
			if !isAttr {
				ok = false
				l.report(diag.BadValue, rng, "A variable is written var.name.")
				continue
			}
			sym := l.view(rng.Filename)
			v := sym.Vars[name.Name]
			if v == nil {
				ok = false
				l.report(diag.UnknownVariable, rng, "There is no variable %q.%s", name.Name, sym.Hint("variable", name.Name, slices.Sorted(maps.Keys(sym.Vars))))
				continue
			}
			sym.Use(&v.Used)
			if v.Value == nil {
				ok = false
				continue
			}
			values[name.Name] = ctyValue(v.Value)
		}
		if !ok {
			return nil, false
		}
		ctx = &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(values)}}
	}
	v, diags := e.Value(ctx)
	if diags.HasErrors() {
		for _, d := range diags {
			rng := e.Range()
			if d.Subject != nil {
				rng = *d.Subject
			}
			l.report(diag.BadValue, rng, "%s", d.Detail)
		}
		return nil, false
	}
	x, ok := goValue(v)
	if !ok && v.IsWhollyKnown() { // else it stands for what HCL could not parse
		l.report(diag.BadValue, e.Range(), "A text, a number, true or false, or a list of these is needed.")
	}
	return x, ok
}

// literalValue returns the value of an expression that is no more than one, as most are; evaluating it
// by hclsyntax comes to the same by a longer way.
func literalValue(e hclsyntax.Expression) (any, bool) {
	t, isText := e.(*hclsyntax.TemplateExpr)
	if isText {
		if len(t.Parts) != 1 {
			return nil, false
		}
		e = t.Parts[0]
	}
	lit, ok := e.(*hclsyntax.LiteralValueExpr)
	if !ok || isText && lit.Val.Type() != cty.String {
		return nil, false
	}
	return goValue(lit.Val)
}

func traversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, s := range t {
		switch s := s.(type) {
		case hcl.TraverseRoot:
			b.WriteString(s.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + s.Name)
		default:
			fmt.Fprint(&b, "[…]")
		}
	}
	return b.String()
}
