package engine

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/packet"
)

// savedFlights are the flights of one sequence at one moment: those of all shards.
type savedFlights struct {
	seq    *sequence
	seed   uint64 // of the hashes of keys
	mixed  int64
	shards []*flights // copies of what they hold, without their index
}

// saveFlights copies the flights that are under way.
func (e *Engine) saveFlights() (out []savedFlights) {
	for i, s := range e.plan.sequences {
		x := savedFlights{seq: s, seed: e.cfg.Seed, mixed: e.mixed}
		for _, f := range e.state.flights[i] {
			x.shards = append(x.shards, f.copy())
		}
		out = append(out, x)
	}
	return out
}

// copy returns what a section is made of. It shares with f only events that f leaves as they are.
func (f *flights) copy() *flights {
	c := &flights{seq: f.seq, queue: f.queue, touched: slices.Clone(f.touched), begun: slices.Clone(f.begun), awaited: slices.Clone(f.awaited), turns: slices.Clone(f.turns)}
	c.keys.keys, c.queue.links = slices.Clone(f.keys.keys), slices.Clone(f.queue.links)
	c.origins, f.lent = slices.Clone(f.origins), f.turn
	return c
}

// flightSection begins the names of sections of sequences.
const flightSection = "sequence/"

// section returns the flights of a sequence: the seed of the hashes of keys, the clock of sequences on other events than packets, how
// many keys there are, and for each, that touched longest ago first, the two words of the key, when it was touched, when the flights began
// that wait behind each step, and, where the sequence ends with absent, its turn among those that wait for time to pass plus one, or 0. The
// events of those follow in the same order. Times are in nanoseconds since 1970, or never.
func (x *savedFlights) section(shift int64) (snapshot.Section, error) {
	at := func(t int64) uint64 {
		if t != never {
			t += shift
		}
		return uint64(t)
	}
	var keys, n []byte
	var origins []*packet.Packet
	count := uint64(0)
	for _, f := range x.shards {
		for place := f.queue.oldest; place >= 0; place = f.queue.links[place].next {
			count++
			k := f.keys.keys[place]
			keys = binary.LittleEndian.AppendUint64(keys, k[0])
			keys = binary.LittleEndian.AppendUint64(keys, k[1])
			keys = binary.LittleEndian.AppendUint64(keys, at(f.touched[place]))
			for _, t := range f.at(place) {
				keys = binary.LittleEndian.AppendUint64(keys, at(t))
			}
			if x.seq.absent {
				turn := uint64(0)
				if f.awaited[place] >= 0 {
					turn = f.turns[place] + 1
					origins = append(origins, f.origins[place])
				}
				keys = binary.LittleEndian.AppendUint64(keys, turn)
			}
		}
	}
	n = binary.LittleEndian.AppendUint64(n, x.seed)
	n = binary.LittleEndian.AppendUint64(n, at(x.mixed))
	n = binary.LittleEndian.AppendUint64(n, count)
	data := append(n, keys...)
	if len(origins) > 0 {
		events, err := packet.Pack(origins)
		if err != nil {
			return snapshot.Section{}, err
		}
		data = append(data, events...)
	}
	return snapshot.Section{Name: flightSection + x.seq.saved, Data: data}, nil
}

// restoreFlights fills the empty tables of a sequence, at a time in nanoseconds since 1970. What had no time left by then is forgotten:
// whether the event came that a sequence waits for the absence of is not known. Keys are hashed as those of the flights from then on.
func (e *Engine) restoreFlights(s *sequence, data []byte, now int64) error {
	width := 3 + s.waiting()
	if s.absent {
		width++
	}
	if len(data) < 24 {
		return errSection
	}
	word := func() uint64 {
		v := binary.LittleEndian.Uint64(data)
		data = data[8:]
		return v
	}
	seed, mixed, n := word(), int64(word()), word()
	if n > uint64(len(data)/8/width) {
		return errSection
	}
	var events []*packet.Packet
	if rest := data[n*uint64(width)*8:]; len(rest) > 0 {
		var err error
		if events, err = packet.Unpack(rest); err != nil {
			return errSection
		}
	}
	type waiter struct {
		f     *flights
		place int32
		turn  uint64
		p     *packet.Packet
	}
	var waiters []waiter
	for range n {
		k := [2]uint64{word(), word()}
		touched := min(int64(word()), now)
		begun := make([]int64, s.waiting())
		open := false
		for i := range begun {
			if begun[i] = int64(word()); begun[i] != never {
				begun[i] = min(begun[i], now)
				if now-begun[i] >= s.span {
					begun[i] = never
				}
			}
			open = open || begun[i] != never
		}
		turn, p := uint64(0), (*packet.Packet)(nil)
		if s.absent {
			if turn = word(); turn > 0 {
				if len(events) == 0 {
					return errSection
				}
				p, events = events[0], events[1:]
			}
		}
		if !open {
			continue
		}
		f := e.state.flights[s.index][0]
		if s.local {
			f = e.state.flights[s.index][s.rule.group.store.shard(k[0])]
		}
		if f.keys.find(k) >= 0 {
			return errors.New("it has a key twice")
		}
		for f.keys.n >= f.max {
			f.drop(f.queue.oldest)
		}
		place := f.add(k, touched)
		copy(f.at(place), begun)
		if p != nil && begun[s.steps-1] != never {
			waiters = append(waiters, waiter{f, place, turn, p})
		}
	}
	slices.SortFunc(waiters, func(x, y waiter) int { return cmp.Compare(x.turn, y.turn) })
	for _, w := range waiters {
		if w.f.at(w.place)[s.steps-1] != never { // it was not pushed out meanwhile
			w.f.wait(w.place, w.p)
		}
	}
	if mixed != never {
		e.mixed = max(e.mixed, min(mixed, now))
	}
	e.cfg.Seed = seed
	for _, w := range e.everyone {
		w.seed = seed
	}
	return nil
}
