package rules

import (
	"fmt"
	"math"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// bounds returns the least and the greatest value that a number can have.
func bounds(e Expr) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	switch e := e.(type) {
	case *ConstExpr:
		if isNumber(e.Value.Kind) {
			v := number(e.Value)
			return v, v
		}
	case *FieldExpr:
		switch {
		case e.Field.Name == "ip.version":
			return 4, 6
		case e.Field.Name == "model.score":
			return 0, 1
		case e.Field.Kind == packet.KindInt:
			return 0, float64(e.Field.Max)
		case e.Field.Kind == packet.KindFloat && e.Field.Layer&(packet.LayerFlow|packet.LayerConnection|packet.AssetLayers) != 0:
			return 0, hi
		}
	case *AggregateExpr:
		switch e.Aggregate.Func {
		case FuncCount, FuncDistinct, FuncChanges, FuncRate, FuncStddev, FuncCV:
			return 0, hi
		}
	case *CallExpr:
		switch e.Func.ID {
		case FnLen:
			if f, ok := e.Args[0].(*FieldExpr); ok && f.Field.Store == packet.StoreName {
				return 0, packet.MaxName
			}
			return 0, hi
		case FnEntropy:
			return 0, 8
		case FnHour:
			return 0, 23
		case FnWeekday:
			return 0, 6
		case FnAbs:
			return 0, hi
		case FnASN:
			return 1, math.MaxUint32
		case FnLog2:
			if _, most := bounds(e.Args[0]); most > 0 {
				return lo, math.Log2(most)
			}
		}
	case *IndexExpr:
		return 0, 255
	case *GapExpr:
		return 0, hi
	case *ClosureExpr:
		if e.Quantifier == Count {
			return 0, hi
		}
	case *ElementExpr:
		if e.Index {
			return 0, hi
		}
	}
	return lo, hi
}

// whole checks a condition that stands by itself. A false that is written in it is reported; one that a
// variable brings is a switch of the site, and is none of our business.
func (c *checker) whole(n ast.Node) Expr {
	c.judgeFalse(n)
	e := c.condition(n)
	c.dead = isNever(e)
	return e
}

// judgeFalse reports a false that must hold for n to hold.
func (c *checker) judgeFalse(n ast.Node) {
	switch n := n.(type) {
	case *ast.BoolNode:
		if !n.Value {
			c.errorf(diag.NeverTrue, c.token(n), "false never holds, so the condition never does. To turn a rule off write enabled = false.")
		}
	case *ast.BinaryNode:
		if isLogic(n.Operator) && !isOr(n.Operator) {
			c.judgeFalse(n.Left)
			c.judgeFalse(n.Right)
		}
	}
}

// judge reports a comparison with a constant that always or never holds. It returns true for never.
func (c *checker) judge(e *CompareExpr, k *ConstExpr) bool {
	switch {
	case isNumber(k.Value.Kind):
		lo, hi := bounds(e.X)
		v := number(k.Value)
		var never, always bool
		switch e.Op {
		case OpEq:
			never = v < lo || v > hi || e.X.Kind() == packet.KindInt && v != math.Trunc(v)
			always = lo == hi && lo == v
		case OpNe:
			always = v < lo || v > hi || e.X.Kind() == packet.KindInt && v != math.Trunc(v)
			never = lo == hi && lo == v
		case OpLt:
			never, always = v <= lo, v > hi
		case OpLe:
			never, always = v < lo, v >= hi
		case OpGt:
			never, always = v >= hi, v < lo
		case OpGe:
			never, always = v > hi, v <= lo
		}
		if f, ok := e.X.(*FieldExpr); ok && f.Field.Name == "ip.version" && v == 5 && (e.Op == OpEq || e.Op == OpNe) {
			never, always = e.Op == OpEq, e.Op == OpNe
		}
		// Infinity is no value: nothing is at an open end.
		if math.IsInf(lo, 0) && math.IsInf(hi, 0) {
			return false
		}
		words := rangeWords(e.X, lo, hi)
		if v >= lo && v <= hi && v != math.Trunc(v) {
			words = Format(e.X) + " is an integer"
		}
		if never {
			c.doubt(k.Rng, "%s, so the comparison never holds.", words)
		} else if always {
			c.always(e.Rng, "%s, so the comparison always holds.", words)
		}
		return never
	case isText(k.Value.Kind):
		return c.judgeWord(e.X, e.Op, k.Rng, k.Value.Str)
	case k.Value.Kind == packet.KindIP:
		if call, ok := e.X.(*CallExpr); ok && call.Func.ID == FnNetwork {
			bits4, bits6 := call.Bits()
			first := Network(k.Value.Addr, bits4, bits6)
			switch {
			case first == k.Value.Addr:
			case e.Op == OpEq:
				c.doubt(k.Rng, "%s is the first address of a network, and %s is not: write '%s'.", Format(call), k.Value, first)
				return true
			default:
				c.always(e.Rng, "%s is the first address of a network, and %s is not: write '%s'.", Format(call), k.Value, first)
			}
			return false
		}
		f, ok := e.X.(*FieldExpr)
		if ok && f.Field.Layer == packet.LayerARPIPv4 && !k.Value.Addr.Is4() {
			if e.Op == OpEq {
				c.doubt(k.Rng, "%s is always an IPv4 address.", f.Field.Name)
				return true
			}
			c.always(e.Rng, "%s is always an IPv4 address.", f.Field.Name)
		}
	}
	return false
}

