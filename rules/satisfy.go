package rules

import (
	"math"

	"github.com/ruleids/ruleids/packet"
)

// maxBranches bounds the work on one condition. A condition with more ways to hold is taken to be
// satisfiable: a doubt never makes an error.
const maxBranches = 256

// A solver looks for events that a condition holds for. It keeps its memory between questions and
// must not be used by two goroutines at once.
type solver struct {
	branches int
	cells    []cell
	leaves   []term
	seen     []bool
}

// A term is a condition or its negation.
type term struct {
	e   Expr
	not bool
}

// A cell is one term that is still to hold, and the place of the next; -1 ends the chain. Chains
// share their ends, so that a way that fails costs no copy.
type cell struct {
	term
	next int
}

// satisfiable reports whether there may be an event for which all conditions hold. False is certain;
// true may be wrong. Lists count as unknown, since their files change.
func (s *solver) satisfiable(context []Expr, xs ...Expr) bool {
	s.branches, s.cells, s.leaves = 0, s.cells[:0], s.leaves[:0]
	todo := -1
	for i := len(xs) - 1; i >= 0; i-- {
		todo = s.push(term{xs[i], false}, todo)
	}
	for i := len(context) - 1; i >= 0; i-- {
		todo = s.push(term{context[i], false}, todo)
	}
	return s.try(todo)
}

func (s *solver) push(t term, next int) int {
	s.cells = append(s.cells, cell{t, next})
	return len(s.cells) - 1
}

// try follows every way in which the terms of todo can hold beside the leaves that hold already.
func (s *solver) try(todo int) bool {
	for todo >= 0 {
		t := s.cells[todo].term
		todo = s.cells[todo].next
		switch e := t.e.(type) {
		case *NotExpr:
			todo = s.push(term{e.X, !t.not}, todo)
		case *LogicExpr:
			if e.Or == t.not { // all of them
				for i := len(e.Xs) - 1; i >= 0; i-- {
					todo = s.push(term{e.Xs[i], t.not}, todo)
				}
				continue
			}
			for _, x := range e.Xs {
				if s.branch(todo, term{x, t.not}) {
					return true
				}
			}
			return false
		case *CondExpr:
			return s.branch(s.push(term{e.Then, t.not}, todo), term{e.If, false}) ||
				s.branch(s.push(term{e.Else, t.not}, todo), term{e.If, true})
		case *ConstExpr: // a variable may have made it
		default:
			s.leaves = append(s.leaves, t)
		}
	}
	return s.consistent()
}

// branch follows one way, and forgets it.
func (s *solver) branch(todo int, t term) bool {
	if s.branches++; s.branches > maxBranches {
		return true
	}
	cells, leaves := len(s.cells), len(s.leaves)
	ok := s.try(s.push(t, todo))
	s.cells, s.leaves = s.cells[:cells], s.leaves[:leaves]
	return ok
}

// consistent reports whether the leaves can hold together. Leaves about one value are looked at
// together; a leaf that is alone with its value was judged when it was checked.
func (s *solver) consistent() bool {
	var f facts
	for _, t := range s.leaves {
		if e, ok := t.e.(*LayerExpr); ok {
			f.layer(e.Layers, t.not)
		}
	}
	if !f.layers() {
		return false
	}
	s.seen = append(s.seen[:0], make([]bool, len(s.leaves))...)
	for i, t := range s.leaves {
		if s.seen[i] {
			continue
		}
		x := subject(t.e)
		if x == nil {
			continue
		}
		n := 0
		for j := i; j < len(s.leaves); j++ {
			if y := subject(s.leaves[j].e); y != nil && !s.seen[j] && same(x, y) {
				s.seen[j] = true
				n++
			}
		}
		if n == 1 && !f.special(x) {
			continue
		}
		group := make([]term, 0, n)
		for _, u := range s.leaves[i:] {
			if y := subject(u.e); y != nil && same(x, y) {
				group = append(group, u)
			}
		}
		if !f.group(x, group) {
			return false
		}
	}
	return f.protocols() && f.flags()
}

