package engine

import (
	"maps"
	"slices"
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
	fresh := map[*group]map[int]bool{} // cells of the new plan without a history
	for _, g := range plan.groups {
		fresh[g] = map[int]bool{}
		was := groups[g.text]
		cells := make([]int, len(g.cells))
		for i, c := range g.cells {
			cells[i] = -1
			if was != nil {
				cells[i] = slices.IndexFunc(was.cells, func(o cell) bool { return o.text == c.text })
			}
			fresh[g][i] = cells[i] < 0
		}
		if was == nil || was.shards != g.shards || len(g.cells) == 0 || len(was.cells) == 0 {
			continue
		}
		same := slices.Equal(was.config.Cells, g.config.Cells) && slices.IsSorted(cells) && !slices.Contains(cells, -1)
		for i := range st.tables[g.index] {
			o := from.tables[was.index][i]
			if same {
				st.tables[g.index][i] = o
				moved += o.Stats().Evictions
			} else {
				st.tables[g.index][i].Migrate(o, cells)
			}
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
		if was.group.keyText() == r.group.keyText() && was.group.shards == r.group.shards && was.cooldown == r.cooldown {
			st.cooldowns[r.index] = from.cooldowns[was.index]
			for _, t := range st.cooldowns[r.index] {
				if t != nil {
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
	e.use(plan, st)
	return report
}

// keyText identifies a group's key.
func (g *group) keyText() string {
	text := ""
	for _, k := range g.key {
		text += k.text + "\x00"
	}
	return text
}
