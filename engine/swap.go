package engine

import (
	"maps"
	"slices"

	"github.com/ruleids/ruleids/engine/window"
)

// A SwapReport says what became of the rules and their windows when one plan followed another. Each
// list is sorted by name.
type SwapReport struct {
	Added   []string // rules that the plan before did not have
	Removed []string // rules that the new plan does not have
	Kept    []string // rules in both whose windows kept their state
	Reset   []string // rules in both with a window that begins anew, since its filter, key, span or value changed
}

// Swap makes the engine run another plan from the next event on. A window whose filter, key, span
// and value are unchanged keeps its state, whichever rules it serves.
func (e *Engine) Swap(plan *Plan) SwapReport {
	old, from := e.plan, e.state
	before := e.Stats()
	st := e.newState(plan)
	groups := make(map[string]*group, len(old.groups))
	for _, g := range old.groups {
		groups[g.text] = g
	}
	moved := uint64(0)
	kept := map[*window.Table]bool{}
	fresh := map[*group]map[int]bool{} // cells of the new plan without a history
	for _, s := range plan.stores {
		if was := s.sameAs(groups); was != nil {
			for i, t := range from.tables[was.index] {
				if t != nil {
					st.tables[s.index][i].Release()
					st.tables[s.index][i] = t
					kept[t] = true
					moved += t.Stats().Evictions
				}
			}
			continue
		}
		for _, g := range s.groups {
			fresh[g] = e.inherit(st, from, g, groups[g.text])
		}
	}
	var report SwapReport
	rules := make(map[string]*rule, len(old.rules))
	for _, r := range old.rules {
		rules[r.Name] = r
	}
	for _, r := range plan.rules {
		was := rules[r.Name]
		if was == nil {
			report.Added = append(report.Added, r.Name)
			continue
		}
		delete(rules, r.Name)
		st.rules[r.index] = before.Rules[was.index]
		if was.group.keyText() == r.group.keyText() && was.group.store.shards == r.group.store.shards && was.cooldown == r.cooldown {
			st.cooldowns[r.index] = from.cooldowns[was.index]
			for _, t := range st.cooldowns[r.index] {
				if t != nil {
					kept[t] = true
					moved += t.Stats().Evictions
				}
			}
		}
		if slices.ContainsFunc(r.refs, func(f ref) bool { return fresh[r.group][f.cell] }) {
			report.Reset = append(report.Reset, r.Name)
		} else {
			report.Kept = append(report.Kept, r.Name)
		}
	}
	report.Removed = slices.Sorted(maps.Keys(rules))
	if e.flows != nil {
		moved += e.flows.t.Stats().Evictions
	}
	st.evicted = before.Evictions - moved
	for _, tables := range [][][]*window.Table{from.tables, from.cooldowns} {
		for _, shards := range tables {
			for _, t := range shards {
				if t != nil && !kept[t] {
					t.Release()
				}
			}
		}
	}
	e.use(plan, st)
	return report
}

// sameAs returns the store of the plan before that has the same groups with the same cells in the same
// places, so that its tables can go on as they are; nil where there is none.
func (s *store) sameAs(before map[string]*group) *store {
	var was *store
	for _, g := range s.groups {
		o := before[g.text]
		if o == nil || was != nil && o.store != was || o.base != g.base || !slices.EqualFunc(o.cells, g.cells, func(x, y cell) bool { return x.text == y.text && x.state == y.state }) {
			return nil
		}
		was = o.store
	}
	if len(was.groups) != len(s.groups) {
		return nil
	}
	return was
}

// inherit copies what the windows of a group held in the plan before, and returns which of its cells have
// no history.
func (e *Engine) inherit(st, from *state, g, was *group) map[int]bool {
	fresh := map[int]bool{}
	cells := make([]int, len(g.store.config.Cells))
	for i := range cells {
		cells[i] = -1
	}
	for i, c := range g.cells {
		at := -1
		if was != nil && was.store.shards == g.store.shards {
			at = slices.IndexFunc(was.cells, func(o cell) bool { return o.text == c.text })
		}
		fresh[i] = at < 0
		if at >= 0 {
			cells[g.base+i] = was.base + at
		}
	}
	if was != nil && len(was.cells) > 0 && len(g.cells) > 0 && was.store.shards == g.store.shards {
		for i, t := range st.tables[g.store.index] {
			t.Migrate(from.tables[was.store.index][i], cells)
		}
	}
	return fresh
}

// keyText identifies a group's key.
func (g *group) keyText() string {
	text := ""
	for _, k := range g.key {
		text += k.text + "\x00"
	}
	return text
}
