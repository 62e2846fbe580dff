package check

import (
	"fmt"
	"maps"
	"math"
	"slices"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
	"github.com/ruleids/ruleids/rules/lists"
)

// Whole checks a condition that stands by itself. A false that is written in it is reported; one that a
// variable brings is a switch of the site, and is none of our business.
func (c *Checker) Whole(n exprast.Node) ast.Expr {
	c.judgeFalse(n)
	e := c.condition(n)
	c.Dead = ast.IsNever(e)
	return e
}

// judgeFalse reports a false that must hold for n to hold.
func (c *Checker) judgeFalse(n exprast.Node) {
	switch n := n.(type) {
	case *exprast.BoolNode:
		if !n.Value {
			c.Errorf(diag.NeverTrue, c.Token(n), "false never holds, so the condition never does. To turn a rule off write enabled = false.")
		}
	case *exprast.BinaryNode:
		if isLogic(n.Operator) && !isOr(n.Operator) {
			c.judgeFalse(n.Left)
			c.judgeFalse(n.Right)
		}
	}
}

// judge reports a comparison with a constant that always or never holds. It returns true for never.
func (c *Checker) judge(e *ast.CompareExpr, k *ast.ConstExpr) bool {
	switch {
	case k.Value.Kind.IsNumber():
		can := domain.Bounds(e.X)
		lo, hi := can.Lo, can.Hi
		v := k.Value.Number()
		var never, always bool
		switch e.Op {
		case ast.OpEq:
			never = v < lo || v > hi || e.X.Kind() == packet.KindInt && v != math.Trunc(v)
			always = lo == hi && lo == v
		case ast.OpNe:
			always = v < lo || v > hi || e.X.Kind() == packet.KindInt && v != math.Trunc(v)
			never = lo == hi && lo == v
		case ast.OpLt:
			never, always = v <= lo, v > hi
		case ast.OpLe:
			never, always = v < lo, v >= hi
		case ast.OpGt:
			never, always = v >= hi, v < lo
		case ast.OpGe:
			never, always = v > hi, v <= lo
		}
		if f, ok := e.X.(*ast.FieldExpr); ok && f.Field.Name == "ip.version" && v == 5 && (e.Op == ast.OpEq || e.Op == ast.OpNe) {
			never, always = e.Op == ast.OpEq, e.Op == ast.OpNe
		}
		// Infinity is no value: nothing is at an open end.
		if math.IsInf(lo, 0) && math.IsInf(hi, 0) {
			return false
		}
		words := rangeWords(e.X, lo, hi)
		if v >= lo && v <= hi && v != math.Trunc(v) {
			words = ast.Format(e.X) + " is an integer"
		}
		if never {
			c.doubt(k.Rng, "%s, so the comparison never holds.", words)
		} else if always {
			c.always(e.Rng, "%s, so the comparison always holds.", words)
		}
		return never
	case k.Value.Kind.IsText():
		return c.judgeWord(e.X, e.Op, k.Rng, k.Value.Str)
	case k.Value.Kind == packet.KindIP:
		if call, ok := e.X.(*ast.CallExpr); ok && call.Func.ID == ast.FnNetwork {
			bits4, bits6 := call.Bits()
			first := ast.Network(k.Value.Addr, bits4, bits6)
			switch {
			case first == k.Value.Addr:
			case e.Op == ast.OpEq:
				c.doubt(k.Rng, "%s is the first address of a network, and %s is not: write '%s'.", ast.Format(call), k.Value, first)
				return true
			default:
				c.always(e.Rng, "%s is the first address of a network, and %s is not: write '%s'.", ast.Format(call), k.Value, first)
			}
			return false
		}
		f, ok := e.X.(*ast.FieldExpr)
		if ok && f.Field.Layer == packet.LayerARPIPv4 && !k.Value.Addr.Is4() {
			if e.Op == ast.OpEq {
				c.doubt(k.Rng, "%s is always an IPv4 address.", f.Field.Name)
				return true
			}
			c.always(e.Rng, "%s is always an IPv4 address.", f.Field.Name)
		}
	}
	return false
}

