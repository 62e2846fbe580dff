package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	exprcheck "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/publicsuffix"
	"github.com/ruleids/ruleids/packet"
)

// VMName returns the variable that stands for a field in the text of an OpaqueExpr.
func VMName(f *packet.Field) string { return strings.ReplaceAll(f.Name, ".", "_") }

// VMOptions are what the text of an OpaqueExpr compiles with: an environment of type map[string]any
// with a variable for every field, and the functions of the language that expr-lang lacks. Integers
// are int, addresses and bytes are strings.
func VMOptions() []expr.Option {
	env := make(map[string]any, len(packet.Fields()))
	for i := range packet.Fields() {
		f := &packet.Fields()[i]
		switch f.Kind {
		case packet.KindBool:
			env[VMName(f)] = false
		case packet.KindInt:
			env[VMName(f)] = 0
		case packet.KindFloat:
			env[VMName(f)] = 0.0
		default:
			env[VMName(f)] = ""
		}
	}
	return []expr.Option{
		expr.Env(env),
		expr.Function("entropy", func(a ...any) (any, error) { return Entropy([]byte(a[0].(string))), nil }, new(func(string) float64)),
		expr.Function("registered_domain", func(a ...any) (any, error) { return string(publicsuffix.RegisteredDomain([]byte(a[0].(string)))), nil }, new(func(string) string)),
		expr.Function("hour", func(a ...any) (any, error) { return int(Hour(a[0].(float64))), nil }, new(func(float64) int)),
		expr.Function("is_private", func(a ...any) (any, error) {
			v, why := addressValue(a[0].(string), packet.KindIP)
			if why != "" {
				return nil, errors.New(why)
			}
			return IsPrivate(v.Addr), nil
		}, new(func(string) bool)),
	}
}

// opaque leaves a node to expr-lang's VM: what it means there is checked by expr-lang's own checker.
func (c *checker) opaque(n ast.Node) Expr {
	x := c.tree.extentOf(n)
	rw := rewriter{c: c, base: x.from}
	before := len(c.diags)
	rw.walk(n, nil)
	if len(c.diags) > before {
		return nil
	}
	text := rw.rewrite(x)
	cfg := conf.New(nil)
	for _, o := range VMOptions() {
		o(cfg)
	}
	t, err := parser.ParseWithConfig(text, cfg)
	var typ reflect.Type
	if err == nil {
		typ, err = exprcheck.Check(t, cfg)
	}
	if err != nil {
		var fe *file.Error
		if !errors.As(err, &fe) {
			return c.errorf(diag.Unsupported, c.rng(n), "%v", err)
		}
		from, to := rw.original(fe.From), rw.original(fe.To)
		return c.errorf(diag.Unsupported, c.src.Range(from, max(to, from+1)), "%s.", capital(strings.TrimSuffix(fe.Message, ".")))
	}
	e := &OpaqueExpr{At: At{c.rng(n)}, Text: text, Fields: rw.fields}
	switch {
	case typ == nil:
		return c.errorf(diag.Unsupported, c.rng(n), "The type of %s is not known before it runs.", c.text(n))
	case typ.Kind() == reflect.Bool:
		e.K = packet.KindBool
	case typ.Kind() == reflect.Int, typ.Kind() == reflect.Int64:
		e.K = packet.KindInt
	case typ.Kind() == reflect.Float64:
		e.K = packet.KindFloat
	case typ.Kind() == reflect.String:
		e.K = packet.KindString
	case typ.Kind() == reflect.Slice, typ.Kind() == reflect.Array, typ.Kind() == reflect.Map:
		e.K = kindComposite
	default:
		return c.errorf(diag.Unsupported, c.rng(n), "The type of %s is not known before it runs.", c.text(n))
	}
	return e
}

// A rewriter makes the text for the VM: names of fields become variables, variables of the rule set
// their values.
type rewriter struct {
	c      *checker
	base   int
	fields []*packet.Field
	edits  []edit
	shifts []shift
}

type edit struct {
	extent
	text string
}

// A shift says which place of the source a place of the text comes from.
type shift struct{ at, from int }

func (rw *rewriter) walk(n ast.Node, locals []string) {
	if n == nil {
		return
	}
	if name, ok := rw.c.dotted(n); ok {
		if id, _, _ := strings.Cut(name, "."); !slices.Contains(locals, id) {
			rw.name(n, name)
		}
		return
	}
	switch n := n.(type) {
	case *ast.VariableDeclaratorNode:
		rw.walk(n.Value, locals)
		rw.walk(n.Expr, append(slices.Clip(locals), n.Name))
	case *ast.CallNode:
		callee, _ := rw.c.dotted(n.Callee)
		if _, isAggregate := aggregateByName(callee); isAggregate && (functionByName(callee) == nil || len(n.Arguments) < 2) {
			rw.c.call(n)
			return
		}
		for _, a := range n.Arguments {
			rw.walk(a, locals)
		}
	default:
		for _, k := range children(n) {
			rw.walk(k, locals)
		}
	}
}

// children are the nodes below one that is not named in walk.
func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		if _, isName := n.Property.(*ast.StringNode); isName {
			return []ast.Node{n.Node}
		}
		return []ast.Node{n.Node, n.Property}
	case *ast.SliceNode:
		return []ast.Node{n.Node, n.From, n.To}
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.SequenceNode:
		return n.Nodes
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.PairNode:
		return []ast.Node{n.Value}
	}
	return nil
}

func (rw *rewriter) name(n ast.Node, name string) {
	c := rw.c
	rng := c.token(n)
	x := c.tree.bareExtent(n)
	head, _, _ := strings.Cut(name, ".")
	_, isLayer := packet.LayerByName(name)
	_, isMacro := c.sym.macros[name]
	_, isAgg := c.scope.aggregates[name]
	if head == "list" || isLayer || isMacro || isAgg || name == "threshold" {
		if c.value(n) != nil || head == "list" {
			c.errorf(diag.Unsupported, rng, "%q cannot be used within a function or operator that only the expr VM knows. Compare it outside.", name)
		}
		return
	}
	if head == "var" {
		v := c.variable(rng, strings.TrimPrefix(name, "var."))
		if v != nil {
			rw.edits = append(rw.edits, edit{x, literal(v.Value)})
		}
		return
	}
	e, ok := c.name(n, name).(*FieldExpr)
	if !ok {
		return
	}
	if !slices.Contains(rw.fields, e.Field) {
		rw.fields = append(rw.fields, e.Field)
	}
	rw.edits = append(rw.edits, edit{x, VMName(e.Field)})
}

// literal writes the value of a variable as expr-lang source.
func literal(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = literal(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func (rw *rewriter) rewrite(x extent) string {
	slices.SortFunc(rw.edits, func(a, b edit) int { return a.from - b.from })
	var b strings.Builder
	at, n := x.from, 0
	put := func(s string, from int) {
		rw.shifts = append(rw.shifts, shift{n, from})
		b.WriteString(s)
		n += len([]rune(s))
	}
	for _, e := range rw.edits {
		put(runeSlice(rw.c.tree.text, at, e.from), at)
		put(e.text, e.from)
		at = e.to
	}
	put(runeSlice(rw.c.tree.text, at, x.to), at)
	return b.String()
}

// original returns the place in the source of a place in the text.
func (rw *rewriter) original(at int) int {
	for i := len(rw.shifts) - 1; i >= 0; i-- {
		if s := rw.shifts[i]; s.at <= at {
			from := s.from + at - s.at
			if i+1 < len(rw.shifts) {
				from = min(from, rw.shifts[i+1].from)
			}
			return from
		}
	}
	return rw.base
}
