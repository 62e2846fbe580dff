package engine

import (
	"math"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// A Sighting is what a rule made of a sampled packet.
type Sighting struct {
	Rule string
	// Key holds the values of `by`; nil where the packet did not pass where, and empty for a rule without `by`.
	Key []alert.Named
	// Nanoseconds is the time that the rule took. Rules that share a condition and a key share the time of both
	// in equal parts.
	Nanoseconds float64
}

// A Sampler runs single packets through an engine and takes the time of every rule that looks at them. A clock
// is read around each step, so a sampled packet takes several times as long as others; what reading takes is
// taken off the figures, which are good on average and not one by one.
type Sampler struct {
	engine   *Engine
	nanos    []float64 // by group
	seen     []bool    // by group: it is in groups
	matched  []bool    // by group
	groups   []*group  // that the packet visited
	entry    branch    // one entry of the branch at hand
	reading  time.Duration
	sighting Sighting
}

// NewSampler returns a sampler for an engine, to be used by the goroutine that uses the engine.
func NewSampler(e *Engine) *Sampler { return &Sampler{engine: e} }

// Process runs one frame through the engine as Engine.Process does, and calls see for each rule that looked at
// it. It returns the nanoseconds from the bytes of the frame to its last window. The Sighting is valid until see
// returns, its Key for ever.
func (s *Sampler) Process(f packet.Frame, emit Emit, see func(*Sighting)) float64 {
	e := s.engine
	plan := e.plan
	if len(s.nanos) != len(plan.groups) {
		s.nanos, s.seen, s.matched = make([]float64, len(plan.groups)), make([]bool, len(plan.groups)), make([]bool, len(plan.groups))
	}
	w, sl := e.workers[0], e.slots[0]
	// Reading the clock takes time, too: the least of three, as the scheduler may come in between.
	begin := time.Now()
	s.reading = time.Since(begin)
	for range 2 {
		begin = time.Now()
		s.reading = min(s.reading, time.Since(begin))
	}
	begin = time.Now()
	sl.begin(1)
	p := &sl.packets[0]
	w.decoder.Decode(p, &f)
	e.begin(f.Time)
	if f.Time < e.clock && e.started {
		w.late++
	}
	if p.Time = e.pass(f.Time); p.Time != f.Time {
		w.leaps++
	}
	p.Number, p.Clock = e.number, e.clock
	w.bytes += uint64(f.Length)
	if p.Fragment() {
		e.assemble(w, p)
	}
	if e.inOrder() {
		if e.conversations != nil {
			sl.conversations[0] = e.conversations.Place(p)
		}
		e.converse(w, sl, 0, 1)
	} else if p.Has(packet.LayerTunnel) {
		e.outside(sl, 0)
	}
	total := s.since(begin)
	begin = time.Now()
	e.lookConns(w, sl, 0, true)
	if sl.views > 0 {
		e.lookView(w, sl, 1)
	}
	total += s.since(begin)
	p = &sl.packets[0]
	if br := plan.table.find(p); br != nil {
		w.begin(p)
		total += s.visit(w, br, sl)
	}
	begin = time.Now()
	e.lookConns(w, sl, 0, false)
	total += s.since(begin)
	e.settle(w, sl)
	for i := range sl.lanes {
		l := &sl.lanes[i]
		e.endPeriods(w, sl, i, 0, math.MaxUint64)
		for j := range l.events {
			ev := &l.events[j]
			if len(l.local) > 0 && ev.packet != l.localAt {
				e.finish(w, sl, l)
			}
			w.p = w.at(sl, ev.packet)
			if begin = time.Now(); ev.group.turn && !e.admit(w, ev) {
				s.nanos[ev.group.index] += s.since(begin)
				continue
			}
			if !s.seen[ev.group.index] { // of the outermost datagram, or of a conversation
				s.seen[ev.group.index] = true
				s.groups = append(s.groups, ev.group)
			}
			s.matched[ev.group.index] = true
			e.observe(w, l, ev)
			d := s.since(begin)
			total += d
			s.nanos[ev.group.index] += d
		}
		e.finish(w, sl, l)
		l.events = l.events[:0]
	}
	for _, g := range s.groups {
		s.tell(w, g, see)
	}
	s.groups = s.groups[:0]
	e.collect(&e.out, sl)
	e.emit(w, sl, emit)
	return total
}

// visit has the worker visit a branch entry by entry, and takes the time of each.
func (s *Sampler) visit(w *worker, br *branch, sl *slot) (total float64) {
	for rest := br.code; len(rest) > 0; {
		s.entry.code, rest = rest.first()
		begin := time.Now()
		w.visit(&s.entry, sl, 0)
		d := s.since(begin)
		total += d
		g := s.entry.code[len(s.entry.code)-1].group
		if !s.seen[g.index] {
			s.seen[g.index] = true
			s.groups = append(s.groups, g)
		}
		s.nanos[g.index] += d
	}
	next := func(to *branch) {
		if to != nil {
			total += s.visit(w, to, sl)
		}
	}
	if br.dport != nil {
		next(br.dport.find(w.p))
	}
	if br.dst != nil {
		next(br.dst.find(w.p))
	}
	if br.src != nil {
		next(br.src.find(w.p))
	}
	if br.sport != nil {
		next(br.sport.find(w.p))
	}
	for _, f := range br.forks {
		next(f.find(w))
	}
	if br.contents != nil {
		begin, base := time.Now(), len(w.reached)
		w.branchesIn(br.contents)
		total += s.since(begin)
		for i := base; i < len(w.reached); i++ {
			next(br.contents.branches[w.reached[i]])
		}
		w.reached = w.reached[:base]
	}
	return total
}

// since returns the nanoseconds since begin, without those that reading the clock takes. It may be negative: only so do
// the errors of many readings cancel.
func (s *Sampler) since(begin time.Time) float64 {
	return float64(time.Since(begin) - s.reading)
}

// tell calls see for the rules of a group, and makes it ready for the next packet.
func (s *Sampler) tell(w *worker, g *group, see func(*Sighting)) {
	share := s.nanos[g.index] / float64(len(g.rules)+len(g.steps))
	each := func(name string, key []placeholder) {
		s.sighting = Sighting{Rule: name, Nanoseconds: share}
		if s.matched[g.index] {
			s.sighting.Key = make([]alert.Named, len(key))
			for i := range key {
				s.sighting.Key[i] = alert.Named{Name: key[i].name, Value: key[i].value(&w.scope)}
			}
		}
		see(&s.sighting)
	}
	for _, r := range g.rules {
		each(r.Name, r.key)
	}
	for _, st := range g.steps {
		each(st.of.rule.Name, st.key)
	}
	s.nanos[g.index], s.seen[g.index], s.matched[g.index] = 0, false, false
}
