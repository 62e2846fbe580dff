package rules

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

var operators = map[string]Op{
	"==": OpEq, "!=": OpNe, "<": OpLt, "<=": OpLe, ">": OpGt, ">=": OpGe,
	"contains": OpContains, "startsWith": OpStartsWith, "endsWith": OpEndsWith, "matches": OpMatches,
	"+": OpAdd, "-": OpSub, "*": OpMul, "/": OpDiv, "%": OpMod,
}

// looseNot reports `not a == b`, which expr-lang reads as `(not a) == b`, where a is no boolean.
func (c *checker) looseNot(n *ast.BinaryNode) bool {
	u, ok := n.Left.(*ast.UnaryNode)
	if !ok || u.Operator != "not" && u.Operator != "!" || c.tree.parenthesized(c.tree.bareExtent(u)) != c.tree.bareExtent(u) {
		return false
	}
	x := c.value(u.Node)
	if x == nil {
		return true
	}
	if x.Kind() == packet.KindBool {
		return false
	}
	what := n.Operator
	c.errorf(diag.TypeMismatch, c.rng(n.Left), "%s binds tighter than %s. Write not (%s %s …).", u.Operator, what, c.text(u.Node), what)
	return true
}

func (c *checker) compare(n *ast.BinaryNode) Expr {
	if c.looseNot(n) {
		return nil
	}
	return c.compareBy(n, operators[n.Operator])
}

// compareBy checks a comparison by an operator, which need not be the one that is written.
func (c *checker) compareBy(n *ast.BinaryNode, op Op) Expr {
	before := c.vars
	x, y := c.value(n.Left), c.value(n.Right)
	if x == nil || y == nil {
		return nil
	}
	if x.Kind() == kindComposite || y.Kind() == kindComposite {
		return c.opaque(n)
	}
	if x, y = c.unify(n.Left, x, n.Right, y); x == nil || y == nil {
		return nil
	}
	x, y = c.bytewise(n.Left, x, n.Right, y)
	if !c.comparable(n, op, x, y) {
		return nil
	}
	rng := c.rng(n)
	kx, isX := x.(*ConstExpr)
	ky, isY := y.(*ConstExpr)
	if isX && isY {
		b := compareValues(op, kx.Value, ky.Value)
		return c.constant(rng, b, c.vars == before)
	}
	if isX { // the constant stands on the right
		x, y, kx, ky, isY = y, x, ky, kx, true
		op = op.Mirror()
	}
	if isY && ky.Value.Kind == packet.KindBool && x.Kind() == packet.KindBool {
		if b := ky.Value.Int != 0; b == (op == OpEq) {
			return present(x, x)
		}
		return present(negation(rng, x), x)
	}
	leaf := &CompareExpr{At{rng}, op, x, y}
	if isY && c.judge(leaf, ky) {
		return falseConst(rng)
	}
	return present(leaf, x, y)
}

// unify turns string constants into addresses where the other side is one.
func (c *checker) unify(nx ast.Node, x Expr, ny ast.Node, y Expr) (Expr, Expr) {
	switch k := x.Kind(); k {
	case packet.KindIP, packet.KindMAC:
		return x, c.coerce(ny, y, k)
	}
	switch k := y.Kind(); k {
	case packet.KindIP, packet.KindMAC:
		return c.coerce(nx, x, k), y
	}
	return x, y
}

// coerce reads string constants as addresses of a kind.
func (c *checker) coerce(n ast.Node, e Expr, k packet.Kind) Expr {
	switch e := e.(type) {
	case *ConstExpr:
		if e.Value.Kind != packet.KindString {
			return e
		}
		v, why := addressValue(e.Value.Str, k)
		if why != "" {
			return c.errorf(diag.BadAddress, e.Rng, "%s", why)
		}
		return &ConstExpr{At: e.At, Value: v}
	case *CondExpr:
		if e.Kind() != packet.KindString {
			return e
		}
		a, b := c.coerce(n, e.Then, k), c.coerce(n, e.Else, k)
		if a == nil || b == nil {
			return nil
		}
		return &CondExpr{e.At, e.If, a, b}
	}
	return e
}

