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
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/packet/application"
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
	// Checksums says what is made of checksums that are wrong.
	Checksums Checksums
	// TunnelEnds are the tunnels that end here. What an action keeps out is the outermost source of a packet in any other:
	// whoever sends it chooses the addresses in there.
	TunnelEnds []TunnelEnd
	// Models are what models have learned, by name. The engine takes them over and goes on with those that fit a model of its
	// plan.
	Models map[string]*model.Model
	// Emitted, where set, is told of packets that are done with: all alerts were emitted that those up to a number raised. It is
	// called from one goroutine at a time, and must not wait.
	Emitted func(number uint64)
	// Assets learns from all packets. It is nil where nobody wants a map of hosts and services; the engine makes one for rules that
	// look at it.
	Assets *assets.Map
	// Vendors says in alerts who made the hardware of their hosts; nil leaves that out.
	Vendors *assets.Vendors
	// Learn keeps models from giving scores: they collect, however long they are to, until Freeze is called for them.
	Learn bool
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
	everyone []*worker // workers and poster
	poster   *worker   // runs events that are not frames,
	posted   *slot     // in this slot
	state    *state
	memory   *window.Memory
	coolRoom coolBudget
	position
	posts  uint64     // events that are not frames, but for alerts
	events eventClock // of those and of alerts
	// conversations is nil where the plan needs none. They have a clock of their own, which events share that a test or another
	// program makes.
	conversations *conversation.Table
	quic          application.QUIC
	connClock     eventClock
	assets        *assets.Map   // nil where neither the configuration nor the plan wants one
	asked         packet.Packet // scratch: an event of a conversation
	heard         proofs        // of packets that conversations were asked about
	out           haul
	stats         Stats
	peaks         *planPeaks // of plans that do not run any more
	mixed         int64      // the clock of sequences that look at other events than packets
	writes        []write    // to lists, of the events that are being looked at
	began         int64      // the time of the first event, which
	begun         bool       // came
	// What hangs on the order of packets besides windows.
	reassembler packet.Reassembler
	proofs      proofs
	current     *current // sample that rules look at; nil for none
	// moves are what is still to be moved to the tables of the plan, by store and shard; nil where nothing is.
	moves   [][][]*window.Move
	pending []*window.Move // those of moves that are not over
	// watch, where set, is called for every rule of a group whose windows counted a packet.
	watch func(*worker, *rule, *window.Table, window.Row, []uint64)
	// trace, where set, is called for every event that is not a frame, before it is looked at.
	trace func(*packet.Packet)
	// flew, where set, is called for every event of a key that parts of a sequence let through, with a match of the event, the
	// bits of all of its parts and the step that a flight came to, from 1; 0 for none.
	flew func(s *sequence, m *match, bits uint64, came int)
}

// state is what changes while a plan runs: one table for every shard of every group, and one for
// the cooldowns of every rule.
type state struct {
	tables    [][]*window.Table // by store, by shard; nil for stores without windows
	cooldowns [][]*coolTable    // by rule, by shard; made when the rule first fires
	rules     []RuleStats       // by rule
	memories  [][]*memory       // by group
	flights   [][]*flights      // by sequence, by shard; one where no lane has them
	brains    []*brain          // by model
	peaks     [][]*peakTable    // by rule, by shard; nil where the plan keeps none
	lists     []*listTable      // by list
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
	st.memories = p.memories(e.cfg.Seed)
	for _, s := range p.sequences {
		st.flights = append(st.flights, e.newFlights(s))
	}
	for _, s := range p.samplers {
		st.brains = append(st.brains, e.newBrain(s))
	}
	st.peaks = newPeaks(p)
	for _, l := range p.lists {
		st.lists = append(st.lists, newListTable(l, e.cfg.Seed))
	}
	return st
}

// fired is an alert with what orders it.
type fired struct {
	alert  *alert.Alert
	number uint64
	rule   *rule
	clock  int64
	order  uint32 // among the events of one packet
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
	e.reassembler.Seed, e.proofs.seed, e.heard.seed = cfg.Seed, cfg.Seed, cfg.Seed
	e.mixed, e.assets = never, cfg.Assets
	e.poster, e.posted = &worker{}, newSlot(0, 1)
	e.everyone = append(slices.Clone(e.workers), e.poster)
	slots, size, lanes := 1, batchSize, 1
	if n := len(e.workers); n > 1 {
		slots, size, lanes = slotsEach*n, maxPart, parallelLanes
	}
	for range slots {
		e.slots = append(e.slots, newSlot(size, lanes))
	}
	e.use(plan, e.newState(plan), e.scratch(plan))
	return e
}

// Process runs frames through the plan, in order, and emits what fires. The frames' bytes may be
// reused when it returns. With several workers, which all wait for each other at its end, Run serves
// better.
func (e *Engine) Process(frames []packet.Frame, emit Emit) {
	if len(e.workers) > 1 && !e.plan.ordered {
		e.Run(cut(frames), emit)
		return
	}
	for len(frames) > 0 {
		frames = frames[e.round(frames, func(*slot) {}, emit):]
	}
}

