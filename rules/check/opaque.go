package check

import (
	"cmp"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	exprast "github.com/expr-lang/expr/ast"
	exprcheck "github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// VMName returns the variable that stands for an argument in the text of an OpaqueExpr.
func VMName(arg int) string { return "v" + strconv.Itoa(arg) }

// VMOptions are what the text of an OpaqueExpr compiles with: an environment of type map[string]any
// with a variable for every argument. Integers are int, addresses and bytes are strings.
func VMOptions(args []ast.Expr) []expr.Option {
	env := make(map[string]any, len(args))
	for i, a := range args {
		env[VMName(i)] = zeroOf(a)
	}
	return []expr.Option{expr.Env(env)}
}

// zeroOf is a value of the type by which expr-lang knows an expression.
func zeroOf(e ast.Expr) any {
	k := e.Kind()
	if k == ast.KindComposite {
		switch e.(*ast.OpaqueExpr).Elem {
		case packet.KindString:
			return []string{}
		case packet.KindInt:
			return []int{}
		case packet.KindFloat:
			return []float64{}
		case packet.KindBool:
			return []bool{}
		}
		return []any{}
	}
	switch k {
	case packet.KindBool:
		return false
	case packet.KindInt:
		return 0
	case packet.KindFloat:
		return 0.0
	}
	return ""
}

// scalarKind is the kind of values of a Go type; kindComposite for those that no field has.
func scalarKind(t reflect.Type) packet.Kind {
	if t == nil {
		return ast.KindComposite
	}
	switch t.Kind() {
	case reflect.Bool:
		return packet.KindBool
	case reflect.Int, reflect.Int64:
		return packet.KindInt
	case reflect.Float64:
		return packet.KindFloat
	case reflect.String:
		return packet.KindString
	}
	return ast.KindComposite
}

// keepsElements are the functions whose arrays have elements of the type of their argument's.
var keepsElements = map[string]bool{"sort": true, "uniq": true, "reverse": true, "take": true, "concat": true}

// instead is what to use in the place of a function that looks at the elements of an array in a way that
// conditions do not know.
var instead = map[string]string{
	"reduce":        "sum, count, any or all",
	"groupBy":       "count(…) with a condition for the group that matters",
	"sortBy":        "any, all, count or find",
	"sum":           "count, any or all, or write the array out",
	"last":          "find or first",
	"findLast":      "find or first",
	"findLastIndex": "findIndex",
	"findIndex":     "findIndex without filter",
}

// cannotFollow reports a closure that conditions do not know.
func (c *Checker) cannotFollow(n *exprast.BuiltinNode) ast.Expr {
	at := n.Location().From
	use := cmp.Or(instead[n.Name], "any, all, none, one, count, filter, map or find")
	return c.Errorf(diag.Unsupported, c.Src.Range(at, at+len(n.Name)), "%s looks at the elements in a way that conditions cannot follow. Use %s.", n.Name, use)
}

// unknownElements reports a filtered or mapped array where all of its elements are needed at once.
func (c *Checker) unknownElements(n exprast.Node) {
	c.Errorf(diag.Unsupported, c.Range(n), "Which elements %s has is not known before it runs: it can stand in any, all, none, one, count, len, find, first or behind in.", c.Text(n))
}

// opaque leaves a node to expr-lang's VM. What is below it is checked here and becomes an argument,
// where it is a value that the language knows; what the node means is checked by expr-lang's own checker.
func (c *Checker) opaque(n exprast.Node) ast.Expr {
	x := c.tree.extentOf(n)
	if b, ok := n.(*exprast.BuiltinNode); ok && (b.Name == "now" || b.Name == "timezone") {
		return c.Errorf(diag.Unsupported, c.Range(n), "%s() has no meaning here: rules know the time of packets alone, which is frame.time_epoch.", b.Name)
	} else if ok && slices.ContainsFunc(b.Arguments, isPredicate) {
		return c.cannotFollow(b)
	}
	rw := rewriter{c: c, base: x.from}
	errs := c.errors
	for _, k := range children(n) {
		rw.child(k)
	}
	if c.errors > errs {
		return nil
	}
	text := rw.rewrite(x)
	cfg := conf.New(nil)
	for _, o := range VMOptions(rw.args) {
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
			return c.Errorf(diag.Unsupported, c.Range(n), "%v", err)
		}
		from, to := rw.original(fe.From, fe.To)
		return c.Errorf(diag.Unsupported, c.Src.Range(from, max(to, from+1)), "%s.", diag.Capital(strings.TrimSuffix(fe.Message, ".")))
	}
	e := &ast.OpaqueExpr{At: ast.At{Rng: c.Range(n)}, Text: text, Source: c.Text(n), Args: rw.args}
	if len(rw.args) == 0 {
		return c.fold(n, e)
	}
	if e.K = scalarKind(typ); e.K != ast.KindComposite {
		return e
	}
	if typ != nil && (typ.Kind() == reflect.Slice || typ.Kind() == reflect.Array || typ.Kind() == reflect.Map) || typ != nil && typ.Kind() == reflect.Interface && keeps(n, rw.args) != ast.KindComposite {
		e.K, e.Elem = ast.KindComposite, ast.KindComposite
		if typ.Kind() == reflect.Slice {
			e.Elem = scalarKind(typ.Elem())
		}
		if e.Elem == ast.KindComposite {
			e.Elem = keeps(n, rw.args)
		}
		return e
	}
	return c.Errorf(diag.Unsupported, c.Range(n), "The type of %s is not known before it runs.", c.Text(n))
}