// rangeWords says what the values of a number are.
func rangeWords(e Expr, lo, hi float64) string {
	name := Format(e)
	if name == "ip.version" {
		return "ip.version is 4 or 6"
	}
	if math.IsInf(hi, 0) {
		return fmt.Sprintf("%s is never less than %g", name, lo)
	}
	if f, ok := e.(*FieldExpr); ok && f.Field.Max > 1<<53 {
		return fmt.Sprintf("%s is never negative", name)
	}
	return fmt.Sprintf("%s is between %.0f and %.0f", name, lo, hi)
}

// judgeMembers reports elements of a set that a number never has. It returns true where it has none of them.
func (c *checker) judgeMembers(x Expr, members []member, whole hcl.Range, set *Set) bool {
	lo, hi := bounds(x)
	never := 0
	for _, m := range members {
		if float64(m.r.Hi) < lo || float64(m.r.Lo) > hi {
			never++
			c.doubt(m.rng, "%s", rangeWords(x, lo, hi)+", so this is never met.")
		}
	}
	if len(set.Ints) == 1 && float64(set.Ints[0].Lo) <= lo && float64(set.Ints[0].Hi) >= hi {
		c.always(whole, "%s", rangeWords(x, lo, hi)+", so this always holds.")
	}
	return never == len(members)
}

// judgeWord reports a comparison with a word that a field never has. It returns true for what never holds.
func (c *checker) judgeWord(x Expr, op Op, rng hcl.Range, word string) bool {
	if c.judgeCase(x, op, rng, word) {
		return op != OpNe
	}
	f, ok := x.(*FieldExpr)
	if !ok {
		return false
	}
	if f.Field.Name == "alert.rule" && c.sym.rules != nil && (op == OpEq || op == OpNe) && !c.sym.rules[word] {
		c.errorf(diag.UnknownRule, rng, "There is no rule %q.%s", word, diag.DidYouMean(word, sortedKeys(c.sym.rules)))
		return false
	}
	if f.Field.Name == "model.name" && c.sym.models != nil && (op == OpEq || op == OpNe) && !c.sym.models[word] {
		c.errorf(diag.UnknownName, rng, "There is no model %q.%s", word, diag.DidYouMean(word, sortedKeys(c.sym.models)))
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
	case OpEq:
		c.doubt(rng, "%s is never %q; it is one of %s.%s", f.Field.Name, word, words, diag.DidYouMean(word, f.Field.Enum))
		return true
	case OpNe:
		c.always(rng, "%s is never %q; it is one of %s.%s", f.Field.Name, word, words, diag.DidYouMean(word, f.Field.Enum))
	}
	return false
}

// judgeCase reports a comparison of lower(s) or upper(s) with a text that has letters of the other case.
func (c *checker) judgeCase(x Expr, op Op, rng hcl.Range, text string) bool {
	call, ok := x.(*CallExpr)
	if ok && call.Func.ID == FnCountry && (op == OpEq || op == OpNe && text != "") && !isCountry(text) {
		if op == OpNe {
			c.always(rng, "%s is two capital letters, as 'DE', and never %q.", Format(x), text)
		} else {
			c.doubt(rng, "%s is two capital letters, as 'DE', and never %q.", Format(x), text)
		}
		return true
	}
	if !ok || op != OpEq && op != OpNe && op != OpContains && op != OpStartsWith && op != OpEndsWith {
		return false
	}
	// Letters of ASCII alone: what case is beyond it differs from one Unicode table to the next.
	var fits string
	switch call.Func.ID {
	case FnLower:
		fits = mapASCII(text, 'A', 'Z')
	case FnUpper:
		fits = mapASCII(text, 'a', 'z')
	default:
		return false
	}
	if fits == text {
		return false
	}
	if op == OpNe {
		c.always(rng, "%s never has letters of the other case. Write %q.", Format(x), fits)
	} else {
		c.doubt(rng, "%s never has letters of the other case. Write %q.", Format(x), fits)
	}
	return true
}

// mapASCII changes the case of the letters from first to last.
func mapASCII(s string, first, last byte) string {
	b := []byte(s)
	for i, x := range b {
		if first <= x && x <= last {
			b[i] = x ^ 0x20
		}
	}
	return string(b)
}

// isCountry reports whether a text has the form of a country's code.
func isCountry(s string) bool {
	return len(s) == 2 && 'A' <= s[0] && s[0] <= 'Z' && 'A' <= s[1] && s[1] <= 'Z'
}
