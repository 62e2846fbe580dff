package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// A memoryCell is what a group remembers: which values came.
type memoryCell struct {
	text string          // canonical, the same in every process: lists by their names
	cond int32           // predTrue where every event of the group counts
	key  []keyPart       // of the value
	each []*packet.Field // with several values, each of which is remembered
	per  int32           // what a choice of values of these must fulfil to be
	span int64
	most int // values
}

// A memory is the state of a memoryCell. It outlives the process, see Engine.Save.
type memory struct {
	text  string // of the cell, and of the events that it is about; unique in a plan
	seen  *window.Seen
	seed  uint64 // of the hashes of values; secret, and kept with them
	since int64  // when it began to watch
	begun bool   // since is set
}

// A sighting is what the memories of the group at hand know of the event at hand.
type sighting struct {
	first bool
	age   int64 // nanoseconds since the value came last; -1 where that is not known
	since int64 // when the memory began to watch
}

// addMemory gives a group the cell that an aggregate of a memory needs, shared where they are equal, and returns its place.
func (b *builder) addMemory(g *group, a *ast.Aggregate) int {
	stable := canon{byName: true}
	c := memoryCell{cond: predTrue, span: int64(a.Memory.Span), most: a.Memory.MaxKeys}
	c.text = fmt.Sprintf("%s of %s if %s", a.Memory.Span, stable.text(a.Arg), stable.text(a.Cond))
	if at := slices.IndexFunc(g.memories, func(o memoryCell) bool { return o.text == c.text }); at >= 0 {
		g.memories[at].most = max(g.memories[at].most, c.most)
		return at
	}
	if a.Cond != nil {
		c.cond = b.assumeFilter(b.condition(a.Cond), g.filter)
	}
	values := []ast.Expr{a.Arg}
	if t, ok := a.Arg.(*ast.TupleExpr); ok {
		values = t.Xs
	}
	for _, x := range values {
		c.key = append(c.key, b.keyPart(ast.Key{Expr: x}))
	}
	c.each, c.per = b.several(a.Arg)
	g.memories = append(g.memories, c)
	return len(g.memories) - 1
}

// memories makes empty memories for the groups of a plan, with a seed.
func (p *Plan) memories(seed uint64) [][]*memory {
	out := make([][]*memory, len(p.groups))
	used := map[string]int{}
	for i, g := range p.groups {
		for _, c := range g.memories {
			m := &memory{text: fmt.Sprintf("on %s where %s: %s", g.on, g.events, c.text), seed: seed, seen: window.NewSeen(c.span, c.most)}
			if used[m.text]++; used[m.text] > 1 { // other keys, which is no matter, or another list of the name
				m.text += fmt.Sprintf(" #%d", used[m.text])
			}
			out[i] = append(out[i], m)
		}
	}
	return out
}

// begin notes when the first event comes: memories begin to watch then.
func (e *Engine) begin(t int64) {
	if !e.begun {
		e.began, e.begun = t, true
	}
}

// remember asks the memories of a group about the packet at hand, and tells them of it.
func (e *Engine) remember(w *worker, g *group) {
	for i, m := range e.state.memories[g.index] {
		c, s := &g.memories[i], &w.sightings[i]
		if !m.begun {
			m.since, m.begun = e.began, true
		}
		*s = sighting{age: -1, since: m.since}
		if c.cond != predTrue && !w.test(c.cond) {
			continue
		}
		w.each(c.each, func() { // of several values one that is new is enough
			if c.per != predTrue && !w.test(c.per) {
				return
			}
			seed := w.seed
			w.seed = m.seed
			w.words = w.appendKey(w.words[:0], c.key)
			w.seed = seed
			if first, age := m.seen.First(window.Hash(m.seed, w.words), w.p.Time, w.p.Clock); first || !s.first {
				s.first, s.age = first, age
			}
		})
	}
}

// first returns 1 where a value is new to a memory that has learnt, else 0.
func (f *ref) first(w *worker) float64 {
	s := &w.sightings[f.cell]
	if s.first && !s.learns(f, w.p.Clock) {
		return 1
	}
	return 0
}

// learns reports whether a memory still learns what is usual, for an aggregate.
func (s *sighting) learns(f *ref, clock int64) bool { return clock-s.since < f.learn }

// inheritMemories takes over the memories of the plan before that are about the same, whatever rules ask them, and
// returns for each group whether one of its memories begins with nothing.
func (s *Successor) inheritMemories(e *Engine) map[*group]bool {
	had := map[string]*memory{}
	for _, ms := range e.state.memories {
		for _, m := range ms {
			had[m.text] = m
		}
	}
	s.state.memories = s.plan.memories(e.cfg.Seed)
	s.memories = map[*memory]int{}
	fresh := map[*group]bool{}
	for i, ms := range s.state.memories {
		for k, m := range ms {
			if old := had[m.text]; old != nil {
				ms[k] = old
				s.memories[old] = s.plan.groups[i].memories[k].most
			} else {
				fresh[s.plan.groups[i]] = true
			}
		}
	}
	return fresh
}

// takeMemories makes the memories those of the plan. New ones begin to watch now.
func (s *Successor) takeMemories(e *Engine) {
	for _, ms := range s.state.memories {
		for _, m := range ms {
			if most, old := s.memories[m]; old {
				m.seen.Resize(most)
			} else if e.begun {
				m.since, m.begun = e.now(), true
			}
		}
	}
}

// now is the newest time that the engine knows of.
func (e *Engine) now() int64 {
	now := e.began
	if e.started {
		now = max(now, e.clock)
	}
	if e.events.started {
		now = max(now, e.events.newest)
	}
	return now
}

// A savedMemory is a copy of a memory.
type savedMemory struct {
	text        string
	seed, since uint64
	seen        *window.Seen
}

// saveMemories copies what is remembered.
func (e *Engine) saveMemories() (out []savedMemory) {
	for _, ms := range e.state.memories {
		for _, m := range ms {
			if !m.begun && e.begun { // it has watched, and nothing came that it is about
				m.since, m.begun = e.began, true
			}
			if m.begun {
				out = append(out, savedMemory{m.text, m.seed, uint64(m.since), m.seen.Copy()})
			}
		}
	}
	return out
}

// memorySection begins the names of sections of memories.
const memorySection = "memory/"

// section returns a saved memory: the seed of its hashes, when it began to watch in nanoseconds since 1970, and two words for each
// value, as window.Seen.Sightings has them.
func (m *savedMemory) section(shift int64) snapshot.Section {
	words := m.seen.Sightings(shift)
	data := make([]byte, 0, 16+8*len(words))
	data = binary.LittleEndian.AppendUint64(data, m.seed)
	data = binary.LittleEndian.AppendUint64(data, m.since+uint64(shift))
	for _, w := range words {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	return snapshot.Section{Name: memorySection + m.text, Data: data}
}

// restore fills an empty memory, at a time in nanoseconds since 1970: nothing is of later.
func (m *memory) restore(data []byte, now int64) error {
	if len(data) < 16 || len(data)%16 != 0 {
		return errSection
	}
	words := make([]uint64, 0, len(data)/8)
	for ; len(data) > 0; data = data[8:] {
		words = append(words, binary.LittleEndian.Uint64(data))
	}
	if !m.seen.Load(words[2:], now) {
		return errors.New("it has values twice")
	}
	m.seed, m.since, m.begun = words[0], min(int64(words[1]), now), true
	return nil
}

// memoryBytes is what a value takes in a memory.
const memoryBytes = 20
