package engine

import "slices"

// inheritOrder finds out which sequences and lists of the plan go on with what is under way and written. A sequence does where
// its steps, their keys and its span are unchanged, whatever its rule is called, but for a bound of so few keys that lanes do not share it out; a list where its name and type are.
func (s *Successor) inheritOrder(e *Engine) {
	s.inheritModels(e)
	old, st := s.from, s.state
	taken := make([]bool, len(old.sequences))
	take := func(q *sequence, named bool) int {
		i := slices.IndexFunc(old.sequences, func(o *sequence) bool {
			return !taken[o.index] && o.text == q.text && o.local == q.local && (!named || o.rule.Name == q.rule.Name)
		})
		if i >= 0 {
			taken[i] = true
		}
		return i
	}
	s.flights, st.flights = make([]int, len(s.plan.sequences)), make([][]*flights, len(s.plan.sequences))
	for i, q := range s.plan.sequences {
		s.flights[i] = take(q, true)
	}
	for i, q := range s.plan.sequences {
		if s.flights[i] < 0 {
			s.flights[i] = take(q, false)
		}
		if s.flights[i] < 0 {
			st.flights[i] = e.newFlights(q)
			if at := slices.Index(s.report.Kept, q.rule.Name); at >= 0 {
				s.report.Kept = slices.Delete(s.report.Kept, at, at+1)
				s.report.Reset = append(s.report.Reset, q.rule.Name)
				slices.Sort(s.report.Reset)
			}
		}
	}
	s.lists, st.lists = make([]int, len(s.plan.lists)), make([]*listTable, len(s.plan.lists))
	for i, l := range s.plan.lists {
		s.lists[i] = slices.IndexFunc(old.lists, func(o *trackedList) bool { return o.id() == l.id() && o.Type == l.Type })
		if s.lists[i] < 0 {
			st.lists[i] = newListTable(l, e.cfg.Seed)
			s.report.EmptyLists = append(s.report.EmptyLists, l.Name)
		} else {
			s.report.KeptLists = append(s.report.KeptLists, l.Name)
		}
	}
	slices.Sort(s.report.KeptLists)
	slices.Sort(s.report.EmptyLists)
}

// takeOrder takes over what goes on, under the bounds of the new plan.
func (s *Successor) takeOrder(from *state) {
	st := s.state
	s.takeModels(from)
	kept := make([]bool, len(from.flights))
	for i, was := range s.flights {
		if was >= 0 {
			kept[was] = true
			st.flights[i] = from.flights[was]
			for _, f := range st.flights[i] {
				f.bound(s.plan.sequences[i])
			}
		}
	}
	for i, shards := range from.flights {
		for _, f := range shards {
			if !kept[i] {
				st.evicted += f.evictions
			}
		}
	}
	for i, was := range s.lists {
		if was >= 0 {
			l := s.plan.lists[i]
			st.lists[i] = from.lists[was]
			st.lists[i].span, st.lists[i].max = int64(l.For), l.Max
		}
	}
}

// inheritModels finds out which models of the plan go on with what they have learned: those whose name and definition are
// unchanged.
func (s *Successor) inheritModels(e *Engine) {
	s.brains, s.state.brains = make([]int, len(s.plan.samplers)), make([]*brain, len(s.plan.samplers))
	for i, m := range s.plan.samplers {
		s.brains[i] = slices.IndexFunc(s.from.samplers, func(o *sampler) bool { return o.text == m.text })
		if s.brains[i] < 0 {
			s.state.brains[i] = e.newBrain(m)
		}
	}
}

// takeModels takes over what the models have learned that go on.
func (s *Successor) takeModels(from *state) {
	for i, was := range s.brains {
		if was >= 0 {
			s.state.brains[i] = from.brains[was]
			s.state.brains[i].Respec(s.plan.samplers[i].spec())
		}
	}
}
