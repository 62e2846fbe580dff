package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// dotted joins a chain of members to one name.
func (c *Checker) dotted(n exprast.Node) (string, bool) { return dotted(c.tree, n) }

func dotted(t *Tree, n exprast.Node) (string, bool) {
	switch n := n.(type) {
	case *exprast.IdentifierNode:
		return n.Value, true
	case *exprast.MemberNode:
		p, ok := n.Property.(*exprast.StringNode)
		if !ok || n.Optional || t.opensIndex(n.Location().From) {
			return "", false
		}
		if head, ok := dotted(t, n.Node); ok {
			return head + "." + p.Value, true
		}
	}
	return "", false
}

// name resolves a field, a layer, a variable, a macro, an aggregate or threshold.
func (c *Checker) name(n exprast.Node, name string) ast.Expr {
	rng := c.Token(n)
	head, rest, isDotted := strings.Cut(name, ".")
	if e, ok := c.locals[head]; ok {
		if isDotted {
			return c.Errorf(diag.TypeMismatch, rng, "%s has no members.", head)
		}
		if _, isConst := e.(*ast.ConstExpr); isConst {
			c.vars++
		}
		return e
	}
	switch {
	case head == "var":
		v := c.variable(rng, rest)
		if v == nil {
			return nil
		}
		if _, isList := v.Value.([]any); isList {
			return c.Errorf(diag.TypeMismatch, rng, "var.%s is a list of values. Use it with in, as in tcp.dstport in var.%s.", rest, rest)
		}
		return &ast.ConstExpr{At: ast.At{Rng: rng}, Value: constantOf(v.Value)}
	case head == "list":
		if l := c.list(rng, rest); l != nil {
			c.Errorf(diag.TypeMismatch, rng, "list.%s is a list. Use it with in, as in %s in list.%s.", rest, exampleField(l.Type), rest)
		}
		return nil
	}
	if f := packet.FieldByName(name); f != nil {
		if c.Scope.NoFields != "" {
			return c.Errorf(diag.Unsupported, rng, "%s", c.Scope.NoFields)
		}
		if !c.seen(rng, name, f.Events) {
			return nil
		}
		return &ast.FieldExpr{At: ast.At{Rng: rng}, Field: f}
	}
	if isDotted {
		if f := ast.FunctionByName(name); f != nil {
			return c.Errorf(diag.UnknownField, rng, "%s is a function, and needs an address: %s(ip.src). In messages it is written ${%s(ip.src)}.", name, name, strings.Replace(name, ".", "::", 1))
		}
		return c.Errorf(diag.UnknownField, rng, "There is no field %q.%s", name, fieldAdvice(name))
	}
	if l, ok := packet.LayerByName(name); ok && !c.named(name, l) {
		if c.Scope.NoFields != "" {
			return c.Errorf(diag.Unsupported, rng, "%s", c.Scope.NoFields)
		}
		if !c.seen(rng, name, packet.LayerEvents(l)) {
			return nil
		}
		if l == packet.LayerFrame {
			return ast.Bool(rng, true)
		}
		return &ast.LayerExpr{At: ast.At{Rng: rng}, Layers: l}
	}
	if name == "threshold" {
		if c.Scope.NoThresh != "" {
			return c.Errorf(diag.MissingThreshold, rng, "%s", c.Scope.NoThresh)
		}
		if c.Scope.Threshold == nil {
			return c.Errorf(diag.MissingThreshold, rng, "The rule has no threshold. Add the attribute, as in threshold = 10.")
		}
		return &ast.ThresholdExpr{At: ast.At{Rng: rng}, Value: *c.Scope.Threshold}
	}
	if a, ok := c.Scope.Aggregates[name]; ok {
		if c.Scope.NoAggs != "" {
			return c.Errorf(diag.MisplacedAggregate, rng, "%q is an aggregate of a window. %s", name, c.Scope.NoAggs)
		}
		if a == nil { // it has an error of its own
			return nil
		}
		return &ast.AggregateExpr{At: ast.At{Rng: rng}, Aggregate: a}
	}
	if m, ok := c.sym.Macros[name]; ok {
		if c.Scope.NoFields != "" {
			return c.Errorf(diag.Unsupported, rng, "%s", c.Scope.NoFields)
		}
		c.sym.Use(&m.Declared.Used)
		if !m.Check(c, rng) {
			return nil
		}
		if !c.Scope.AnyEvent && m.events&(1<<c.Scope.Event) == 0 {
			return c.Errorf(diag.WrongEvent, rng, "The macro %q uses fields that %s do not have.", name, c.Scope.Event.Plural())
		}
		c.events &= m.events
		c.Never = c.Never || m.never
		c.Given = c.Given || m.given
		return m.Declared.Expr
	}
	return c.Errorf(diag.UnknownName, rng, "There is no field, layer, macro or aggregate %q.%s", name, c.sym.Hint("macro", name, c.names()))
}

