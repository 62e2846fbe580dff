package engine

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr"

	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/internal/publicsuffix"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// inVM is a tuning by which the expr VM evaluates every condition: the oracle that plans are held against.
var inVM = Tuning{condition: oracle}

// A vmEnv is what programs made by vmText call into. Its methods' names are short because they
// stand in generated text only.
type vmEnv struct {
	s      *scope
	rule   *rule // whose threshold T is
	fields []packet.Field
	addrs  []packet.Addr
	sets   []*lists.Set
	opaque []func(*scope) any
	geo    *geo.DB

	opaqueAddrs []addrFunc
	// patterns are of characters of Latin-1, each of which stands for a byte.
	patterns []*regexp.Regexp
	texts    []string
	any      []*ast.AnyExpr
}

// Any tries the texts of an operator one by one.
func (e *vmEnv) Any(i int, text string) bool {
	x := e.any[i]
	return slices.ContainsFunc(x.Words, func(w string) bool {
		switch x.Op {
		case ast.OpContains:
			return strings.Contains(text, w)
		case ast.OpStartsWith:
			return strings.HasPrefix(text, w)
		case ast.OpEndsWith:
			return strings.HasSuffix(text, w)
		}
		if x.Patterns[0].OnBytes() {
			return byteRegexp(w).MatchReader(&byteReader{text})
		}
		return regexp.MustCompile(w).MatchString(text)
	})
}

// C returns a constant that is no text.
func (e *vmEnv) C(i int) string { return e.texts[i] }

// Lower and Upper change the case of what is text, and leave bytes that are none.
func (e *vmEnv) Lower(s string) string { return cased(s, strings.ToLower) }

// Upper is upper.
func (e *vmEnv) Upper(s string) string { return cased(s, strings.ToUpper) }

// LowerBytes and UpperBytes change the case of letters of ASCII alone.
func (e *vmEnv) LowerBytes(s string) string {
	return byteCased(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strings.ToLower)
}

// UpperBytes is upper of bytes.
func (e *vmEnv) UpperBytes(s string) string {
	return byteCased(s, "abcdefghijklmnopqrstuvwxyz", strings.ToUpper)
}

func byteCased(s, letters string, of func(string) string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i : i+1]; strings.Contains(letters, c) {
			b.WriteString(of(c))
		} else {
			b.WriteString(c)
		}
	}
	return b.String()
}

func cased(s string, of func(string) string) string {
	var b strings.Builder
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError {
			b.WriteString(s[:n])
		} else {
			b.WriteString(of(s[:n]))
		}
		s = s[n:]
	}
	return b.String()
}

// byteRegexp compiles an expression that has no byte from 0x80 but escaped.
func byteRegexp(text string) *regexp.Regexp { return regexp.MustCompile("(?s)" + text) }

// Match reports whether a pattern matches bytes, read as one character each.
func (e *vmEnv) Match(pattern int, text string) bool {
	return e.patterns[pattern].MatchReader(&byteReader{text})
}

// A byteReader reads each byte as the character of that number.
type byteReader struct{ rest string }

// ReadRune implements io.RuneReader.
func (r *byteReader) ReadRune() (rune, int, error) {
	if r.rest == "" {
		return 0, 0, io.EOF
	}
	c := rune(r.rest[0])
	r.rest = r.rest[1:]
	return c, 1, nil
}

// B returns the boolean field with a number.
func (e *vmEnv) B(field int) bool { return e.fields[field].Int(e.s.p) != 0 }

// I returns the integer field, or MAC address, with a number.
func (e *vmEnv) I(field int) int {
	if f := &e.fields[field]; f.Many() {
		return int(e.s.value(f).Int)
	}
	return int(e.fields[field].Int(e.s.p))
}

// F returns the float field with a number.
func (e *vmEnv) F(field int) float64 { return e.fields[field].Float(e.s.p) }

// S returns the string or bytes field with a number.
func (e *vmEnv) S(field int) string {
	if f := &e.fields[field]; f.Many() {
		return string(e.s.value(f).Bytes)
	}
	return string(e.fields[field].Bytes(e.s.p))
}

// A returns the address field with a number.
func (e *vmEnv) A(field int) packet.Addr {
	if f := &e.fields[field]; f.Many() {
		return e.s.value(f).Addr
	}
	return e.fields[field].Addr(e.s.p)
}

