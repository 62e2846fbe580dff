package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// A subject is what a sample is of that is of no period: a conversation that has ended, or a login.
type subject struct {
	order uint32 // among what its packet brought
	event packet.Packet
}

// sampleEvent makes a sample of the event at hand: of a login, and of a conversation that has ended.
func (e *Engine) sampleEvent(w *worker, l *lane, m *sampler) {
	p := w.p
	if p.Class == packet.ClassConnection && p.ConnState != packet.ConnClosed {
		return
	}
	x := make([]float64, len(m.features))
	for i, f := range m.features {
		x[i] = math.NaN()
		if w.test(m.present[i]) {
			x[i] = finite(f(&w.scope))
		}
	}
	s := &subject{order: w.order, event: packet.Packet{Layers: p.Layers & (packet.LayerIP | packet.LayerPorts | packet.LayerAuth),
		Src: p.Src, Dst: p.Dst, SrcPort: p.SrcPort, DstPort: p.DstPort, IPProto: p.IPProto}}
	if p.Class == packet.ClassAuth {
		s.event.Attrs = p.Attrs
	}
	l.subjects = append(l.subjects, batch{crossing: crossing{p.Number, m, p.Time}, samples: []sampled{{x: x}}, subject: s})
}

// subjects takes the samples of conversations that the lanes of a slot made.
func (h *haul) subjects(s *slot) {
	for j := range s.lanes {
		l := &s.lanes[j]
		h.batches = append(h.batches, l.subjects...)
		clear(l.subjects)
		l.subjects = l.subjects[:0]
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
	if b.subject == nil {
		return -1
	}
	return int64(b.subject.order)
}