// round runs some of the frames through the plan on one worker, and returns how many. It calls see for the slot when the
// packets are known and none of their windows is looked at.
func (e *Engine) round(frames []packet.Frame, see func(*slot), emit Emit) int {
	w, s := e.workers[0], e.slots[0]
	e.position = e.prepare(w, s, frames[:min(len(frames), batchSize)], e.position)
	e.settle(w, s)
	see(s)
	for i := range s.shared() {
		e.apply(w, s, i)
	}
	n := s.n
	e.collect(&e.out, s)
	e.emit(w, s, emit)
	e.emitted(s.packets[n-1].Number)
	return n
}

// A position is a place in the input: the packets before it and the newest time among them.
type position struct {
	number  uint64
	clock   int64
	started bool  // clock is set
	leapt   int64 // the time of the newest packet, where it leaps
	leaping bool
}

// leap is how far the time of a packet may be ahead of the newest before it, in nanoseconds: a year. Whatever is ahead by more
// is a damaged record, unless the next packet says so too: one absurd time would make all packets after it too old for
// any window.
const leap = int64(366 * 24 * time.Hour)

// pass moves the position over a frame, and returns the frame's time as far as it is believed.
func (at *position) pass(t int64) int64 {
	at.number++
	switch {
	case !at.started:
		at.clock, at.started = t, true
	case ahead(t, at.clock) && (!at.leaping || ahead(t, at.leapt) || ahead(at.leapt, t)):
		at.leapt, at.leaping = t, true
		return at.clock
	default:
		at.clock = max(at.clock, t)
	}
	at.leaping = false
	return t
}

// ahead reports whether a is ahead of b by more than a leap.
func ahead(a, b int64) bool { return a > b && uint64(a)-uint64(b) > uint64(leap) }

// frameAhead is how many frames ahead of the one that is decoded bytes are asked for.
const frameAhead = 8

// converseEach is how many packets are decoded before conversations see them and they are looked at: few enough for all to be in the first
// caches.
const converseEach = 32

// prepare fills a slot with packets and finds the groups that each concerns; at is the place of the
// first. A packet is looked at at once, while it is in the first cache.
func (e *Engine) prepare(w *worker, s *slot, frames []packet.Frame, at position) position {
	s.begin(len(frames))
	e.begin(frames[0].Time) // in a run with several workers it has begun
	if !e.inOrder() {
		return e.decode(w, s, frames, 0, len(frames), at)
	}
	each := converseEach
	if e.plan.ordered {
		each = 1
	}
	for from := 0; from < len(frames); from += each {
		to := min(from+each, len(frames))
		at = e.decode(w, s, frames, from, to, at)
		e.converse(w, s, from, to)
		e.lookConversed(w, s, from, to)
		if e.plan.cuts(w) {
			s.n = to
			break
		}
	}
	return at
}

// decode fills places of a slot with packets. Those that are of no conversation it looks at as well, up to one after which the
// slot ends.
func (e *Engine) decode(w *worker, s *slot, frames []packet.Frame, from, to int, at position) position {
	converses := e.inOrder()
	for i := from; i < to; i++ {
		f, p := &frames[i], &s.packets[i]
		if len(e.workers) > 1 && i+frameAhead < len(frames) {
			window.PrefetchFrame(frames[i+frameAhead].Data) // it was read by another processor
		}
		w.decoder.Decode(p, f)
		if f.Time < at.clock && at.started {
			w.late++
		}
		if p.Time = at.pass(f.Time); p.Time != f.Time {
			w.leaps++
		}
		p.Number, p.Clock = at.number, at.clock
		w.bytes += uint64(f.Length)
		if p.Fragment() {
			if converses || !e.plan.ordered {
				s.fragments = append(s.fragments, uint32(i))
				continue
			}
			e.assemble(w, p) // lists go by the order of packets, and so this is that
		}
		if converses {
			if e.conversations != nil {
				s.conversations[i] = e.conversations.Place(p)
				if len(e.workers) == 1 {
					e.conversations.Prefetch(s.conversations[i])
				}
			}
			continue
		}
		e.look(w, s, i)
		if e.plan.cuts(w) {
			s.n = i + 1
			break
		}
	}
	return at
}

// emit hands out what was collected of a slot, and makes visible what it wrote.
func (e *Engine) emit(w *worker, s *slot, emit Emit) {
	h := e.out
	e.out = haul{}
	if e.plan.turns {
		e.turn(w, s, h, emit)
	} else {
		e.deliver(h, emit)
	}
	e.out.clocks = h.clocks[:0]
	e.write()
}

// emitAll hands out alerts in packet order, for one packet in the order of the rules' names, and for one rule that of the
// outermost datagram first; each with those that it leads to after it.
func (e *Engine) emitAll(out []fired, emit Emit) {
	slices.SortStableFunc(out, func(x, y fired) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.rule.index, y.rule.index), cmp.Compare(x.order, y.order), compareTunnels(x.alert, y.alert))
	})
	for _, f := range out {
		e.stats.Alerts++
		e.state.rules[f.rule.index].Alerts++
		e.own(f.alert)
		emit(f.alert)
		if e.plan.needAlert && !f.rule.Alerts() {
			e.emitAll(e.run(e.alertEvent(f)), emit)
		}
	}
}

// maxSweep is how many expired keys a table frees in one Advance.
const maxSweep = 1 << 20

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
				t.Sweep(now, maxSweep)
			}
		}
	}
	for _, shards := range e.state.flights {
		for _, f := range shards {
			if !f.seq.absent && !f.seq.mixed { // others go by the time of other events, and fire at the next
				f.sweep(now)
			}
		}
	}
}