// rangeWords says what the values of a number are.
func rangeWords(e ast.Expr, lo, hi float64) string {
	name := ast.Format(e)
	if name == "ip.version" {
		return "ip.version is 4 or 6"
	}
	if math.IsInf(hi, 0) {
		return fmt.Sprintf("%s is never less than %g", name, lo)
	}
	if f, ok := e.(*ast.FieldExpr); ok && f.Field.Max > 1<<53 {
		return fmt.Sprintf("%s is never negative", name)
	}
	return fmt.Sprintf("%s is between %.0f and %.0f", name, lo, hi)
}

// judgeMembers reports elements of a set that a number never has. It returns true where it has none of them.
func (c *Checker) judgeMembers(x ast.Expr, members []member, whole hcl.Range, set *lists.Set) bool {
	can := domain.Bounds(x)
	never := 0
	for _, m := range members {
		if float64(m.r.Hi) < can.Lo || float64(m.r.Lo) > can.Hi {
			never++
			c.doubt(m.rng, "%s", rangeWords(x, can.Lo, can.Hi)+", so this is never met.")
		}
	}
	if len(set.Ints) == 1 && float64(set.Ints[0].Lo) <= can.Lo && float64(set.Ints[0].Hi) >= can.Hi {
		c.always(whole, "%s", rangeWords(x, can.Lo, can.Hi)+", so this always holds.")
	}
	return never == len(members)
}

// judgeWord reports a comparison with a word that a field never has. It returns true for what never holds.
func (c *Checker) judgeWord(x ast.Expr, op ast.Op, rng hcl.Range, word string) bool {
	if c.judgeCase(x, op, rng, word) {
		return op != ast.OpNe
	}
	f, ok := x.(*ast.FieldExpr)
	if !ok {
		return false
	}
	if f.Field.Name == "alert.rule" && c.sym.Rules != nil && (op == ast.OpEq || op == ast.OpNe) && !c.sym.Rules[word] {
		c.Errorf(diag.UnknownRule, rng, "There is no rule %q.%s", word, c.sym.Hint("rule", word, slices.Sorted(maps.Keys(c.sym.Rules))))
		return false
	}
	if f.Field.Name == "model.name" && c.sym.Models != nil && (op == ast.OpEq || op == ast.OpNe) && !c.sym.Models[word] {
		c.Errorf(diag.UnknownName, rng, "There is no model %q.%s", word, c.sym.Hint("model", word, slices.Sorted(maps.Keys(c.sym.Models))))
		return false
	}
	if len(f.Field.Enum) == 0 || slices.Contains(f.Field.Enum, word) {
		return false
	}
	words := ""
	for i, w := range f.Field.Enum {
		if i > 0 {
			words += ", "
		}
		words += fmt.Sprintf("%q", w)
	}
	switch op {
	case ast.OpEq:
		c.doubt(rng, "%s is never %q; it is one of %s.%s", f.Field.Name, word, words, diag.DidYouMean(word, f.Field.Enum))
		return true
	case ast.OpNe:
		c.always(rng, "%s is never %q; it is one of %s.%s", f.Field.Name, word, words, diag.DidYouMean(word, f.Field.Enum))
	}
	return false
}

// judgeCase reports a comparison of lower(s) or upper(s) with a text that has letters of the other case.
func (c *Checker) judgeCase(x ast.Expr, op ast.Op, rng hcl.Range, text string) bool {
	says := c.doubt
	if op == ast.OpNe {
		says = c.always
	}
	call, ok := x.(*ast.CallExpr)
	if ok && call.Func.ID == ast.FnCountry && (op == ast.OpEq || op == ast.OpNe && text != "") && !isCountry(text) {
		says(rng, "%s is two capital letters, as 'DE', and never %q.", ast.Format(x), text)
		return true
	}
	if !ok || op != ast.OpEq && op != ast.OpNe && op != ast.OpContains && op != ast.OpStartsWith && op != ast.OpEndsWith {
		return false
	}
	// Letters of ASCII alone: what case is beyond it differs from one Unicode table to the next.
	var fits string
	switch call.Func.ID {
	case ast.FnLower:
		fits = ast.MapASCII(text, 'A', 'Z')
	case ast.FnUpper:
		fits = ast.MapASCII(text, 'a', 'z')
	default:
		return false
	}
	if fits == text {
		return false
	}
	says(rng, "%s never has letters of the other case. Write %q.", ast.Format(x), fits)
	return true
}

// isCountry reports whether a text has the form of a country's code.
func isCountry(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}
