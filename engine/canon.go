package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// canon writes an expression in a form that is equal for two expressions of the same structure, in
// one plan or in two. It is what sharing and the hand-over of state compare.
//
//	tcp.dstport == 22 and 22 == tcp.dstport  ->  two texts: canon does not prove theorems
type canon struct {
	b strings.Builder
	// sets remembers the contents of the sets met, by which sets are compared.
	sets map[*lists.Set]string
	// scaled is the name of the rule whose thresholds reputation scales; thresholds of such a rule
	// equal no other rule's.
	scaled string
	// byName has lists stand for themselves, whatever is in them, and texts that are the same in every process and, as far as
	// the words of the language are, in every version.
	byName bool
}

func (c *canon) text(e ast.Expr) string {
	if e == nil {
		return ""
	}
	c.b.Reset()
	c.b.Grow(128)
	c.expr(e)
	return c.b.String()
}

func (c *canon) value(v ast.Value) {
	switch v.Kind {
	case packet.KindFloat:
		c.b.WriteString(strconv.FormatFloat(v.Float, 'x', -1, 64))
	case packet.KindString, packet.KindBytes:
		c.b.WriteString(strconv.Quote(v.Str))
	case packet.KindIP:
		c.b.WriteString("@" + strconv.FormatUint(v.Addr.Hi, 16) + "." + strconv.FormatUint(v.Addr.Lo, 16))
	case packet.KindMAC:
		fmt.Fprintf(&c.b, "mac%x", v.Int)
	default:
		c.b.WriteString(strconv.FormatInt(v.Int, 10))
		if v.Kind == packet.KindBool {
			c.b.WriteByte('b')
		}
	}
}

func (c *canon) list(open string, xs ...ast.Expr) {
	c.b.WriteByte('(')
	c.b.WriteString(open)
	for _, x := range xs {
		c.b.WriteByte(' ')
		c.expr(x)
	}
	c.b.WriteByte(')')
}

func (c *canon) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.ConstExpr:
		c.value(e.Value)
	case *ast.FieldExpr:
		c.b.WriteString(e.Field.Name)
	case *ast.LayerExpr:
		if c.byName { // the bits are those of this version of the program
			c.b.WriteString("has " + e.Layers.String())
			return
		}
		c.b.WriteString("has" + strconv.FormatUint(uint64(e.Layers), 16))
	case *ast.ThresholdExpr:
		if c.scaled != "" {
			c.b.WriteString("threshold:" + c.scaled)
			return
		}
		c.b.WriteString(strconv.FormatFloat(e.Value, 'x', -1, 64))
	case *ast.AggregateExpr:
		c.b.WriteString("aggregate" + strconv.Itoa(e.Aggregate.Index))
	case *ast.NotExpr:
		c.list("not", e.X)
	case *ast.LogicExpr:
		if e.Or {
			c.list("or", e.Xs...)
		} else {
			c.list("and", e.Xs...)
		}
	case *ast.CompareExpr:
		c.list(e.Op.String(), e.X, e.Y)
	case *ast.InExpr:
		if c.byName {
			if e.List != nil {
				c.list("in list "+e.List.Name, e.X)
			} else {
				c.list("in "+stableMembers(e.Set), e.X)
			}
			return
		}
		n, ok := c.sets[e.Set]
		if !ok {
			n = members(e.Set)
			c.sets[e.Set] = n
		}
		c.list("in "+n, e.X)
	case *ast.ListedExpr:
		c.list("listed "+listID(e.List), e.X)
	case *ast.MatchExpr:
		c.list("matches"+strconv.FormatBool(e.Pattern.OnBytes())+strconv.Quote(e.Pattern.String()), e.X)
	case *ast.TextExpr:
		c.list(e.Op.String(), e.X, e.Y)
	case *ast.ArithExpr:
		c.list(e.Op.String()+strconv.Itoa(int(e.K)), e.X, e.Y)
	case *ast.NegExpr:
		c.list("neg", e.X)
	case *ast.CondExpr:
		c.list("?", e.If, e.Then, e.Else)
	case *ast.CallExpr:
		c.list(e.Func.Name, e.Args...)
	case *ast.IndexExpr:
		c.list("at"+strconv.Itoa(e.I), e.X)
	case *ast.SliceExpr:
		c.list(fmt.Sprintf("cut%d:%d", e.From, e.To), e.X)
	case *ast.GapExpr:
		c.b.WriteString(e.Name() + strconv.FormatInt(int64(e.Span), 10))
	case *ast.TupleExpr:
		c.list("tuple", e.Xs...)
	case *ast.ColumnExpr:
		if c.byName {
			c.list("column"+strconv.Itoa(e.Column)+" of "+e.List.Name, e.Key)
			return
		}
		c.list("column"+strconv.Itoa(e.Column)+"."+e.List.Digest(), e.Key)
	case *ast.AnyExpr:
		if c.byName {
			words := fmt.Sprintf("%q", e.Words)
			if e.List != nil {
				words = "list " + e.List.Name
			}
			c.list("any "+e.Op.String()+strconv.FormatBool(len(e.Patterns) > 0 && e.Patterns[0].OnBytes())+" "+words, e.X)
			return
		}
		c.list("any "+e.Op.String()+strconv.FormatBool(len(e.Patterns) > 0 && e.Patterns[0].OnBytes())+wordsDigest(e.Words), e.X)
	case *ast.OpaqueExpr:
		c.list("vm"+strconv.Quote(e.Text), e.Args...)
	case *ast.ClosureExpr:
		xs := []ast.Expr{e.Body}
		if e.Field != nil {
			xs = append(xs, &ast.FieldExpr{Field: e.Field})
		} else {
			xs = append(xs, e.Array)
		}
		if e.Value != nil {
			xs = append(xs, e.Value)
		}
		c.list(fmt.Sprintf("loop%d.%d.%t", e.Quantifier, e.Depth, e.Each), xs...)
	case *ast.ElementExpr:
		fmt.Fprintf(&c.b, "#%d.%t.%d.%t", e.Depth, e.Index, e.K, e.Field != nil)
	case *ast.HasExpr:
		c.list("has", e.X)
	case *ast.AbsentExpr:
		c.b.WriteString("absent" + strconv.Itoa(int(e.K)))
	default:
		panic(fmt.Sprintf("engine: unknown expression %T", e))
	}
}

