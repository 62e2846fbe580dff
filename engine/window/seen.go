package window

import "slices"

// A Seen remembers which values came within a span of time, and when each came last: 16 bytes for a value, as a hash
// of 64 bits. It is not safe for concurrent use. Values are hashed with a secret seed, all with one.
//
// The value that came last at time t is forgotten at t+span. When there are as many as it may hold, a new one takes the
// place of another: of those that the hand comes to one that has been forgotten, else of those that came once, which is
// what a flood of new values is, the one of longest ago, else that of all.
type Seen struct {
	slots     []sighting
	n, most   int
	span      int64
	hand      int
	evictions uint64
}

// A sighting is a value and the newest time that it came. The zero sighting is a free place.
type sighting struct {
	print uint64
	state uint64 // time<<1 | came more than once
}

const (
	seenLeast  = 64 // places at first
	seenSample = 16 // values that are looked at for one to give up
	seenReap   = 2  // and for expiry with each new one
)

// NewSeen returns an empty memory of a span, in nanoseconds, for most values.
func NewSeen(span int64, most int) *Seen {
	return &Seen{span: span, most: max(most, 1)}
}

// seenPlaces is how many places there are for n values at their most: one in five is free.
func seenPlaces(n int) int { return max(n+n/4+1, seenLeast) }

// SeenBound returns the bytes that a memory for most values takes at most; while it grows, the places before are there
// too, which is not counted.
func SeenBound(most int) int64 { return 16 * int64(seenPlaces(most)) }

func (s sighting) at() int64 { return int64(s.state) >> 1 }

// First notes that a value came at a time, and reports whether it had not come in the span before clock. An event at or
// before clock-span is not noted, and is not the first. age is how long before it came last, where it is still known;
// else -1.
func (s *Seen) First(print uint64, at, clock int64) (first bool, age int64) {
	if s.slots == nil {
		s.slots = make([]sighting, min(seenLeast, seenPlaces(s.most)))
	}
	at = min(at, clock)
	cut := clock - s.span
	if at <= cut {
		return false, -1
	}
	i, found := s.find(print)
	if found {
		v := &s.slots[i]
		before := v.at()
		age = max(at-before, 0)
		if before <= cut {
			v.state = uint64(at) << 1
			return true, age
		}
		v.state = uint64(max(at, before))<<1 | 1
		return false, age
	}
	s.insert(sighting{print, uint64(at) << 1}, cut)
	return true, -1
}

// find returns the place of a value, or the free one where it would be.
func (s *Seen) find(print uint64) (place int, found bool) {
	n := len(s.slots)
	for i := int(bucketOf(print, n)); ; {
		switch v := &s.slots[i]; {
		case v.print == print && v.state != 0:
			return i, true
		case v.state == 0:
			return i, false
		}
		if i++; i == n {
			i = 0
		}
	}
}

// insert adds a value that is not there.
func (s *Seen) insert(v sighting, cut int64) {
	if v.state == 0 {
		v.state = 1 // the time 0
	}
	if s.n >= s.most {
		s.evict(cut)
	} else {
		for range seenReap {
			s.hand++
			if s.hand >= len(s.slots) {
				s.hand = 0
			}
			if old := s.slots[s.hand]; old.state != 0 && old.at() <= cut {
				s.remove(s.hand)
			}
		}
		if 5*(s.n+1) > 4*len(s.slots) {
			s.grow()
		}
	}
	i, _ := s.find(v.print)
	s.slots[i] = v
	s.n++
}

func (s *Seen) grow() {
	old := s.slots
	s.slots = make([]sighting, min(2*len(old), seenPlaces(s.most)))
	for _, v := range old {
		if v.state != 0 {
			i, _ := s.find(v.print)
			s.slots[i] = v
		}
	}
}

