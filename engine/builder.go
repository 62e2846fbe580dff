package engine

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A builder makes predicates, each once.
type builder struct {
	opt    Options
	tuning Tuning
	preds  []predicate
	byText map[string]int32
	sets   map[*rules.Set]string
	// scaled is the rule whose thresholds are looked up at run time; nil where they are constants.
	scaled    *rule
	opaques   map[string]*opaque // by canonical text
	inquiries map[string]*inquiry
	diags     hcl.Diagnostics
	// What the lists of entries came to, by entriesKey: many classes of packets leave the same entries
	// behind a port or an address.
	branches    map[string]*branch
	portIndexes map[indexKey]*portIndex
	addrIndexes map[indexKey]*addrIndex
}

// An indexKey is a list of entries and the offset of the field by which they are indexed.
type indexKey struct {
	entries string
	off     uintptr
}

const (
	predFalse int32 = 0
	predTrue  int32 = 1
)

func newBuilder(opt Options, tuning Tuning) *builder {
	b := &builder{opt: opt, tuning: tuning, opaques: map[string]*opaque{}, byText: map[string]int32{}, sets: map[*rules.Set]string{}, inquiries: map[string]*inquiry{},
		branches: map[string]*branch{}, portIndexes: map[indexKey]*portIndex{}, addrIndexes: map[indexKey]*addrIndex{}}
	b.intern(predicate{op: opFalse, text: "false"})
	b.intern(predicate{op: opTrue, text: "true"})
	return b
}

// expect makes room for the predicates of as many rules, which are large and would be moved again and
// again as they become more.
func (b *builder) expect(n int) {
	b.preds = slices.Grow(b.preds, 6*n)
	text := make(map[string]int32, 6*n)
	maps.Copy(text, b.byText)
	b.byText = text
}

// intern returns the number of a predicate, which is that of an equal one where there is one.
func (b *builder) intern(p predicate) int32 {
	if i, ok := b.byText[p.text]; ok {
		return i
	}
	i := int32(len(b.preds))
	b.preds = append(b.preds, p)
	b.byText[p.text] = i
	return i
}

func (b *builder) canon(e rules.Expr) string {
	c := canon{sets: b.sets}
	if b.scaled != nil {
		c.scaled = b.scaled.Name
	}
	return c.text(e)
}

// condition lowers a boolean expression.
func (b *builder) condition(e rules.Expr) int32 {
	if b.tuning.condition != nil {
		return b.tuning.condition(b, e)
	}
	return b.lower(e)
}

func (b *builder) lower(e rules.Expr) int32 {
	switch e := e.(type) {
	case *rules.ConstExpr:
		if e.Value.Int != 0 {
			return predTrue
		}
		return predFalse
	case *rules.LayerExpr:
		return b.layers(e.Layers)
	case *rules.FieldExpr:
		return b.flag(e.Field)
	case *rules.NotExpr:
		return b.not(b.lower(e.X))
	case *rules.LogicExpr:
		kids := make([]int32, len(e.Xs))
		for i, x := range e.Xs {
			kids[i] = b.lower(x)
		}
		if e.Or {
			return b.or(kids)
		}
		return b.and(kids)
	case *rules.CondExpr:
		c := b.lower(e.If)
		return b.or([]int32{b.and([]int32{c, b.lower(e.Then)}), b.and([]int32{b.not(c), b.lower(e.Else)})})
	case *rules.CompareExpr:
		return b.compare(e)
	case *rules.InExpr:
		return b.in(e)
	case *rules.AbsentExpr:
		return predFalse
	}
	return b.closure(e)
}

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