// addressValue reads one address, or says why it cannot.
func addressValue(s string, k packet.Kind) (Value, string) {
	if k == packet.KindMAC {
		if m, ok := parseMAC(s); ok {
			return Value{Kind: k, Int: int64(m)}, ""
		}
		return Value{}, strconv.Quote(s) + " is not a MAC address. Write six octets, as in 'aa:bb:cc:dd:ee:ff'."
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return Value{Kind: k, Addr: packet.AddrFromNetip(a)}, ""
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return Value{}, strconv.Quote(s) + " is a network and equals no address. Use in, as in ip.src in ['" + s + "']."
	}
	if _, err := parseAddrEntry(s); err == nil {
		return Value{}, strconv.Quote(s) + " is a range and equals no address. Use in, as in ip.src in ['" + s + "']."
	}
	return Value{}, strconv.Quote(s) + " is not an IP address. Write one as '10.0.0.1' or '2001:db8::1'; names are not looked up."
}

func parseMAC(s string) (packet.MAC, bool) {
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != 6 {
		return 0, false
	}
	var m packet.MAC
	for _, b := range hw {
		m = m<<8 | packet.MAC(b)
	}
	return m, true
}

// comparable reports operands that an operator has no meaning for.
func (c *checker) comparable(n *ast.BinaryNode, op Op, x, y Expr) bool {
	kx, ky := x.Kind(), y.Kind()
	ordering := op != OpEq && op != OpNe
	if f := worded(x, y); ordering && f != nil && isText(kx) && isText(ky) {
		c.errorf(diag.TypeMismatch, c.rng(n), "The words of %s have no order. Write %s in ['%s', …].", f.Name, f.Name, f.Enum[len(f.Enum)-1])
		return false
	}
	switch {
	case isNumber(kx) && isNumber(ky), isText(kx) && isText(ky):
		return true
	case kx == ky && ordering && kx == packet.KindIP:
		c.errorf(diag.TypeMismatch, c.rng(n), "Addresses have no order. Use in with networks or ranges, as in ip.src in ['10.0.0.1-10.0.0.9'].")
		return false
	case kx == ky && ordering:
		c.errorf(diag.TypeMismatch, c.rng(n), "%s has no order: %s can only be compared with == and !=.", capital(an(kx)), c.text(n.Left))
		return false
	case kx == ky:
		return true
	}
	// Point at the constant, where there is one, since that is what is wrong most often.
	at, other, from := n.Right, n.Left, y
	if _, ok := x.(*ConstExpr); ok {
		if _, ok := y.(*ConstExpr); !ok {
			at, other, from = n.Left, n.Right, x
		}
	}
	kat, kother := ky, kx
	if from == x {
		kat, kother = kx, ky
	}
	hint := ""
	k, isConst := from.(*ConstExpr)
	switch {
	case kother == packet.KindBool && kat == packet.KindInt && isConst:
		hint = " Booleans are not numbers here: write " + c.text(other) + "."
		if (k.Value.Int == 0) == (op == OpEq) {
			hint = " Booleans are not numbers here: write not " + c.text(other) + "."
		}
	case isNumber(kother) && kat == packet.KindString && isConst:
		if _, err := strconv.ParseFloat(k.Value.Str, 64); err == nil {
			hint = " Write " + k.Value.Str + " without quotes."
		}
	case isText(kother) && isNumber(kat) && isConst:
		hint = " Write it in quotes."
	case kother == packet.KindIP && isNumber(kat):
		hint = " Write the address in quotes, as in '10.0.0.1'."
	}
	c.errorf(diag.TypeMismatch, c.rng(at), "%s is %s and cannot be compared with %s, which is %s.%s", c.text(at), an(kat), c.text(other), an(kother), hint)
	return false
}

// worded returns the field of x and y that is one of some words, or nil.
func worded(x, y Expr) *packet.Field {
	for _, e := range []Expr{x, y} {
		if f, ok := e.(*FieldExpr); ok && len(f.Field.Enum) > 0 {
			return f.Field
		}
	}
	return nil
}

// compareValues compares constants of kinds that may be compared.
func compareValues(op Op, a, b Value) bool {
	cmp := 0
	switch {
	case isText(a.Kind):
		cmp = strings.Compare(a.Str, b.Str)
	case a.Kind == packet.KindIP:
		if a.Addr != b.Addr {
			cmp = 1
		}
	case a.Kind == packet.KindFloat || b.Kind == packet.KindFloat:
		x, y := number(a), number(b)
		switch {
		case x < y:
			cmp = -1
		case x > y:
			cmp = 1
		case x != y: // not a number
			return op == OpNe
		}
	case a.Int < b.Int:
		cmp = -1
	case a.Int > b.Int:
		cmp = 1
	}
	switch op {
	case OpEq:
		return cmp == 0
	case OpNe:
		return cmp != 0
	case OpLt:
		return cmp < 0
	case OpLe:
		return cmp <= 0
	case OpGt:
		return cmp > 0
	}
	return cmp >= 0
}

