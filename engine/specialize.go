package engine

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/packet"
)

// knowledge is what a packet's class tells before anything else of it is looked at.
type knowledge struct {
	has, lacks packet.Layer
	proto      int // ip.proto, -1 unknown
	flags      int // tcp.flags, -1 unknown
}

// ofClass returns what a class tells, where so much is known of conversations.
func ofClass(c packet.Class, need conversation.Need) knowledge {
	has, may := c.Layers()
	k := knowledge{has: has, proto: -1, flags: -1}
	switch {
	case c >= packet.ClassTCP:
		k.proto = 6
	case c == packet.ClassUDP:
		k.proto = 17
	}
	if c.Event() == packet.EventPacket {
		if need&conversation.Flows != 0 && k.has&packet.LayerIP != 0 {
			k.has |= packet.LayerFlow
		}
		if need.Layers()&k.has != 0 {
			k.has |= packet.LayerConn
		}
	}
	k.lacks = ^(k.has | may)
	return k
}

var (
	offFlags = unsafe.Offsetof(packet.Packet{}.TCPFlags)
	offProto = unsafe.Offsetof(packet.Packet{}.IPProto)
)

// assume returns predicate i as it is for packets of which k is known.
//
//	tcp and tcp.flags.syn and tcp.dstport == 22, class TCP with SYN  ->  tcp.dstport == 22
func (b *builder) assume(i int32, k knowledge, memo map[int32]int32) int32 {
	if len(b.preds[i].kids) == 0 { // sooner told than looked up
		return b.assumed(i, k, memo)
	}
	if r, ok := memo[i]; ok {
		return r
	}
	r := b.assumed(i, k, memo)
	memo[i] = r
	return r
}

func (b *builder) assumed(i int32, k knowledge, memo map[int32]int32) int32 {
	p := b.preds[i] // a copy: interning may move the slice
	constant := func(v bool) int32 {
		if v {
			return predTrue
		}
		return predFalse
	}
	switch p.op {
	case opLayers:
		l := packet.Layer(p.lo)
		if l&k.lacks != 0 {
			return predFalse
		}
		return b.layers(l &^ k.has)
	case opBits:
		if p.off == offFlags && k.flags >= 0 {
			return constant(uint64(k.flags)&p.lo != 0)
		}
	case opRange16:
		if p.off == offFlags && k.flags >= 0 {
			return constant(p.lo <= uint64(k.flags) && uint64(k.flags) <= p.hi)
		}
	case opBitmap:
		if p.off == offFlags && k.flags >= 0 {
			return constant(p.bitmap.has(uint16(k.flags)))
		}
	case opRange8:
		if p.off == offProto && k.proto >= 0 {
			return constant(p.lo <= uint64(k.proto) && uint64(k.proto) <= p.hi)
		}
	case opNot:
		return b.not(b.assume(p.kids[0], k, memo))
	case opAnd, opOr:
		return b.parts(i, func(kid int32) int32 { return b.assume(kid, k, memo) })
	}
	return i
}

// parts returns the and or or i with each of its parts as simpler makes it.
func (b *builder) parts(i int32, simpler func(int32) int32) int32 {
	p := b.preds[i]   // a copy: interning may move the slice
	none := predFalse // what decides the whole
	if p.op == opOr {
		none = predTrue
	}
	kids, changed := make([]int32, len(p.kids)), false
	for j, kid := range p.kids {
		if kids[j] = simpler(kid); kids[j] == none {
			return none
		}
		changed = changed || kids[j] != kid
	}
	switch {
	case !changed:
		return i
	case p.op == opAnd:
		return b.and(kids)
	}
	return b.or(kids)
}

// A flagTable says for each value of the low eight TCP flags whether a predicate holds.
type flagTable [4]uint64

func (t *flagTable) has(f int) bool { return t[f>>6]>>(f&63)&1 != 0 }