// subject is the value that a leaf is about, or the leaf itself where it is not understood further.
func subject(e Expr) Expr {
	switch e := e.(type) {
	case *LayerExpr:
		return nil
	case *CompareExpr:
		if _, ok := e.Y.(*ConstExpr); ok {
			if call, ok := e.X.(*CallExpr); ok && call.Func.ID == FnBitAnd && isTCPFlags(call.Args[0]) {
				if _, ok := call.Args[1].(*ConstExpr); ok {
					return call.Args[0]
				}
			}
			return e.X
		}
		switch e.Op { // of a pair of opposite operators one is kept
		case OpNe, OpGe, OpGt:
			opposite := *e
			opposite.Op = negated(e.Op)
			return &opposite
		}
	case *InExpr:
		if e.List == nil {
			return e.X
		}
	case *TextExpr:
		if _, ok := e.Y.(*ConstExpr); ok {
			return e.X
		}
	case *MatchExpr:
		return e.X
	}
	return e
}

func negated(op Op) Op {
	return [...]Op{OpEq: OpNe, OpNe: OpEq, OpLt: OpGe, OpLe: OpGt, OpGt: OpLe, OpGe: OpLt}[op]
}

func isTCPFlags(e Expr) bool {
	f, ok := e.(*FieldExpr)
	return ok && f.Field.Name == "tcp.flags"
}

// facts are what is known of an event in one way.
type facts struct {
	has, lacks         packet.Layer
	notAll             []packet.Layer // sets of which at least one layer is missing
	version, proto     []IntRange     // nil: nothing is said
	src, dst           []AddrRange    // nil: nothing is said
	flagMask, flagBits int64          // TCP flag bits that are known
	flagTerms          []term         // conditions on all of tcp.flags
}

// special reports whether a value is tied to others, so that one leaf about it says something.
func (f *facts) special(x Expr) bool {
	e, ok := x.(*FieldExpr)
	if !ok {
		return false
	}
	switch e.Field.Name {
	case "ip.version", "ip.proto", "ip.src", "ip.dst", "tcp.flags":
		return true
	}
	return e.Field.Store == packet.StoreFlag
}

func (f *facts) layer(l packet.Layer, not bool) {
	switch {
	case !not:
		f.has |= l
	case l&(l-1) == 0:
		f.lacks |= l
	default:
		f.notAll = append(f.notAll, l)
	}
}

// group takes all leaves about one value; it returns false where they contradict each other.
func (f *facts) group(x Expr, ts []term) bool {
	// Conditions that are not understood further contradict their negations.
	for i, t := range ts {
		for _, u := range ts[:i] {
			if holds(t) != holds(u) && same(positive(t.e), positive(u.e)) {
				return false
			}
		}
	}
	field, _ := x.(*FieldExpr)
	name := ""
	if field != nil {
		name = field.Field.Name
		if field.Field.Store == packet.StoreFlag {
			bit := int64(field.Field.Bit)
			for _, t := range ts {
				if on, ok := flagValue(t); ok {
					f.flagMask |= bit
					if on {
						f.flagBits |= bit
					}
				}
			}
			return true
		}
	}
	switch k := x.Kind(); {
	case name == "tcp.flags":
		f.flagTerms = ts
		return true
	case isNumber(k) || k == packet.KindMAC:
		return f.numbers(x, name, ts)
	case k == packet.KindIP:
		return f.addresses(name, ts)
	case isText(k):
		return words(ts)
	}
	return true
}

// holds reports whether the positive form of a leaf holds.
func holds(t term) bool {
	if e, ok := t.e.(*CompareExpr); ok {
		if e.Op == OpNe || e.Op == OpGe || e.Op == OpGt {
			return t.not
		}
	}
	return !t.not
}

// positive is the form of a leaf that it shares with its negation.
func positive(e Expr) Expr {
	if c, ok := e.(*CompareExpr); ok && (c.Op == OpNe || c.Op == OpGe || c.Op == OpGt) {
		opposite := *c
		opposite.Op = negated(c.Op)
		return &opposite
	}
	return e
}

// flagValue is what a leaf says about the boolean that it is about.
func flagValue(t term) (on, ok bool) {
	if _, isField := t.e.(*FieldExpr); isField {
		return !t.not, true
	}
	return false, false
}

