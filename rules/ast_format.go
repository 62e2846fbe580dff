package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// Format writes an expression in one canonical form: equal conditions have equal texts. It reads like
// the language, with every guard written out; layers without a name of their own are written
// has(name), and sets with more than eight parts by their size or the name of their list.
func Format(e Expr) string {
	var b strings.Builder
	format(&b, e, 0)
	return b.String()
}

// Binding of operators, weakest first.
const (
	bindCond = iota + 1
	bindOr
	bindAnd
	bindCompare
	bindAdd
	bindMul
	bindUnary
)

func format(b *strings.Builder, e Expr, outer int) {
	wrap := func(own int, f func()) {
		if own < outer {
			b.WriteByte('(')
			f()
			b.WriteByte(')')
			return
		}
		f()
	}
	infix := func(x Expr, op string, y Expr, own int) {
		wrap(own, func() {
			format(b, x, own)
			b.WriteString(" " + op + " ")
			format(b, y, own+1)
		})
	}
	switch e := e.(type) {
	case nil:
		b.WriteString("<nil>")
	case *ConstExpr:
		b.WriteString(e.Value.String())
	case *FieldExpr:
		b.WriteString(e.Field.Name)
	case *LayerExpr:
		names := layerWords(e.Layers)
		own := bindUnary
		if len(names) > 1 {
			own = bindAnd
		}
		wrap(own, func() { b.WriteString(strings.Join(names, " and ")) })
	case *ThresholdExpr:
		b.WriteString("threshold")
	case *AggregateExpr:
		b.WriteString(e.Aggregate.Name)
	case *NotExpr:
		wrap(bindUnary, func() {
			b.WriteString("not ")
			format(b, e.X, bindUnary)
		})
	case *LogicExpr:
		own, op := bindAnd, " and "
		if e.Or {
			own, op = bindOr, " or "
		}
		wrap(own, func() {
			for i, x := range e.Xs {
				if i > 0 {
					b.WriteString(op)
				}
				format(b, x, own+1)
			}
		})
	case *CompareExpr:
		infix(e.X, e.Op.String(), e.Y, bindCompare)
	case *TextExpr:
		infix(e.X, e.Op.String(), e.Y, bindCompare)
	case *InExpr:
		wrap(bindCompare, func() {
			format(b, e.X, bindCompare)
			b.WriteString(" in ")
			if e.List != nil {
				b.WriteString("list." + e.List.Name)
				return
			}
			b.WriteString(e.Set.String())
		})
	case *ListedExpr:
		wrap(bindCompare, func() {
			format(b, e.X, bindCompare)
			b.WriteString(" in list." + e.List.Name)
		})
	case *MatchExpr:
		wrap(bindCompare, func() {
			format(b, e.X, bindCompare)
			b.WriteString(" matches " + strconv.Quote(e.Pattern.String()))
		})
	case *ArithExpr:
		own := bindAdd
		if e.Op == OpMul || e.Op == OpDiv || e.Op == OpMod {
			own = bindMul
		}
		infix(e.X, e.Op.String(), e.Y, own)
	case *NegExpr:
		wrap(bindUnary, func() {
			b.WriteByte('-')
			format(b, e.X, bindUnary+1)
		})
	case *CondExpr:
		wrap(bindCond, func() {
			format(b, e.If, bindCond+1)
			b.WriteString(" ? ")
			format(b, e.Then, bindCond+1)
			b.WriteString(" : ")
			format(b, e.Else, bindCond+1)
		})
	case *CallExpr:
		b.WriteString(e.Func.Name + "(")
		for i, a := range e.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			format(b, a, 0)
		}
		b.WriteByte(')')
	case *IndexExpr:
		format(b, e.X, bindUnary+1)
		fmt.Fprintf(b, "[%d]", e.I)
	case *SliceExpr:
		format(b, e.X, bindUnary+1)
		if e.To < 0 {
			fmt.Fprintf(b, "[%d:]", e.From)
		} else {
			fmt.Fprintf(b, "[%d:%d]", e.From, e.To)
		}
	case *GapExpr:
		b.WriteString(e.Name() + "()")
	case *TupleExpr:
		b.WriteByte('[')
		for i, x := range e.Xs {
			if i > 0 {
				b.WriteString(", ")
			}
			format(b, x, 0)
		}
		b.WriteByte(']')
	case *ColumnExpr:
		b.WriteString("list." + e.List.Name + "[")
		format(b, e.Key, 0)
		b.WriteString("]." + e.List.Columns[e.Column].Name)
	case *AnyExpr:
		wrap(bindCompare, func() {
			format(b, e.X, bindCompare)
			b.WriteString(" " + e.Op.String() + " ")
			switch {
			case e.List != nil:
				b.WriteString("list." + e.List.Name)
			case len(e.Words) > setWords:
				fmt.Fprintf(b, "[%d parts]", len(e.Words))
			default:
				for i, w := range e.Words {
					b.WriteString([...]string{"[", ", "}[min(i, 1)] + strconv.Quote(w))
				}
				b.WriteByte(']')
			}
		})
	case *OpaqueExpr:
		b.WriteString(e.Source)
	case *ClosureExpr:
		if e.Each {
			format(b, e.Body, outer)
			return
		}
		b.WriteString([...]string{"any(", "all(", "count(", "find("}[e.Quantifier])
		if e.Field != nil {
			b.WriteString(e.Field.Name)
		} else {
			format(b, e.Array, 0)
		}
		b.WriteString(", ")
		format(b, e.Body, 0)
		if el, plain := e.Value.(*ElementExpr); e.Value != nil && (!plain || el.Index) {
			b.WriteString(", ")
			format(b, e.Value, 0)
		}
		b.WriteByte(')')
	case *ElementExpr:
		b.WriteByte('#')
		if e.Index {
			b.WriteString("index")
		}
	case *HasExpr:
		b.WriteString("has(")
		format(b, e.X, 0)
		b.WriteByte(')')
	case *AbsentExpr:
		b.WriteString("absent")
	default:
		panic(fmt.Sprintf("rules: unknown expression %T", e))
	}
}

