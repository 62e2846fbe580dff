// Package engine compiles a rule set to a plan and runs events through it.
//
// Compile lowers every condition to predicates over packet.Packet, shares equal predicates and
// equal windows among all rules, and sorts the rules by what the first look at a packet tells, so
// that a packet visits only the rules that can still match it. An Engine runs a Plan: it keeps the
// state of windows and emits alerts.
//
// The engine reads no clock, starts no timer, and knows neither where events come from nor where
// alerts go. The same packets give the same alerts, whatever the number of workers.
package engine

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// Config is what an Engine needs besides a Plan.
type Config struct {
	// Workers is the number of goroutines that share the work of Process; below 2 there is one.
	Workers int
	// Reputation knows about indicators. Only plans compiled with Options.Escalate ask it. With
	// several workers it is called concurrently.
	Reputation Reputation
	// Agent is the name of this sensor, copied to alerts.
	Agent string
	// Seed of the hashes of keys. 0 draws one at random, which a sensor wants, so that nobody can
	// choose addresses that collide. A fixed seed makes a replay repeat itself to the last eviction.
	Seed uint64
}

// Emit takes an alert and owns it. It is called from one goroutine at a time, in packet order.
type Emit func(*alert.Alert)

// An Engine runs events through a plan and keeps the state of its windows. It is not safe for
// concurrent use; its workers are its own.
type Engine struct {
	cfg      Config
	plan     *Plan
	workers  []*worker
	slots    []*slot
	poster   *worker // runs events that are not frames,
	posted   *slot   // in this slot
	state    *state
	memory   *window.Memory
	coolRoom coolBudget
	clock    int64
	started  bool // clock is set
	number   uint64
	posts    uint64     // events that are not frames, but for alerts
	events   eventClock // of those and of alerts
	flows    *flowTable
	out      []fired
	stats    Stats
	// moves are what is still to be moved to the tables of the plan, by store and shard; nil where nothing is.
	moves [][][]*window.Move
	// watch, where set, is called for every rule of a group whose windows counted a packet.
	watch func(*worker, *rule, *window.Table, window.Row, []uint64)
	// trace, where set, is called for every event that is not a frame, before it is looked at.
	trace func(*packet.Packet)
}

// state is what changes while a plan runs: one table for every shard of every group, and one for
// the cooldowns of every rule.
type state struct {
	tables    [][]*window.Table // by store, by shard; nil for stores without windows
	cooldowns [][]*coolTable    // by rule, by shard; made when the rule first fires
	rules     []RuleStats       // by rule
	evicted   uint64            // by tables that are gone
	lost      uint64            // cooldowns given up by tables that are gone
}

func (e *Engine) newState(p *Plan) *state {
	st := &state{tables: make([][]*window.Table, len(p.stores)), cooldowns: make([][]*coolTable, len(p.rules)), rules: make([]RuleStats, len(p.rules))}
	for i, s := range p.stores {
		st.tables[i] = make([]*window.Table, s.shards)
		if len(s.config.Cells) == 0 {
			continue
		}
		for j := range st.tables[i] {
			st.tables[i][j] = e.table(s.config)
		}
	}
	for i, r := range p.rules {
		st.rules[i].Name = r.Name
		st.cooldowns[i] = make([]*coolTable, r.group.store.shards)
	}
	return st
}

// A worker evaluates conditions.
type worker struct {
	scope
	decoder packet.Decoder
	tables  [][]*window.Table // of the engine's state, by store, by shard
	keys    []keyMemo         // by keyID: the keys of the packet at hand
	words   []uint64          // scratch for one key
	now     []float64         // by cell of the group at hand: its value with the packet at hand; NaN where it was not counted
	matched []uint64          // by group
	late    uint64
	bytes   uint64
}

// A slot is a run of packets on its way through decoding, filters and windows.
type slot struct {
	packets []packet.Packet
	n       int
	lanes   []lane
}

// A lane of a slot is the events for a part of the shards, and what they fired.
type lane struct {
	events []event // that passed a filter
	fired  []fired
	_      [16]byte // lanes of different workers share no line of the cache
}

// An event is a packet that concerns a group.
type event struct {
	group  *group
	table  *window.Table // of the shard of the key; nil for a group without windows
	key    fingerprint
	packet uint32 // place in the slot
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
	return &slot{packets: make([]packet.Packet, size), lanes: make([]lane, lanes)}
}

// fired is an alert with what orders it.
type fired struct {
	alert  *alert.Alert
	number uint64
	rule   *rule
	clock  int64
}

// batchSize is the number of packets that are decoded and filtered before the windows of any are
// looked at: enough to keep both loops tight, few enough to stay in the cache.
const batchSize = 256

