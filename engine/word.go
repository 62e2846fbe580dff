package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// Tests of bytes at fixed places are leaves: up to eight of them are compared at once, and with that how many there are.
//
//	payload[0] == 71 and payload[1] == 69 and payload[3] == 32  ->  four bytes or more, and "GE ? " under a mask

// wordSize is how many bytes an opWord compares at most.
const wordSize = 8

// hasWord reports whether v has as many bytes as least, and those from at on are value under a mask, the first lowest. All
// that the mask has must be among the least bytes.
func hasWord(v []byte, at, least uint16, value, mask uint64) bool {
	if len(v) < int(least) {
		return false
	}
	if int(at)+wordSize <= len(v) {
		return binary.LittleEndian.Uint64(v[at:])&mask == value
	}
	return shortWord(v, at)&mask == value
}

// shortWord returns the bytes from at on, of which there are fewer than a word has.
func shortWord(v []byte, at uint16) (w uint64) {
	for i := len(v) - 1; i >= int(at); i-- {
		w = w<<8 | uint64(v[i])
	}
	return w
}

// hasByte reports whether v has a byte at at, from lo to hi.
func hasByte(v []byte, at uint16, lo, hi uint64) bool {
	return int(at) < len(v) && uint64(v[at])-lo <= hi-lo
}

// bytesField returns the field of an expression that is one which holds bytes.
func bytesField(e ast.Expr) *packet.Field {
	if f, ok := e.(*ast.FieldExpr); ok && f.Field.Store == packet.StoreBytes {
		return f.Field
	}
	return nil
}

// bytesLeaf lowers comparisons of one byte, of a slice or of the number of bytes with a constant; predFalse where no leaf
// expresses them.
func (b *builder) bytesLeaf(x, y ast.Expr, o ast.Op) int32 {
	switch x := x.(type) {
	case *ast.IndexExpr:
		f := bytesField(x.X)
		if c, whole := b.wholeConst(y); f != nil && whole && x.I <= math.MaxUint16-wordSize {
			return b.byteIs(f, x.I, o, c)
		}
	case *ast.SliceExpr:
		f := bytesField(x.X)
		c, ok := y.(*ast.ConstExpr)
		if f == nil || !ok || x.To > math.MaxUint16 || x.To-x.From != len(c.Value.Str) || len(c.Value.Str) > wordSize || c.Value.Str == "" {
			break
		}
		switch k := b.bytesAt(f, x.From, c.Value.Str); o {
		case ast.OpEq:
			return k
		case ast.OpNe:
			return b.not(k)
		}
	case *ast.CallExpr:
		if x.Func.ID != ast.FnLen {
			break
		}
		f := bytesField(x.Args[0])
		c, whole := b.wholeConst(y)
		if f == nil || !whole || c < 0 || c >= math.MaxUint16 {
			break
		}
		switch o {
		case ast.OpGe:
			return b.word(f, 0, int(c), 0, 0)
		case ast.OpGt:
			return b.word(f, 0, int(c)+1, 0, 0)
		case ast.OpLt:
			return b.not(b.word(f, 0, int(c), 0, 0))
		case ast.OpLe:
			return b.not(b.word(f, 0, int(c)+1, 0, 0))
		}
	}
	return predFalse
}

// byteIs tests a byte that is there; predFalse where that can never hold, or no leaf expresses it.
func (b *builder) byteIs(f *packet.Field, at int, o ast.Op, c int64) int32 {
	if c < 0 || c > math.MaxUint8 {
		return predFalse
	}
	lo, hi := int64(0), int64(math.MaxUint8)
	switch o {
	case ast.OpEq:
		return b.word(f, at, at+1, uint64(c), math.MaxUint8)
	case ast.OpNe:
		return b.not(b.word(f, at, at+1, uint64(c), math.MaxUint8))
	case ast.OpLt:
		hi = c - 1
	case ast.OpLe:
		hi = c
	case ast.OpGt:
		lo = c + 1
	case ast.OpGe:
		lo = c
	}
	return b.byteWithin(f, at, lo, hi)
}

