package engine

import (
	"fmt"
	"reflect"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// An opaque is an operation that the expr VM evaluates, and how its arguments come about. What it came to
// is kept for the packet: that there is a value is asked before the value.
type opaque struct {
	source  string
	program *vm.Program
	args    []func(*scope) any
	names   []string
	slot    int // in scope.results
}

// A result is what an opaque came to.
type result struct {
	gen, step uint64 // of the scope; 0 for none yet
	value     any    // nil where there is none
}

// opaque compiles an operation that only the VM can evaluate, once.
func (b *builder) opaque(e *ast.OpaqueExpr) *opaque {
	text := b.canon(e)
	if o, ok := b.opaques[text]; ok {
		return o
	}
	p, err := expr.Compile(e.Text, check.VMOptions(e.Args)...)
	if err != nil {
		b.diags = append(b.diags, diag.New(diag.Unsupported, e.Range(), "%s cannot be compiled: %v.", e.Source, err))
	}
	o := &opaque{source: e.Source, program: p, slot: len(b.opaques)}
	b.opaques[text] = o
	for i, a := range e.Args {
		o.args = append(o.args, b.boxed(a))
		o.names = append(o.names, check.VMName(i))
	}
	return o
}

// boxed returns a function for a value as the VM takes it.
func (b *builder) boxed(e ast.Expr) func(*scope) any {
	if o, ok := e.(*ast.OpaqueExpr); ok {
		x := b.opaque(o)
		return func(s *scope) any { return x.value(s) }
	}
	switch e.Kind() {
	case packet.KindBool:
		i := b.lower(e)
		return func(s *scope) any { return s.test(i) }
	case packet.KindInt:
		x := b.intFunc(e)
		return func(s *scope) any { return int(x(s)) }
	case packet.KindFloat:
		x := b.floatFunc(e)
		return func(s *scope) any { return x(s) }
	case packet.KindIP:
		x := b.addrFunc(e)
		return func(s *scope) any { return x(s).String() }
	case packet.KindMAC:
		x := b.intFunc(e)
		return func(s *scope) any { return packet.MAC(x(s)).String() }
	}
	x := b.bytesFunc(e)
	return func(s *scope) any { return string(x(s)) }
}

// value evaluates the operation; nil where it fails, or comes to nothing.
func (o *opaque) value(s *scope) any {
	for len(s.results) <= o.slot {
		s.results = append(s.results, result{})
	}
	if r := &s.results[o.slot]; r.gen == s.gen && r.step == s.step && s.gen != 0 {
		return r.value
	}
	env := make(map[string]any, len(o.args))
	for i, a := range o.args {
		v := a(s)
		if v == nil {
			return nil
		}
		env[o.names[i]] = v
	}
	v, err := expr.Run(o.program, env)
	if err != nil {
		s.failures++
		v = nil
	}
	s.results[o.slot] = result{s.gen, s.step, v}
	return v
}

// opaqueCost is the rough cost of an operation of the VM in nanoseconds.
const opaqueCost = 1000

// An elem is the element that a closure looks at.
type elem struct {
	value  any
	cursor *packet.Cursor // of a closure over the values of a field
	index  int
}

// loop returns what a closure asks of its array: for Any and All 1 for yes, for Count the number, and for
// Find one more than the place of the element, which is then the one at hand. 0 where there is no array.
func (b *builder) loop(e *ast.ClosureExpr) func(*scope) int {
	if e.Field != nil {
		return b.valueLoop(e)
	}
	array, body, depth, quantifier := b.opaque(e.Array), b.lower(e.Body), e.Depth, e.Quantifier
	return func(s *scope) int {
		v := array.value(s)
		if v == nil {
			return 0
		}
		for len(s.elems) <= depth {
			s.elems = append(s.elems, elem{})
		}
		xs := reflect.ValueOf(v)
		n := 0
		for i := range xs.Len() {
			s.elems[depth] = elem{value: xs.Index(i).Interface(), index: i}
			s.step++
			switch hit := s.test(body); {
			case quantifier == ast.Any && hit:
				return 1
			case quantifier == ast.All && !hit:
				return 0
			case quantifier == ast.Find && hit:
				return i + 1
			case quantifier == ast.Count && hit:
				n++
			}
		}
		if quantifier == ast.All {
			return 1
		}
		return n
	}
}

// found evaluates the value of a closure with Find; zero is returned where nothing is found.
func found[T any](loop func(*scope) int, value func(*scope) T) func(*scope) T {
	return func(s *scope) (zero T) {
		if loop(s) == 0 {
			return zero
		}
		return value(s)
	}
}

// number reads what the VM returns for a number or a boolean.
func number[T int64 | float64](v any) T {
	switch v := v.(type) {
	case int:
		return T(v)
	case int64:
		return T(v)
	case float64:
		return T(v)
	case bool:
		if v {
			return 1
		}
	}
	return 0
}

// text reads what the VM returns for a string.
func text(v any) []byte {
	switch v := v.(type) {
	case string:
		return []byte(v)
	case []byte:
		return v
	case fmt.Stringer:
		return []byte(v.String())
	}
	return nil
}

// element returns a function for the element at hand of a closure.
func element(e *ast.ElementExpr) func(*scope) any {
	depth := e.Depth
	if e.Index {
		return func(s *scope) any { return s.elems[depth].index }
	}
	return func(s *scope) any { return s.elems[depth].value }
}