// table makes a table in the engine's memory.
func (e *Engine) table(c window.Config) *window.Table {
	c.Memory = e.memory
	return window.New(c)
}

// New returns an engine with empty windows.
func New(plan *Plan, cfg Config) *Engine {
	if cfg.Seed == 0 {
		cfg.Seed = rand.Uint64()
	}
	e := &Engine{cfg: cfg, memory: window.NewMemory(), workers: make([]*worker, max(cfg.Workers, 1))}
	for i := range e.workers {
		e.workers[i] = &worker{}
	}
	e.poster, e.posted = &worker{}, newSlot(0, 1)
	slots, size, lanes := 1, batchSize, 1
	if n := len(e.workers); n > 1 {
		slots, size, lanes = slotsEach*n, partMost, parallelLanes
	}
	for range slots {
		e.slots = append(e.slots, newSlot(size, lanes))
	}
	e.use(plan, e.newState(plan), e.gear(plan))
	return e
}

// everyone returns all workers.
func (e *Engine) everyone() []*worker {
	return append(e.workers[:len(e.workers):len(e.workers)], e.poster)
}

// A gear is the memory that a worker needs for a plan.
type gear struct {
	memo    []uint64
	values  []float64
	now     []float64
	keys    []keyMemo
	matched []uint64
	answers []answer
	recents *[recents]recent
}

// gear makes what all workers need for a plan. Here and not between two packets: a program that collects garbage at the
// moment has whoever allocates help.
func (e *Engine) gear(plan *Plan) []gear {
	values, cells := 0, 0
	for _, r := range plan.rules {
		values = max(values, len(r.Aggregates))
		cells = max(cells, len(r.group.cells))
	}
	out := make([]gear, len(e.everyone()))
	for i := range out {
		out[i] = gear{memo: make([]uint64, plan.memos), values: make([]float64, values), now: make([]float64, cells),
			keys: make([]keyMemo, plan.keyIDs), matched: make([]uint64, len(plan.groups))}
		if e.cfg.Reputation != nil && plan.inquiries > 0 {
			out[i].answers, out[i].recents = make([]answer, plan.inquiries), new([recents]recent)
		}
	}
	return out
}

// use makes the workers ready for a plan, with a gear for each.
func (e *Engine) use(plan *Plan, st *state, gears []gear) {
	e.plan, e.state = plan, st
	for i, w := range e.everyone() {
		g := &gears[i]
		w.scope = scope{preds: plan.preds, memo: g.memo, gen: w.gen + 1, turn: w.turn + 1, values: g.values, seed: e.cfg.Seed, failures: w.failures}
		if g.recents != nil {
			w.rep, w.answers, w.recents = e.cfg.Reputation, g.answers, g.recents
		}
		w.decoder.NeedDNS = plan.needDNS
		w.tables = st.tables
		w.keys, w.now, w.matched = g.keys, g.now, g.matched
	}
	if plan.needFlow && e.flows == nil {
		e.flows = &flowTable{e.table(flowConfig)}
	}
}

// Process runs frames through the plan, in order, and emits what fires. The frames' bytes may be
// reused when it returns. With several workers, which all wait for each other at its end, Run serves
// better.
func (e *Engine) Process(frames []packet.Frame, emit Emit) {
	if len(e.workers) > 1 {
		e.Run(cut(frames), emit)
		return
	}
	w, s := e.workers[0], e.slots[0]
	for len(frames) > 0 {
		n := min(len(frames), batchSize)
		at := e.prepare(w, s, frames[:n], position{e.number, e.clock, e.started})
		e.number, e.clock, e.started = at.number, at.clock, at.started
		e.apply(w, s, 0)
		e.collect(s)
		e.emit(emit)
		frames = frames[n:]
	}
}

// A position is a place in the input: the packets before it and the newest time among them.
type position struct {
	number  uint64
	clock   int64
	started bool
}

// frameAhead is how many frames ahead of the one that is decoded bytes are asked for.
const frameAhead = 8

// prepare fills a slot with packets and finds the groups that each concerns; at is the place of the
// first. A packet is looked at at once, while it is in the first cache.
func (e *Engine) prepare(w *worker, s *slot, frames []packet.Frame, at position) position {
	s.n = len(frames)
	for i := range frames {
		f, p := &frames[i], &s.packets[i]
		if len(e.workers) > 1 && i+frameAhead < len(frames) {
			window.PrefetchFrame(frames[i+frameAhead].Data) // it was read by another processor
		}
		w.decoder.Decode(p, f)
		if f.Time < at.clock && at.started {
			w.late++
		}
		at.pass(f)
		p.Number, p.Clock = at.number, at.clock
		w.bytes += uint64(f.Length)
		if e.plan.needFlow {
			e.flow(p)
		}
		w.match(e.plan, s, i)
	}
	return at
}