// byteWithin tests a byte for a range; predFalse where nothing is in it.
func (b *builder) byteWithin(f *packet.Field, at int, lo, hi int64) int32 {
	if lo, hi = max(lo, 0), min(hi, math.MaxUint8); lo > hi {
		return predFalse
	}
	if lo == hi {
		return b.word(f, at, at+1, uint64(lo), math.MaxUint8)
	}
	text := fmt.Sprintf("%d.byte%d@%d..%d", f.Offset, at, lo, hi)
	source := fmt.Sprintf("%s[%d] in %d..%d", f.Name, at, lo, hi)
	return b.intern(predicate{op: opByte, cost: 2, at: uint16(at), off: f.Offset, lo: uint64(lo), hi: uint64(hi), field: f, text: text, source: source})
}

// bytesAt tests for up to eight bytes at a place.
func (b *builder) bytesAt(f *packet.Field, at int, s string) int32 {
	var value, mask uint64
	for i := range len(s) {
		value |= uint64(s[i]) << (8 * i)
		mask |= math.MaxUint8 << (8 * i)
	}
	return b.word(f, at, at+len(s), value, mask)
}

// word makes the predicate of an opWord.
func (b *builder) word(f *packet.Field, at, least int, value, mask uint64) int32 {
	if least == 0 {
		return predTrue
	}
	text := fmt.Sprintf("%d.word%d@%x&%x of %d", f.Offset, at, value, mask, least)
	if i, ok := b.byText[text]; ok {
		return i
	}
	return b.intern(predicate{op: opWord, cost: 2, at: uint16(at), least: uint16(least), off: f.Offset, lo: value, hi: mask, field: f, text: text,
		source: wordSource(f.Name, at, least, value, mask)})
}

// wordSource writes an opWord in the words of the language.
func wordSource(name string, at, least int, value, mask uint64) string {
	var parts []string
	end := 0 // of the bytes that are compared
	for i := 0; i < wordSize; {
		if mask>>(8*i)&math.MaxUint8 == 0 {
			i++
			continue
		}
		from := i
		var run []byte
		for ; i < wordSize && mask>>(8*i)&math.MaxUint8 != 0; i++ {
			run = append(run, byte(value>>(8*i)))
		}
		if end = at + i; len(run) == 1 {
			parts = append(parts, fmt.Sprintf("%s[%d] == %d", name, at+from, run[0]))
		} else {
			parts = append(parts, fmt.Sprintf("%s[%d:%d] == %q", name, at+from, end, run))
		}
	}
	if least > end {
		parts = append(parts, fmt.Sprintf("len(%s) >= %d", name, least))
	}
	return strings.Join(parts, " and ")
}

// prefix lowers startsWith with a constant: the first eight bytes are one comparison.
func (b *builder) prefix(e *ast.TextExpr) int32 {
	f := bytesField(e.X)
	c, ok := e.Y.(*ast.ConstExpr)
	if f == nil || !ok || e.Op != ast.OpStartsWith || c.Value.Str == "" {
		return b.closure(e)
	}
	if len(c.Value.Str) > wordSize {
		return b.and([]int32{b.bytesAt(f, 0, c.Value.Str[:wordSize]), b.closure(e)})
	}
	// It keeps its literal, for which many are looked for at once; so it is not the same as the bytes alone, which are joined.
	k := b.closure(e)
	if p := &b.preds[k]; p.op == opFunc {
		w := b.preds[b.bytesAt(f, 0, c.Value.Str)]
		p = &b.preds[k]
		p.op, p.fn, p.cost, p.at, p.least, p.off, p.lo, p.hi, p.field = opWord, nil, w.cost, w.at, w.least, w.off, w.lo, w.hi, w.field
	}
	return k
}