// evict gives one value up.
func (s *Seen) evict(cut int64) {
	victim := -1
	for left := min(seenSample, s.n); left > 0; {
		s.hand++
		if s.hand >= len(s.slots) {
			s.hand = 0
		}
		v := s.slots[s.hand]
		if v.state == 0 {
			continue
		}
		left--
		if v.at() <= cut {
			s.remove(s.hand)
			return
		}
		if victim < 0 || v.worse(s.slots[victim]) {
			victim = s.hand
		}
	}
	s.remove(victim)
	s.evictions++
}

// worse reports whether less is lost with one value than with another.
func (s sighting) worse(o sighting) bool {
	if once, other := s.state&1 == 0, o.state&1 == 0; once != other {
		return once
	}
	return s.state < o.state
}

// remove frees a place; values behind it are moved to it, where they may stand there.
func (s *Seen) remove(gap int) {
	n := len(s.slots)
	for j := (gap + 1) % n; s.slots[j].state != 0; j = (j + 1) % n {
		home := int(bucketOf(s.slots[j].print, n))
		if (j-home+n)%n >= (j-gap+n)%n {
			s.slots[gap] = s.slots[j]
			gap = j
		}
	}
	s.slots[gap] = sighting{}
	s.n--
}

// Resize changes how many values there may be. Those of longest ago go where there are more.
func (s *Seen) Resize(most int) {
	most = max(most, 1)
	if most == s.most {
		return
	}
	all := s.all()
	if drop := len(all) - most; drop > 0 {
		s.evictions += uint64(drop)
		all = all[drop:]
	}
	s.most = most
	s.fill(all)
}

// all returns the values, that of longest ago first.
func (s *Seen) all() []sighting {
	out := make([]sighting, 0, s.n)
	for _, v := range s.slots {
		if v.state != 0 {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(x, y sighting) int {
		switch {
		case x.at() < y.at() || x.at() == y.at() && x.print < y.print:
			return -1
		case x == y:
			return 0
		}
		return 1
	})
	return out
}

// fill makes the values those of a list without duplicates.
func (s *Seen) fill(all []sighting) {
	size := min(seenLeast, seenPlaces(s.most))
	for 5*(len(all)+1) > 4*size && size < seenPlaces(s.most) {
		size = min(2*size, seenPlaces(s.most))
	}
	s.slots, s.n, s.hand = make([]sighting, size), len(all), 0
	for _, v := range all {
		i, _ := s.find(v.print)
		s.slots[i] = v
	}
}

// Copy returns a copy, whose values the memory does not change any more.
func (s *Seen) Copy() *Seen {
	c := *s
	c.slots = slices.Clone(s.slots)
	return &c
}

// Sightings returns the values for Load, two words each: its hash and what is known of it, with shift added to times. They are in
// the order in which they came last.
func (s *Seen) Sightings(shift int64) []uint64 {
	all := s.all()
	out := make([]uint64, 0, 2*len(all))
	for _, v := range all {
		out = append(out, v.print, v.state+uint64(shift)<<1)
	}
	return out
}

// Load replaces the values by those that Sightings returned, in a memory of the same span. None is taken to have come after now.
// Of too many the newest are taken; of words that are no such values it takes none and returns false.
func (s *Seen) Load(words []uint64, now int64) bool {
	if len(words)%2 != 0 {
		return false
	}
	all := make([]sighting, 0, len(words)/2)
	prints := make(map[uint64]struct{}, len(words)/2)
	for i := 0; i < len(words); i += 2 {
		v := sighting{words[i], words[i+1]}
		if v.at() > now {
			v.state = uint64(now)<<1 | v.state&1
		}
		if _, twice := prints[v.print]; twice || v.state == 0 {
			return false
		}
		prints[v.print] = struct{}{}
		all = append(all, v)
	}
	if drop := len(all) - s.most; drop > 0 {
		all = all[drop:]
	}
	s.fill(all)
	return true
}

// Stats returns numbers about the memory, values being its keys.
func (s *Seen) Stats() Stats {
	return Stats{Keys: s.n, Bytes: 16 * int64(len(s.slots)), Evictions: s.evictions}
}
