package window

import (
	"math"
	"slices"
)

// A model is the window of one cell of one row as the contract words it: it keeps every event.
type model struct {
	cell   Cell
	events []modelEvent
	coarse bool // a Series that may be in panes
}

type modelEvent struct {
	at     int64
	value  uint64
	x      float64
	change int64 // the older time of a change to this event
	differ bool
}

func (m *model) add(e modelEvent, clock int64) {
	cut := clock - m.cell.Span
	if e.at <= cut {
		return
	}
	if n := len(m.events); n > 0 {
		p := m.events[n-1]
		e.change, e.differ = min(p.at, e.at), p.value != e.value && p.at > cut
	}
	// The last event stays, for the next one's change.
	m.events = append(slices.DeleteFunc(m.events, func(o modelEvent) bool {
		return o.at <= cut && o.change <= cut
	}), e)
}

// value counts the events with times in (clock-Span, clock].
func (m *model) value(clock int64) int64 {
	n := int64(0)
	seen := map[uint64]bool{}
	for _, e := range m.events {
		in := e.at > clock-m.cell.Span
		switch {
		case m.cell.Kind == Changes && e.differ && e.change > clock-m.cell.Span:
			n++
		case m.cell.Kind == Count && in:
			n++
		case m.cell.Kind == Distinct && in && !seen[e.value]:
			seen[e.value] = true
			n++
		}
	}
	return n
}

// since adds up the events later than cut.
func (m *model) since(cut int64) Sums {
	s := Sums{Min: math.Inf(1), Max: math.Inf(-1)}
	for _, e := range m.events {
		if e.at > cut {
			s.Count++
			s.Sum += e.x
			s.SumSq += e.x * e.x
			s.Min, s.Max = min(s.Min, e.x), max(s.Max, e.x)
		}
	}
	if s.Count == 0 {
		return Sums{}
	}
	return s
}

func (m *model) sums(clock int64) Sums { return m.since(clock - m.cell.Span) }
