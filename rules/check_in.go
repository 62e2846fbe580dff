package rules

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// in checks membership: of a list, of an array, of a variable that is a list, or of a range.
func (c *checker) in(n *ast.BinaryNode) Expr {
	if c.looseNot(n) {
		return nil
	}
	before := c.vars
	x := c.value(n.Left)
	if x != nil && x.Kind() == kindComposite {
		return c.opaque(n)
	}
	rng := c.rng(n)
	switch r := n.Right.(type) {
	case *ast.ArrayNode:
		return c.inArray(n, x, r, before)
	case *ast.BinaryNode:
		if r.Operator == ".." {
			return c.inRange(n, x, r)
		}
	case *ast.MapNode:
		return c.errorf(diag.TypeMismatch, c.rng(r), "A map has no meaning here. Write the values in brackets, as in [1, 2].")
	}
	if name, ok := c.dotted(n.Right); ok {
		if len(name) > 5 && name[:5] == "list." {
			return c.inList(rng, n, x, name[5:])
		}
		if len(name) > 4 && name[:4] == "var." {
			v := c.variable(c.token(n.Right), name[4:])
			if v == nil || x == nil {
				return nil
			}
			if items, ok := v.Value.([]any); ok {
				return c.inVariable(rng, n, x, items)
			}
			c.vars--
		}
	}
	y := c.value(n.Right)
	if x == nil || y == nil {
		return nil
	}
	if y.Kind() == kindComposite {
		return c.inComposite(n, x, y)
	}
	if f, ok := y.(*FieldExpr); ok && f.Field.Many() { // one of its values
		return c.compareBy(n, OpEq)
	}
	hint := "Write values in brackets, as in [1, 2], a list as list.name, or a range as 1..10."
	if x.Kind() == y.Kind() && !isText(y.Kind()) {
		hint = fmt.Sprintf("Write %s == %s.", c.text(n.Left), c.text(n.Right))
	} else if isText(y.Kind()) {
		hint = fmt.Sprintf("Write [%s].", c.text(n.Right))
		if isText(x.Kind()) {
			hint = fmt.Sprintf("To look for a part of a string write %s contains %s.", c.text(n.Right), c.text(n.Left))
		}
	}
	return c.errorf(diag.TypeMismatch, c.rng(n.Right), "%s is %s; in needs a list, an array or a range. %s", c.text(n.Right), an(y.Kind()), hint)
}

func (c *checker) inRange(n *ast.BinaryNode, x Expr, r *ast.BinaryNode) Expr {
	lo, hi := c.value(r.Left), c.value(r.Right)
	if x == nil || lo == nil || hi == nil {
		return nil
	}
	if x.Kind() != packet.KindInt {
		hint := ""
		switch x.Kind() {
		case packet.KindFloat:
			hint = fmt.Sprintf(" Write %s >= %s and %s <= %s.", c.text(n.Left), c.text(r.Left), c.text(n.Left), c.text(r.Right))
		case packet.KindIP:
			hint = fmt.Sprintf(" Write %s in ['10.0.0.1-10.0.0.9'].", c.text(n.Left))
		}
		return c.errorf(diag.TypeMismatch, c.rng(n.Left), "%s is %s; a range has integers.%s", c.text(n.Left), an(x.Kind()), hint)
	}
	var bounds [2]int64
	for i, b := range []struct {
		n ast.Node
		e Expr
	}{{r.Left, lo}, {r.Right, hi}} {
		k, ok := b.e.(*ConstExpr)
		if !ok || k.Value.Kind != packet.KindInt {
			return c.errorf(diag.TypeMismatch, c.rng(b.n), "The bounds of a range must be constant integers.")
		}
		bounds[i] = k.Value.Int
	}
	if bounds[0] > bounds[1] {
		return c.errorf(diag.BadValue, c.rng(r), "The range %d..%d is empty: its first number is the greater one.", bounds[0], bounds[1])
	}
	set := NewIntSet([]IntRange{{bounds[0], bounds[1]}})
	e := &InExpr{At{c.rng(n)}, x, set, nil}
	if _, isConst := x.(*ConstExpr); !isConst && c.judgeMembers(x, []member{{c.rng(r), IntRange{bounds[0], bounds[1]}}}, e.Rng, set) {
		return falseConst(e.Rng)
	}
	return c.inSet(e)
}

