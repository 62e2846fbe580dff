package check

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/publicsuffix"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// isLocal is the membership that a call of is_local stands for.
func (c *Checker) isLocal(n *exprast.CallNode) ast.Expr {
	list := &exprast.MemberNode{Node: &exprast.IdentifierNode{Value: "list"}, Property: &exprast.StringNode{Value: "home_nets"}}
	in := &exprast.BinaryNode{Operator: "in", Left: n.Arguments[0], Right: list}
	for _, x := range []exprast.Node{list.Node, list.Property, list, in} {
		x.SetLocation(n.Location())
	}
	return c.Value(in)
}

func (c *Checker) call(n *exprast.CallNode) ast.Expr {
	name, at := "", c.Range(n.Callee)
	callee, ok := n.Callee.(*exprast.IdentifierNode)
	if ok {
		name, at = callee.Value, c.Src.Range(callee.Location().From, callee.Location().To)
	} else if dotted, isDotted := c.dotted(n.Callee); isDotted && strings.HasPrefix(dotted, "geoip.") {
		name = dotted
	} else {
		name := c.Text(n.Callee)
		for _, a := range n.Arguments {
			c.Value(a)
		}
		return c.Errorf(diag.UnknownFunction, at, "There is no function %q; fields have no methods.", name)
	}
	f := ast.FunctionByName(name)
	if name == "count" || name == "sum" { // over an array they are what they are in expr-lang
		if xs := n.Arguments; len(xs) == 2 && (isCollection(xs[0]) || c.isMany(xs[0])) || len(xs) == 1 && name == "sum" && isCollection(xs[0]) {
			b := &exprast.BuiltinNode{Name: name, Arguments: xs}
			b.SetLocation(n.Location())
			return c.builtin(b)
		}
	}
	if name == "gap" || name == "moved" {
		return c.gap(n, at, name)
	}
	_, isAggregate := AggregateByName(name)
	if isAggregate && (f == nil || len(n.Arguments) < 2) {
		if c.Scope.Inline != nil {
			return c.Scope.Inline(c, n)
		}
		if name == "count" && len(n.Arguments) == 1 && c.isMany(n.Arguments[0]) {
			return c.Errorf(diag.MisplacedAggregate, at, "%s is an aggregate. How many values %s has is len(%s).", name, c.Text(n.Arguments[0]), c.Text(n.Arguments[0]))
		}
		return c.Errorf(diag.MisplacedAggregate, at, "%s is an aggregate. Name it in a window block, as in n = %q, and write the name here.", name, c.Text(n))
	}
	if f == nil {
		for _, a := range n.Arguments {
			c.Value(a)
		}
		names := make([]string, 0, len(ast.Functions())+len(builtin.Names)+2)
		if c.Scope.Span > 0 {
			names = append(names, "gap", "moved")
		}
		for _, f := range ast.Functions() {
			names = append(names, f.Name)
		}
		return c.Errorf(diag.UnknownFunction, at, "There is no function %q.%s", name, diag.DidYouMean(name, append(names, builtin.Names...)))
	}
	if f.ID == ast.FnIsLocal && len(n.Arguments) == 1 {
		return c.isLocal(n)
	}
	args := make([]ast.Expr, 0, len(n.Arguments))
	ok = true
	for _, a := range n.Arguments {
		e := c.Value(a)
		ok = ok && e != nil
		args = append(args, e)
	}
	if !ok {
		return nil
	}
	if name == "len" && len(args) == 1 && !args[0].Kind().IsText() {
		if many := c.manyStream(args[0]); many != nil {
			b := &exprast.BuiltinNode{Name: name, Arguments: n.Arguments}
			b.SetLocation(n.Location())
			return c.loop(b, many, nil)
		}
	}
	for _, a := range args {
		if a.Kind() == ast.KindComposite {
			if _, isVM := a.(*ast.OpaqueExpr); name == "len" && len(args) == 1 && !isVM {
				b := &exprast.BuiltinNode{Name: name, Arguments: n.Arguments}
				b.SetLocation(n.Location())
				return c.builtin(b)
			}
			if _, known := builtin.Index[name]; known {
				return c.opaque(n)
			}
		}
	}
	if !c.arguments(f, n, at, args) {
		return nil
	}
	e := &ast.CallExpr{At: ast.At{Rng: c.Range(n)}, Func: f, Args: args}
	if v, ok := fold(e); ok {
		return &ast.ConstExpr{At: e.At, Value: v}
	}
	if f.ID == ast.FnIsPrivate {
		return e // a boolean: whoever uses it adds the presence
	}
	return e
}