// operator is the operator of a comparison that holds, or not.
func operator(t term) Op {
	e := t.e.(*CompareExpr)
	if t.not {
		return negated(e.Op)
	}
	return e.Op
}

// numbers joins what is said about a number.
func (f *facts) numbers(x Expr, name string, ts []term) bool {
	all := allInts(x)
	ints := all
	least, most := bounds(x)
	s := span{lo: math.Inf(-1), hi: math.Inf(1)}
	for _, t := range ts {
		var rs []IntRange
		switch e := t.e.(type) {
		case *CompareExpr:
			v := e.Y.(*ConstExpr).Value
			if x.Kind() == packet.KindFloat || v.Kind == packet.KindFloat {
				one := span{lo: math.Inf(-1), hi: math.Inf(1)}
				one.narrow(operator(t), number(v))
				if one.hi >= least && one.lo <= most { // else it was judged on its own
					s.narrow(operator(t), number(v))
				}
				continue
			}
			rs = intsOf(operator(t), v.Int)
		case *InExpr:
			rs = e.Set.Ints
			if t.not {
				rs = intsWithout(rs)
			}
		default:
			continue
		}
		// A condition that is outside of what the value can be was judged on its own.
		if len(intersectInts(all, rs)) > 0 {
			ints = intersectInts(ints, rs)
		}
	}
	switch name {
	case "ip.version":
		f.version = ints
	case "ip.proto":
		f.proto = ints
	}
	if x.Kind() == packet.KindFloat {
		return s.possible()
	}
	for _, r := range ints {
		if s.possible() && float64(r.Hi) >= s.lo && float64(r.Lo) <= s.hi {
			return true
		}
	}
	return false
}

// addresses joins what is said about an address.
func (f *facts) addresses(name string, ts []term) bool {
	have := []AddrRange{allAddrs}
	for _, t := range ts {
		var rs []AddrRange
		switch e := t.e.(type) {
		case *CompareExpr:
			a := e.Y.(*ConstExpr).Value.Addr
			rs = []AddrRange{{a, a}}
			if operator(t) == OpNe {
				rs = addrsWithout(rs)
			}
		case *InExpr:
			for r := range e.Set.Addrs.Ranges {
				rs = append(rs, r)
			}
			if t.not {
				rs = addrsWithout(rs)
			}
		default:
			continue
		}
		have = intersectAddrs(have, rs)
	}
	switch name {
	case "ip.src":
		f.src = have
	case "ip.dst":
		f.dst = have
	}
	return len(have) > 0
}

// words joins what is said about a string: it contradicts itself only where the string is known.
func words(ts []term) bool {
	var only []string
	for _, t := range ts {
		switch e := t.e.(type) {
		case *CompareExpr:
			if operator(t) == OpEq {
				only = []string{e.Y.(*ConstExpr).Value.Str}
			}
		case *InExpr:
			if !t.not && (only == nil || len(e.Set.Strs) < len(only)) {
				only = sortedKeys(e.Set.Strs)
			}
		}
	}
	if only == nil {
		return true
	}
	for _, w := range only {
		if wordPasses(w, ts) {
			return true
		}
	}
	return false
}

func wordPasses(w string, ts []term) bool {
	v := Value{Kind: packet.KindString, Str: w}
	for _, t := range ts {
		ok := true
		switch e := t.e.(type) {
		case *CompareExpr:
			ok = compareValues(operator(t), v, e.Y.(*ConstExpr).Value)
		case *InExpr:
			ok = e.Set.HasString([]byte(w)) != t.not
		case *TextExpr:
			ok = textHolds(e.Op, w, e.Y.(*ConstExpr).Value.Str) != t.not
		case *MatchExpr:
			ok = e.Regexp.MatchString(w) != t.not
		}
		if !ok {
			return false
		}
	}
	return true
}

// A span is what a fractional number can be.
type span struct {
	lo, hi         float64
	loOpen, hiOpen bool
}

