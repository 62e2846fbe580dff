package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/rules/lists"
)

// Remembers reports whether rules of the plan have what is kept over restarts: lists that they fill, sequences, and memories.
func (p *Plan) Remembers() bool {
	return len(p.lists) > 0 || len(p.sequences) > 0 || slices.ContainsFunc(p.groups, func(g *group) bool { return len(g.memories) > 0 })
}

// A Saved is what the rules of an engine remember at one moment, on its way to a file.
type Saved struct {
	lists    []savedList
	memories []savedMemory
	flights  []savedFlights
	shift    int64
}

type savedList struct {
	name  string
	typ   lists.Type
	seed  uint64
	keys  [][2]uint64
	at    []int64
	queue agedQueue
}

// Save copies what rules remember. It is called between two calls of Process, and takes as long as copying the memory does; what
// takes longer is left to Sections. shift is added to all times, in nanoseconds: to those of the engine, where they are not those
// of the clock.
func (e *Engine) Save(shift int64) *Saved {
	s := &Saved{shift: shift, memories: e.saveMemories(), flights: e.saveFlights()}
	for i, l := range e.plan.lists {
		t := e.state.lists[i]
		q := t.queue
		q.links = slices.Clone(q.links)
		s.lists = append(s.lists, savedList{name: l.id(), typ: l.Type, seed: t.keys.seed, keys: slices.Clone(t.keys.keys), at: slices.Clone(t.at), queue: q})
	}
	return s
}

// listSection begins the names of sections of lists.
const listSection = "list/"

// Sections returns what was saved. It may run beside every method of the engine.
//
// The section of a list is its type, the seed of the hashes of texts, and its entries, that written longest ago first: 16 bytes
// for the entry and 8 for the time, in nanoseconds since 1970.
func (s *Saved) Sections() []snapshot.Section {
	var out []snapshot.Section
	for _, l := range s.lists {
		data := append([]byte(l.typ.String()), 0)
		data = binary.LittleEndian.AppendUint64(data, l.seed)
		for place := l.queue.oldest; place >= 0; place = l.queue.links[place].next {
			k := l.keys[place]
			data = binary.LittleEndian.AppendUint64(data, k[0])
			data = binary.LittleEndian.AppendUint64(data, k[1])
			data = binary.LittleEndian.AppendUint64(data, uint64(l.at[place]+s.shift))
		}
		out = append(out, snapshot.Section{Name: listSection + l.name, Data: data})
	}
	for i := range s.memories {
		out = append(out, s.memories[i].section(s.shift))
	}
	for i := range s.flights {
		if section, err := s.flights[i].section(s.shift); err == nil { // all events can be packed
			out = append(out, section)
		}
	}
	return out
}

// Restore takes over what rules remembered, at a time in nanoseconds since 1970, before the first packet. What no rule of the
// plan remembers any more is left out, as is what is too old. It returns an error for every section that is not as it should be,
// which begins empty then.
func (e *Engine) Restore(sections []snapshot.Section, now int64) []error {
	var errs []error
	for _, s := range sections {
		if text, ok := strings.CutPrefix(s.Name, memorySection); ok {
			for _, ms := range e.state.memories {
				for _, m := range ms {
					if m.text == text {
						if err := m.restore(s.Data, now); err != nil {
							errs = append(errs, fmt.Errorf("memory of %s: %w", text, err))
						}
					}
				}
			}
			continue
		}
		if text, ok := strings.CutPrefix(s.Name, flightSection); ok {
			for _, q := range e.plan.sequences {
				if q.saved != text {
					continue
				}
				if err := e.restoreFlights(q, s.Data, now); err != nil {
					e.state.flights[q.index] = e.newFlights(q)
					errs = append(errs, fmt.Errorf("sequence of rule %q: %w", q.rule.Name, err))
				}
			}
			continue
		}
		name, ok := strings.CutPrefix(s.Name, listSection)
		if !ok {
			continue
		}
		for i, l := range e.plan.lists {
			if l.id() != name {
				continue
			}
			if err := e.state.lists[i].restore(s.Data, now); err != nil {
				e.state.lists[i] = newListTable(l, e.cfg.Seed)
				errs = append(errs, fmt.Errorf("list %q: %w", name, err))
			}
		}
	}
	return errs
}

var errSection = errors.New("its entries are cut short")

// restore fills an empty table.
func (t *listTable) restore(data []byte, now int64) error {
	typ, data, ok := bytes.Cut(data, []byte{0})
	switch {
	case !ok || len(data) < 8 || (len(data)-8)%24 != 0:
		return errSection
	case string(typ) != t.typ.String():
		return nil // the list is of another type now: nothing in it means anything
	}
	word := func() uint64 {
		v := binary.LittleEndian.Uint64(data)
		data = data[8:]
		return v
	}
	t.keys.seed = word()
	for skip := len(data)/24 - t.max; len(data) > 0; skip-- {
		k := [2]uint64{word(), word()}
		at := min(int64(word()), now)
		if skip <= 0 {
			t.write(k, at, now)
		}
	}
	t.pushed = 0
	return nil
}