// inSet is the membership behind its presence, or a constant.
func (c *checker) inSet(e *InExpr) Expr {
	if k, ok := e.X.(*ConstExpr); ok {
		return constBool(e.Rng, setHas(e.Set, k.Value))
	}
	return present(e, e.X)
}

func setHas(s *Set, v Value) bool {
	switch v.Kind {
	case packet.KindIP:
		return s.Addrs != nil && s.Addrs.Has(v.Addr)
	case packet.KindString, packet.KindBytes:
		return s.HasString([]byte(v.Str))
	}
	return s.HasInt(v.Int)
}

func (c *checker) inList(rng hcl.Range, n *ast.BinaryNode, x Expr, name string) Expr {
	l := c.list(c.token(n.Right), name)
	if l == nil || x == nil || l.Set == nil && !l.Tracked() {
		return nil
	}
	if l.Tracked() {
		return c.inTracked(n, x, l)
	}
	at := c.token(n.Right)
	set := l.Set
	switch k := x.Kind(); {
	case k == packet.KindIP && l.Type == ListIP, k == packet.KindInt && l.Type == ListPort, isText(k) && (l.Type == ListString || l.Type == ListDomain):
	case k == packet.KindMAC && l.Type == ListString:
		ints := make([]IntRange, 0, len(l.Set.Strs))
		for s := range l.Set.Strs {
			m, ok := parseMAC(s)
			if !ok {
				return c.errorf(diag.TypeMismatch, at, "list.%s has the entry %q, which is not a MAC address as %s needs.", name, s, c.text(n.Left))
			}
			ints = append(ints, IntRange{int64(m), int64(m)})
		}
		set = NewIntSet(ints)
	default:
		entries := [...]string{"addresses", "ports", "strings", "domain names"}[l.Type]
		hint := ""
		if k == packet.KindIP && l.Type == ListString {
			hint = " Give the list type = \"ip\"."
		} else if k == packet.KindInt && l.Type == ListString {
			hint = " Give the list type = \"port\"."
		}
		return c.errorf(diag.TypeMismatch, at, "list.%s holds %s, and %s is %s.%s", name, entries, c.text(n.Left), an(k), hint)
	}
	return c.inSet(&InExpr{At{rng}, x, set, l})
}

// inVariable looks into the values of a variable.
func (c *checker) inVariable(rng hcl.Range, n *ast.BinaryNode, x Expr, items []any) Expr {
	at := c.token(n.Right)
	elems := make([]element, 0, len(items))
	for _, it := range items {
		elems = append(elems, element{at, &ConstExpr{At: At{at}, Value: constantOf(it)}})
	}
	return c.inElements(rng, n, x, elems, -1)
}

type element struct {
	rng  hcl.Range
	expr Expr
}

func (c *checker) inArray(n *ast.BinaryNode, x Expr, arr *ast.ArrayNode, before int) Expr {
	elems := make([]element, 0, len(arr.Nodes))
	ok := true
	for _, e := range arr.Nodes {
		if b, isRange := e.(*ast.BinaryNode); isRange && b.Operator == ".." {
			c.errorf(diag.TypeMismatch, c.rng(e), "A range stands on its own, as in %s in %s; in an array write it as text, \"8000-8010\".", c.text(n.Left), c.text(e))
			ok = false
			continue
		}
		y := c.value(e)
		if y == nil {
			ok = false
			continue
		}
		if y.Kind() == kindComposite {
			return c.opaque(n)
		}
		if k, isConst := y.(*ConstExpr); isConst && x != nil && onBytes(x) {
			y = c.asBytes(e, k)
		}
		elems = append(elems, element{c.rng(e), y})
	}
	if x == nil || !ok {
		return nil
	}
	if len(elems) == 0 {
		c.doubt(c.rng(arr), "The array is empty: nothing is in it.")
		return falseConst(c.rng(n))
	}
	return c.inElements(c.rng(n), n, x, elems, before)
}

// A member is an element of a set of integers, for judgement.
type member struct {
	rng hcl.Range
	r   IntRange
}

