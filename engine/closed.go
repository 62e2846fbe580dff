package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// A closed is a conversation that has ended, as a sample that waits to be scored.
type closed struct {
	order            uint32 // among what its packet brought
	src, dst         packet.Addr
	srcPort, dstPort uint16
	proto            uint8
}

// converseSample makes a sample of the conversation at hand, if it has ended.
func (e *Engine) converseSample(w *worker, l *lane, m *sampler) {
	p := w.p
	if p.ConnState != packet.ConnClosed {
		return
	}
	x := make([]float64, len(m.features))
	for i, f := range m.features {
		x[i] = math.NaN()
		if w.test(m.present[i]) {
			x[i] = finite(f(&w.scope))
		}
	}
	l.closed = append(l.closed, batch{crossing: crossing{p.Number, m, p.Time}, samples: []sampled{{x: x}},
		closed: &closed{w.order, p.Src, p.Dst, p.SrcPort, p.DstPort, p.IPProto}})
}

// closed takes the samples of conversations that the lanes of a slot made.
func (h *haul) closed(s *slot) {
	for j := range s.lanes {
		l := &s.lanes[j]
		h.batches = append(h.batches, l.closed...)
		clear(l.closed)
		l.closed = l.closed[:0]
	}
}

// sortBatches brings batches in the order of their packets; of those of one packet what its time brings comes first.
func sortBatches(bs []batch) {
	slices.SortStableFunc(bs, func(x, y batch) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.place(), y.place()), cmp.Compare(x.sampler.index, y.sampler.index))
	})
}

// place orders the batches of one packet.
func (b *batch) place() int64 {
	if b.closed == nil {
		return -1
	}
	return int64(b.closed.order)
}
