package engine

import (
	"math"
	"slices"
	"unsafe"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// A flight is a key on its way through the steps of a sequence. A key may be under way more than once: after each
// step but the last at most one flight waits, of several the one that began last, as it has the most time left. A flight
// that takes a step leaves the place where it waited.
//
//	A at 1 s, B at 2 s, A at 3 s  ->  one that began at 1 s waits for C, one that began at 3 s for B
//
// Flights are those of one sequence. Their order in time is that of the events: all times are of the clock.
type flights struct {
	seq       *sequence
	max       int // keys
	keys      keyIndex
	queue     agedQueue // of the keys, by the last step that a flight of it took
	touched   []int64   // by place: when that was
	begun     []int64   // by place and step: when the flight began that waits behind the step; never for none
	awaited   []int32   // by place, where the sequence ends with absent: the place in waits, or -1
	turns     []uint64  // by place, where it waits: how many had begun to wait before
	origins   []*packet.Packet
	spare     []*packet.Packet
	turn      uint64  // keys that have begun to wait
	lent      uint64  // origins of turns before are looked at by who saves them, and are not used again
	waits     []int32 // a heap of places: of those that fire when the span has passed, by when their flights began
	random    uint64
	evictions uint64
}

const never = math.MinInt64

func newFlights(s *sequence, seed uint64) *flights {
	return &flights{seq: s, keys: keyIndex{seed: seed}, queue: newAgedQueue(), random: seed}
}

// flightBytes is what one key of a sequence takes at most.
func (s *sequence) flightBytes() int64 {
	n := int64(keyIndexBytes + linkBytes + 8 + 8*s.waiting())
	if s.absent {
		n += 4 + 4 + 8 + 8 + int64(unsafe.Sizeof(packet.Packet{}))
	}
	return n
}

// waiting is the number of steps behind which a flight can wait.
func (s *sequence) waiting() int {
	if s.absent {
		return s.steps
	}
	return s.steps - 1
}

// at returns the times at which the flights of a key began.
func (f *flights) at(place int32) []int64 {
	n := f.seq.waiting()
	return f.begun[int(place)*n : (int(place)+1)*n]
}

// open reports whether a flight that began then still has time.
func (f *flights) open(begun, now int64) bool { return begun != never && now-begun < f.seq.span }

// see takes one event of a key at a time, which is not before that of any event before it: bits are the parts of the sequence
// that it matches. p is the event, where it is the last step of one that ends with absent. It reports whether the sequence is
// complete, and how many steps the flight has taken that came furthest with this event.
func (f *flights) see(bits uint64, key fingerprint, p *packet.Packet, now int64) (complete bool, came int) {
	f.sweep(now)
	k := [2]uint64{key.hash, key.check[0]}
	place := f.keys.find(k)
	if bits&unlessBit != 0 {
		if place >= 0 {
			f.drop(place)
		}
		return false, 0
	}
	s := f.seq
	if place >= 0 {
		begun := f.at(place)
		if bits&absentBit != 0 && f.awaited[place] >= 0 {
			f.unwait(place)
			begun[s.steps-1] = never
		}
		// From the last step back, so that one event is one step of a flight.
		for i := s.steps - 1; i > 0; i-- {
			if bits>>i&1 == 0 || !f.open(begun[i-1], now) {
				continue
			}
			from := begun[i-1]
			begun[i-1] = never
			came = max(came, i+1)
			switch {
			case i < s.steps-1:
				begun[i] = max(begun[i], from)
			case !s.absent:
				complete = true
			case f.awaited[place] < 0: // one that waits goes on: who begins again and again is not to be missed
				begun[i] = from
				f.wait(place, p)
			}
			f.touch(place, now)
		}
	}
	if bits&1 == 0 {
		if place >= 0 {
			f.tidy(place)
		}
		return complete, came
	}
	came = max(came, 1)
	if place < 0 {
		place = f.add(k, now)
	} else {
		f.touch(place, now)
	}
	switch begun := f.at(place); {
	case s.steps > 1:
		begun[0] = now
	case f.awaited[place] < 0:
		begun[0] = now
		f.wait(place, p)
	}
	return complete, came
}

// add makes room for a key without flights.
func (f *flights) add(k [2]uint64, now int64) int32 {
	for f.keys.n >= f.max {
		f.evict()
	}
	place := f.keys.add(k)
	n := f.seq.waiting()
	for len(f.touched) <= int(place) {
		f.touched = append(f.touched, 0)
		for range n {
			f.begun = append(f.begun, never)
		}
		if f.seq.absent {
			f.awaited, f.turns, f.origins = append(f.awaited, -1), append(f.turns, 0), append(f.origins, nil)
		}
	}
	f.touched[place] = now
	f.queue.push(place)
	return place
}

func (f *flights) touch(place int32, now int64) {
	f.touched[place] = now
	f.queue.pull(place)
	f.queue.push(place)
}

// tidy forgets a key of which nothing is under way.
func (f *flights) tidy(place int32) {
	if !slices.ContainsFunc(f.at(place), func(t int64) bool { return t != never }) {
		f.drop(place)
	}
}

// drop forgets a key.
func (f *flights) drop(place int32) {
	if f.seq.absent && f.awaited[place] >= 0 {
		f.unwait(place)
	}
	begun := f.at(place)
	for i := range begun {
		begun[i] = never
	}
	f.queue.pull(place)
	f.keys.remove(place)
}

// sweep forgets the keys whose flights have no time left. Those that fire for it have fired by then.
func (f *flights) sweep(now int64) {
	for f.queue.oldest >= 0 && now-f.touched[f.queue.oldest] >= f.seq.span {
		f.drop(f.queue.oldest)
	}
}

// evictTries is how many keys are looked at for the one that matters least.
const evictTries = 8

// evict forgets a key to make room: of some that chance picks one that has come least far. So a flood of new keys pushes out
// few that have come further, and of those like them no more than their share.
func (f *flights) evict() {
	least, worst := math.MaxInt, f.queue.oldest
	for range evictTries {
		f.random = window.Hash(f.random, nil)
		place := int32(f.random >> 1 % uint64(len(f.keys.keys)))
		begun := f.at(place)
		came := 0
		for i := len(begun); i > 0 && came == 0; i-- {
			if begun[i-1] != never {
				came = i
			}
		}
		if came > 0 && came < least { // 0: a place without a key
			least, worst = came, place
		}
	}
	f.evictions++
	f.drop(worst)
}

// wait makes a key fire when the span has passed since its flight began.
func (f *flights) wait(place int32, p *packet.Packet) {
	var origin *packet.Packet
	if n := len(f.spare); n > 0 {
		origin, f.spare = f.spare[n-1], f.spare[:n-1]
	} else {
		origin = new(packet.Packet)
	}
	p.CopyTo(origin, f.seq.reads)
	f.origins[place] = origin
	f.awaited[place] = int32(len(f.waits))
	f.turns[place] = f.turn
	f.turn++
	f.waits = append(f.waits, place)
	f.up(len(f.waits) - 1)
}

// unwait makes a key that waits fire no more.
func (f *flights) unwait(place int32) {
	at, last := int(f.awaited[place]), len(f.waits)-1
	f.swap(at, last)
	f.waits = f.waits[:last]
	f.awaited[place] = -1
	if at < last {
		f.down(f.up(at))
	}
	if f.turns[place] >= f.lent {
		f.spare = append(f.spare, f.origins[place])
	}
	f.origins[place] = nil
}

// due returns the time at which the next key fires; ok is false where none waits.
func (f *flights) due() (at int64, ok bool) {
	if len(f.waits) == 0 {
		return 0, false
	}
	return f.since(0) + f.seq.span, true
}

// expired takes the next key out that fires at a time: it is valid until the next call of see.
func (f *flights) expired(now int64) (key fingerprint, origin *packet.Packet, ok bool) {
	if at, waits := f.due(); !waits || at > now {
		return fingerprint{}, nil, false
	}
	place := f.waits[0]
	k := f.keys.keys[place]
	origin = f.origins[place]
	f.unwait(place)
	f.at(place)[f.seq.steps-1] = never
	f.tidy(place)
	return fingerprint{hash: k[0], check: [1]uint64{k[1]}}, origin, true
}

// since is when the flight began that waits at a place of the heap.
func (f *flights) since(at int) int64 { return f.at(f.waits[at])[f.seq.steps-1] }

// before orders the heap; of two that began at once the one that came to wait first is first.
func (f *flights) before(i, j int) bool {
	if a, b := f.since(i), f.since(j); a != b {
		return a < b
	}
	return f.turns[f.waits[i]] < f.turns[f.waits[j]]
}

func (f *flights) swap(i, j int) {
	f.waits[i], f.waits[j] = f.waits[j], f.waits[i]
	f.awaited[f.waits[i]], f.awaited[f.waits[j]] = int32(i), int32(j)
}

func (f *flights) up(i int) int {
	for i > 0 && f.before(i, (i-1)/2) {
		f.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	return i
}

func (f *flights) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(f.waits); child++ {
			if f.before(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		f.swap(i, least)
		i = least
	}
}

// bytes is what the flights take.
func (f *flights) bytes() int64 {
	n := f.keys.bytes() + linkBytes*int64(cap(f.queue.links)) + 8*int64(cap(f.touched)) + 8*int64(cap(f.begun)) +
		4*int64(cap(f.awaited)) + 8*int64(cap(f.turns)) + 8*int64(cap(f.origins)) + 4*int64(cap(f.waits))
	return n + int64(len(f.waits)+len(f.spare))*int64(unsafe.Sizeof(packet.Packet{}))
}
