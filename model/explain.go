package model

// A Part is what one feature has to do with how odd a sample is.
type Part struct {
	Feature string
	Value   float64 // NaN where the sample has none
	// Low and High are the range of the middle 99 of 100 values that were learned. Known is false where none had a value.
	Low, High float64
	Known     bool
	// Bits is what the feature adds to how odd the sample is. For a histogram the bits of all features are the
	// sample's cost, exactly; for a forest they are the cuts that the trees save by this value beside the middle one.
	Bits float64
}

// Explain appends the parts of a sample's oddness, in the order of the features. While the model learns there are none.
func (m *Model) Explain(to []Part, x []float64) []Part {
	if m.learning != nil {
		return to
	}
	all := m.hist.all()
	bins := make([]uint8, len(x))
	m.hist.place(x, bins)
	var probe []float64
	var depth float64
	if m.forest != nil {
		probe, depth = append(probe, x...), m.depth(x, bins)
	}
	for i := range m.hist.axes {
		p := Part{Feature: m.spec.Features[i], Value: x[i]}
		p.Low, p.High, p.Known = m.hist.usual(i)
		if m.forest == nil {
			p.Bits = float64(m.hist.cost(i, m.hist.axes[i].bin(x[i]), all)) / unit
		} else {
			b := bins[i]
			probe[i] = m.hist.middle(i)
			bins[i] = uint8(m.hist.axes[i].bin(probe[i]))
			p.Bits = max(0, m.depth(probe, bins)-depth)
			probe[i], bins[i] = x[i], b
		}
		to = append(to, p)
	}
	return to
}

// Usual returns the parts of no sample: the ranges alone.
func (m *Model) Usual() []Part {
	var out []Part
	if m.learning != nil {
		return nil
	}
	for i := range m.hist.axes {
		p := Part{Feature: m.spec.Features[i]}
		p.Low, p.High, p.Known = m.hist.usual(i)
		out = append(out, p)
	}
	return out
}

// Top returns the part that weighs most, the first of equals; the zero Part of none.
func Top(parts []Part) (top Part) {
	for i, p := range parts {
		if i == 0 || p.Bits > top.Bits {
			top = p
		}
	}
	return top
}

// Drift returns for every feature how far what came lately, odd or not, is from what was learned, as a population stability
// index: below 0.1 is none to speak of, above 0.25 much. While the model learns, or has seen fewer than 1,000 samples since,
// there is none.
func (m *Model) Drift() []float64 {
	if m.learning != nil || m.live.n < driftLeast {
		return nil
	}
	out := make([]float64, len(m.hist.axes))
	for i := range out {
		out[i] = drift(m.hist, m.live, i)
	}
	return out
}

// driftLeast is the number of samples that drift is worth telling of.
const driftLeast = 1000

// Much is the drift from which on a baseline is to be learned again, by the usual reading of the index.
const Much = 0.25
