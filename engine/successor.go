package engine

import (
	"maps"
	"math"
	"slices"

	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/rules/ast"
)

// A Successor is a plan with everything that an engine needs to change over to it. What takes long, above all
// making tables, is done when it is made, beside the engine's work; SwapTo then only changes pointers. The state of
// windows that share rows with others than before is moved after that: that of a key when an event comes for it, the
// rest by Engine.Move.
type Successor struct {
	plan, from *Plan
	state      *state
	peaks      *planPeaks         // a record for those of the plan before
	scratches  []scratch          // of the workers
	stores     []int              // by store: the store of the plan before whose tables it takes over; -1 for none
	rules      []int              // by rule: its place in the plan before; -1 for a new one
	cooldowns  []bool             // by rule: its cooldowns go on
	flights    []int              // by sequence: its place in the plan before; -1 for one that begins empty
	brains     []int              // by model: its place in the plan before; -1 for one that begins to learn
	lists      []int              // by list that rules fill: its place in the plan before; -1 for one that begins empty
	moves      [][][]*window.Move // by store, by shard; nil where nothing is to be moved
	pending    []*window.Move     // all of moves
	leftStores []int              // stores of the plan before whose tables nobody takes over
	memories   map[*memory]int    // those of the plan before that go on, and how many values each may have
	leftRules  []int              // rules of the plan before whose cooldowns end
	report     SwapReport
	left       []*window.Table // filled by SwapTo, emptied by Release
	// conversations is nil where the engine has some, or the plan needs none.
	conversations *conversation.Table
}

// Successor makes a plan ready to follow the one that the engine runs. It may run beside every method of the
// engine but New, Swap and SwapTo.
func (e *Engine) Successor(plan *Plan) *Successor {
	old := e.plan
	s := &Successor{plan: plan, from: old, peaks: new(planPeaks), stores: make([]int, len(plan.stores)), rules: make([]int, len(plan.rules)), cooldowns: make([]bool, len(plan.rules))}
	groups := make(map[string]*group, len(old.groups))
	for _, g := range old.groups {
		groups[g.text] = g
	}
	st := &state{tables: make([][]*window.Table, len(plan.stores)), cooldowns: make([][]*coolTable, len(plan.rules)), rules: make([]RuleStats, len(plan.rules)), peaks: newPeaks(plan)}
	s.state = st
	blank := s.inheritMemories(e)
	takenStores := make([]bool, len(old.stores))
	fresh := map[*group][]bool{} // by cell: it has no history
	for i, ns := range plan.stores {
		if was := ns.sameAs(groups); was != nil {
			s.stores[i] = was.index
			takenStores[was.index] = true
			continue
		}
		s.stores[i] = -1
		st.tables[i] = make([]*window.Table, ns.shards)
		if len(ns.config.Cells) > 0 {
			for j := range st.tables[i] {
				st.tables[i][j] = e.table(ns.config)
			}
		}
		for _, g := range ns.groups {
			fresh[g] = s.inherit(e.state, g, groups[g.text])
		}
	}
	byName := make(map[string]*rule, len(old.rules))
	for _, r := range old.rules {
		byName[r.Name] = r
	}
	goesOn := make([]bool, len(old.rules))
	for i, r := range plan.rules {
		st.rules[i].Name = r.Name
		st.cooldowns[i] = make([]*coolTable, r.group.store.shards)
		was := byName[r.Name]
		if was == nil {
			s.rules[i] = -1
			s.report.Added = append(s.report.Added, r.Name)
			continue
		}
		delete(byName, r.Name)
		s.rules[i] = was.index
		if was.group.keyText() == r.group.keyText() && was.group.store.shards == r.group.store.shards && was.cooldown == r.cooldown {
			s.cooldowns[i], goesOn[was.index] = true, true
		}
		cells := fresh[r.group]
		if slices.ContainsFunc(r.refs, func(f ref) bool {
			if f.fn == ast.FuncFirst {
				return blank[r.group]
			}
			return cells != nil && cells[f.cell]
		}) {
			s.report.Reset = append(s.report.Reset, r.Name)
		} else {
			s.report.Kept = append(s.report.Kept, r.Name)
		}
	}
	s.inheritOrder(e)
	s.report.Removed = slices.Sorted(maps.Keys(byName))
	s.leftStores, s.leftRules = missing(takenStores), missing(goesOn)
	if plan.converses() && e.conversations == nil {
		s.conversations = e.newConversations(plan)
	}
	for _, shards := range s.moves {
		s.pending = append(s.pending, slices.Concat(shards...)...)
	}
	window.Reserve(e.memory, s.pending)
	s.scratches = e.scratch(plan)
	room := 0
	for _, i := range s.leftStores {
		room += len(e.state.tables[i])
	}
	s.left = make([]*window.Table, 0, room)
	return s
}