// flagsOnly returns the table of a predicate that reads nothing but TCP flags, or nil.
func (b *builder) flagsOnly(i int32, memo map[int32]*flagTable) *flagTable {
	if t, ok := memo[i]; ok {
		return t
	}
	var t *flagTable
	if b.readsFlagsOnly(i) {
		t = new(flagTable)
		for f := range 256 {
			if b.assume(i, knowledge{proto: -1, flags: f}, map[int32]int32{}) == predTrue {
				t[f>>6] |= 1 << (f & 63)
			}
		}
	}
	memo[i] = t
	return t
}

func (b *builder) readsFlagsOnly(i int32) bool {
	p := &b.preds[i]
	switch p.op {
	case opTrue, opFalse:
		return true
	case opBits, opRange16, opBitmap:
		return p.off == offFlags
	case opAnd, opOr, opNot:
		for _, k := range p.kids {
			if !b.readsFlagsOnly(k) {
				return false
			}
		}
		return true
	}
	return false
}

func (b *builder) readsFlags(i int32) bool {
	p := &b.preds[i]
	if slices.ContainsFunc(p.kids, b.readsFlags) {
		return true
	}
	return (p.op == opBits || p.op == opRange16 || p.op == opBitmap) && p.off == offFlags
}

// A table finds the branch of a packet by its class, and by what it says.
type table [numSaid][packet.NumClasses]*branch

// What a packet says, as far as that decides which rules look at it: most packets say neither.
const (
	saidNone = iota
	saidDNS  // it asks a DNS question
	saidHead // a message head of an application ends in it
	numSaid
)

const dispatched = packet.HeadLayers | packet.LayerDNSQuery

func (t *table) find(p *packet.Packet) *branch {
	said := saidNone
	if p.Layers&dispatched != 0 {
		if said = saidHead; p.Layers&packet.LayerDNSQuery != 0 {
			said = saidDNS
		}
	}
	return t[said][p.Class]
}

// table specializes every group's filter for every class.
func (b *builder) table(groups []*group, need conversation.Need) *table {
	t, heads := new(table), need&conversation.Heads != 0
	defer func() {
		if !heads { // no packet has any
			t[saidHead] = t[saidNone]
		}
	}()
	share := func(es []entry) *branch {
		if len(es) == 0 {
			return nil
		}
		return b.branch(entriesKey(es), es)
	}
	for said := range t {
		if said == saidHead && !heads {
			continue
		}
		for _, c := range packet.PlainClasses() {
			t[said][c] = share(b.known(groups, c.Event(), saying(ofClass(c, need), said)))
		}
		tcp := b.known(groups, packet.EventPacket, saying(ofClass(packet.ClassTCP, need), said))
		plain := b.byFlags(tcp)
		reserved := share(tcp)
		for f := range 256 {
			t[said][packet.ClassTCP+packet.Class(f)] = plain[f]
			t[said][packet.ClassTCPReserved+packet.Class(f)] = reserved
		}
	}
	return t
}

// outside returns the branch of datagrams that carry a tunnel: the groups that look at nothing but UDP. Others
// look at each frame once.
func (b *builder) outside(groups []*group, need conversation.Need) *branch {
	var some []*group
	memo := map[int32]int32{}
	for _, g := range groups {
		if b.assume(g.filter, knowledge{lacks: packet.LayerUDP, proto: -1, flags: -1}, memo) == predFalse {
			some = append(some, g)
		}
	}
	k := saying(ofClass(packet.ClassUDP, need), saidNone)
	k.has &^= packet.LayerConn
	k.lacks |= packet.LayerTunnel | packet.LayerOuterPorts | packet.LayerConn
	es := b.known(some, packet.EventPacket, k)
	if len(es) == 0 {
		return nil
	}
	return b.branch(entriesKey(es), es)
}

// saying adds what is known of a packet that says something.
func saying(k knowledge, said int) knowledge {
	if said != saidHead {
		k.lacks |= packet.HeadLayers
	}
	if said != saidDNS {
		k.lacks |= packet.LayerDNSQuery
		k.has &^= packet.LayerDNSQuery
	} else if k.lacks&packet.LayerDNS == 0 {
		k.has |= packet.LayerDNS | packet.LayerDNSQuery
	}
	return k
}