func (s *span) narrow(op Op, v float64) {
	if op == OpEq || op == OpGe || op == OpGt {
		if open := op == OpGt; v > s.lo || v == s.lo && open {
			s.lo, s.loOpen = v, open
		}
	}
	if op == OpEq || op == OpLe || op == OpLt {
		if open := op == OpLt; v < s.hi || v == s.hi && open {
			s.hi, s.hiOpen = v, open
		}
	}
}

func (s *span) possible() bool { return s.lo < s.hi || s.lo == s.hi && !s.loOpen && !s.hiOpen }

// intsOf are the integers for which `x op v` holds.
func intsOf(op Op, v int64) []IntRange {
	switch op {
	case OpEq:
		return []IntRange{{v, v}}
	case OpNe:
		return intsWithout([]IntRange{{v, v}})
	case OpLt:
		return NewIntSet([]IntRange{{math.MinInt64, max(v, math.MinInt64+1) - 1}}).Ints
	case OpLe:
		return []IntRange{{math.MinInt64, v}}
	case OpGt:
		return []IntRange{{min(v, math.MaxInt64-1) + 1, math.MaxInt64}}
	}
	return []IntRange{{v, math.MaxInt64}}
}

// allInts are the values that an integer can have.
func allInts(x Expr) []IntRange {
	if f, ok := x.(*FieldExpr); ok && f.Field.Name == "ip.version" {
		return []IntRange{{4, 4}, {6, 6}}
	}
	lo, hi := bounds(x)
	r := IntRange{math.MinInt64, math.MaxInt64}
	if lo > math.MinInt64 {
		r.Lo = int64(lo)
	}
	if hi < math.MaxInt64 {
		r.Hi = int64(hi)
	}
	return []IntRange{r}
}

// intersectInts returns what two sorted sets have in common.
func intersectInts(a, b []IntRange) []IntRange {
	var out []IntRange
	for i, j := 0, 0; i < len(a) && j < len(b); {
		r := IntRange{max(a[i].Lo, b[j].Lo), min(a[i].Hi, b[j].Hi)}
		if r.Lo <= r.Hi {
			out = append(out, r)
		}
		if a[i].Hi < b[j].Hi {
			i++
		} else {
			j++
		}
	}
	return out
}

// intsWithout is the complement of a sorted set.
func intsWithout(rs []IntRange) []IntRange {
	out := make([]IntRange, 0, len(rs)+1)
	from := int64(math.MinInt64)
	for _, r := range rs {
		if r.Lo > from {
			out = append(out, IntRange{from, r.Lo - 1})
		}
		if r.Hi == math.MaxInt64 {
			return out
		}
		from = r.Hi + 1
	}
	return append(out, IntRange{from, math.MaxInt64})
}

var allAddrs = AddrRange{packet.Addr{}, packet.Addr{Hi: math.MaxUint64, Lo: math.MaxUint64}}

// v4Addrs is where IPv4 addresses are held.
var v4Addrs = AddrRange{packet.Addr{Lo: 0xffff_0000_0000}, packet.Addr{Lo: 0xffff_ffff_ffff}}

func intersectAddrs(as, bs []AddrRange) []AddrRange {
	var out []AddrRange
	for _, a := range as {
		for _, b := range bs {
			r := a
			if r.Lo.Less(b.Lo) {
				r.Lo = b.Lo
			}
			if b.Hi.Less(r.Hi) {
				r.Hi = b.Hi
			}
			if !r.Hi.Less(r.Lo) {
				out = append(out, r)
			}
		}
	}
	return out
}

// addrsWithout is the complement of a set of ranges.
func addrsWithout(rs []AddrRange) []AddrRange {
	out := []AddrRange{allAddrs}
	for _, r := range rs {
		var next []AddrRange
		for _, a := range out {
			if r.Hi.Less(a.Lo) || a.Hi.Less(r.Lo) {
				next = append(next, a)
				continue
			}
			if a.Lo.Less(r.Lo) {
				next = append(next, AddrRange{a.Lo, before(r.Lo)})
			}
			if r.Hi.Less(a.Hi) {
				next = append(next, AddrRange{r.Hi.Next(), a.Hi})
			}
		}
		out = next
	}
	return out
}

// before is the address before one that is not the first.
func before(a packet.Addr) packet.Addr {
	if a.Lo == 0 {
		return packet.Addr{Hi: a.Hi - 1, Lo: math.MaxUint64}
	}
	return packet.Addr{Hi: a.Hi, Lo: a.Lo - 1}
}