// pass moves a position behind a frame.
func (at *position) pass(f *packet.Frame) {
	at.number++
	if !at.started || f.Time > at.clock {
		at.clock, at.started = f.Time, true
	}
}

// match finds the groups that packet i of a slot concerns.
func (w *worker) match(plan *Plan, s *slot, i int) {
	p := &s.packets[i]
	if br := plan.table.find(p); br != nil {
		w.begin(p)
		w.visit(br, s, uint32(i))
	}
}

// event notes that a packet concerns a group, in the lane of the shard of its key.
func (w *worker) event(g *group, s *slot, packet uint32) {
	w.matched[g.index]++
	k := &w.keys[g.keyID]
	if k.gen != w.gen {
		w.words = w.appendKey(w.words[:0], g.key)
		k.gen = w.gen
		k.key.hash, k.key.check[0] = window.Hash2(w.seed, w.words)
	}
	l := &s.lanes[0]
	if len(s.lanes) > 1 {
		l = &s.lanes[(g.store.index+g.store.shard(k.key.hash))%len(s.lanes)]
	}
	shards := w.tables[g.store.index]
	l.events = append(l.events, event{group: g, table: shards[k.key.hash&uint64(len(shards)-1)], key: k.key, packet: packet})
}

// applyEach is the number of events whose windows are asked for ahead: enough for the waits to overlap, few
// enough for what came to stay in the first caches.
const applyEach = 128

// apply runs the events of one lane of a slot, in packet order.
func (e *Engine) apply(w *worker, s *slot, at int) {
	l := &s.lanes[at]
	for from := 0; from < len(l.events); from += applyEach {
		events := l.events[from:min(from+applyEach, len(l.events))]
		// What windows need is seldom in the cache. Each step is asked for, for all events, before the
		// one that depends on it.
		for i := range events {
			if ev := &events[i]; ev.table != nil {
				ev.table.PrefetchIndex(ev.key.hash)
			}
		}
		for i := range events {
			if ev := &events[i]; ev.table != nil {
				ev.table.PrefetchRow(ev.key.hash)
			}
		}
		for i := range events {
			if ev := &events[i]; ev.table != nil {
				ev.table.PrefetchBlocks(ev.key.hash, s.packets[ev.packet].Clock)
			}
		}
		for i := range events {
			ev := &events[i]
			w.p = &s.packets[ev.packet]
			e.observe(w, l, ev)
		}
	}
	l.events = l.events[:0]
}

// observe counts the packet at hand in a group's windows and fires the group's rules.
func (e *Engine) observe(w *worker, l *lane, ev *event) {
	g, t, p := ev.group, ev.table, w.p
	key := ev.key.check[:g.words]
	w.begin(p)
	var row window.Row
	if t != nil {
		if e.moves != nil {
			e.moveKey(g.store, key, ev.key.hash)
		}
		row = t.Row(key, ev.key.hash, p.Clock)
		for i := range g.cells {
			c := &g.cells[i]
			if c.cond != predTrue && !w.test(c.cond) {
				w.now[i] = math.NaN()
				continue
			}
			switch at := g.base + i; c.state.Kind {
			case window.Count:
				w.now[i] = float64(t.Hit(row, at, p.Time, p.Clock))
			case window.Series:
				x := 1.0
				if c.num != nil {
					x = c.num(&w.scope)
				}
				w.now[i] = t.Add(row, at, x, p.Time, p.Clock)
			default:
				w.now[i] = float64(t.Observe(row, at, c.value(&w.scope), p.Time, p.Clock))
			}
		}
	}
	for _, r := range g.rules {
		if e.watch != nil {
			e.watch(w, r, t, row, key)
		}
		reached, least, near := w.reach(r, t, row)
		if r.inquiry != nil { // the first packet of an indicator asks, however far it is from firing
			reached = w.tier(r, near) >= least && reached
		}
		if !reached {
			continue
		}
		if !r.enough {
			w.load(r, t, row)
			if !w.test(r.when) {
				continue
			}
		}
		e.fire(w, l, r, ev, row)
	}
}

