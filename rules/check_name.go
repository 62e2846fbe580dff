package rules

import (
	"fmt"
	"slices"
	"strings"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// symbols are the names that expressions can use besides fields, layers and functions.
type symbols struct {
	lists  map[string]*lists.List
	macros map[string]*macroDecl
	vars   map[string]*Variable
	rules  map[string]bool    // nil where they are not known
	models map[string]bool    // as rules
	used   map[*bool]struct{} // marks of what was used, to be set when all is checked
	// checking are the macros that are being checked, each used by the one before it.
	checking []*macroDecl
}

func newSymbols() *symbols {
	return &symbols{lists: map[string]*lists.List{}, macros: map[string]*macroDecl{}, vars: map[string]*Variable{}, used: map[*bool]struct{}{}}
}

// use notes that something is used. The mark itself is set by settle: rules are checked at once on
// several processors.
func (s *symbols) use(mark *bool) { s.used[mark] = struct{}{} }

// useWords takes every name in a text as used.
func (s *symbols) useWords(text string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !isWord(r) }) {
		head, rest, _ := strings.Cut(w, ".")
		if m := s.macros[w]; m != nil {
			s.use(&m.macro.Used)
		} else if v := s.vars[rest]; head == "var" && v != nil {
			s.use(&v.Used)
		} else if l := s.lists[rest]; head == "list" && l != nil {
			s.use(&l.Used)
		}
	}
}

func (s *symbols) settle() {
	for mark := range s.used {
		*mark = true
	}
}

// dotted joins a chain of members to one name.
func (c *checker) dotted(n exprast.Node) (string, bool) { return dotted(c.tree, n) }

func dotted(t *tree, n exprast.Node) (string, bool) {
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
func (c *checker) name(n exprast.Node, name string) ast.Expr {
	rng := c.token(n)
	head, rest, isDotted := strings.Cut(name, ".")
	if e, ok := c.locals[head]; ok {
		if isDotted {
			return c.errorf(diag.TypeMismatch, rng, "%s has no members.", head)
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
			return c.errorf(diag.TypeMismatch, rng, "var.%s is a list of values. Use it with in, as in tcp.dstport in var.%s.", rest, rest)
		}
		return &ast.ConstExpr{At: ast.At{Rng: rng}, Value: constantOf(v.Value)}
	case head == "list":
		if l := c.list(rng, rest); l != nil {
			c.errorf(diag.TypeMismatch, rng, "list.%s is a list. Use it with in, as in %s in list.%s.", rest, exampleField(l.Type), rest)
		}
		return nil
	}
	if f := packet.FieldByName(name); f != nil {
		if c.scope.noFields != "" {
			return c.errorf(diag.Unsupported, rng, "%s", c.scope.noFields)
		}
		if !c.seen(rng, name, f.Events) {
			return nil
		}
		return &ast.FieldExpr{At: ast.At{Rng: rng}, Field: f}
	}
	if isDotted {
		if f := ast.FunctionByName(name); f != nil {
			return c.errorf(diag.UnknownField, rng, "%s is a function, and needs an address: %s(ip.src). In messages it is written ${%s(ip.src)}.", name, name, strings.Replace(name, ".", "::", 1))
		}
		return c.errorf(diag.UnknownField, rng, "There is no field %q.%s", name, fieldAdvice(name))
	}
	if l, ok := packet.LayerByName(name); ok && !c.named(name, l) {
		if c.scope.noFields != "" {
			return c.errorf(diag.Unsupported, rng, "%s", c.scope.noFields)
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
		if c.scope.noThresh != "" {
			return c.errorf(diag.MissingThreshold, rng, "%s", c.scope.noThresh)
		}
		if c.scope.threshold == nil {
			return c.errorf(diag.MissingThreshold, rng, "The rule has no threshold. Add the attribute, as in threshold = 10.")
		}
		return &ast.ThresholdExpr{At: ast.At{Rng: rng}, Value: *c.scope.threshold}
	}
	if a, ok := c.scope.aggregates[name]; ok {
		if c.scope.noAggs != "" {
			return c.errorf(diag.MisplacedAggregate, rng, "%q is an aggregate of a window. %s", name, c.scope.noAggs)
		}
		if a == nil { // it has an error of its own
			return nil
		}
		return &ast.AggregateExpr{At: ast.At{Rng: rng}, Aggregate: a}
	}
	if m, ok := c.sym.macros[name]; ok {
		if c.scope.noFields != "" {
			return c.errorf(diag.Unsupported, rng, "%s", c.scope.noFields)
		}
		c.sym.use(&m.macro.Used)
		if !m.check(c, rng) {
			return nil
		}
		if !c.scope.anyEvent && m.events&(1<<c.scope.event) == 0 {
			return c.errorf(diag.WrongEvent, rng, "The macro %q uses fields that %s do not have.", name, c.scope.event.Plural())
		}
		c.events &= m.events
		c.never = c.never || m.never
		c.given = c.given || m.given
		return m.macro.Expr
	}
	return c.errorf(diag.UnknownName, rng, "There is no field, layer, macro or aggregate %q.%s", name, diag.DidYouMean(name, c.names()))
}

// named reports whether the rules themselves give a name another meaning than that of a layer.
func (c *checker) named(name string, l packet.Layer) bool {
	if !l.Yields() {
		return false
	}
	_, aggregate := c.scope.aggregates[name]
	return aggregate || c.sym.macros[name] != nil
}

// names are those that a bare identifier can stand for here.
func (c *checker) names() []string {
	names := append(packet.LayerNames(), "payload")
	if c.scope.noThresh == "" {
		names = append(names, "threshold")
	}
	if c.scope.noAggs == "" {
		for a := range c.scope.aggregates {
			names = append(names, a)
		}
	}
	for m := range c.sym.macros {
		names = append(names, m)
	}
	slices.Sort(names)
	return names
}

// seen notes which events have a name, and reports one that the rule's events never have.
func (c *checker) seen(rng hcl.Range, name string, events []packet.Event) bool {
	var mask uint8
	for _, e := range events {
		mask |= 1 << e
	}
	c.events &= mask
	if c.scope.anyEvent || mask&(1<<c.scope.event) != 0 {
		return true
	}
	c.errorf(diag.WrongEvent, rng, "%s do not have %q; it belongs to a rule with %s.", diag.Capital(c.scope.event.Plural()), name, onWords(events))
	return false
}

func onWords(events []packet.Event) string {
	var words []string
	for _, e := range events {
		words = append(words, fmt.Sprintf("on = %q", e))
	}
	return strings.Join(words, " or ")
}

func (c *checker) variable(rng hcl.Range, name string) *Variable {
	v, ok := c.sym.vars[name]
	if !ok {
		c.errorf(diag.UnknownVariable, rng, "There is no variable %q.%s", name, diag.DidYouMean(name, sortedKeys(c.sym.vars)))
		return nil
	}
	c.sym.use(&v.Used)
	if v.Value == nil { // it has an error of its own
		return nil
	}
	c.vars++
	c.given = c.given || v.From != "default"
	return v
}

func (c *checker) list(rng hcl.Range, name string) *lists.List {
	l, ok := c.sym.lists[name]
	if !ok {
		c.errorf(diag.UnknownList, rng, "There is no list %q.%s", name, diag.DidYouMean(name, sortedKeys(c.sym.lists)))
		return nil
	}
	c.sym.use(&l.Used)
	return l
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
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