// OA evaluates an opaque expression that is an address.
func (e *vmEnv) OA(i int) packet.Addr { return e.opaqueAddrs[i](e.s) }

// K returns a constant address.
func (e *vmEnv) K(i int) packet.Addr { return e.addrs[i] }

// Has reports whether the packet has layers: its lowest 30 bits and those above them, as an int may have 32.
func (e *vmEnv) Has(low, high int) bool {
	return e.s.p.Has(packet.Layer(low) | packet.Layer(high)<<30)
}

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

// Log2 is the binary logarithm.
func (e *vmEnv) Log2(n float64) float64 { return ast.Log2(n) }

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
func (e *vmEnv) Entropy(v string) float64 { return ast.Entropy([]byte(v)) }

// Domain is registered_domain.
func (e *vmEnv) Domain(v string) string { return string(publicsuffix.RegisteredDomain([]byte(v))) }

// Private is is_private.
func (e *vmEnv) Private(a packet.Addr) bool { return ast.IsPrivate(a) }

// Hour and Weekday are those of a time in a zone, by the calendar of the library.
func (e *vmEnv) Hour(t float64, zone string) int { return e.clock(t, zone).Hour() }

// Weekday is weekday.
func (e *vmEnv) Weekday(t float64, zone string) int { return int(e.clock(t, zone).Weekday()) }

func (e *vmEnv) clock(t float64, zone string) time.Time {
	l, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return time.Unix(int64(math.Floor(t)), 0).In(l)
}

// Network is network, by the prefixes of the library.
func (e *vmEnv) Network(a packet.Addr, bits4, bits6 int) packet.Addr {
	n := a.Netip()
	bits := bits6
	if n.Is4() {
		bits = bits4
	}
	return packet.AddrFromNetip(netip.PrefixFrom(n, bits).Masked().Addr())
}

// Country, ASN and Org are those of the files, asked again.
func (e *vmEnv) Country(a packet.Addr) string { return e.geo.Look(a.Netip()).Country }

// ASN is geoip.asn.
func (e *vmEnv) ASN(a packet.Addr) int { return int(e.geo.Look(a.Netip()).ASN) }

// Org is geoip.as_org.
func (e *vmEnv) Org(a packet.Addr) string { return e.geo.Look(a.Netip()).Org }

// O evaluates an opaque expression.
func (e *vmEnv) O(i int) any { return e.opaque[i](e.s) }

// oracle makes a predicate of a condition that the VM evaluates as a whole.
func oracle(b *builder, e ast.Expr) int32 {
	text := "vm:" + b.canon(e)
	if i, ok := b.byText[text]; ok {
		return i
	}
	w := &vmWriter{b: b, env: &vmEnv{geo: b.geo, rule: b.scaled, fields: packet.Fields()}}
	w.expr(e)
	program, err := expr.Compile(w.out.String(), expr.Env(w.env))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", w.out.String(), err))
	}
	env := w.env
	return b.intern(predicate{op: opFunc, cost: 1000, text: text, source: ast.Format(e), fn: func(s *scope) bool {
		mine := *env
		mine.s = s
		out, err := expr.Run(program, &mine)
		v, _ := out.(bool)
		return err == nil && v
	}})
}

// A vmWriter writes a checked expression as expr-lang source over vmEnv.
type vmWriter struct {
	b   *builder
	out strings.Builder
	env *vmEnv
}

func (w *vmWriter) call(name string, args ...any) {
	w.out.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			w.out.WriteString(", ")
		}
		switch a := a.(type) {
		case ast.Expr:
			w.expr(a)
		case int:
			w.out.WriteString(strconv.Itoa(a))
		}
	}
	w.out.WriteByte(')')
}

func (w *vmWriter) infix(x ast.Expr, o string, y ast.Expr) {
	w.out.WriteByte('(')
	w.expr(x)
	w.out.WriteString(" " + o + " ")
	w.expr(y)
	w.out.WriteByte(')')
}

func (w *vmWriter) number(v float64) {
	t := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(t, ".") {
		t += ".0"
	}
	w.out.WriteString("(" + t + ")")
}