// wordsDigest identifies texts in their order.
func wordsDigest(words []string) string {
	var h maphash.Hash
	h.SetSeed(setSeed)
	for _, w := range words {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(w)))
		h.Write(n[:])
		h.WriteString(w)
	}
	return "#" + strconv.Itoa(len(words)) + "." + strconv.FormatUint(h.Sum64(), 16)
}

// setSeed makes the digests of sets: good within the process, which is as long as they live.
var setSeed = maphash.MakeSeed()

// members returns a digest of a set's members.
func members(s *lists.Set) string {
	var h maphash.Hash
	h.SetSeed(setSeed)
	n := eachMember(s, &h)
	return "#" + strconv.Itoa(n) + "." + strconv.FormatUint(h.Sum64(), 16)
}

// stableMembers is members with a digest that is the same in every process.
func stableMembers(s *lists.Set) string {
	h := sha256.New()
	n := eachMember(s, h)
	return "#" + strconv.Itoa(n) + "." + hex.EncodeToString(h.Sum(nil)[:16])
}

// eachMember writes the members of a set, and returns their number.
func eachMember(s *lists.Set, h io.Writer) int {
	n := 0
	num := func(vs ...uint64) {
		n++
		for _, v := range vs {
			var b [8]byte
			binary.LittleEndian.PutUint64(b[:], v)
			h.Write(b[:])
		}
	}
	switch {
	case s.Addrs != nil:
		for r := range s.Addrs.Ranges {
			num(r.Lo.Hi, r.Lo.Lo, r.Hi.Hi, r.Hi.Lo)
		}
	case s.Strs != nil:
		for _, v := range slices.Sorted(maps.Keys(s.Strs)) {
			num(uint64(len(v)))
			io.WriteString(h, v)
		}
	case s.Names != nil: // in whatever order
		var sum uint64
		for n = range s.Names.Len() {
			sum += maphash.Bytes(setSeed, s.Names.Entry(n))
		}
		num(sum)
		n = -s.Names.Len() // no other set has as many
	default:
		for _, r := range s.Ints {
			num(uint64(r.Lo), uint64(r.Hi))
		}
	}
	return n
}
