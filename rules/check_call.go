package rules

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/publicsuffix"
	"github.com/ruleids/ruleids/packet"
)

// isLocal is the membership that a call of is_local stands for.
func (c *checker) isLocal(n *ast.CallNode) Expr {
	list := &ast.MemberNode{Node: &ast.IdentifierNode{Value: "list"}, Property: &ast.StringNode{Value: "home_nets"}}
	in := &ast.BinaryNode{Operator: "in", Left: n.Arguments[0], Right: list}
	for _, x := range []ast.Node{list.Node, list.Property, list, in} {
		x.SetLocation(n.Location())
	}
	return c.value(in)
}

func (c *checker) call(n *ast.CallNode) Expr {
	name, at := "", c.rng(n.Callee)
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if ok {
		name, at = callee.Value, c.src.Range(callee.Location().From, callee.Location().To)
	} else if dotted, isDotted := c.dotted(n.Callee); isDotted && strings.HasPrefix(dotted, "geoip.") {
		name = dotted
	} else {
		name := c.text(n.Callee)
		for _, a := range n.Arguments {
			c.value(a)
		}
		return c.errorf(diag.UnknownFunction, at, "There is no function %q; fields have no methods.", name)
	}
	f := functionByName(name)
	if name == "count" || name == "sum" { // over an array they are what they are in expr-lang
		if xs := n.Arguments; len(xs) == 2 && (isCollection(xs[0]) || c.isMany(xs[0])) || len(xs) == 1 && name == "sum" && isCollection(xs[0]) {
			b := &ast.BuiltinNode{Name: name, Arguments: xs}
			b.SetLocation(n.Location())
			return c.builtin(b)
		}
	}
	if name == "gap" || name == "moved" {
		return c.gap(n, at, name)
	}
	_, isAggregate := aggregateByName(name)
	if isAggregate && (f == nil || len(n.Arguments) < 2) {
		if c.scope.inline != nil {
			return c.scope.inline(c, n)
		}
		if name == "count" && len(n.Arguments) == 1 && c.isMany(n.Arguments[0]) {
			return c.errorf(diag.MisplacedAggregate, at, "%s is an aggregate. How many values %s has is len(%s).", name, c.text(n.Arguments[0]), c.text(n.Arguments[0]))
		}
		return c.errorf(diag.MisplacedAggregate, at, "%s is an aggregate. Name it in a window block, as in n = %q, and write the name here.", name, c.text(n))
	}
	if f == nil {
		for _, a := range n.Arguments {
			c.value(a)
		}
		names := make([]string, 0, len(functions)+len(builtin.Names)+2)
		if c.scope.span > 0 {
			names = append(names, "gap", "moved")
		}
		for _, f := range functions {
			names = append(names, f.Name)
		}
		return c.errorf(diag.UnknownFunction, at, "There is no function %q.%s", name, diag.DidYouMean(name, append(names, builtin.Names...)))
	}
	if f.ID == FnIsLocal && len(n.Arguments) == 1 {
		return c.isLocal(n)
	}
	args := make([]Expr, 0, len(n.Arguments))
	ok = true
	for _, a := range n.Arguments {
		e := c.value(a)
		ok = ok && e != nil
		args = append(args, e)
	}
	if !ok {
		return nil
	}
	if name == "len" && len(args) == 1 && !isText(args[0].Kind()) {
		if many := c.manyStream(args[0]); many != nil {
			b := &ast.BuiltinNode{Name: name, Arguments: n.Arguments}
			b.SetLocation(n.Location())
			return c.loop(b, many, nil)
		}
	}
	for _, a := range args {
		if a.Kind() == kindComposite {
			if _, isVM := a.(*OpaqueExpr); name == "len" && len(args) == 1 && !isVM {
				b := &ast.BuiltinNode{Name: name, Arguments: n.Arguments}
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
	e := &CallExpr{At{c.rng(n)}, f, args}
	if v, ok := e.fold(); ok {
		return &ConstExpr{At: e.At, Value: v}
	}
	if f.ID == FnIsPrivate {
		return e // a boolean: whoever uses it adds the presence
	}
	return e
}

// arguments checks the number and the kinds of a function's arguments.
func (c *checker) arguments(f *Function, n *ast.CallNode, at hcl.Range, args []Expr) bool {
	lo, hi := 1, 1
	var kinds func(packet.Kind) bool
	want := ""
	switch f.ID {
	case FnLen, FnLower, FnUpper, FnEntropy, FnRegisteredDomain:
		kinds, want = isText, "a string"
	case FnAbs, FnLog2:
		kinds, want = isNumber, "a number"
	case FnHour, FnWeekday:
		hi, kinds, want = 2, isNumber, "a number"
	case FnMin, FnMax:
		lo, hi, kinds, want = 2, 1<<10, isNumber, "numbers"
	case FnIsPrivate, FnCountry, FnASN, FnASOrg:
		kinds, want = func(k packet.Kind) bool { return k == packet.KindIP }, "an IP address"
	case FnBitAnd:
		lo, hi, kinds, want = 2, 2, func(k packet.Kind) bool { return k == packet.KindInt }, "integers"
	case FnNetwork:
		lo, hi, kinds, want = 2, 3, func(k packet.Kind) bool { return k == packet.KindIP }, "an IP address"
	}
	if len(args) < lo || len(args) > hi {
		c.errorf(diag.BadArguments, at, "%s takes %s, not %d: %s.", f.Name, argumentCount(lo, hi), len(args), f.Signature)
		return false
	}
	ok := true
	if k, isConst := args[0].(*ConstExpr); isConst && f.ID == FnLog2 && isNumber(k.Value.Kind) && !(number(k.Value) > 0) {
		c.errorf(diag.BadArguments, c.rng(n.Arguments[0]), "%s has no logarithm: it is not above 0.", c.text(n.Arguments[0]))
		return false
	}
	for i, a := range args {
		if i > 0 && (f.ID == FnHour || f.ID == FnWeekday) {
			ok = c.zone(f, n.Arguments[i], a) && ok
			continue
		}
		if i > 0 && f.ID == FnNetwork {
			ok = c.prefixLength(f, n.Arguments[i], a, [...]int64{1: 32, 2: 128}[i]) && ok
			continue
		}
		if f.ID == FnIsPrivate || f.ID == FnNetwork || f.Asks() {
			if a = c.coerce(n.Arguments[i], a, packet.KindIP); a == nil {
				return false
			}
			args[i] = a
		}
		if !kinds(a.Kind()) {
			c.errorf(diag.TypeMismatch, c.rng(n.Arguments[i]), "%s is %s; %s needs %s.", c.text(n.Arguments[i]), an(a.Kind()), f.Name, want)
			ok = false
		}
	}
	return ok
}

// zone checks that an argument is the name of a time zone. What a host takes for its own is none: the same
// rules mean the same on every sensor.
func (c *checker) zone(f *Function, n ast.Node, e Expr) bool {
	k, ok := e.(*ConstExpr)
	if !ok || k.Value.Kind != packet.KindString {
		c.errorf(diag.TypeMismatch, c.rng(n), "%s is not the name of a time zone; %s needs one that is written out, as 'Europe/Berlin'.", c.text(n), f.Name)
		return false
	}
	name := k.Value.Str
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		c.errorf(diag.BadArguments, c.rng(n), "There is no time zone %q.%s", name, diag.DidYouMean(name, strings.Fields(zoneNames)))
		return false
	}
	return true
}

// prefixLength checks that an argument is the length of a prefix.
func (c *checker) prefixLength(f *Function, n ast.Node, e Expr, most int64) bool {
	k, ok := e.(*ConstExpr)
	if !ok || k.Value.Kind != packet.KindInt {
		c.errorf(diag.TypeMismatch, c.rng(n), "%s is not the length of a prefix; %s needs a constant integer from 0 to %d here: %s.", c.text(n), f.Name, most, f.Signature)
		return false
	}
	if k.Value.Int < 0 || k.Value.Int > most {
		c.errorf(diag.BadArguments, c.rng(n), "A prefix of %s has 0 to %d bits, not %d.", map[int64]string{32: "IPv4", 128: "IPv6"}[most], most, k.Value.Int)
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
func (e *CallExpr) fold() (Value, bool) {
	if e.Func.Asks() {
		return Value{}, false
	}
	vs := make([]Value, len(e.Args))
	for i, a := range e.Args {
		k, ok := a.(*ConstExpr)
		if !ok {
			return Value{}, false
		}
		vs[i] = k.Value
	}
	v := Value{Kind: e.Kind()}
	a := vs[0]
	switch f := e.Func; f.ID {
	case FnLen:
		v.Int = int64(len(a.Str))
	case FnLower:
		v.Str = strings.ToLower(a.Str)
	case FnUpper:
		v.Str = strings.ToUpper(a.Str)
	case FnAbs:
		v.Int, v.Float = max(a.Int, -a.Int), max(a.Float, -a.Float)
	case FnMin, FnMax:
		best := vs[0]
		for _, x := range vs[1:] {
			if number(x) < number(best) == (f.ID == FnMin) && number(x) != number(best) {
				best = x
			}
		}
		v.Int, v.Float = best.Int, number(best)
	case FnEntropy:
		v.Float = Entropy([]byte(a.Str))
	case FnRegisteredDomain:
		v.Str = string(bytes.Clone(publicsuffix.RegisteredDomain([]byte(a.Str))))
	case FnLog2:
		v.Float = Log2(number(a))
	case FnIsPrivate:
		if IsPrivate(a.Addr) {
			v.Int = 1
		}
	case FnHour:
		v.Int = Hour(number(a), e.Zone())
	case FnWeekday:
		v.Int = Weekday(number(a), e.Zone())
	case FnBitAnd:
		v.Int = vs[0].Int & vs[1].Int
	case FnNetwork:
		bits4, bits6 := e.Bits()
		v.Addr = Network(a.Addr, bits4, bits6)
	}
	return v, true
}

// isCollection reports whether a node can only be an array.
func isCollection(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ArrayNode:
		return true
	case *ast.BinaryNode:
		return n.Operator == ".."
	case *ast.BuiltinNode:
		switch n.Name {
		case "split", "splitAfter", "filter", "map", "sort", "uniq", "reverse", "take", "concat", "flatten", "keys", "values":
			return true
		}
	}
	return false
}