// layerWords names the layers of a set, those without a bare name as has(name).
func layerWords(l packet.Layer) []string {
	var out []string
	for _, n := range packet.LayerNames() {
		if one, _ := packet.LayerByName(n); l&one != 0 {
			out = append(out, n)
			l &^= one
		}
	}
	for bit := packet.Layer(1); bit != 0 && l != 0; bit <<= 1 {
		if l&bit != 0 {
			out = append(out, "has("+bit.String()+")")
			l &^= bit
		}
	}
	return out
}

// String writes the constant as the language does.
func (v Value) String() string {
	switch v.Kind {
	case packet.KindBool:
		return strconv.FormatBool(v.Int != 0)
	case packet.KindInt:
		return strconv.FormatInt(v.Int, 10)
	case packet.KindFloat:
		s := strconv.FormatFloat(v.Float, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") && !strings.ContainsAny(s, "IN") {
			s += ".0"
		}
		return s
	case packet.KindIP:
		return "'" + v.Addr.String() + "'"
	case packet.KindMAC:
		return "'" + packet.MAC(v.Int).String() + "'"
	}
	return strconv.Quote(v.Str)
}

// setWords is how many parts of a set String writes out.
const setWords = 8

// String writes a small set as the language does, and of a large one the size.
func (s *Set) String() string {
	var parts []string
	n := 0
	switch {
	case s.Addrs != nil:
		n = s.Addrs.Len()
		for r := range s.Addrs.Ranges {
			if len(parts) > setWords {
				break
			}
			parts = append(parts, "'"+r.String()+"'")
		}
	case s.Strs != nil:
		n = len(s.Strs)
		if n <= setWords {
			for _, w := range sortedKeys(s.Strs) {
				parts = append(parts, strconv.Quote(w))
			}
		}
	case s.Names != nil:
		n = s.Names.Len()
		for i := 0; i < n && n <= setWords; i++ {
			parts = append(parts, strconv.Quote(string(s.Names.Entry(i))))
		}
	default:
		n = len(s.Ints)
		for _, r := range s.Ints[:min(n, setWords)] {
			if r.Lo == r.Hi {
				parts = append(parts, strconv.FormatInt(r.Lo, 10))
			} else {
				parts = append(parts, fmt.Sprintf("%d..%d", r.Lo, r.Hi))
			}
		}
	}
	if n > setWords {
		return fmt.Sprintf("[%d parts]", n)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// String writes a range as a network where it is one, or as an address, or as first-last.
func (r AddrRange) String() string {
	if r.Lo == r.Hi {
		return r.Lo.String()
	}
	bits := 0 // of the host part
	for bits < 128 && bitOf(r.Lo, bits) == 0 && bitOf(r.Hi, bits) == 1 {
		bits++
	}
	same := true
	for i := bits; i < 128; i++ {
		same = same && bitOf(r.Lo, i) == bitOf(r.Hi, i)
	}
	size := 128
	if r.Lo.Is4() && r.Hi.Is4() {
		size = 32
	}
	if same && bits <= size {
		return r.Lo.String() + "/" + strconv.Itoa(size-bits)
	}
	return r.Lo.String() + "-" + r.Hi.String()
}

// bitOf returns bit i of an address, counted from the lowest.
func bitOf(a packet.Addr, i int) uint64 {
	if i < 64 {
		return a.Lo >> i & 1
	}
	return a.Hi >> (i - 64) & 1
}