// keeps is the kind of the elements of what a function makes of an array; kindComposite where that is not known.
func keeps(n exprast.Node, args []ast.Expr) packet.Kind {
	if b, ok := n.(*exprast.BuiltinNode); ok && keepsElements[b.Name] && len(args) > 0 {
		if o, ok := args[0].(*ast.OpaqueExpr); ok && o.K == ast.KindComposite {
			return o.Elem
		}
	}
	return ast.KindComposite
}

// fold computes what has no argument; what fails would always fail.
func (c *Checker) fold(n exprast.Node, e *ast.OpaqueExpr) ast.Expr {
	p, err := expr.Compile(e.Text, VMOptions(nil)...)
	var v any
	if err == nil {
		v, err = expr.Run(p, map[string]any{})
	}
	if err == nil && v == nil {
		return c.Errorf(diag.BadArguments, e.Rng, "%s never has a value.", c.Text(n))
	}
	if err != nil {
		why := err.Error()
		var fe *file.Error
		if errors.As(err, &fe) {
			why = fe.Message
		}
		return c.Errorf(diag.BadArguments, e.Rng, "%s fails whenever it is evaluated: %s.", c.Text(n), why)
	}
	if k := scalarKind(reflect.TypeOf(v)); k != ast.KindComposite {
		return &ast.ConstExpr{At: e.At, Value: constantOfAny(v)}
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Slice {
		out := &arrayExpr{At: e.At}
		for i := range rv.Len() {
			x := rv.Index(i).Interface()
			if scalarKind(reflect.TypeOf(x)) == ast.KindComposite {
				e.K, e.Elem = ast.KindComposite, ast.KindComposite
				return e
			}
			out.elems = append(out.elems, arrayElement{value: &ast.ConstExpr{At: e.At, Value: constantOfAny(x)}})
		}
		return out
	}
	if rv.Kind() == reflect.Map {
		e.K, e.Elem = ast.KindComposite, ast.KindComposite
		return e
	}
	return c.Errorf(diag.Unsupported, e.Rng, "%s is not a value that conditions know.", c.Text(n))
}

// constantOfAny is constantOf for the scalars that the VM returns, whose types may have names, as durations have.
func constantOfAny(v any) ast.Value {
	if rv := reflect.ValueOf(v); rv.CanInt() {
		v = rv.Int()
	}
	return constantOf(v)
}
