package check

import (
	"fmt"
	"math"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// in checks membership: of a list, of an array, of a variable that is a list, or of a range.
func (c *Checker) in(n *exprast.BinaryNode) ast.Expr {
	if c.looseNot(n) {
		return nil
	}
	before := c.vars
	x := c.Value(n.Left)
	if x != nil && x.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	rng := c.Range(n)
	switch r := n.Right.(type) {
	case *exprast.ArrayNode:
		return c.inArray(n, x, r, before)
	case *exprast.BinaryNode:
		if r.Operator == ".." {
			return c.inRange(n, x, r)
		}
	case *exprast.MapNode:
		return c.Errorf(diag.TypeMismatch, c.Range(r), "A map has no meaning here. Write the values in brackets, as in [1, 2].")
	}
	if name, ok := c.dotted(n.Right); ok {
		if len(name) > 5 && name[:5] == "list." {
			return c.inList(rng, n, x, name[5:])
		}
		if len(name) > 4 && name[:4] == "var." {
			v := c.variable(c.Token(n.Right), name[4:])
			if v == nil || x == nil {
				return nil
			}
			if items, ok := v.Value.([]any); ok {
				return c.inVariable(rng, n, x, items)
			}
			c.vars--
		}
	}
	y := c.Value(n.Right)
	if x == nil || y == nil {
		return nil
	}
	if y.Kind() == ast.KindComposite {
		return c.inComposite(n, x, y)
	}
	if f, ok := y.(*ast.FieldExpr); ok && f.Field.Many() { // one of its values
		return c.compareBy(n, ast.OpEq)
	}
	hint := "Write values in brackets, as in [1, 2], a list as list.name, or a range as 1..10."
	if x.Kind() == y.Kind() && !y.Kind().IsText() {
		hint = fmt.Sprintf("Write %s == %s.", c.Text(n.Left), c.Text(n.Right))
	} else if y.Kind().IsText() {
		hint = fmt.Sprintf("Write [%s].", c.Text(n.Right))
		if x.Kind().IsText() {
			hint = fmt.Sprintf("To look for a part of a string write %s contains %s.", c.Text(n.Right), c.Text(n.Left))
		}
	}
	return c.Errorf(diag.TypeMismatch, c.Range(n.Right), "%s is %s; in needs a list, an array or a range. %s", c.Text(n.Right), An(y.Kind()), hint)
}

func (c *Checker) inRange(n *exprast.BinaryNode, x ast.Expr, r *exprast.BinaryNode) ast.Expr {
	lo, hi := c.Value(r.Left), c.Value(r.Right)
	if x == nil || lo == nil || hi == nil {
		return nil
	}
	if x.Kind() != packet.KindInt {
		hint := ""
		switch x.Kind() {
		case packet.KindFloat:
			hint = fmt.Sprintf(" Write %s >= %s and %s <= %s.", c.Text(n.Left), c.Text(r.Left), c.Text(n.Left), c.Text(r.Right))
		case packet.KindIP:
			hint = fmt.Sprintf(" Write %s in ['10.0.0.1-10.0.0.9'].", c.Text(n.Left))
		}
		return c.Errorf(diag.TypeMismatch, c.Range(n.Left), "%s is %s; a range has integers.%s", c.Text(n.Left), An(x.Kind()), hint)
	}
	var bounds [2]int64
	for i, b := range []struct {
		n exprast.Node
		e ast.Expr
	}{{r.Left, lo}, {r.Right, hi}} {
		k, ok := b.e.(*ast.ConstExpr)
		if !ok || k.Value.Kind != packet.KindInt {
			return c.Errorf(diag.TypeMismatch, c.Range(b.n), "The bounds of a range must be constant integers.")
		}
		bounds[i] = k.Value.Int
	}
	if bounds[0] > bounds[1] {
		return c.Errorf(diag.BadValue, c.Range(r), "The range %d..%d is empty: its first number is the greater one.", bounds[0], bounds[1])
	}
	set := lists.NewIntSet([]lists.IntRange{{Lo: bounds[0], Hi: bounds[1]}})
	e := &ast.InExpr{At: ast.At{Rng: c.Range(n)}, X: x, Set: set, List: nil}
	if _, isConst := x.(*ast.ConstExpr); !isConst && c.judgeMembers(x, []member{{c.Range(r), lists.IntRange{Lo: bounds[0], Hi: bounds[1]}}}, e.Rng, set) {
		return ast.Never(e.Rng)
	}
	return c.inSet(e)
}

// inSet is the membership behind its presence, or a constant.
func (c *Checker) inSet(e *ast.InExpr) ast.Expr {
	if k, ok := e.X.(*ast.ConstExpr); ok {
		return ast.Bool(e.Rng, setHas(e.Set, k.Value))
	}
	return ast.Present(e, e.X)
}

func setHas(s *lists.Set, v ast.Value) bool {
	switch v.Kind {
	case packet.KindIP:
		return s.Addrs != nil && s.Addrs.Has(v.Addr)
	case packet.KindString, packet.KindBytes:
		return s.HasString([]byte(v.Str))
	}
	return s.HasInt(v.Int)
}

func (c *Checker) inList(rng hcl.Range, n *exprast.BinaryNode, x ast.Expr, name string) ast.Expr {
	l := c.list(c.Token(n.Right), name)
	if l == nil || x == nil || l.Set == nil && !l.Tracked() {
		return nil
	}
	if l.Tracked() {
		return c.inTracked(n, x, l)
	}
	at := c.Token(n.Right)
	set := l.Set
	switch k := x.Kind(); {
	case k == packet.KindIP && l.Type == lists.IP, k == packet.KindInt && l.Type == lists.Port, k.IsText() && (l.Type == lists.String || l.Type == lists.Domain):
	case k == packet.KindMAC && l.Type == lists.String:
		ints := make([]lists.IntRange, 0, len(l.Set.Strs))
		for s := range l.Set.Strs {
			m, ok := parseMAC(s)
			if !ok {
				return c.Errorf(diag.TypeMismatch, at, "list.%s has the entry %q, which is not a MAC address as %s needs.", name, s, c.Text(n.Left))
			}
			ints = append(ints, lists.IntRange{Lo: int64(m), Hi: int64(m)})
		}
		set = lists.NewIntSet(ints)
	default:
		entries := [...]string{"addresses", "ports", "strings", "domain names"}[l.Type]
		hint := ""
		if k == packet.KindIP && l.Type == lists.String {
			hint = " Give the list type = \"ip\"."
		} else if k == packet.KindInt && l.Type == lists.String {
			hint = " Give the list type = \"port\"."
		}
		return c.Errorf(diag.TypeMismatch, at, "list.%s holds %s, and %s is %s.%s", name, entries, c.Text(n.Left), An(k), hint)
	}
	return c.inSet(&ast.InExpr{At: ast.At{Rng: rng}, X: x, Set: set, List: l})
}

// inVariable looks into the values of a variable.
func (c *Checker) inVariable(rng hcl.Range, n *exprast.BinaryNode, x ast.Expr, items []any) ast.Expr {
	at := c.Token(n.Right)
	elems := make([]element, 0, len(items))
	for _, it := range items {
		elems = append(elems, element{at, &ast.ConstExpr{At: ast.At{Rng: at}, Value: constantOf(it)}})
	}
	return c.inElements(rng, n, x, elems, -1)
}

type element struct {
	rng  hcl.Range
	expr ast.Expr
}

func (c *Checker) inArray(n *exprast.BinaryNode, x ast.Expr, arr *exprast.ArrayNode, before int) ast.Expr {
	elems := make([]element, 0, len(arr.Nodes))
	ok := true
	for _, e := range arr.Nodes {
		if b, isRange := e.(*exprast.BinaryNode); isRange && b.Operator == ".." {
			c.Errorf(diag.TypeMismatch, c.Range(e), "A range stands on its own, as in %s in %s; in an array write it as text, \"8000-8010\".", c.Text(n.Left), c.Text(e))
			ok = false
			continue
		}
		y := c.Value(e)
		if y == nil {
			ok = false
			continue
		}
		if y.Kind() == ast.KindComposite {
			return c.opaque(n)
		}
		if k, isConst := y.(*ast.ConstExpr); isConst && x != nil && ast.OnBytes(x) {
			y = c.asBytes(e, k)
		}
		elems = append(elems, element{c.Range(e), y})
	}
	if x == nil || !ok {
		return nil
	}
	if len(elems) == 0 {
		c.doubt(c.Range(arr), "The array is empty: nothing is in it.")
		return ast.Never(c.Range(n))
	}
	return c.inElements(c.Range(n), n, x, elems, before)
}

// A member is an element of a set of integers, for judgement.
type member struct {
	rng hcl.Range
	r   lists.IntRange
}

// inElements makes a set of the constant elements, and a comparison of each other one.
func (c *Checker) inElements(rng hcl.Range, n *exprast.BinaryNode, x ast.Expr, elems []element, before int) ast.Expr {
	var (
		addrs   []lists.AddrRange
		ints    []lists.IntRange
		members []member
		strs    []string
		rest    []ast.Expr
		bad     bool
		never   int // words that x never is
		errs    = c.errors
	)
	kx := x.Kind()
	_, constant := x.(*ast.ConstExpr)
	for _, el := range elems {
		k, isConst := el.expr.(*ast.ConstExpr)
		if !isConst || kx == packet.KindFloat || kx == packet.KindBool {
			y := el.expr
			if isConst && kx == packet.KindFloat && y.Kind().IsNumber() || y.Kind() == kx || kx.IsText() && y.Kind().IsText() || kx.IsNumber() && y.Kind().IsNumber() {
				cmp := ast.Expr(&ast.CompareExpr{At: ast.At{Rng: el.rng}, Op: ast.OpEq, X: x, Y: y})
				if kc, ok := x.(*ast.ConstExpr); ok && isConst {
					cmp = ast.Bool(el.rng, ast.Compare(ast.OpEq, kc.Value, k.Value))
				}
				rest = append(rest, ast.Present(cmp, x, y))
				continue
			}
			bad = true
			c.Errorf(diag.TypeMismatch, el.rng, "The array has %s, and %s is %s.", An(y.Kind()), c.Text(n.Left), An(kx))
			continue
		}
		v := k.Value
		switch {
		case kx == packet.KindIP && v.Kind == packet.KindString:
			r, err := lists.ParseAddrs(v.Str)
			if err != nil {
				bad = true
				c.Errorf(diag.BadAddress, el.rng, "%s.", diag.Capital(err.Error()))
				continue
			}
			addrs = append(addrs, r)
		case kx == packet.KindMAC && v.Kind == packet.KindString:
			m, ok := parseMAC(v.Str)
			if !ok {
				bad = true
				_, why := addressValue(v.Str, packet.KindMAC)
				c.Errorf(diag.BadAddress, el.rng, "%s", why)
				continue
			}
			ints = append(ints, lists.IntRange{Lo: int64(m), Hi: int64(m)})
		case kx == packet.KindInt && v.Kind == packet.KindInt:
			ints = append(ints, lists.IntRange{Lo: v.Int, Hi: v.Int})
			members = append(members, member{el.rng, lists.IntRange{Lo: v.Int, Hi: v.Int}})
		case kx == packet.KindInt && v.Kind == packet.KindFloat && v.Float == math.Trunc(v.Float) && math.Abs(v.Float) < 1<<53:
			ints = append(ints, lists.IntRange{Lo: int64(v.Float), Hi: int64(v.Float)})
			members = append(members, member{el.rng, lists.IntRange{Lo: int64(v.Float), Hi: int64(v.Float)}})
		case kx == packet.KindInt && v.Kind == packet.KindString:
			r, ok := lists.ParseInts(v.Str)
			if !ok {
				bad = true
				c.Errorf(diag.TypeMismatch, el.rng, "%q is neither a number nor a range such as \"8000-8010\".", v.Str)
				continue
			}
			ints = append(ints, r)
			members = append(members, member{el.rng, r})
		case kx.IsText() && v.Kind.IsText():
			strs = append(strs, v.Str)
			if c.judgeWord(x, ast.OpEq, el.rng, v.Str) {
				never++
			}
		default:
			bad = true
			c.Errorf(diag.TypeMismatch, el.rng, "The array has %s, and %s is %s.", An(v.Kind), c.Text(n.Left), An(kx))
		}
	}
	if bad || c.errors > errs {
		return nil
	}
	var set *lists.Set
	switch {
	case addrs != nil:
		set = lists.NewAddrSet(addrs)
	case ints != nil:
		set = lists.NewIntSet(ints)
	case strs != nil:
		set = lists.NewStringSet(strs)
	}
	if set != nil {
		switch {
		case constant && len(rest) == 0:
			return c.constant(rng, setHas(set, x.(*ast.ConstExpr).Value), c.vars == before)
		case constant:
		case len(members) > 0 && c.judgeMembers(x, members, rng, set), len(strs) > 0 && never == len(strs):
			return ast.Or(rng, append(rest, ast.Never(rng))...)
		}
		rest = append([]ast.Expr{c.inSet(&ast.InExpr{At: ast.At{Rng: rng}, X: x, Set: set, List: nil})}, rest...)
	}
	return ast.Or(rng, rest...)
}

// inTracked checks membership of a list that rules fill.
func (c *Checker) inTracked(n *exprast.BinaryNode, x ast.Expr, l *lists.List) ast.Expr {
	if what, fits := l.Holds(x.Kind()); !fits {
		return c.Errorf(diag.TypeMismatch, c.Token(n.Right), "list.%s holds %s, and %s is %s.", l.Name, what, c.Text(n.Left), An(x.Kind()))
	}
	return ast.Present(&ast.ListedExpr{At: ast.At{Rng: c.Range(n)}, X: x, List: l}, x)
}
