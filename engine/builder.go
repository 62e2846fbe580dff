package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
	"github.com/ruleids/ruleids/rules/lists"
)

// A builder makes predicates, each once.
type builder struct {
	opt    Options
	tuning Tuning
	preds  []predicate
	byText map[string]int32
	sets   map[*lists.Set]string
	// scaled is the rule whose thresholds are looked up at run time; nil where they are constants.
	scaled    *rule
	opaques   map[string]*opaque // by canonical text
	inquiries map[string]*inquiry
	lists     []*trackedList
	diags     hcl.Diagnostics
	geo       *geo.DB // nil where nothing is known of addresses
	// What the lists of entries came to, by entriesKey: many classes of packets leave the same entries
	// behind a port or an address.
	branches    map[string]*branch
	portIndexes map[indexKey]*portIndex
	addrIndexes map[indexKey]*addrIndex
	needs       map[int32]*domain.Need // of conjunctions and disjunctions
	needies     map[int32]int32        // by condition: what needy returns
	unions      map[string]int32       // of tests of ports, see union
	atPorts     map[portCase]int32     // of conjunctions and disjunctions, see atPort
	visited     int                    // branches that are found by contents
	forks       int                    // around the branch that is made
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
	b := &builder{opt: opt, tuning: tuning, opaques: map[string]*opaque{}, byText: map[string]int32{}, sets: map[*lists.Set]string{}, inquiries: map[string]*inquiry{},
		branches: map[string]*branch{}, portIndexes: map[indexKey]*portIndex{}, addrIndexes: map[indexKey]*addrIndex{}, needs: map[int32]*domain.Need{}, needies: map[int32]int32{}, unions: map[string]int32{}, atPorts: map[portCase]int32{}}
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

func (b *builder) canon(e ast.Expr) string {
	c := canon{sets: b.sets}
	if b.scaled != nil {
		c.scaled = b.scaled.Name
	}
	return c.text(e)
}

// condition lowers a boolean expression.
func (b *builder) condition(e ast.Expr) int32 {
	if b.tuning.condition != nil {
		return b.tuning.condition(b, e)
	}
	return b.lower(e)
}

func (b *builder) lower(e ast.Expr) int32 {
	switch e := e.(type) {
	case *ast.ConstExpr:
		if e.Value.Int != 0 {
			return predTrue
		}
		return predFalse
	case *ast.LayerExpr:
		return b.layers(e.Layers)
	case *ast.FieldExpr:
		return b.flag(e.Field)
	case *ast.NotExpr:
		return b.not(b.lower(e.X))
	case *ast.LogicExpr:
		kids := make([]int32, len(e.Xs))
		for i, x := range e.Xs {
			kids[i] = b.lower(x)
		}
		if e.Or {
			return b.or(kids)
		}
		return b.and(kids)
	case *ast.CondExpr:
		c := b.lower(e.If)
		return b.or([]int32{b.and([]int32{c, b.lower(e.Then)}), b.and([]int32{b.not(c), b.lower(e.Else)})})
	case *ast.CompareExpr:
		return b.compare(e)
	case *ast.InExpr:
		return b.in(e)
	case *ast.TextExpr:
		return b.prefix(e)
	case *ast.AggregateExpr: // of a memory
		i := e.Aggregate.Index
		return b.intern(predicate{op: opFunc, cost: 1, text: b.canon(e), source: ast.Format(e), fn: func(s *scope) bool { return s.values[i] == 1 }})
	case *ast.AbsentExpr:
		return predFalse
	}
	return b.closure(e)
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
	flat, ok := b.joinWords(flat)
	if !ok {
		return predFalse
	}
	// Cheap ones first. The sort is stable, so that equal costs stay in the author's order.
	slices.SortStableFunc(flat, func(x, y int32) int { return cmp.Compare(b.rank(x), b.rank(y)) })
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

// rank is the place of a part among those of a conjunction: what it costs, and three times that of an exception, which hardly ever decides.
//
//	not (dst.port >= 1024 and src.port in [80, 443]) and ip.src in list.home_nets  ->  the second, then the first
func (b *builder) rank(k int32) int {
	cost := int(b.preds[k].cost)
	if p := &b.preds[k]; p.op == opNot && b.preds[p.kids[0]].op != opBits {
		cost *= 3
	}
	return cost
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
	or := b.group(opOr, "or", out, predFalse)
	if ports := b.portsOfAll(out); ports != predTrue {
		return b.and([]int32{ports, or})
	}
	return or
}

// portsOfAll returns a test of a port that holds wherever one of several conditions does, as each tests that port; predTrue
// where there is none. It is sooner done than they are, and dispatch goes by it.
//
//	tcp.srcport == 21 and x or tcp.srcport == 25 and y  ->  tcp.srcport in {21, 25}
func (b *builder) portsOfAll(kids []int32) int32 {
	if len(kids) < 2 || b.tuning.NoDispatch {
		return predTrue
	}
	for _, off := range []uintptr{offDstPort, offSrcPort} {
		guards := make([]int32, 0, len(kids))
		for _, k := range kids {
			if g := b.guard(k, off, opRange16); g != predTrue {
				guards = append(guards, g)
			}
		}
		if len(guards) < len(kids) {
			continue
		}
		if g := b.union(guards); g != predTrue {
			return g
		}
	}
	return predTrue
}

// union is true where one of some tests of a port is, or for every packet where that are too many ports to go by. What tests come to
// is remembered: every class of packets asks anew.
func (b *builder) union(tests []int32) int32 {
	slices.Sort(tests)
	tests = slices.Compact(tests)
	key := fmt.Sprint(tests)
	if g, known := b.unions[key]; known {
		return g
	}
	g, m := predTrue, new(bitmap)
	for _, t := range tests {
		p := &b.preds[t]
		if p.op == opRange16 {
			m.add(p.lo, p.hi)
			continue
		}
		for i := range m {
			m[i] |= p.bitmap[i]
		}
	}
	if m.count() <= maxGuardPorts {
		g = b.ports(b.preds[tests[0]].field, m)
	}
	b.unions[key] = g
	return g
}

// joinPorts makes one lookup of several tests of one 16-bit field.
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
		cost += min(b.preds[k].cost, maxCost-cost)
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
	return b.intern(predicate{op: opNot, cost: min(b.preds[k].cost+1, maxCost), kids: []int32{k}, text: "not " + strconv.Itoa(int(k))})
}

// closure makes a predicate of a function.
func (b *builder) closure(e ast.Expr) int32 {
	text := b.canon(e)
	if i, ok := b.byText[text]; ok {
		return i
	}
	fn, cost := b.boolFunc(e)
	return b.intern(predicate{op: opFunc, cost: cost, fn: fn, text: text, source: ast.Format(e), need: domain.NeedOf(e)})
}
