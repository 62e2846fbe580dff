package engine

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// A haul is what packets fired and what steps of sequences let through, on the way to where all of it meets in packet
// order.
type haul struct {
	fired   []fired
	matches []match
	// clocks are those of the packets from first on, where some sequence waits for time to pass.
	clocks []int64
	first  uint64
	// batches are samples of models, which come before what the packet fired that ended their period.
	batches []batch
}

// len is how much waits.
func (h *haul) len() int { return len(h.fired) + len(h.matches) }

func (h *haul) empty() bool {
	return len(h.fired) == 0 && len(h.matches) == 0 && len(h.clocks) == 0 && len(h.batches) == 0
}

// collect takes what the lanes of a slot made.
func (e *Engine) collect(h *haul, s *slot) {
	h.fired = s.take(h.fired)
	if len(s.crossings) > 0 {
		h.period(s)
	}
	if e.plan.closes {
		h.subjects(s)
	}
	if len(e.plan.sequences) == 0 {
		return
	}
	for i := range s.lanes {
		l := &s.lanes[i]
		h.matches = append(h.matches, l.matches...)
		clear(l.matches)
		l.matches = l.matches[:0]
	}
	if e.plan.waits && s.n > 0 {
		if len(h.clocks) == 0 {
			h.first = s.packets[0].Number
		}
		for i := range s.packets[:s.n] {
			h.clocks = append(h.clocks, s.packets[i].Clock)
		}
	}
}

// sortMatches brings matches in the order of their packets and of the events of each, then of the rules' names, then of keys.
func sortMatches(ms []match) {
	slices.SortStableFunc(ms, func(x, y match) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.order, y.order), cmp.Compare(x.part.of.index, y.part.of.index),
			cmp.Compare(x.key.hash, y.key.hash), cmp.Compare(x.key.check[0], y.key.check[0]))
	})
}

// deliver hands out what packets fired, with what sequences make of it: packet by packet, first for the time that comes
// with the packet, then for the packet, then for its alerts.
func (e *Engine) deliver(h haul, emit Emit) {
	if len(e.plan.sequences) == 0 && len(h.batches) == 0 && len(e.plan.lists) == 0 {
		e.emitAll(h.fired, emit)
		return
	}
	h.sort()
	e.deliverBefore(&h, end, emit)
}

// sort brings all of a haul in the order of its packets.
func (h *haul) sort() {
	slices.SortStableFunc(h.fired, func(x, y fired) int { return cmp.Compare(x.number, y.number) })
	sortMatches(h.matches)
	sortBatches(h.batches)
}

// end is behind the number of every packet.
const end uint64 = math.MaxUint64

// deliverBefore is deliver for what is of packets before a number, of a haul that was sorted. What they write to lists is
// seen from the next packet on.
func (e *Engine) deliverBefore(h *haul, limit uint64, emit Emit) {
	for {
		number := e.due(h)
		if len(h.fired) > 0 {
			number = min(number, h.fired[0].number)
		}
		if len(h.matches) > 0 {
			number = min(number, h.matches[0].number)
		}
		if len(h.batches) > 0 {
			number = min(number, h.batches[0].number)
		}
		if number >= limit {
			return
		}
		var out []fired
		if e.plan.waits && number >= h.first && number-h.first < uint64(len(h.clocks)) {
			out = e.expire(out, number, h.clocks[number-h.first])
		}
		for ; len(h.batches) > 0 && h.batches[0].number == number && h.batches[0].place() < packetOrder; h.batches = h.batches[1:] {
			e.emitAll(out, emit)
			out = out[:0]
			e.score(&h.batches[0], emit)
		}
		i := 0
		for ; i < len(h.fired) && h.fired[i].number == number; i++ {
			out = append(out, h.fired[i])
		}
		h.fired = h.fired[i:]
		for i = 0; i < len(h.matches) && h.matches[i].number == number; i++ {
		}
		out = e.meet(out, h.matches[:i])
		h.matches = h.matches[i:]
		e.emitAll(out, emit)
		for ; len(h.batches) > 0 && h.batches[0].number == number; h.batches = h.batches[1:] {
			e.score(&h.batches[0], emit)
		}
		e.write()
	}
}

// due returns the number of the first packet of a haul with whose time a key fires; the greatest number for none.
func (e *Engine) due(h *haul) uint64 {
	first := len(h.clocks)
	if first > 0 {
		for _, s := range e.plan.sequences {
			at, waits := e.state.flights[s.index][0].due()
			switch {
			case !waits:
			case s.mixed && e.mixed >= at:
				first = 0
			default:
				first = min(first, sort.Search(first, func(i int) bool { return h.clocks[i] >= at }))
			}
		}
	}
	if first == len(h.clocks) {
		return end
	}
	return h.first + uint64(first)
}

// expire fires the sequences whose span has passed without what is absent, at the packet that brings the clock there.
func (e *Engine) expire(out []fired, number uint64, clock int64) []fired {
	for _, s := range e.plan.sequences {
		if !s.absent {
			continue
		}
		now := clock
		if s.mixed {
			e.mixed = max(e.mixed, now)
			now = e.mixed
		}
		out = e.expireOne(out, s, number, now)
	}
	return out
}

// expireEvents does what expire does, at an event that is not a packet: only sequences that look at such go by its time.
func (e *Engine) expireEvents(clock int64) (out []fired) {
	if !e.plan.waits {
		return nil
	}
	for _, s := range e.plan.sequences {
		if s.absent && s.mixed {
			e.mixed = max(e.mixed, clock)
			out = e.expireOne(out, s, 0, e.mixed)
		}
	}
	return out
}

func (e *Engine) expireOne(out []fired, s *sequence, number uint64, now int64) []fired {
	f := e.state.flights[s.index][0]
	for {
		key, origin, ok := f.expired(now)
		if !ok {
			return out
		}
		out = e.complete(out, e.poster, s, &key, origin, number, now, now)
	}
}