// arguments checks the number and the kinds of a function's arguments.
func (c *Checker) arguments(f *ast.Function, n *exprast.CallNode, at hcl.Range, args []ast.Expr) bool {
	lo, hi := 1, 1
	var kinds func(packet.Kind) bool
	want := ""
	switch f.ID {
	case ast.FnLen, ast.FnLower, ast.FnUpper, ast.FnEntropy, ast.FnRegisteredDomain:
		kinds, want = packet.Kind.IsText, "a string"
	case ast.FnAbs, ast.FnLog2:
		kinds, want = packet.Kind.IsNumber, "a number"
	case ast.FnHour, ast.FnWeekday:
		hi, kinds, want = 2, packet.Kind.IsNumber, "a number"
	case ast.FnMin, ast.FnMax:
		lo, hi, kinds, want = 2, 1<<10, packet.Kind.IsNumber, "numbers"
	case ast.FnIsPrivate, ast.FnCountry, ast.FnASN, ast.FnASOrg:
		kinds, want = func(k packet.Kind) bool { return k == packet.KindIP }, "an IP address"
	case ast.FnBitAnd:
		lo, hi, kinds, want = 2, 2, func(k packet.Kind) bool { return k == packet.KindInt }, "integers"
	case ast.FnNetwork:
		lo, hi, kinds, want = 2, 3, func(k packet.Kind) bool { return k == packet.KindIP }, "an IP address"
	}
	if len(args) < lo || len(args) > hi {
		c.Errorf(diag.BadArguments, at, "%s takes %s, not %d: %s.", f.Name, argumentCount(lo, hi), len(args), f.Signature)
		return false
	}
	ok := true
	if k, isConst := args[0].(*ast.ConstExpr); isConst && f.ID == ast.FnLog2 && k.Value.Kind.IsNumber() && !(k.Value.Number() > 0) {
		c.Errorf(diag.BadArguments, c.Range(n.Arguments[0]), "%s has no logarithm: it is not above 0.", c.Text(n.Arguments[0]))
		return false
	}
	for i, a := range args {
		if i > 0 && (f.ID == ast.FnHour || f.ID == ast.FnWeekday) {
			ok = c.zone(f, n.Arguments[i], a) && ok
			continue
		}
		if i > 0 && f.ID == ast.FnNetwork {
			ok = c.prefixLength(f, n.Arguments[i], a, [...]int64{1: 32, 2: 128}[i]) && ok
			continue
		}
		if f.ID == ast.FnIsPrivate || f.ID == ast.FnNetwork || f.Asks() {
			if a = c.coerce(n.Arguments[i], a, packet.KindIP); a == nil {
				return false
			}
			args[i] = a
		}
		if !kinds(a.Kind()) {
			c.Errorf(diag.TypeMismatch, c.Range(n.Arguments[i]), "%s is %s; %s needs %s.", c.Text(n.Arguments[i]), An(a.Kind()), f.Name, want)
			ok = false
		}
	}
	return ok
}

// zone checks that an argument is the name of a time zone. What a host takes for its own is none: the same
// rules mean the same on every sensor.
func (c *Checker) zone(f *ast.Function, n exprast.Node, e ast.Expr) bool {
	k, ok := e.(*ast.ConstExpr)
	if !ok || k.Value.Kind != packet.KindString {
		c.Errorf(diag.TypeMismatch, c.Range(n), "%s is not the name of a time zone; %s needs one that is written out, as 'Europe/Berlin'.", c.Text(n), f.Name)
		return false
	}
	name := k.Value.Str
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		c.Errorf(diag.BadArguments, c.Range(n), "There is no time zone %q.%s", name, diag.DidYouMean(name, strings.Fields(zoneNames)))
		return false
	}
	return true
}

