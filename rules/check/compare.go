package check

import (
	"net"
	"net/netip"
	"strconv"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

var operators = map[string]ast.Op{
	"==": ast.OpEq, "!=": ast.OpNe, "<": ast.OpLt, "<=": ast.OpLe, ">": ast.OpGt, ">=": ast.OpGe,
	"contains": ast.OpContains, "startsWith": ast.OpStartsWith, "endsWith": ast.OpEndsWith, "matches": ast.OpMatches,
	"+": ast.OpAdd, "-": ast.OpSub, "*": ast.OpMul, "/": ast.OpDiv, "%": ast.OpMod,
}

// looseNot reports `not a == b`, which expr-lang reads as `(not a) == b`, where a is no boolean.
func (c *Checker) looseNot(n *exprast.BinaryNode) bool {
	u, ok := n.Left.(*exprast.UnaryNode)
	if !ok || u.Operator != "not" && u.Operator != "!" || c.tree.parenthesized(c.tree.bareExtent(u)) != c.tree.bareExtent(u) {
		return false
	}
	x := c.Value(u.Node)
	if x == nil {
		return true
	}
	if x.Kind() == packet.KindBool {
		return false
	}
	what := n.Operator
	c.Errorf(diag.TypeMismatch, c.Range(n.Left), "%s binds tighter than %s. Write not (%s %s …).", u.Operator, what, c.Text(u.Node), what)
	return true
}

func (c *Checker) compare(n *exprast.BinaryNode) ast.Expr {
	if c.looseNot(n) {
		return nil
	}
	return c.compareBy(n, operators[n.Operator])
}

// compareBy checks a comparison by an operator, which need not be the one that is written.
func (c *Checker) compareBy(n *exprast.BinaryNode, op ast.Op) ast.Expr {
	before := c.vars
	x, y := c.Value(n.Left), c.Value(n.Right)
	if x == nil || y == nil {
		return nil
	}
	if x.Kind() == ast.KindComposite || y.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	if x, y = c.unify(n.Left, x, n.Right, y); x == nil || y == nil {
		return nil
	}
	x, y = c.bytewise(n.Left, x, n.Right, y)
	if !c.comparable(n, op, x, y) {
		return nil
	}
	rng := c.Range(n)
	kx, isX := x.(*ast.ConstExpr)
	ky, isY := y.(*ast.ConstExpr)
	if isX && isY {
		b := ast.Compare(op, kx.Value, ky.Value)
		return c.constant(rng, b, c.vars == before)
	}
	if isX { // the constant stands on the right
		x, y, kx, ky, isY = y, x, ky, kx, true
		op = op.Mirror()
	}
	if isY && ky.Value.Kind == packet.KindBool && x.Kind() == packet.KindBool {
		if b := ky.Value.Int != 0; b == (op == ast.OpEq) {
			return ast.Present(x, x)
		}
		return ast.Present(ast.Not(rng, x), x)
	}
	leaf := &ast.CompareExpr{At: ast.At{Rng: rng}, Op: op, X: x, Y: y}
	if isY && c.judge(leaf, ky) {
		return ast.Never(rng)
	}
	return ast.Present(leaf, x, y)
}

// unify turns string constants into addresses where the other side is one.
func (c *Checker) unify(nx exprast.Node, x ast.Expr, ny exprast.Node, y ast.Expr) (ast.Expr, ast.Expr) {
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
func (c *Checker) coerce(n exprast.Node, e ast.Expr, k packet.Kind) ast.Expr {
	switch e := e.(type) {
	case *ast.ConstExpr:
		if e.Value.Kind != packet.KindString {
			return e
		}
		v, why := addressValue(e.Value.Str, k)
		if why != "" {
			return c.Errorf(diag.BadAddress, e.Rng, "%s", why)
		}
		return &ast.ConstExpr{At: e.At, Value: v}
	case *ast.CondExpr:
		if e.Kind() != packet.KindString {
			return e
		}
		a, b := c.coerce(n, e.Then, k), c.coerce(n, e.Else, k)
		if a == nil || b == nil {
			return nil
		}
		return &ast.CondExpr{At: e.At, If: e.If, Then: a, Else: b}
	}
	return e
}

// addressValue reads one address, or says why it cannot.
func addressValue(s string, k packet.Kind) (ast.Value, string) {
	if k == packet.KindMAC {
		if m, ok := parseMAC(s); ok {
			return ast.Value{Kind: k, Int: int64(m)}, ""
		}
		return ast.Value{}, strconv.Quote(s) + " is not a MAC address. Write six octets, as in 'aa:bb:cc:dd:ee:ff'."
	}
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return ast.Value{Kind: k, Addr: packet.AddrFromNetip(a)}, ""
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return ast.Value{}, strconv.Quote(s) + " is a network and equals no address. Use in, as in ip.src in ['" + s + "']."
	}
	if _, err := lists.ParseAddrs(s); err == nil {
		return ast.Value{}, strconv.Quote(s) + " is a range and equals no address. Use in, as in ip.src in ['" + s + "']."
	}
	return ast.Value{}, strconv.Quote(s) + " is not an IP address. Write one as '10.0.0.1' or '2001:db8::1'; names are not looked up."
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
func (c *Checker) comparable(n *exprast.BinaryNode, op ast.Op, x, y ast.Expr) bool {
	kx, ky := x.Kind(), y.Kind()
	ordering := op != ast.OpEq && op != ast.OpNe
	if f := worded(x, y); ordering && f != nil && kx.IsText() && ky.IsText() {
		c.Errorf(diag.TypeMismatch, c.Range(n), "The words of %s have no order. Write %s in ['%s', …].", f.Name, f.Name, f.Enum[len(f.Enum)-1])
		return false
	}
	switch {
	case kx.IsNumber() && ky.IsNumber(), kx.IsText() && ky.IsText():
		return true
	case kx == ky && ordering && kx == packet.KindIP:
		c.Errorf(diag.TypeMismatch, c.Range(n), "Addresses have no order. Use in with networks or ranges, as in ip.src in ['10.0.0.1-10.0.0.9'].")
		return false
	case kx == ky && ordering:
		c.Errorf(diag.TypeMismatch, c.Range(n), "%s has no order: %s can only be compared with == and !=.", diag.Capital(An(kx)), c.Text(n.Left))
		return false
	case kx == ky:
		return true
	}
	// Point at the constant, where there is one, since that is what is wrong most often.
	at, other, from := n.Right, n.Left, y
	if _, ok := x.(*ast.ConstExpr); ok {
		if _, ok := y.(*ast.ConstExpr); !ok {
			at, other, from = n.Left, n.Right, x
		}
	}
	kat, kother := ky, kx
	if from == x {
		kat, kother = kx, ky
	}
	hint := ""
	k, isConst := from.(*ast.ConstExpr)
	switch {
	case kother == packet.KindBool && kat == packet.KindInt && isConst:
		hint = " Booleans are not numbers here: write " + c.Text(other) + "."
		if (k.Value.Int == 0) == (op == ast.OpEq) {
			hint = " Booleans are not numbers here: write not " + c.Text(other) + "."
		}
	case kother.IsNumber() && kat == packet.KindString && isConst:
		if _, err := strconv.ParseFloat(k.Value.Str, 64); err == nil {
			hint = " Write " + k.Value.Str + " without quotes."
		}
	case kother.IsText() && kat.IsNumber() && isConst:
		hint = " Write it in quotes."
	case kother == packet.KindIP && kat.IsNumber():
		hint = " Write the address in quotes, as in '10.0.0.1'."
	}
	c.Errorf(diag.TypeMismatch, c.Range(at), "%s is %s and cannot be compared with %s, which is %s.%s", c.Text(at), An(kat), c.Text(other), An(kother), hint)
	return false
}

// worded returns the field of x and y that is one of some words, or nil.
func worded(x, y ast.Expr) *packet.Field {
	for _, e := range []ast.Expr{x, y} {
		if f, ok := e.(*ast.FieldExpr); ok && len(f.Field.Enum) > 0 {
			return f.Field
		}
	}
	return nil
}

// sides returns both sides of an operator on text. Where there is no y, the operator comes to e: any of several words, something
// opaque, or nil after an error.
func (c *Checker) sides(n *exprast.BinaryNode) (x, y, e ast.Expr) {
	if c.looseNot(n) {
		return nil, nil, nil
	}
	x = c.Value(n.Left)
	if w, ok, failed := c.wordList(n.Right, n.Operator, x != nil && ast.OnBytes(x)); failed {
		return nil, nil, nil
	} else if ok && x != nil && x.Kind() != ast.KindComposite {
		return nil, nil, c.anyOf(n, x, w)
	}
	y = c.Value(n.Right)
	if x == nil || y == nil {
		return nil, nil, nil
	}
	if x.Kind() == ast.KindComposite || y.Kind() == ast.KindComposite {
		return nil, nil, c.opaque(n)
	}
	return x, y, nil
}

func (c *Checker) matches(n *exprast.BinaryNode) ast.Expr {
	x, y, e := c.sides(n)
	if y == nil {
		return e
	}
	if !x.Kind().IsText() {
		return c.notText(n.Left, x, "matches")
	}
	k, ok := y.(*ast.ConstExpr)
	if !ok || !k.Value.Kind.IsText() {
		return c.Errorf(diag.TypeMismatch, c.Range(n.Right), "The right side of matches must be a regular expression in quotes.")
	}
	bytes := ast.OnBytes(x)
	if bytes {
		k = c.asBytes(n.Right, k)
	}
	p, err := ast.NewPattern(k.Value.Str, bytes)
	if err != nil {
		return c.Errorf(diag.BadRegexp, k.Rng, "%s", ast.PatternProblem(k.Value.Str, err))
	}
	rng := c.Range(n)
	if s, ok := x.(*ast.ConstExpr); ok {
		return ast.Bool(rng, p.MatchString(s.Value.Str))
	}
	return ast.Present(&ast.MatchExpr{At: ast.At{Rng: rng}, X: x, Pattern: p}, x)
}

func (c *Checker) notText(n exprast.Node, x ast.Expr, op string) ast.Expr {
	hint := ""
	switch {
	case x.Kind() == packet.KindIP:
		hint = " Use in, as in " + c.Text(n) + " in ['10.0.0.0/8']."
	case x.Kind().IsNumber():
		hint = " Compare it with ==, <, > or in."
	}
	return c.Errorf(diag.TypeMismatch, c.Range(n), "%s is %s; %s needs a string or bytes.%s", c.Text(n), An(x.Kind()), op, hint)
}

func (c *Checker) textual(n *exprast.BinaryNode) ast.Expr {
	x, y, e := c.sides(n)
	if y == nil {
		return e
	}
	bad := false
	for _, side := range []struct {
		n exprast.Node
		e ast.Expr
	}{{n.Left, x}, {n.Right, y}} {
		if !side.e.Kind().IsText() {
			c.notText(side.n, side.e, n.Operator)
			bad = true
		}
	}
	if bad {
		return nil
	}
	op, rng := operators[n.Operator], c.Range(n)
	x, y = c.bytewise(n.Left, x, n.Right, y)
	a, okA := x.(*ast.ConstExpr)
	b, okB := y.(*ast.ConstExpr)
	if okA && okB {
		return ast.Bool(rng, ast.TextHolds(op, a.Value.Str, b.Value.Str))
	}
	if okB && c.judgeCase(x, op, b.Rng, b.Value.Str) {
		return ast.Never(rng)
	}
	return ast.Present(&ast.TextExpr{At: ast.At{Rng: rng}, Op: op, X: x, Y: y}, x, y)
}

// constant is a comparison of two constants, which is a mistake unless a variable or an element of an
// array turns it on or off.
func (c *Checker) constant(rng hcl.Range, holds, judge bool) ast.Expr {
	if !judge {
		return ast.Bool(rng, holds)
	}
	if holds {
		c.always(rng, "Both sides are constant: the comparison always holds.")
		return ast.Bool(rng, true)
	}
	c.doubt(rng, "Both sides are constant: the comparison never holds.")
	return ast.Never(rng)
}