func number(v Value) float64 {
	if v.Kind == packet.KindFloat {
		return v.Float
	}
	return float64(v.Int)
}

// sides returns both sides of an operator on text. Where there is no y, the operator comes to e: any of several words, something
// opaque, or nil after an error.
func (c *checker) sides(n *ast.BinaryNode) (x, y, e Expr) {
	if c.looseNot(n) {
		return nil, nil, nil
	}
	x = c.value(n.Left)
	if w, ok, failed := c.wordList(n.Right, n.Operator, x != nil && onBytes(x)); failed {
		return nil, nil, nil
	} else if ok && x != nil && x.Kind() != kindComposite {
		return nil, nil, c.anyOf(n, x, w)
	}
	y = c.value(n.Right)
	if x == nil || y == nil {
		return nil, nil, nil
	}
	if x.Kind() == kindComposite || y.Kind() == kindComposite {
		return nil, nil, c.opaque(n)
	}
	return x, y, nil
}

func (c *checker) matches(n *ast.BinaryNode) Expr {
	x, y, e := c.sides(n)
	if y == nil {
		return e
	}
	if !isText(x.Kind()) {
		return c.notText(n.Left, x, "matches")
	}
	k, ok := y.(*ConstExpr)
	if !ok || !isText(k.Value.Kind) {
		return c.errorf(diag.TypeMismatch, c.rng(n.Right), "The right side of matches must be a regular expression in quotes.")
	}
	bytes := onBytes(x)
	if bytes {
		k = c.asBytes(n.Right, k)
	}
	p, err := newPattern(k.Value.Str, bytes)
	if err != nil {
		return c.errorf(diag.BadRegexp, k.Rng, "%s", patternProblem(k.Value.Str, err))
	}
	rng := c.rng(n)
	if s, ok := x.(*ConstExpr); ok {
		return constBool(rng, p.matchString(s.Value.Str))
	}
	return present(&MatchExpr{At{rng}, x, p}, x)
}

func (c *checker) notText(n ast.Node, x Expr, op string) Expr {
	hint := ""
	switch {
	case x.Kind() == packet.KindIP:
		hint = " Use in, as in " + c.text(n) + " in ['10.0.0.0/8']."
	case isNumber(x.Kind()):
		hint = " Compare it with ==, <, > or in."
	}
	return c.errorf(diag.TypeMismatch, c.rng(n), "%s is %s; %s needs a string or bytes.%s", c.text(n), an(x.Kind()), op, hint)
}

func (c *checker) textual(n *ast.BinaryNode) Expr {
	x, y, e := c.sides(n)
	if y == nil {
		return e
	}
	bad := false
	for _, side := range []struct {
		n ast.Node
		e Expr
	}{{n.Left, x}, {n.Right, y}} {
		if !isText(side.e.Kind()) {
			c.notText(side.n, side.e, n.Operator)
			bad = true
		}
	}
	if bad {
		return nil
	}
	op, rng := operators[n.Operator], c.rng(n)
	x, y = c.bytewise(n.Left, x, n.Right, y)
	a, okA := x.(*ConstExpr)
	b, okB := y.(*ConstExpr)
	if okA && okB {
		return constBool(rng, textHolds(op, a.Value.Str, b.Value.Str))
	}
	if okB && c.judgeCase(x, op, b.Rng, b.Value.Str) {
		return falseConst(rng)
	}
	return present(&TextExpr{At{rng}, op, x, y}, x, y)
}

func textHolds(op Op, s, part string) bool {
	switch op {
	case OpContains:
		return strings.Contains(s, part)
	case OpStartsWith:
		return strings.HasPrefix(s, part)
	}
	return strings.HasSuffix(s, part)
}

// constant is a comparison of two constants, which is a mistake unless a variable or an element of an
// array turns it on or off.
func (c *checker) constant(rng hcl.Range, holds, judge bool) Expr {
	if !judge {
		return constBool(rng, holds)
	}
	if holds {
		c.always(rng, "Both sides are constant: the comparison always holds.")
		return constBool(rng, true)
	}
	c.doubt(rng, "Both sides are constant: the comparison never holds.")
	return falseConst(rng)
}
