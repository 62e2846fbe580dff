package engine

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/ruleids/ruleids/internal/publicsuffix"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A vmCondition is an expression that the expr VM evaluates: what no predicate or closure can
// express, and everything when Options.VM asks for the oracle.
type vmCondition struct {
	text    string // what it was compiled from
	program *vm.Program
	fields  []*packet.Field // of an opaque expression: what its variables are; nil otherwise
}

// A vmEnv is what programs made by vmText call into. Its methods' names are short because they
// stand in generated text only.
type vmEnv struct {
	s      *scope
	rule   *rule // whose threshold T is
	fields []packet.Field
	addrs  []packet.Addr
	sets   []*rules.Set
	opaque []*vmCondition
}

// B returns the boolean field with a number.
func (e *vmEnv) B(field int) bool { return e.fields[field].Int(e.s.p) != 0 }

// I returns the integer field, or MAC address, with a number.
func (e *vmEnv) I(field int) int { return int(e.fields[field].Int(e.s.p)) }

// F returns the float field with a number.
func (e *vmEnv) F(field int) float64 { return e.fields[field].Float(e.s.p) }

// S returns the string or bytes field with a number.
func (e *vmEnv) S(field int) string { return string(e.fields[field].Bytes(e.s.p)) }

// A returns the address field with a number.
func (e *vmEnv) A(field int) packet.Addr { return e.fields[field].Addr(e.s.p) }

// K returns a constant address.
func (e *vmEnv) K(i int) packet.Addr { return e.addrs[i] }

// Has reports whether the packet has layers.
func (e *vmEnv) Has(layers int) bool { return e.s.p.Has(packet.Layer(layers)) }

// G returns an aggregate, T the threshold.
func (e *vmEnv) G(i int) float64 { return e.s.values[i] }

// T returns the threshold of a rule whose thresholds reputation scales.
func (e *vmEnv) T() float64 { return e.s.threshold(e.rule, 0) }

// InAddr, InInt and InStr look into a set.
func (e *vmEnv) InAddr(set int, a packet.Addr) bool { return e.sets[set].Addrs.Has(a) }

// InInt looks into a set of integers; a fraction is in none.
func (e *vmEnv) InInt(set int, v float64) bool {
	return v == math.Trunc(v) && e.sets[set].HasInt(int64(v))
}

// InStr looks into a set of strings.
func (e *vmEnv) InStr(set int, v string) bool { return e.sets[set].HasString([]byte(v)) }

// Mod is % with 0 for a divisor of 0.
func (e *vmEnv) Mod(x, y int) int {
	if y == 0 || y == -1 {
		return 0
	}
	return x % y
}

// At returns a byte, or 0 beyond the end.
func (e *vmEnv) At(v string, i int) int {
	if i < len(v) {
		return int(v[i])
	}
	return 0
}

// Cut returns a part of a text.
func (e *vmEnv) Cut(v string, from, to int) string {
	if to < 0 || to > len(v) {
		to = len(v)
	}
	return v[min(from, to):to]
}

// Size is the number of bytes.
func (e *vmEnv) Size(v string) int { return len(v) }

// Entropy is the function of the language.
func (e *vmEnv) Entropy(v string) float64 { return rules.Entropy([]byte(v)) }

// Domain is registered_domain.
func (e *vmEnv) Domain(v string) string { return string(publicsuffix.RegisteredDomain([]byte(v))) }

// Private is is_private.
func (e *vmEnv) Private(a packet.Addr) bool { return rules.IsPrivate(a) }

// Hour is hour.
func (e *vmEnv) Hour(t float64) int { return int(rules.Hour(t)) }

// O evaluates an opaque expression.
func (e *vmEnv) O(i int) any { return e.opaque[i].run(e.s) }

// vm makes a predicate of an expression that the VM evaluates.
func (b *builder) vm(e rules.Expr) int32 {
	text := "vm:" + b.canon(e)
	if i, ok := b.byText[text]; ok {
		return i
	}
	if o, ok := e.(*rules.OpaqueExpr); ok {
		c := b.opaque(o)
		return b.intern(predicate{op: opFunc, cost: 1000, text: text, source: rules.Format(e), fn: func(s *scope) bool { v, _ := c.run(s).(bool); return v }})
	}
	w := &vmWriter{b: b, env: &vmEnv{rule: b.scaled, fields: packet.Fields()}}
	w.expr(e)
	c := b.compileVM(w.b2.String(), w.env)
	env := w.env
	return b.intern(predicate{op: opFunc, cost: 1000, text: text, source: rules.Format(e), fn: func(s *scope) bool {
		mine := *env
		mine.s = s
		out, err := expr.Run(c.program, &mine)
		v, _ := out.(bool)
		return err == nil && v
	}})
}

