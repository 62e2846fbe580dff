package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// A sequence is that of a rule as the plan runs it. Its steps are groups like those of rules: what passes their filters
// comes to the place where events of all kinds meet in order, and is seen there by the flights of the key.
type sequence struct {
	index   int // in Plan.sequences, which is sorted by the rules' names
	rule    *rule
	text    string // canonical: all but the bound on keys
	saved   string // the same in every process, with the rule's name
	span    int64  // nanoseconds
	steps   int
	absent  bool
	maxKeys int
	mixed   bool // it looks at other events than packets
	reads   bool // what is made of the event of the last step reads its payload
	local   bool // each lane has the flights of its shards: no event needs to meet those of other lanes
	parts   []*stepRef
}

// The bits of a part of a sequence: those of its steps are 1<<0, 1<<1 and so on.
const (
	unlessBit uint64 = 1 << 63
	absentBit uint64 = 1 << 62
)

// A stepRef is a part of a sequence in a group of events.
type stepRef struct {
	*rules.Step
	of   *sequence
	bit  uint64
	last bool // of the steps: alerts are made of its event
	key  []placeholder
}

// sequence compiles the sequence of a rule. groupOf finds or makes the group of a step.
func (b *builder) sequence(r *rule, groupOf func(*rule) *group) *sequence {
	src := r.Sequence
	s := &sequence{rule: r, span: int64(src.Span), steps: len(src.Steps), absent: src.Absent != nil, maxKeys: src.MaxKeys}
	var text, saved strings.Builder
	fmt.Fprintf(&text, "span %d", s.span)
	fmt.Fprintf(&saved, "%s span %d", r.Name, s.span)
	stable := canon{byName: true}
	for i, st := range src.Parts() {
		part := &stepRef{Step: st, of: s, last: i == s.steps-1}
		switch st.Kind {
		case "step":
			part.bit = 1 << i
		case "absent":
			part.bit = absentBit
		default:
			part.bit = unlessBit
		}
		s.mixed = s.mixed || st.On != packet.EventPacket
		g := groupOf(&rule{Rule: &rules.Rule{Name: r.Name, On: st.On, Where: st.Where, By: st.By}})
		g.steps = append(g.steps, part)
		s.parts = append(s.parts, part)
		for _, k := range st.By {
			part.key = append(part.key, b.placeholder(k.Text, k.Expr))
		}
		if part.last {
			r.group = g
		}
		fmt.Fprintf(&text, "; %x %s", part.bit, g.text)
		fmt.Fprintf(&saved, "; %x on %s where %s by", part.bit, st.On, stable.text(st.Where))
		for _, k := range st.By {
			saved.WriteString(" " + stable.text(k.Expr))
		}
	}
	s.text, s.saved = text.String(), saved.String()
	s.local = !s.mixed && !s.absent && !touches(r.Rule) && (len(r.By) == 0 || shardsOf(s.maxKeys, 1) > 1)
	s.reads = slices.ContainsFunc(r.After(), func(e ast.Expr) bool {
		found := false
		ast.Walk(e, func(x ast.Expr) bool {
			f, ok := x.(*ast.FieldExpr)
			found = found || ok && f.Field.InPayload()
			return !found
		})
		return found
	})
	return s
}

// local reports whether steps of a sequence whose flights the lanes have are in the group.
func (g *group) local() bool {
	return slices.ContainsFunc(g.steps, func(st *stepRef) bool { return st.of.local })
}

// shards is the number of tables of flights of a sequence.
func (s *sequence) shards() int {
	if s.local {
		return s.rule.group.store.shards
	}
	return 1
}

// newFlights makes the tables of flights of a sequence.
func (e *Engine) newFlights(s *sequence) []*flights {
	out := make([]*flights, s.shards())
	for i := range out {
		out[i] = newFlights(s, e.cfg.Seed)
		out[i].bound(s)
	}
	return out
}

// bound sets the bound on keys of one of the tables of a sequence.
func (f *flights) bound(s *sequence) {
	f.seq, f.max = s, (s.maxKeys+s.shards()-1)/s.shards()
}

// order finds out what has to happen in the order of packets.
func (p *Plan) order() {
	for _, s := range p.sequences {
		p.waits = p.waits || s.absent
	}
	for _, r := range p.rules {
		if len(r.tracks) == 0 || !p.serial {
			continue
		}
		p.ordered = true
		r.group.tracks = true
		// An event of these kinds comes of whatever a packet led to, and time of any packet; others are known when they are
		// looked at, or come between batches.
		p.single = p.single || r.On == packet.EventAlert || r.On == packet.EventModel || r.Sequence != nil && r.Sequence.Absent != nil
	}
}

