package engine

import (
	"math"
	"strconv"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// layers tests for the presence of layers; that of a frame needs no test.
func (b *builder) layers(l packet.Layer) int32 {
	l &^= packet.LayerFrame
	if l == 0 {
		return predTrue
	}
	return b.intern(predicate{op: opLayers, lo: uint64(l), text: "has" + strconv.FormatUint(uint64(l), 16)})
}

func (b *builder) flag(f *packet.Field) int32 {
	switch f.Store {
	case packet.StoreFlag:
		return b.intern(predicate{op: opBits, cost: 1, off: f.Offset, lo: uint64(f.Bit), field: f, text: f.Name})
	case packet.StoreBool:
		return b.intern(predicate{op: opRange8, cost: 1, off: f.Offset, lo: 1, hi: 1, field: f, text: f.Name})
	}
	return b.intern(predicate{op: opFunc, cost: 3, fn: func(s *scope) bool { return f.Int(s.p) != 0 }, text: f.Name, source: f.Name})
}

// rangeOp is the leaf that tests an integer field for a range, by how the field is held.
func rangeOp(f *packet.Field) (op, bool) {
	switch f.Store {
	case packet.StoreBool, packet.StoreU8:
		return opRange8, true
	case packet.StoreU16:
		return opRange16, true
	case packet.StoreU32:
		return opRange32, true
	case packet.StoreU64, packet.StoreMAC:
		return opRange64, true
	}
	return 0, false
}

// within tests an integer field for lo <= field <= hi.
func (b *builder) within(f *packet.Field, lo, hi int64) int32 {
	lo = max(lo, 0)
	o, _ := rangeOp(f)
	limit := int64(math.MaxInt64)
	switch o {
	case opRange8:
		limit = math.MaxUint8
	case opRange16:
		limit = math.MaxUint16
	case opRange32:
		limit = math.MaxUint32
	}
	hi = min(hi, limit)
	if lo > hi {
		return predFalse
	}
	if lo == 0 && hi == limit {
		return predTrue
	}
	var buf [64]byte
	text := strconv.AppendUint(buf[:0], uint64(f.Offset), 10)
	text = strconv.AppendUint(append(text, '.'), uint64(o), 10)
	text = strconv.AppendInt(append(text, '@'), lo, 10)
	text = strconv.AppendInt(append(text, ".."...), hi, 10)
	return b.intern(predicate{op: o, cost: 1, off: f.Offset, lo: uint64(lo), hi: uint64(hi), field: f, text: string(text)})
}

// ports tests a 16-bit field against a bitmap.
func (b *builder) ports(f *packet.Field, m *bitmap) int32 {
	var first, last, runs = uint16(0), uint16(0), 0
	var buf [128]byte
	text := strconv.AppendUint(buf[:0], uint64(f.Offset), 10)
	text = append(text, ".bits@"...)
	m.ranges(func(lo, hi uint16) {
		if runs == 0 {
			first = lo
		}
		last = hi
		runs++
		text = strconv.AppendUint(text, uint64(lo), 10)
		text = strconv.AppendUint(append(text, '-'), uint64(hi), 10)
		text = append(text, ',')
	})
	switch runs {
	case 0:
		return predFalse
	case 1:
		return b.within(f, int64(first), int64(last))
	}
	return b.intern(predicate{op: opBitmap, cost: 2, off: f.Offset, bitmap: m, lo: uint64(m.count()), field: f, text: string(text)})
}

// compare lowers comparisons of a field with a constant to leaves, others to closures.
func (b *builder) compare(e *ast.CompareExpr) int32 {
	x, y, o := e.X, e.Y, e.Op
	if k := b.bytesLeaf(x, y, o); k != predFalse {
		return k
	}
	if _, ok := x.(*ast.FieldExpr); !ok {
		x, y, o = y, x, o.Mirror()
	}
	if k := b.bytesLeaf(x, y, o); k != predFalse {
		return k
	}
	f, isField := x.(*ast.FieldExpr)
	if !isField || f.Field.Many() {
		return b.closure(e)
	}
	if g, ok := y.(*ast.FieldExpr); ok && (o == ast.OpEq || o == ast.OpNe) {
		if k := b.same(f.Field, g.Field); k != predFalse {
			if o == ast.OpNe {
				k = b.not(k)
			}
			return k
		}
	}
	if c, ok := y.(*ast.ConstExpr); ok && f.Field.Kind == packet.KindIP {
		k := b.address(f.Field, c.Value.Addr)
		if o == ast.OpNe {
			k = b.not(k)
		}
		return k
	}
	if f.Field.Kind == packet.KindBool {
		if c, ok := y.(*ast.ConstExpr); ok {
			k := b.flag(f.Field)
			if (c.Value.Int != 0) != (o == ast.OpEq) {
				k = b.not(k)
			}
			return k
		}
		return b.closure(e)
	}
	_, leaf := rangeOp(f.Field)
	c, whole := b.wholeConst(y)
	if !leaf || !whole {
		return b.closure(e)
	}
	const lowest, highest = math.MinInt64, math.MaxInt64
	switch o {
	case ast.OpEq:
		return b.within(f.Field, c, c)
	case ast.OpNe:
		return b.not(b.within(f.Field, c, c))
	case ast.OpLt:
		if c == lowest {
			return predFalse
		}
		return b.within(f.Field, lowest, c-1)
	case ast.OpLe:
		return b.within(f.Field, lowest, c)
	case ast.OpGt:
		if c == highest {
			return predFalse
		}
		return b.within(f.Field, c+1, highest)
	case ast.OpGe:
		return b.within(f.Field, c, highest)
	}
	return b.closure(e)
}

// address tests an address for being a.
func (b *builder) address(f *packet.Field, a packet.Addr) int32 {
	var buf [64]byte
	text := strconv.AppendUint(buf[:0], uint64(f.Offset), 10)
	text = strconv.AppendUint(append(text, ".addr@"...), a.Hi, 16)
	text = strconv.AppendUint(append(text, '.'), a.Lo, 16)
	return b.intern(predicate{op: opAddr, cost: 2, off: f.Offset, addr: a, field: f, text: string(text)})
}

// same tests two fields held alike for equality; predFalse where no leaf does.
func (b *builder) same(f, g *packet.Field) int32 {
	p := predicate{cost: 2, off: f.Offset, lo: uint64(g.Offset), source: f.Name + " == " + g.Name, text: strconv.Itoa(int(f.Offset)) + " same " + strconv.Itoa(int(g.Offset))}
	switch {
	case f.Store == packet.StoreAddr && g.Store == packet.StoreAddr:
		p.op = opSameAddr
	case f.Store == packet.StoreU16 && g.Store == packet.StoreU16:
		p.op = opSame16
	default:
		return predFalse
	}
	return b.intern(p)
}

// wholeConst returns the value of a constant integer or MAC address, or of a threshold that
// reputation does not scale.
func (b *builder) wholeConst(e ast.Expr) (int64, bool) {
	switch e := e.(type) {
	case *ast.ConstExpr:
		return e.Value.Int, e.Value.Kind == packet.KindInt || e.Value.Kind == packet.KindMAC
	case *ast.ThresholdExpr:
		return int64(e.Value), b.scaled == nil && e.Kind() == packet.KindInt
	}
	return 0, false
}

// in lowers membership of a field: port sets become bitmaps, address sets prefix tables.
func (b *builder) in(e *ast.InExpr) int32 {
	f, ok := e.X.(*ast.FieldExpr)
	if x, isByte := e.X.(*ast.IndexExpr); isByte && len(e.Set.Ints) <= 4 {
		if f := bytesField(x.X); f != nil && x.I <= math.MaxUint16-wordSize {
			kids := make([]int32, len(e.Set.Ints))
			for i, r := range e.Set.Ints {
				kids[i] = b.byteWithin(f, x.I, r.Lo, r.Hi)
			}
			return b.or(kids)
		}
	}
	if !ok || f.Field.Many() {
		return b.closure(e)
	}
	switch {
	case e.Set.Addrs != nil:
		var only lists.AddrRange
		n := 0
		for r := range e.Set.Addrs.Ranges {
			only = r
			if n++; n > 1 {
				break
			}
		}
		switch {
		case n == 0:
			return predFalse
		case n == 1 && only.Lo == only.Hi:
			return b.address(f.Field, only.Lo)
		}
		return b.intern(predicate{op: opAddrs, cost: 8, off: f.Field.Offset, addrs: e.Set.Addrs, field: f.Field, text: b.canon(e), source: ast.Format(e)})
	case e.Set.Strs != nil || e.Set.Names != nil || f.Field.Kind == packet.KindFloat:
		return b.closure(e)
	case f.Field.Store == packet.StoreU16:
		m := new(bitmap)
		for _, r := range e.Set.Ints {
			if lo, hi := max(r.Lo, 0), min(r.Hi, math.MaxUint16); lo <= hi {
				m.add(uint64(lo), uint64(hi))
			}
		}
		return b.ports(f.Field, m)
	}
	if _, leaf := rangeOp(f.Field); leaf && len(e.Set.Ints) <= 4 {
		kids := make([]int32, len(e.Set.Ints))
		for i, r := range e.Set.Ints {
			kids[i] = b.within(f.Field, r.Lo, r.Hi)
		}
		return b.or(kids)
	}
	return b.closure(e)
}