func (b *builder) and(kids []int32) int32 {
	var layers packet.Layer
	flat := make([]int32, 0, len(kids))
	for _, k := range kids {
		switch p := &b.preds[k]; p.op {
		case opFalse:
			return predFalse
		case opTrue:
		case opLayers:
			layers |= packet.Layer(p.lo)
		case opAnd:
			for _, kk := range p.kids {
				if q := &b.preds[kk]; q.op == opLayers {
					layers |= packet.Layer(q.lo)
				} else {
					flat = append(flat, kk)
				}
			}
		default:
			flat = append(flat, k)
		}
	}
	// Cheap ones first. The sort is stable, so that equal costs stay in the author's order.
	slices.SortStableFunc(flat, func(x, y int32) int { return cmp.Compare(b.preds[x].cost, b.preds[y].cost) })
	out := flat[:0]
	for _, k := range flat {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	if layers != 0 { // what the others read exists only behind this
		out = slices.Insert(out, 0, b.layers(layers))
	}
	return b.group(opAnd, "and", out, predTrue)
}

func (b *builder) or(kids []int32) int32 {
	flat := make([]int32, 0, len(kids))
	for _, k := range kids {
		switch p := &b.preds[k]; p.op {
		case opTrue:
			return predTrue
		case opFalse:
		case opOr:
			flat = append(flat, p.kids...)
		default:
			flat = append(flat, k)
		}
	}
	flat = b.joinPorts(flat)
	slices.SortStableFunc(flat, func(x, y int32) int { return cmp.Compare(b.preds[x].cost, b.preds[y].cost) })
	out := flat[:0]
	for _, k := range flat {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return b.group(opOr, "or", out, predFalse)
}

// joinPorts makes one look-up of several tests of one 16-bit field.
//
//	tcp.dstport == 80 or tcp.dstport == 443  ->  tcp.dstport in {80, 443}
func (b *builder) joinPorts(kids []int32) []int32 {
	byField := map[*packet.Field][]int32{}
	for _, k := range kids {
		if p := &b.preds[k]; p.op == opRange16 || p.op == opBitmap {
			byField[p.field] = append(byField[p.field], k)
		}
	}
	out := kids[:0:0]
	for _, k := range kids {
		p := &b.preds[k]
		same := byField[p.field]
		if p.op != opRange16 && p.op != opBitmap || len(same) < 2 {
			out = append(out, k)
			continue
		}
		if k != same[0] {
			continue
		}
		m := new(bitmap)
		for _, s := range same {
			if q := &b.preds[s]; q.op == opRange16 {
				m.add(q.lo, q.hi)
			} else {
				for i := range m {
					m[i] |= q.bitmap[i]
				}
			}
		}
		out = append(out, b.ports(p.field, m))
	}
	return out
}

func (b *builder) group(o op, name string, kids []int32, empty int32) int32 {
	switch len(kids) {
	case 0:
		return empty
	case 1:
		return kids[0]
	}
	var buf [64]byte
	text := append(buf[:0], name...)
	cost := uint16(1)
	for _, k := range kids {
		text = strconv.AppendInt(append(text, ' '), int64(k), 10)
		cost += b.preds[k].cost
	}
	if i, ok := b.byText[string(text)]; ok {
		return i
	}
	return b.intern(predicate{op: o, cost: cost, kids: slices.Clone(kids), text: string(text)})
}

func (b *builder) not(k int32) int32 {
	switch p := &b.preds[k]; p.op {
	case opTrue:
		return predFalse
	case opFalse:
		return predTrue
	case opNot:
		return p.kids[0]
	}
	return b.intern(predicate{op: opNot, cost: b.preds[k].cost + 1, kids: []int32{k}, text: "not " + strconv.Itoa(int(k))})
}

// compare lowers comparisons of a field with a constant to leaves, others to closures.
func (b *builder) compare(e *rules.CompareExpr) int32 {
	x, y, o := e.X, e.Y, e.Op
	if _, ok := x.(*rules.FieldExpr); !ok {
		x, y, o = y, x, o.Mirror()
	}
	f, isField := x.(*rules.FieldExpr)
	if !isField {
		return b.closure(e)
	}
	if g, ok := y.(*rules.FieldExpr); ok && (o == rules.OpEq || o == rules.OpNe) {
		if k := b.same(f.Field, g.Field); k != predFalse {
			if o == rules.OpNe {
				k = b.not(k)
			}
			return k
		}
	}
	if c, ok := y.(*rules.ConstExpr); ok && f.Field.Kind == packet.KindIP {
		k := b.address(f.Field, c.Value.Addr)
		if o == rules.OpNe {
			k = b.not(k)
		}
		return k
	}
	if f.Field.Kind == packet.KindBool {
		if c, ok := y.(*rules.ConstExpr); ok {
			k := b.flag(f.Field)
			if (c.Value.Int != 0) != (o == rules.OpEq) {
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
	case rules.OpEq:
		return b.within(f.Field, c, c)
	case rules.OpNe:
		return b.not(b.within(f.Field, c, c))
	case rules.OpLt:
		if c == lowest {
			return predFalse
		}
		return b.within(f.Field, lowest, c-1)
	case rules.OpLe:
		return b.within(f.Field, lowest, c)
	case rules.OpGt:
		if c == highest {
			return predFalse
		}
		return b.within(f.Field, c+1, highest)
	case rules.OpGe:
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
func (b *builder) wholeConst(e rules.Expr) (int64, bool) {
	switch e := e.(type) {
	case *rules.ConstExpr:
		return e.Value.Int, e.Value.Kind == packet.KindInt || e.Value.Kind == packet.KindMAC
	case *rules.ThresholdExpr:
		return int64(e.Value), b.scaled == nil && e.Kind() == packet.KindInt
	}
	return 0, false
}

// in lowers membership of a field: port sets become bitmaps, address sets prefix tables.
func (b *builder) in(e *rules.InExpr) int32 {
	f, ok := e.X.(*rules.FieldExpr)
	if !ok {
		return b.closure(e)
	}
	switch {
	case e.Set.Addrs != nil:
		var only rules.AddrRange
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
		return b.intern(predicate{op: opAddrs, cost: 8, off: f.Field.Offset, addrs: e.Set.Addrs, field: f.Field, text: b.canon(e), source: rules.Format(e)})
	case e.Set.Strs != nil || f.Field.Kind == packet.KindFloat:
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

// closure makes a predicate of a function.
func (b *builder) closure(e rules.Expr) int32 {
	text := b.canon(e)
	if i, ok := b.byText[text]; ok {
		return i
	}
	fn, cost := b.boolFunc(e)
	return b.intern(predicate{op: opFunc, cost: cost, fn: fn, text: text, source: rules.Format(e)})
}