// joinWords makes one comparison of several of bytes of one field, all of which must hold; it returns false where they never
// do. How many bytes there are is told by those that are compared.
func (b *builder) joinWords(kids []int32) ([]int32, bool) {
	n := 0
	for _, k := range kids {
		if b.preds[k].op == opWord {
			n++
		}
	}
	if n < 2 && !slices.ContainsFunc(kids, func(k int32) bool { return b.preds[k].op == opByte }) || n == 0 {
		return kids, true
	}
	type known struct {
		field *packet.Field
		bytes map[int]byte
		least int // how many there are to be
		told  int // how many there are by tests that stay as they are
		first int // place in out of the first test that is joined
	}
	var fields []*known
	of := func(f *packet.Field) *known {
		for _, x := range fields {
			if x.field == f {
				return x
			}
		}
		x := &known{field: f, bytes: map[int]byte{}, first: -1}
		fields = append(fields, x)
		return x
	}
	out := make([]int32, 0, len(kids))
	for _, k := range kids {
		p := &b.preds[k]
		switch {
		case p.op == opByte:
			x := of(p.field)
			x.told = max(x.told, int(p.at)+1)
		case p.op == opWord && p.need != nil:
			x := of(p.field)
			x.told = max(x.told, int(p.least))
		case p.op == opWord:
			x := of(p.field)
			if x.least = max(x.least, int(p.least)); x.first < 0 {
				x.first = len(out)
			}
			for i := range wordSize {
				if p.hi>>(8*i)&math.MaxUint8 == 0 {
					continue
				}
				v := byte(p.lo >> (8 * i))
				if was, ok := x.bytes[int(p.at)+i]; ok && was != v {
					return nil, false
				}
				x.bytes[int(p.at)+i] = v
			}
			continue
		}
		out = append(out, k)
	}
	slices.SortStableFunc(fields, func(x, y *known) int { return y.first - x.first }) // so that places stay right
	for _, x := range fields {
		if x.first >= 0 {
			out = slices.Insert(out, x.first, b.words(x.field, x.bytes, x.least, x.told)...)
		}
	}
	return out, true
}

// words makes the tests for bytes at places, and for how many there are where others do not tell that.
func (b *builder) words(f *packet.Field, bytes map[int]byte, least, told int) (out []int32) {
	places := make([]int, 0, len(bytes))
	for at := range bytes {
		places = append(places, at)
	}
	slices.Sort(places)
	if len(places) == 0 && least > told {
		return []int32{b.word(f, 0, least, 0, 0)}
	}
	for i := 0; i < len(places); {
		at := places[i]
		var value, mask uint64
		end := at
		for ; i < len(places) && places[i] < at+wordSize; i++ {
			end = places[i] + 1
			value |= uint64(bytes[places[i]]) << (8 * (places[i] - at))
			mask |= math.MaxUint8 << (8 * (places[i] - at))
		}
		if len(out) == 0 && least > told { // the first test is of all that are to be there
			end = max(end, least)
		}
		out = append(out, b.word(f, at, end, value, mask))
	}
	return out
}

// commonWord returns what the first eight bytes of a payload are, under a mask, for which one of some entries holds; without a mask
// nothing is known of them.
//
//	payload startsWith 'HTTP/1.1 401'; payload[0:2] == 'HT' and payload[4] == 47 and payload[8] == 32  ->  "HT??/"
func (p *Plan) commonWord(entries []entry) (value, mask uint64) {
	for i, e := range entries {
		v, m := p.firstWord(e.cond)
		if i == 0 {
			value, mask = v, m
		} else {
			mask &= m &^ (value ^ v)
		}
	}
	return value & mask, mask
}

// firstWord is commonWord for one condition.
func (p *Plan) firstWord(cond int32) (value, mask uint64) {
	switch n := &p.preds[cond]; {
	case n.op == opWord && n.off == offPayload && n.at == 0:
		return n.lo, n.hi
	case n.op == opMemo:
		return p.firstWord(n.kids[0])
	case n.op == opAnd:
		for _, k := range n.kids {
			v, m := p.firstWord(k)
			value, mask = value|v, mask|m
		}
	case n.op == opOr:
		es := make([]entry, len(n.kids))
		for i, k := range n.kids {
			es[i].cond = k
		}
		return p.commonWord(es)
	}
	return value, mask
}
