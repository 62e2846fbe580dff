package ast

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/lists"
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
		formatList(b, e.Args)
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
		formatList(b, e.Xs)
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
			case len(e.Words) > lists.WrittenMembers:
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
// formatList writes expressions with commas between.
func formatList(b *strings.Builder, xs []Expr) {
	for i, x := range xs {
		if i > 0 {
			b.WriteString(", ")
		}
		format(b, x, 0)
	}
}

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
