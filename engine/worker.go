package engine

import (
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// A worker evaluates conditions.
type worker struct {
	scope
	decoder   packet.Decoder
	conn      packet.Packet     // scratch: an event of a conversation
	order     uint32            // of the event at hand among those of its packet
	tables    [][]*window.Table // of the engine's state, by store, by shard
	keys      []keyMemo         // by keyID: the keys of the packet at hand
	words     []uint64          // scratch for one key
	sightings []sighting        // by memory of the group at hand
	now       []float64         // by cell of the group at hand: its value with the packet at hand; NaN where it was not counted
	matched   []uint64          // by group
	reached   []int32           // scratch: branches that contents has found, those of the branches around first
	plain     plainText         // the last one
	visited   []uint64          // by branch that is found by contents: the turn of the packet that it was visited for last
	hourFrom  int64             // clock; the hour that it begins tells rows of an hour from others
	hour      uint64
	late      uint64
	leaps     uint64
	bytes     uint64

	joined []byte // scratch of message heads

	checksums Checksums
	judged    uint64 // the turn of the packet that was judged last
	faulty    bool   // no host accepts it
	cut       bool   // a packet may write to a list: the next is not to be looked at before it is done with
	refused   uint64 // packets that no host accepts, of those that concerned a group
	faults    [packet.NumFaults]uint64
}

// A slot is a run of packets on its way through decoding, filters and windows.
type slot struct {
	packets []packet.Packet // of n frames, and from base on the outermost datagrams of tunnels
	n       int
	base    int      // where those are
	views   int      // how many there are of these
	viewOf  []uint32 // the places of the packets whose outermost datagrams these are
	lanes   []lane   // and one behind them, of the groups that are looked at in turn

	conversations []conversation.Place       // where those of packets are looked for, where they are tracked
	conns         []connEvent                // events of conversations
	looked        struct{ views, conns int } // how many of these were looked at

	fragments []uint32   // places of packets to be looked at in order
	crossings []crossing // packets with which periods of models end
	proofs    []proof    // of packets whose checksum is right,
	doubts    []uint32   // and the places of those whose checksum is wrong
}

// A lane of a slot is the events for a part of the shards, and what they fired.
type lane struct {
	events   []event // that passed a filter
	fired    []fired
	matches  []match
	local    []match     // of the event at place localAt, for sequences whose flights the lane has
	rows     [][]sampled // by crossing of the slot: the samples of the lane's shards
	subjects []batch     // samples of single events
	localAt  uint32
	_        [36]byte // lanes of different workers share no line of the cache
}

// An event is a packet that concerns a group.
type event struct {
	group  *group
	table  *window.Table // of the shard of the key; nil for a group without windows
	key    fingerprint
	packet uint32 // place in the slot
	hint   window.Hint
}

// A fingerprint stands for a key: two hashes of it under a secret seed. A table compares the upper half of the
// first and all of the second, which it keeps in the place of the words that were hashed; that two keys share
// these 96 bits will not happen.
type fingerprint struct {
	hash  uint64
	check [1]uint64
}

// A keyMemo remembers the key of one packet for all groups that go by the same key.
type keyMemo struct {
	gen uint64 // of the packet
	key fingerprint
}

func newSlot(size, lanes int) *slot {
	return &slot{packets: make([]packet.Packet, size), conversations: make([]conversation.Place, size), lanes: make([]lane, lanes+1)}
}

// connsKept is how many events of conversations a slot has room for when they are done with.
const connsKept = 1 << 12

// begin makes a slot ready for so many frames.
func (s *slot) begin(n int) {
	s.n, s.base, s.views = n, n, 0
	s.viewOf, s.conns = s.viewOf[:0], s.conns[:0]
	if cap(s.conns) > connsKept {
		s.conns = nil
	}
	s.looked.views, s.looked.conns = 0, 0
}

// A scratch is the memory that a worker needs for a plan.
type scratch struct {
	memo      []uint64
	values    []float64
	now       []float64
	sightings []sighting
	keys      []keyMemo
	matched   []uint64
	visited   []uint64
	answers   []answer
	recents   *[recents]recent
}

// scratch makes what all workers need for a plan. Here and not between two packets: a program that collects garbage at the
// moment has allocating goroutines assist it.
func (e *Engine) scratch(plan *Plan) []scratch {
	values, cells, memories := 0, 0, 0
	for _, r := range plan.rules {
		values = max(values, len(r.Aggregates))
		cells = max(cells, len(r.group.cells))
		memories = max(memories, len(r.group.memories))
	}
	for _, s := range plan.samplers {
		values = max(values, len(s.Aggregates))
	}
	out := make([]scratch, len(e.everyone))
	for i := range out {
		out[i] = scratch{memo: make([]uint64, plan.memos), values: make([]float64, values), now: make([]float64, cells), sightings: make([]sighting, memories),
			keys: make([]keyMemo, plan.keyIDs), matched: make([]uint64, len(plan.groups)), visited: make([]uint64, plan.visited)}
		if e.cfg.Reputation != nil && plan.inquiries > 0 {
			out[i].answers, out[i].recents = make([]answer, plan.inquiries), new([recents]recent)
		}
	}
	return out
}

// use makes the workers ready for a plan, with a scratch for each.
func (e *Engine) use(plan *Plan, st *state, scratches []scratch) {
	e.plan, e.state = plan, st
	for i, w := range e.everyone {
		g := &scratches[i]
		w.scope = scope{preds: plan.preds, memo: g.memo, gen: w.gen + 1, turn: w.turn + 1, values: g.values, seed: e.cfg.Seed, failures: w.failures}
		if g.recents != nil {
			w.rep, w.answers, w.recents = e.cfg.Reputation, g.answers, g.recents
		}
		w.decoder.NeedDNS, w.decoder.Need = plan.needDNS, plan.says
		w.checksums = e.cfg.Checksums
		w.tables, w.lists = st.tables, st.lists
		w.keys, w.now, w.matched, w.visited, w.sightings = g.keys, g.now, g.matched, g.visited, g.sightings
	}
	if plan.asks && e.assets == nil {
		e.assets = assets.New(assets.Limits{})
	}
	switch {
	case !plan.converses():
		if e.conversations != nil {
			e.conversations.Release()
		}
		e.conversations = nil
	case e.conversations == nil:
		e.conversations = e.newConversations(plan)
	default:
		e.conversations.Need(plan.need)
	}
}

// event notes that a packet concerns a group, in the lane of the shard of its key.
func (w *worker) event(g *group, s *slot, packet uint32) {
	if w.judged != w.turn {
		w.judge(s, packet)
	}
	if w.faulty {
		return
	}
	if g.turn {
		l := &s.lanes[s.shared()]
		l.events = append(l.events, event{group: g, packet: packet})
		return
	}
	w.matched[g.index]++
	w.cut = w.cut || g.tracks
	k := &w.keys[g.keyID]
	if k.gen != w.gen {
		w.words = w.appendKey(w.words[:0], g.key)
		k.gen = w.gen
		k.key.hash, k.key.check[0] = window.Hash2(w.seed, w.words)
	}
	l := &s.lanes[0]
	if n := s.shared(); n > 1 {
		l = &s.lanes[(g.lane+g.store.shard(k.key.hash))%n]
	}
	shards := w.tables[g.store.index]
	l.events = append(l.events, event{group: g, table: shards[k.key.hash&uint64(len(shards)-1)], key: k.key, packet: packet})
}

// take appends what the lanes of a slot fired.
func (s *slot) take(out []fired) []fired {
	for i := range s.lanes {
		l := &s.lanes[i]
		out = append(out, l.fired...)
		clear(l.fired)
		l.fired = l.fired[:0]
	}
	return out
}