func (b *builder) compileVM(text string, env any) *vmCondition {
	p, err := expr.Compile(text, expr.Env(env))
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("the expr VM does not take %q: %w", text, err))
	}
	c := &vmCondition{text: text, program: p}
	b.vms = append(b.vms, c)
	return c
}

// opaque compiles an expression that only the VM can evaluate.
func (b *builder) opaque(o *rules.OpaqueExpr) *vmCondition {
	env := map[string]any{}
	for _, f := range o.Fields {
		env[vmName(f)] = zero(f.Kind)
	}
	c := b.compileVM(o.Text, env)
	c.fields = o.Fields
	return c
}

func vmName(f *packet.Field) string { return strings.ReplaceAll(f.Name, ".", "_") }

func zero(k packet.Kind) any {
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

// run evaluates an opaque expression; one that fails has no value, which is nil.
func (c *vmCondition) run(s *scope) any {
	env := make(map[string]any, len(c.fields))
	for _, f := range c.fields {
		switch f.Kind {
		case packet.KindBool:
			env[vmName(f)] = f.Int(s.p) != 0
		case packet.KindInt:
			env[vmName(f)] = int(f.Int(s.p))
		case packet.KindFloat:
			env[vmName(f)] = f.Float(s.p)
		case packet.KindIP:
			env[vmName(f)] = f.Addr(s.p).String()
		case packet.KindMAC:
			env[vmName(f)] = packet.MAC(f.Int(s.p)).String()
		default:
			env[vmName(f)] = string(f.Bytes(s.p))
		}
	}
	out, err := expr.Run(c.program, env)
	if err != nil {
		s.failures++
		return nil
	}
	return out
}

func (c *vmCondition) int(s *scope) int64 { return int64(c.float(s)) }

func (c *vmCondition) float(s *scope) float64 {
	switch v := c.run(s).(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
	}
	return 0
}

func (c *vmCondition) bytes(s *scope) []byte {
	v, _ := c.run(s).(string)
	return []byte(v)
}

// A vmWriter writes a checked expression as expr-lang source over vmEnv.
type vmWriter struct {
	b   *builder
	b2  strings.Builder
	env *vmEnv
}

func (w *vmWriter) call(name string, args ...any) {
	w.b2.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			w.b2.WriteString(", ")
		}
		switch a := a.(type) {
		case rules.Expr:
			w.expr(a)
		case int:
			w.b2.WriteString(strconv.Itoa(a))
		}
	}
	w.b2.WriteByte(')')
}

func (w *vmWriter) infix(x rules.Expr, o string, y rules.Expr) {
	w.b2.WriteByte('(')
	w.expr(x)
	w.b2.WriteString(" " + o + " ")
	w.expr(y)
	w.b2.WriteByte(')')
}

func (w *vmWriter) number(v float64) {
	t := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(t, ".") {
		t += ".0"
	}
	w.b2.WriteString("(" + t + ")")
}