// known returns the entries of the groups whose filters can hold where k is known.
func (b *builder) known(groups []*group, on packet.Event, k knowledge) []entry {
	memo := map[int32]int32{}
	var es []entry
	for _, g := range groups {
		if g.on != on {
			continue
		}
		cond := g.filter
		if !b.tuning.NoDispatch {
			cond = b.assume(cond, k, memo)
		}
		if cond != predFalse {
			es = append(es, entry{cond: cond, group: g})
		}
	}
	return es
}

// byFlags specializes TCP entries for each value of the low eight flags. Conjuncts that read only
// flags become a table of 256 bits; the few conditions that mix flags with other fields are
// specialized one by one.
func (b *builder) byFlags(entries []entry) [256]*branch {
	type bundle struct {
		table   flagTable
		entries []entry
	}
	var bundles []*bundle
	byTable := map[flagTable]*bundle{}
	var mixed []entry
	tables := map[int32]*flagTable{}
	all := flagTable{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	for _, e := range entries {
		conjuncts := []int32{e.cond}
		if b.preds[e.cond].op == opAnd {
			conjuncts = b.preds[e.cond].kids
		}
		when, rest := all, []int32{}
		for _, k := range conjuncts {
			if t := b.flagsOnly(k, tables); t != nil && !b.tuning.NoDispatch {
				for i := range when {
					when[i] &= t[i]
				}
			} else {
				rest = append(rest, k)
			}
		}
		cond := b.and(rest)
		if b.readsFlags(cond) && !b.tuning.NoDispatch {
			mixed = append(mixed, e)
			continue
		}
		bu := byTable[when]
		if bu == nil {
			bu = &bundle{table: when}
			byTable[when] = bu
			bundles = append(bundles, bu)
		}
		bu.entries = append(bu.entries, entry{cond: cond, group: e.group})
	}
	var out [256]*branch
	byKey := map[string]*branch{}
	for f := range 256 {
		var key strings.Builder
		var some []entry
		memo := map[int32]int32{}
		for _, e := range mixed {
			if cond := b.assume(e.cond, knowledge{proto: -1, flags: f}, memo); cond != predFalse {
				some = append(some, entry{cond: cond, group: e.group})
			}
		}
		key.WriteString(entriesKey(some))
		for i, bu := range bundles {
			if bu.table.has(f) {
				fmt.Fprintf(&key, "b%d ", i)
			}
		}
		if key.Len() == 0 {
			continue
		}
		br, ok := byKey[key.String()]
		if !ok {
			for _, bu := range bundles {
				if bu.table.has(f) {
					some = append(some, bu.entries...)
				}
			}
			br = b.branch(entriesKey(some), some)
			byKey[key.String()] = br
		}
		out[f] = br
	}
	return out
}

// assumeFilter drops from an aggregate's condition what the group's filter has made sure of.
//
//	where tcp.flags.syn, distinct(tcp.dstport) if tcp  ->  distinct(tcp.dstport)
func (b *builder) assumeFilter(cond, filter int32) int32 {
	sure := []int32{filter}
	if b.preds[filter].op == opAnd {
		sure = b.preds[filter].kids
	}
	kids := []int32{cond}
	if b.preds[cond].op == opAnd {
		kids = b.preds[cond].kids
	}
	var layers packet.Layer
	for _, k := range sure {
		if p := &b.preds[k]; p.op == opLayers {
			layers |= packet.Layer(p.lo)
		}
	}
	layers = layers.Needs()
	var left []int32
	for _, k := range kids {
		switch p := &b.preds[k]; {
		case slices.Contains(sure, k):
		case p.op == opLayers:
			left = append(left, b.layers(packet.Layer(p.lo)&^layers))
		default:
			left = append(left, k)
		}
	}
	return b.and(left)
}
