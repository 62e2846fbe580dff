package engine

import (
	"math"
	"slices"
)

// A SwapReport says what became of the rules and their windows when one plan followed another. Each
// list is sorted by name.
type SwapReport struct {
	Added   []string // rules that the plan before did not have
	Removed []string // rules that the new plan does not have
	Kept    []string // rules in both whose windows kept their state
	// Reset are rules in both with a window or a memory that starts over, since its filter, key, span or value changed, or with a sequence
	// that does, since its steps or its span changed.
	Reset []string
	// Lists that rules fill: those that keep their entries, and those that begin empty, as they are new or of another type.
	KeptLists, EmptyLists []string
}

// Swap makes the engine run another plan from the next event on. A window whose filter, key, span
// and value are unchanged keeps its state, whichever rules it serves. Where packets wait meanwhile, a Successor
// that was made before keeps them waiting for less.
func (e *Engine) Swap(plan *Plan) SwapReport {
	s := e.Successor(plan)
	report := e.SwapTo(s)
	e.Move(math.MaxInt)
	s.Release()
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

// keyText identifies a group's key.
func (g *group) keyText() string {
	text := ""
	for _, k := range g.key {
		text += k.text + "\x00"
	}
	return text
}