// inElements makes a set of the constant elements, and a comparison of each other one.
func (c *checker) inElements(rng hcl.Range, n *ast.BinaryNode, x Expr, elems []element, before int) Expr {
	var (
		addrs   []AddrRange
		ints    []IntRange
		members []member
		strs    []string
		rest    []Expr
		bad     bool
		never   int // words that x never is
		errs    = c.errors
	)
	kx := x.Kind()
	_, constant := x.(*ConstExpr)
	for _, el := range elems {
		k, isConst := el.expr.(*ConstExpr)
		if !isConst || kx == packet.KindFloat || kx == packet.KindBool {
			y := el.expr
			if isConst && kx == packet.KindFloat && isNumber(y.Kind()) || y.Kind() == kx || isText(kx) && isText(y.Kind()) || isNumber(kx) && isNumber(y.Kind()) {
				cmp := Expr(&CompareExpr{At{el.rng}, OpEq, x, y})
				if kc, ok := x.(*ConstExpr); ok && isConst {
					cmp = constBool(el.rng, compareValues(OpEq, kc.Value, k.Value))
				}
				rest = append(rest, present(cmp, x, y))
				continue
			}
			bad = true
			c.errorf(diag.TypeMismatch, el.rng, "The array has %s, and %s is %s.", an(y.Kind()), c.text(n.Left), an(kx))
			continue
		}
		v := k.Value
		switch {
		case kx == packet.KindIP && v.Kind == packet.KindString:
			r, err := parseAddrEntry(v.Str)
			if err != nil {
				bad = true
				c.errorf(diag.BadAddress, el.rng, "%s.", capital(err.Error()))
				continue
			}
			addrs = append(addrs, r)
		case kx == packet.KindMAC && v.Kind == packet.KindString:
			m, ok := parseMAC(v.Str)
			if !ok {
				bad = true
				_, why := addressValue(v.Str, packet.KindMAC)
				c.errorf(diag.BadAddress, el.rng, "%s", why)
				continue
			}
			ints = append(ints, IntRange{int64(m), int64(m)})
		case kx == packet.KindInt && v.Kind == packet.KindInt:
			ints = append(ints, IntRange{v.Int, v.Int})
			members = append(members, member{el.rng, IntRange{v.Int, v.Int}})
		case kx == packet.KindInt && v.Kind == packet.KindFloat && v.Float == math.Trunc(v.Float) && math.Abs(v.Float) < 1<<53:
			ints = append(ints, IntRange{int64(v.Float), int64(v.Float)})
			members = append(members, member{el.rng, IntRange{int64(v.Float), int64(v.Float)}})
		case kx == packet.KindInt && v.Kind == packet.KindString:
			r, ok := parseIntRange(v.Str)
			if !ok {
				bad = true
				c.errorf(diag.TypeMismatch, el.rng, "%q is neither a number nor a range such as \"8000-8010\".", v.Str)
				continue
			}
			ints = append(ints, r)
			members = append(members, member{el.rng, r})
		case isText(kx) && isText(v.Kind):
			strs = append(strs, v.Str)
			if c.judgeWord(x, OpEq, el.rng, v.Str) {
				never++
			}
		default:
			bad = true
			c.errorf(diag.TypeMismatch, el.rng, "The array has %s, and %s is %s.", an(v.Kind), c.text(n.Left), an(kx))
		}
	}
	if bad || c.errors > errs {
		return nil
	}
	var set *Set
	switch {
	case addrs != nil:
		set = NewAddrSet(addrs)
	case ints != nil:
		set = NewIntSet(ints)
	case strs != nil:
		set = NewStringSet(strs)
	}
	if set != nil {
		switch {
		case constant && len(rest) == 0:
			return c.constant(rng, setHas(set, x.(*ConstExpr).Value), c.vars == before)
		case constant:
		case len(members) > 0 && c.judgeMembers(x, members, rng, set), len(strs) > 0 && never == len(strs):
			return disjunction(rng, append(rest, falseConst(rng))...)
		}
		rest = append([]Expr{c.inSet(&InExpr{At{rng}, x, set, nil})}, rest...)
	}
	return disjunction(rng, rest...)
}
