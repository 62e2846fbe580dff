package engine

import (
	"maps"
	"slices"

	"github.com/ruleids/ruleids/engine/window"
)

// A Successor is a plan with everything that an engine needs to change over to it. What takes long, above all
// making tables, is done when it is made, beside the engine's work; SwapTo then only moves pointers, and copies
// windows that share rows with others than before.
type Successor struct {
	plan, from *Plan
	state      *state
	flows      *flowTable // nil where the engine has one, or the plan needs none
	stores     []int      // by store: the store of the plan before whose tables it takes over; -1 for none
	rules      []int      // by rule: its place in the plan before; -1 for a new one
	cooldowns  []bool     // by rule: its cooldowns go on
	heirs      []heir
	leftStores []int // stores of the plan before whose tables nobody takes over
	leftRules  []int // rules of the plan before whose cooldowns end
	report     SwapReport
	left       []*window.Table // filled by SwapTo, emptied by Release
}

// An heir is a group that copies what a group of the plan before held.
type heir struct {
	group, was *group
	cells      []int // by cell of the heir's store: the cell of the other's; -1 for none
}

// Successor makes a plan ready to follow the one that the engine runs. It may run beside every method of the
// engine but New, Swap and SwapTo.
func (e *Engine) Successor(plan *Plan) *Successor {
	old := e.plan
	s := &Successor{plan: plan, from: old, stores: make([]int, len(plan.stores)), rules: make([]int, len(plan.rules)), cooldowns: make([]bool, len(plan.rules))}
	groups := make(map[string]*group, len(old.groups))
	for _, g := range old.groups {
		groups[g.text] = g
	}
	st := &state{tables: make([][]*window.Table, len(plan.stores)), cooldowns: make([][]*window.Table, len(plan.rules)), rules: make([]RuleStats, len(plan.rules))}
	s.state = st
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
			fresh[g] = s.inherit(g, groups[g.text])
		}
	}
	byName := make(map[string]*rule, len(old.rules))
	for _, r := range old.rules {
		byName[r.Name] = r
	}
	goesOn := make([]bool, len(old.rules))
	for i, r := range plan.rules {
		st.rules[i].Name = r.Name
		st.cooldowns[i] = make([]*window.Table, r.group.store.shards)
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
		if slices.ContainsFunc(r.refs, func(f ref) bool { return cells != nil && cells[f.cell] }) {
			s.report.Reset = append(s.report.Reset, r.Name)
		} else {
			s.report.Kept = append(s.report.Kept, r.Name)
		}
	}
	s.report.Removed = slices.Sorted(maps.Keys(byName))
	s.leftStores, s.leftRules = missing(takenStores), missing(goesOn)
	if plan.needFlow && e.flows == nil {
		s.flows = &flowTable{e.table(flowConfig)}
	}
	return s
}

// inherit notes what a group copies from its like in the plan before, and returns which of its cells have no
// history.
func (s *Successor) inherit(g, was *group) []bool {
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
		s.heirs = append(s.heirs, heir{g, was, cells})
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
// on. A successor that was made for another plan than the one that runs is made anew. It can be used once; its
// Release gives back the memory that is not needed any more.
func (e *Engine) SwapTo(s *Successor) SwapReport {
	if s.from != e.plan {
		*s = *e.Successor(s.plan)
	}
	from, st := e.state, s.state
	st.evicted = from.evicted
	for i, was := range s.stores {
		if was >= 0 {
			st.tables[i] = from.tables[was]
		}
	}
	for i := range s.heirs {
		h := &s.heirs[i]
		for j, t := range st.tables[h.group.store.index] {
			t.Migrate(from.tables[h.was.store.index][j], h.cells)
		}
	}
	for i, was := range s.rules {
		if was < 0 {
			continue
		}
		st.rules[i] = from.rules[was]
		for _, w := range e.everyone() {
			st.rules[i].Matched += w.matched[e.plan.rules[was].group.index]
		}
		if s.cooldowns[i] {
			st.cooldowns[i] = from.cooldowns[was]
		}
	}
	leave := func(tables []*window.Table) {
		for _, t := range tables {
			if t != nil {
				st.evicted += t.Stats().Evictions
				s.left = append(s.left, t)
			}
		}
	}
	for _, i := range s.leftStores {
		leave(from.tables[i])
	}
	for _, i := range s.leftRules {
		leave(from.cooldowns[i])
	}
	if e.flows == nil {
		e.flows = s.flows
	}
	e.use(s.plan, st)
	return s.report
}

// Release gives back the memory of windows that ended with SwapTo. It may run beside every method of the engine.
func (s *Successor) Release() {
	for _, t := range s.left {
		t.Release()
	}
	s.left = nil
}