// named reports whether the rules themselves give a name another meaning than that of a layer.
func (c *Checker) named(name string, l packet.Layer) bool {
	if !l.Yields() {
		return false
	}
	_, aggregate := c.Scope.Aggregates[name]
	return aggregate || c.sym.Macros[name] != nil
}

// names are those that a bare identifier can stand for here.
func (c *Checker) names() []string {
	names := append(packet.LayerNames(), "payload")
	if c.Scope.NoThresh == "" {
		names = append(names, "threshold")
	}
	if c.Scope.NoAggs == "" {
		names = slices.AppendSeq(names, maps.Keys(c.Scope.Aggregates))
	}
	names = slices.AppendSeq(names, maps.Keys(c.sym.Macros))
	slices.Sort(names)
	return names
}

// seen notes which events have a name, and reports one that the rule's events never have.
func (c *Checker) seen(rng hcl.Range, name string, events []packet.Event) bool {
	var mask uint8
	for _, e := range events {
		mask |= 1 << e
	}
	c.events &= mask
	if c.Scope.AnyEvent || mask&(1<<c.Scope.Event) != 0 {
		return true
	}
	c.Errorf(diag.WrongEvent, rng, "%s do not have %q; it belongs to a rule with %s.", diag.Capital(c.Scope.Event.Plural()), name, onWords(events))
	return false
}

func onWords(events []packet.Event) string {
	var words []string
	for _, e := range events {
		words = append(words, fmt.Sprintf("on = %q", e))
	}
	return strings.Join(words, " or ")
}

func (c *Checker) variable(rng hcl.Range, name string) *ast.Variable {
	v, ok := c.sym.Vars[name]
	if !ok {
		c.Errorf(diag.UnknownVariable, rng, "There is no variable %q.%s", name, c.sym.Hint("variable", name, slices.Sorted(maps.Keys(c.sym.Vars))))
		return nil
	}
	c.sym.Use(&v.Used)
	if v.Value == nil { // it has an error of its own
		return nil
	}
	c.vars++
	c.Given = c.Given || v.From != "default"
	return v
}

func (c *Checker) list(rng hcl.Range, name string) *lists.List {
	l, ok := c.sym.Lists[name]
	if !ok {
		c.Errorf(diag.UnknownList, rng, "There is no list %q.%s", name, c.sym.Hint("list", name, slices.Sorted(maps.Keys(c.sym.Lists))))
		return nil
	}
	c.sym.Use(&l.Used)
	return l
}

func exampleField(t lists.Type) string {
	return [...]string{"ip.src", "tcp.dstport", "dns.qry.name", "dns.qry.name"}[t]
}

// constantOf is the value of a variable that is no list.
func constantOf(v any) ast.Value {
	switch v := v.(type) {
	case int64:
		return ast.Value{Kind: packet.KindInt, Int: v}
	case float64:
		return ast.Value{Kind: packet.KindFloat, Float: v}
	case bool:
		if v {
			return ast.Value{Kind: packet.KindBool, Int: 1}
		}
		return ast.Value{Kind: packet.KindBool}
	case string:
		return ast.Value{Kind: packet.KindString, Str: v}
	}
	panic(fmt.Sprintf("rules: variable of type %T", v))
}