// implied says which layers a layer never comes without.
var implied = []struct{ layer, needs packet.Layer }{
	{packet.LayerDNSQuery, packet.LayerDNS},
	{packet.LayerDNSResponse, packet.LayerDNS},
	{packet.LayerDNS, packet.LayerPorts},
	{packet.LayerTCP, packet.LayerPorts | packet.LayerIP},
	{packet.LayerUDP, packet.LayerPorts | packet.LayerIP},
	{packet.LayerPorts, packet.LayerIP},
	{packet.LayerICMP, packet.LayerIP},
	{packet.LayerICMPv6, packet.LayerIP},
	{packet.LayerARPIPv4, packet.LayerARP},
	{packet.LayerEthType, packet.LayerEth},
}

// exclusive are layers of which an event has one at most: fields are those of the innermost packet.
var exclusive = []packet.Layer{
	packet.LayerTCP | packet.LayerICMP, packet.LayerTCP | packet.LayerICMPv6, packet.LayerTCP | packet.LayerUDP,
	packet.LayerUDP | packet.LayerICMP, packet.LayerUDP | packet.LayerICMPv6, packet.LayerICMP | packet.LayerICMPv6,
	packet.LayerPorts | packet.LayerICMP, packet.LayerPorts | packet.LayerICMPv6,
	packet.LayerARP | packet.LayerIP,
}

func (f *facts) layers() bool {
	for _, im := range implied {
		if f.has&im.layer != 0 {
			f.has |= im.needs
		}
	}
	if f.has&f.lacks != 0 {
		return false
	}
	for _, x := range exclusive {
		if f.has&x == x {
			return false
		}
	}
	for _, x := range f.notAll {
		if f.has&x == x {
			return false
		}
	}
	return true
}

// protocols brings together layers, protocol numbers, versions and addresses.
func (f *facts) protocols() bool {
	if f.has&packet.LayerIP == 0 {
		return true
	}
	version := []IntRange{{4, 4}, {6, 6}}
	proto := []IntRange{{0, 255}}
	switch {
	case f.has&packet.LayerTCP != 0:
		proto = []IntRange{{6, 6}}
	case f.has&packet.LayerUDP != 0:
		proto = []IntRange{{17, 17}}
	case f.has&packet.LayerICMP != 0:
		proto, version = []IntRange{{1, 1}}, version[:1]
	case f.has&packet.LayerICMPv6 != 0:
		proto, version = []IntRange{{58, 58}}, version[1:]
	case f.has&packet.LayerPorts != 0:
		proto = []IntRange{{6, 6}, {17, 17}}
	}
	if f.version != nil {
		version = intersectInts(version, f.version)
	}
	if f.proto != nil {
		proto = intersectInts(proto, f.proto)
	}
	if len(version) == 0 || len(proto) == 0 {
		return false
	}
	// An IPv6 header may hold mapped IPv4 addresses, but not the other way round.
	if len(version) == 1 && version[0].Hi == 4 {
		for _, rs := range [][]AddrRange{f.src, f.dst} {
			if rs != nil && len(intersectAddrs(rs, []AddrRange{v4Addrs})) == 0 {
				return false
			}
		}
	}
	return true
}

// flags tries every value of the TCP flags, where something is said about all of them.
func (f *facts) flags() bool {
	if len(f.flagTerms) == 0 {
		return true
	}
values:
	for v := range int64(1 << 12) {
		if v&f.flagMask != f.flagBits {
			continue
		}
		for _, t := range f.flagTerms {
			ok := true
			switch e := t.e.(type) {
			case *CompareExpr:
				n := v
				if call, masked := e.X.(*CallExpr); masked {
					n &= call.Args[1].(*ConstExpr).Value.Int
				}
				ok = compareValues(operator(t), Value{Kind: packet.KindInt, Int: n}, e.Y.(*ConstExpr).Value)
			case *InExpr:
				ok = e.Set.HasInt(v) != t.not
			}
			if !ok {
				continue values
			}
		}
		return true
	}
	return false
}