func (w *vmWriter) expr(e rules.Expr) {
	switch e := e.(type) {
	case *rules.ConstExpr:
		w.constant(e.Value)
	case *rules.FieldExpr:
		w.call(map[packet.Kind]string{packet.KindBool: "B", packet.KindInt: "I", packet.KindMAC: "I", packet.KindFloat: "F",
			packet.KindString: "S", packet.KindBytes: "S", packet.KindIP: "A"}[e.Field.Kind], e.Field.ID)
	case *rules.LayerExpr:
		w.call("Has", int(e.Layers))
	case *rules.ThresholdExpr:
		if w.b.scaled != nil {
			w.call("T")
			return
		}
		w.number(e.Value)
	case *rules.AggregateExpr:
		w.call("G", e.Aggregate.Index)
	case *rules.NotExpr:
		w.call("not ", e.X)
	case *rules.LogicExpr:
		w.b2.WriteByte('(')
		for i, x := range e.Xs {
			if i > 0 && e.Or {
				w.b2.WriteString(" or ")
			} else if i > 0 {
				w.b2.WriteString(" and ")
			}
			w.expr(x)
		}
		w.b2.WriteByte(')')
	case *rules.CompareExpr:
		if e.Op == rules.OpNe && hasAggregate(e) { // a value that is not there is not unequal either
			w.b2.WriteByte('(')
			w.infix(e.X, "<", e.Y)
			w.b2.WriteString(" or ")
			w.infix(e.X, ">", e.Y)
			w.b2.WriteByte(')')
			return
		}
		w.infix(e.X, e.Op.String(), e.Y)
	case *rules.InExpr:
		w.in(e)
	case *rules.MatchExpr:
		w.b2.WriteByte('(')
		w.expr(e.X)
		w.b2.WriteString(" matches " + strconv.Quote(e.Regexp.String()) + ")")
	case *rules.TextExpr:
		w.infix(e.X, e.Op.String(), e.Y)
	case *rules.ArithExpr:
		if e.Op == rules.OpMod {
			w.b2.WriteString("Mod(int(")
			w.expr(e.X)
			w.b2.WriteString("), int(")
			w.expr(e.Y)
			w.b2.WriteString("))")
			return
		}
		w.infix(e.X, e.Op.String(), e.Y)
	case *rules.NegExpr:
		w.call("-", e.X)
	case *rules.CondExpr:
		w.b2.WriteByte('(')
		w.expr(e.If)
		w.b2.WriteString(" ? ")
		w.expr(e.Then)
		w.b2.WriteString(" : ")
		w.expr(e.Else)
		w.b2.WriteByte(')')
	case *rules.CallExpr:
		w.function(e)
	case *rules.IndexExpr:
		w.call("At", e.X, e.I)
	case *rules.SliceExpr:
		w.call("Cut", e.X, e.From, e.To)
	case *rules.OpaqueExpr:
		w.env.opaque = append(w.env.opaque, w.b.opaque(e))
		w.call(map[packet.Kind]string{packet.KindBool: "bool", packet.KindInt: "int", packet.KindFloat: "float"}[e.K]+"(O", len(w.env.opaque)-1)
		w.b2.WriteByte(')')
	}
}

func (w *vmWriter) constant(v rules.Value) {
	switch v.Kind {
	case packet.KindBool:
		w.b2.WriteString(strconv.FormatBool(v.Int != 0))
	case packet.KindFloat:
		w.number(v.Float)
	case packet.KindString, packet.KindBytes:
		w.b2.WriteString(strconv.Quote(v.Str))
	case packet.KindIP:
		w.env.addrs = append(w.env.addrs, v.Addr)
		w.call("K", len(w.env.addrs)-1)
	default:
		w.b2.WriteString("(" + strconv.FormatInt(v.Int, 10) + ")")
	}
}

func (w *vmWriter) in(e *rules.InExpr) {
	w.env.sets = append(w.env.sets, e.Set)
	n := len(w.env.sets) - 1
	switch {
	case e.Set.Addrs != nil:
		w.call("InAddr", n, e.X)
	case e.Set.Strs != nil:
		w.call("InStr", n, e.X)
	case e.X.Kind() == packet.KindString || e.X.Kind() == packet.KindBytes || e.X.Kind() == packet.KindIP:
		w.b2.WriteString("false") // an empty set
	default:
		w.b2.WriteString("InInt(" + strconv.Itoa(n) + ", float(")
		w.expr(e.X)
		w.b2.WriteString("))")
	}
}

func (w *vmWriter) function(e *rules.CallExpr) {
	args := make([]any, len(e.Args))
	for i, a := range e.Args {
		args[i] = a
	}
	name := map[rules.FuncID]string{rules.FnLen: "len", rules.FnLower: "lower", rules.FnUpper: "upper", rules.FnAbs: "abs", rules.FnMin: "min",
		rules.FnMax: "max", rules.FnEntropy: "Entropy", rules.FnRegisteredDomain: "Domain", rules.FnIsPrivate: "Private", rules.FnHour: "Hour", rules.FnBitAnd: "bitand"}[e.Func.ID]
	if e.Func.ID == rules.FnLen && e.Args[0].Kind() == packet.KindBytes {
		name = "Size"
	}
	w.call(name, args...)
}