func (w *vmWriter) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.ConstExpr:
		w.constant(e.Value)
	case *ast.FieldExpr:
		w.call(map[packet.Kind]string{packet.KindBool: "B", packet.KindInt: "I", packet.KindMAC: "I", packet.KindFloat: "F",
			packet.KindString: "S", packet.KindBytes: "S", packet.KindIP: "A"}[e.Field.Kind], e.Field.ID)
	case *ast.LayerExpr:
		w.call("Has", int(e.Layers&(1<<30-1)), int(e.Layers>>30))
	case *ast.ThresholdExpr:
		if w.b.scaled != nil {
			w.call("T")
			return
		}
		w.number(e.Value)
	case *ast.AggregateExpr:
		if e.Kind() == packet.KindBool {
			w.out.WriteString("(")
			w.call("G", e.Aggregate.Index)
			w.out.WriteString(" == 1.0)")
			return
		}
		w.call("G", e.Aggregate.Index)
	case *ast.NotExpr:
		w.call("not ", e.X)
	case *ast.LogicExpr:
		w.out.WriteByte('(')
		for i, x := range e.Xs {
			if i > 0 && e.Or {
				w.out.WriteString(" or ")
			} else if i > 0 {
				w.out.WriteString(" and ")
			}
			w.expr(x)
		}
		w.out.WriteByte(')')
	case *ast.CompareExpr:
		if e.Op == ast.OpNe && ast.Has[*ast.AggregateExpr](e) { // a value that is not there is not unequal either
			w.out.WriteByte('(')
			w.infix(e.X, "<", e.Y)
			w.out.WriteString(" or ")
			w.infix(e.X, ">", e.Y)
			w.out.WriteByte(')')
			return
		}
		w.infix(e.X, e.Op.String(), e.Y)
	case *ast.InExpr:
		w.in(e)
	case *ast.MatchExpr:
		if e.Pattern.OnBytes() {
			w.env.patterns = append(w.env.patterns, byteRegexp(e.Pattern.String()))
			w.call("Match", len(w.env.patterns)-1, e.X)
			return
		}
		w.out.WriteByte('(')
		w.expr(e.X)
		w.out.WriteString(" matches " + strconv.Quote(e.Pattern.String()) + ")")
	case *ast.TextExpr:
		w.infix(e.X, e.Op.String(), e.Y)
	case *ast.ArithExpr:
		if e.Op == ast.OpMod {
			w.out.WriteString("Mod(int(")
			w.expr(e.X)
			w.out.WriteString("), int(")
			w.expr(e.Y)
			w.out.WriteString("))")
			return
		}
		w.infix(e.X, e.Op.String(), e.Y)
	case *ast.NegExpr:
		w.call("-", e.X)
	case *ast.CondExpr:
		w.out.WriteByte('(')
		w.expr(e.If)
		w.out.WriteString(" ? ")
		w.expr(e.Then)
		w.out.WriteString(" : ")
		w.expr(e.Else)
		w.out.WriteByte(')')
	case *ast.CallExpr:
		w.function(e)
	case *ast.IndexExpr:
		w.call("At", e.X, e.I)
	case *ast.SliceExpr:
		w.call("Cut", e.X, e.From, e.To)
	case *ast.AnyExpr:
		w.env.any = append(w.env.any, e)
		w.call("Any", len(w.env.any)-1, e.X)
	case *ast.ClosureExpr:
		if e.Each {
			w.env.opaque = append(w.env.opaque, someInVM(w.b, e))
			w.out.WriteString("(O(" + strconv.Itoa(len(w.env.opaque)-1) + ") == true)")
			return
		}
		w.opaque(e)
	case *ast.ColumnExpr, *ast.GapExpr, *ast.OpaqueExpr, *ast.ElementExpr, *ast.HasExpr, *ast.AbsentExpr, *ast.ListedExpr:
		w.opaque(e)
	default:
		panic(fmt.Sprintf("engine: unknown expression %T", e))
	}
}