// inherit prepares to move the state of a group from its like in the plan before, and returns which of its cells
// have no history.
func (s *Successor) inherit(from *state, g, was *group) []bool {
	fresh := make([]bool, len(g.cells))
	cells := make([]int, len(g.store.config.Cells))
	for i := range cells {
		cells[i] = -1
	}
	like := was != nil && was.store.shards == g.store.shards
	for i, c := range g.cells {
		at := -1
		if like {
			at = slices.IndexFunc(was.cells, func(o cell) bool { return o.text == c.text })
		}
		fresh[i] = at < 0
		if at >= 0 {
			cells[g.base+i] = was.base + at
		}
	}
	if like && len(was.cells) > 0 && len(g.cells) > 0 {
		if s.moves == nil {
			s.moves = make([][][]*window.Move, len(s.plan.stores))
		}
		i := g.store.index
		if s.moves[i] == nil {
			s.moves[i] = make([][]*window.Move, g.store.shards)
		}
		for j, t := range s.state.tables[i] {
			s.moves[i][j] = append(s.moves[i][j], window.NewMove(t, from.tables[was.store.index][j], cells))
		}
	}
	return fresh
}

// missing returns the places that are false.
func missing(taken []bool) (out []int) {
	for i, t := range taken {
		if !t {
			out = append(out, i)
		}
	}
	return out
}

// SwapTo does what Swap does, in the least time: the engine runs the plan of the successor from the next event
// on. A successor that was made for another plan than the one that runs is made again. It can be used once. What was
// to be moved for the one before is moved first. When Move has moved what there is for this one, its Release gives
// back the memory that is not needed any more.
func (e *Engine) SwapTo(s *Successor) SwapReport {
	if s.from != e.plan {
		*s = *e.Successor(s.plan)
	}
	e.Move(math.MaxInt)
	from, st := e.state, s.state
	st.evicted, st.lost = from.evicted, from.lost
	s.takeOrder(from)
	for i, was := range s.stores {
		if was >= 0 {
			st.tables[i] = from.tables[was]
		}
	}
	s.takeMemories(e)
	e.moves, e.pending = s.moves, s.pending
	for _, m := range e.pending {
		m.Begin()
	}
	for i, was := range s.rules {
		if was < 0 {
			continue
		}
		st.rules[i] = from.rules[was]
		for _, w := range e.everyone {
			st.rules[i].Matched += w.matched[e.plan.rules[was].group.index]
		}
		if s.cooldowns[i] {
			st.cooldowns[i] = from.cooldowns[was]
		}
	}
	for _, i := range s.leftStores {
		for _, t := range from.tables[i] {
			if t != nil {
				st.evicted += t.Stats().Evictions
				s.left = append(s.left, t)
			}
		}
	}
	for _, i := range s.leftRules {
		for _, t := range from.cooldowns[i] {
			if t != nil {
				st.lost += t.lost
				t.release()
			}
		}
	}
	if e.conversations == nil {
		e.conversations = s.conversations
	}
	e.leavePeaks(s.peaks)
	e.use(s.plan, st, s.scratches)
	return s.report
}

// moveKey moves what is held of a key to the table of a store.
func (e *Engine) moveKey(s *store, key []uint64, hash uint64) {
	if shards := e.moves[s.index]; shards != nil {
		for _, m := range shards[s.shard(hash)] {
			m.Key(key, hash)
		}
	}
}

// Move moves the state of some n keys that SwapTo has left where it was, and reports whether there is none left. It is
// called between two calls of Process, with an n that takes as long as packets may wait.
func (e *Engine) Move(n int) (done bool) {
	for len(e.pending) > 0 {
		m := e.pending[0]
		before := m.Left()
		if !m.Step(n) {
			return false
		}
		e.pending = e.pending[1:]
		if n -= before - m.Left(); n <= 0 && len(e.pending) > 0 {
			return false
		}
	}
	e.moves, e.pending = nil, nil
	return true
}

// Release gives back the memory of windows that ended with SwapTo, once Engine.Move has moved what was in them, and that of the
// plan before. It may run beside every method of the engine.
func (s *Successor) Release() {
	s.peaks.count()
	for _, t := range s.left {
		t.Release()
	}
	s.left = nil
}