// A match is an event that a step of a sequence lets through.
type match struct {
	part   *stepRef
	key    fingerprint
	number uint64
	order  uint32 // among the events of one packet
	clock  int64
	p      *packet.Packet // nil where several workers run, but for the last step
}

// match notes the packet at hand for a part of a sequence.
func (e *Engine) match(w *worker, l *lane, part *stepRef, ev *event) {
	p := w.p
	if part.last {
		if r := part.of.rule; r.inquiry != nil {
			w.tier(r, atThreshold) // who comes so far is asked about
		}
	}
	if part.of.local {
		l.local, l.localAt = append(l.local, match{part: part, key: ev.key}), ev.packet
		return
	}
	if p == &w.conn || len(e.workers) > 1 && !e.plan.ordered && w != e.poster { // the packet is gone when it is seen
		if part.last || e.flew != nil {
			own := new(packet.Packet)
			p.CopyTo(own, part.of.reads)
			p = own
		} else {
			p = nil
		}
	}
	l.matches = append(l.matches, match{part: part, key: ev.key, number: w.p.Number, order: w.order, clock: w.p.Clock, p: p})
}

// askFlights asks ahead for the flights of an event's key that its lane has.
func (e *Engine) askFlights(ev *event) {
	for _, part := range ev.group.steps {
		if q := part.of; q.local {
			e.state.flights[q.index][q.rule.group.store.shard(ev.key.hash)].keys.ask([2]uint64{ev.key.hash, ev.key.check[0]})
		}
	}
}

// finish shows what a lane has noted of one event to the flights that it has.
func (e *Engine) finish(w *worker, s *slot, l *lane) {
	if len(l.local) == 0 {
		return
	}
	p := w.at(s, l.localAt)
	ms := l.local
	for i := range ms {
		m := &ms[i]
		if m.part == nil { // seen with one before
			continue
		}
		q, bits := m.part.of, m.part.bit
		for j := i + 1; j < len(ms); j++ {
			if o := &ms[j]; o.part != nil && o.part.of == q && o.key == m.key {
				bits |= o.part.bit
				o.part = nil
			}
		}
		complete, came := e.state.flights[q.index][q.rule.group.store.shard(m.key.hash)].see(bits, m.key, p, p.Clock)
		if e.flew != nil {
			m.p, m.number = p, p.Number
			e.flew(q, m, bits, came)
		}
		if complete {
			n := len(l.fired)
			l.fired = e.complete(l.fired, w, q, &m.key, p, p.Number, p.Time, p.Clock)
			for k := n; k < len(l.fired); k++ {
				l.fired[k].order = w.order
			}
		}
	}
	clear(ms)
	l.local = ms[:0]
}

// meet shows the matches of one event to the flights of their sequences, and appends what fires to out.
func (e *Engine) meet(out []fired, ms []match) []fired {
	sortMatches(ms)
	for i := 0; i < len(ms); {
		m := &ms[i]
		s := m.part.of
		bits, p := uint64(0), m.p
		for ; i < len(ms) && ms[i].order == m.order && ms[i].part.of == s && ms[i].key == m.key; i++ {
			bits |= ms[i].part.bit
			if ms[i].part.last {
				p = ms[i].p
			}
		}
		now := m.clock
		if s.mixed {
			e.mixed = max(e.mixed, now)
			now = e.mixed
		}
		complete, came := e.state.flights[s.index][0].see(bits, m.key, p, now)
		if e.flew != nil {
			e.flew(s, &ms[i-1], bits, came)
		}
		if complete {
			out = e.complete(out, e.poster, s, &m.key, p, p.Number, p.Time, now)
		}
	}
	return out
}

// complete fires the rule of a sequence for an event, which need not be the one of number and time.
func (e *Engine) complete(out []fired, w *worker, s *sequence, key *fingerprint, p *packet.Packet, number uint64, time, clock int64) []fired {
	r := s.rule
	w.begin(p)
	e.track(w, r)
	if r.Silent {
		return out
	}
	suppressed := uint64(0)
	if r.cooldown > 0 {
		var quiet bool
		if quiet, suppressed = e.cool(r, key, clock, 0); quiet {
			e.state.suppress(r)
			return out
		}
	}
	a := e.alert(w, r, r.Severity, suppressed)
	a.Number, a.Time = number, time
	return append(out, fired{alert: a, number: number, rule: r, clock: clock})
}