// prefixLength checks that an argument is the length of a prefix.
func (c *Checker) prefixLength(f *ast.Function, n exprast.Node, e ast.Expr, most int64) bool {
	k, ok := e.(*ast.ConstExpr)
	if !ok || k.Value.Kind != packet.KindInt {
		c.Errorf(diag.TypeMismatch, c.Range(n), "%s is not the length of a prefix; %s needs a constant integer from 0 to %d here: %s.", c.Text(n), f.Name, most, f.Signature)
		return false
	}
	if k.Value.Int < 0 || k.Value.Int > most {
		c.Errorf(diag.BadArguments, c.Range(n), "A prefix of %s has 0 to %d bits, not %d.", map[int64]string{32: "IPv4", 128: "IPv6"}[most], most, k.Value.Int)
		return false
	}
	return true
}

func argumentCount(lo, hi int) string {
	switch {
	case lo+1 == hi:
		return fmt.Sprintf("%d or %d arguments", lo, hi)
	case lo == hi && lo == 1:
		return "one argument"
	case lo == hi:
		return fmt.Sprintf("%d arguments", lo)
	}
	return fmt.Sprintf("%d or more arguments", lo)
}

// fold computes a function of constants.
func fold(e *ast.CallExpr) (ast.Value, bool) {
	if e.Func.Asks() {
		return ast.Value{}, false
	}
	vs := make([]ast.Value, len(e.Args))
	for i, a := range e.Args {
		k, ok := a.(*ast.ConstExpr)
		if !ok {
			return ast.Value{}, false
		}
		vs[i] = k.Value
	}
	v := ast.Value{Kind: e.Kind()}
	a := vs[0]
	switch f := e.Func; f.ID {
	case ast.FnLen:
		v.Int = int64(len(a.Str))
	case ast.FnLower:
		if v.Str = strings.ToLower(a.Str); ast.OnBytes(e.Args[0]) {
			v.Str = ast.MapASCII(a.Str, 'A', 'Z')
		}
	case ast.FnUpper:
		if v.Str = strings.ToUpper(a.Str); ast.OnBytes(e.Args[0]) {
			v.Str = ast.MapASCII(a.Str, 'a', 'z')
		}
	case ast.FnAbs:
		v.Int, v.Float = max(a.Int, -a.Int), max(a.Float, -a.Float)
	case ast.FnMin, ast.FnMax:
		best := vs[0]
		for _, x := range vs[1:] {
			if x.Number() < best.Number() == (f.ID == ast.FnMin) && x.Number() != best.Number() {
				best = x
			}
		}
		v.Int, v.Float = best.Int, best.Number()
	case ast.FnEntropy:
		v.Float = ast.Entropy([]byte(a.Str))
	case ast.FnRegisteredDomain:
		v.Str = string(bytes.Clone(publicsuffix.RegisteredDomain([]byte(a.Str))))
	case ast.FnLog2:
		v.Float = ast.Log2(a.Number())
	case ast.FnIsPrivate:
		if ast.IsPrivate(a.Addr) {
			v.Int = 1
		}
	case ast.FnHour:
		v.Int = ast.Hour(a.Number(), e.Zone())
	case ast.FnWeekday:
		v.Int = ast.Weekday(a.Number(), e.Zone())
	case ast.FnBitAnd:
		v.Int = vs[0].Int & vs[1].Int
	case ast.FnNetwork:
		bits4, bits6 := e.Bits()
		v.Addr = ast.Network(a.Addr, bits4, bits6)
	}
	return v, true
}

// isCollection reports whether a node can only be an array.
func isCollection(n exprast.Node) bool {
	switch n := n.(type) {
	case *exprast.ArrayNode:
		return true
	case *exprast.BinaryNode:
		return n.Operator == ".."
	case *exprast.BuiltinNode:
		switch n.Name {
		case "split", "splitAfter", "filter", "map", "sort", "uniq", "reverse", "take", "concat", "flatten", "keys", "values":
			return true
		}
	}
	return false
}

// zoneNames are the time zones of the IANA database, one a line, which an unknown zone is compared with.
//
//go:embed zones.txt
var zoneNames string