// reach reports whether a rule's bars are reached, and by which tier at least where reputation scales them. Of a rule that
// asks reputation it tells how near it is to firing.
func (w *worker) reach(r *rule, t *window.Table, row window.Row) (reached bool, least Tier, near uint8) {
	way := r.way
	for i := range r.bars {
		b := &r.bars[i]
		var v float64
		if b.value == nil {
			if v = w.now[b.ref.cell]; v != v || !b.now {
				v = b.ref.read(t, row, r.group.base, w.p.Clock)
			}
		} else if w.test(b.present) {
			v = b.value(&w.scope)
		}
		if r.inquiry != nil {
			way = min(way, nearness(v, b.limit(scale.TierClean)))
		}
		for !(v > b.limit(least) || v == b.limit(least) && !b.strict) {
			if b.scaled == nil || least == scale.TierCritical {
				return false, least, uint8(way)
			}
			least++
		}
	}
	return true, least, uint8(way)
}

// load makes the values of a rule's aggregates ready for its when and its messages.
func (w *worker) load(r *rule, t *window.Table, row window.Row) {
	for i := range r.refs {
		w.values[i] = r.refs[i].read(t, row, r.group.base, w.p.Clock)
	}
	w.gen++ // conditions remembered under other values
}

// read returns the value of an aggregate; NaN where there is none, as the mean of nothing.
func (f *ref) read(t *window.Table, row window.Row, base int, clock int64) float64 {
	cell := base + f.cell
	switch f.kind {
	case window.Count, window.Distinct, window.Changes:
		v := float64(t.Value(row, cell, clock))
		if f.span != 0 {
			v /= f.span
		}
		return v
	}
	if f.fn == rules.FuncSum {
		return t.Sum(row, cell, clock)
	}
	return f.sums(t.Sums(row, cell, clock))
}

// collect takes what the lanes of a slot fired.
func (e *Engine) collect(s *slot) { e.out = s.take(e.out) }

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

// emit hands out what was collected.
func (e *Engine) emit(emit Emit) {
	out := e.out
	e.out = nil
	e.emitAll(out, emit)
}

// emitAll hands out alerts in packet order, and for one packet in the order of the rules' names, each with
// those that it leads to after it.
func (e *Engine) emitAll(out []fired, emit Emit) {
	slices.SortFunc(out, func(x, y fired) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.rule.index, y.rule.index))
	})
	for _, f := range out {
		e.stats.Alerts++
		e.state.rules[f.rule.index].Alerts++
		emit(f.alert)
		if e.plan.needAlert && f.rule.On != packet.EventAlert {
			e.emitAll(e.run(e.alertEvent(f)), emit)
		}
	}
}

// Post runs one event that is not a frame, as packet.Honeypot.Event makes it: Class, Layers, Time and the fields of its
// layers must be set; Clock is the engine's, and so is Number, which is 0, since it counts frames alone. It is called
// between two calls of Process, not while one or Run goes on.
//
// Such events have a clock of their own, which they share with alerts: windows of frames are the same to the packet
// whether the clock that events come by is ahead of that of frames or behind it, and whatever the number of events.
func (e *Engine) Post(ev *packet.Packet, emit Emit) {
	e.posts++
	ev.Number, ev.Clock = 0, e.events.pass(ev.Time)
	e.emitAll(e.run(ev), emit)
}

// An eventClock is the newest time of events that are not frames.
type eventClock struct {
	newest  int64
	started bool
}

// pass moves the clock to t, or leaves it where it is further, and returns it: time never runs backwards.
func (c *eventClock) pass(t int64) int64 {
	if !c.started || t > c.newest {
		c.newest, c.started = t, true
	}
	return c.newest
}

// run evaluates one event that is not a frame and returns what it fires. It shares no state with packets, so
// it may run while workers do.
func (e *Engine) run(ev *packet.Packet) []fired {
	if e.trace != nil {
		e.trace(ev)
	}
	w, s := e.poster, e.posted
	br := e.plan.table.find(ev)
	if br == nil {
		return nil
	}
	w.begin(ev)
	w.visit(br, s, 0)
	l := &s.lanes[0]
	for i := range l.events {
		e.observe(w, l, &l.events[i])
	}
	l.events = l.events[:0]
	return s.take(nil)
}

// sweepMost is how many expired keys a table frees in one Advance.
const sweepMost = 1 << 20

// Advance tells the engine that packet time has come to now (nanoseconds since 1970), on a link
// where nothing comes. It frees the state of keys whose windows have passed.
func (e *Engine) Advance(now int64) {
	frames, events := e.started && now > e.clock, e.events.started && now > e.events.newest
	if !frames && !events {
		return
	}
	if frames {
		e.clock = now
	}
	if events {
		e.events.pass(now)
	}
	for _, shards := range e.state.tables {
		for _, t := range shards {
			if t != nil {
				t.Sweep(now, sweepMost)
			}
		}
	}
}