// opaque has the plan evaluate what only it can.
func (w *vmWriter) opaque(e ast.Expr) {
	if e.Kind() == packet.KindIP {
		w.env.opaqueAddrs = append(w.env.opaqueAddrs, w.b.addrFunc(e))
		w.call("OA", len(w.env.opaqueAddrs)-1)
		return
	}
	w.env.opaque = append(w.env.opaque, w.b.boxed(e))
	if e.Kind() == packet.KindBool {
		w.out.WriteString("(O(" + strconv.Itoa(len(w.env.opaque)-1) + ") == true)")
		return
	}
	w.call(map[packet.Kind]string{packet.KindInt: "int", packet.KindFloat: "float", packet.KindString: "string"}[e.Kind()]+"(O", len(w.env.opaque)-1)
	w.out.WriteByte(')')
}

// someInVM tries the body of a closure with Each in the VM, for one value after the other.
func someInVM(b *builder, e *ast.ClosureExpr) func(*scope) any {
	body, f := oracle(b, e.Body), e.Field
	return func(s *scope) any {
		if !s.p.Has(f.Layer) {
			return s.test(body)
		}
		around := s.many[f.Offset]
		defer func() { s.many[f.Offset] = around }()
		var all packet.Cursor
		n := 0
		for all.Begin(f, s.p); all.Next(); n++ {
			var c packet.Cursor
			c.Begin(f, s.p)
			for range n + 1 {
				c.Next()
			}
			s.many[f.Offset] = &c
			s.step++
			if s.test(body) {
				return true
			}
		}
		s.step++
		return false
	}
}

func (w *vmWriter) constant(v ast.Value) {
	switch v.Kind {
	case packet.KindBool:
		w.out.WriteString(strconv.FormatBool(v.Int != 0))
	case packet.KindFloat:
		w.number(v.Float)
	case packet.KindString, packet.KindBytes:
		if !utf8.ValidString(v.Str) { // in text a \x90 is the character of that number
			w.env.texts = append(w.env.texts, v.Str)
			w.call("C", len(w.env.texts)-1)
			return
		}
		w.out.WriteString(strconv.Quote(v.Str))
	case packet.KindIP:
		w.env.addrs = append(w.env.addrs, v.Addr)
		w.call("K", len(w.env.addrs)-1)
	default:
		w.out.WriteString("(" + strconv.FormatInt(v.Int, 10) + ")")
	}
}

func (w *vmWriter) in(e *ast.InExpr) {
	w.env.sets = append(w.env.sets, e.Set)
	n := len(w.env.sets) - 1
	switch {
	case e.Set.Addrs != nil:
		w.call("InAddr", n, e.X)
	case e.Set.Strs != nil, e.Set.Names != nil:
		w.call("InStr", n, e.X)
	case e.X.Kind() == packet.KindString || e.X.Kind() == packet.KindBytes || e.X.Kind() == packet.KindIP:
		w.out.WriteString("false") // an empty set
	default:
		w.out.WriteString("InInt(" + strconv.Itoa(n) + ", float(")
		w.expr(e.X)
		w.out.WriteString("))")
	}
}

func (w *vmWriter) function(e *ast.CallExpr) {
	args := make([]any, len(e.Args))
	for i, a := range e.Args {
		args[i] = a
	}
	name := map[ast.FuncID]string{ast.FnLen: "len", ast.FnLower: "Lower", ast.FnUpper: "Upper", ast.FnAbs: "abs", ast.FnMin: "min",
		ast.FnMax: "max", ast.FnEntropy: "Entropy", ast.FnRegisteredDomain: "Domain", ast.FnIsPrivate: "Private", ast.FnCountry: "Country", ast.FnASN: "ASN", ast.FnASOrg: "Org", ast.FnHour: "Hour", ast.FnWeekday: "Weekday", ast.FnNetwork: "Network", ast.FnBitAnd: "bitand", ast.FnLog2: "Log2"}[e.Func.ID]
	switch e.Func.ID {
	case ast.FnHour, ast.FnWeekday:
		if len(args) < 2 {
			args = append(args, ast.Expr(&ast.ConstExpr{Value: ast.Value{Kind: packet.KindString}}))
		}
	case ast.FnNetwork:
		if len(args) < 3 {
			args = append(args, 64)
		}
	}
	if (e.Func.ID == ast.FnLower || e.Func.ID == ast.FnUpper) && ast.OnBytes(e.Args[0]) {
		name += "Bytes"
	}
	if e.Func.ID == ast.FnLen && e.Args[0].Kind() == packet.KindBytes {
		name = "Size"
	}
	w.call(name, args...)
}
