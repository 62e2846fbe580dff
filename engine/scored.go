package engine

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// newBrain returns what a model knows: what Config has of it, or nothing.
func (e *Engine) newBrain(s *sampler) *brain {
	if m := e.cfg.Models[s.Name]; m != nil && m.Fits(s.spec()) {
		m.Respec(s.spec())
		return &brain{Model: m}
	}
	spec := s.spec()
	if e.cfg.Learn {
		spec.Learn = math.MaxInt64
	}
	return &brain{Model: model.New(spec)}
}

// Models returns what the models of the plan have learned, sorted by name. They may be looked at between two calls of Process.
func (e *Engine) Models() []*model.Model {
	var out []*model.Model
	for _, b := range e.state.brains {
		out = append(out, b.Model)
	}
	return out
}

// SetModel gives a model of the plan what was learned elsewhere, or before; it goes on from there. It reports whether there is a
// model that it fits. It is called between two calls of Process.
func (e *Engine) SetModel(m *model.Model) bool {
	for i, s := range e.plan.samplers {
		if s.Name == m.Spec().Name && m.Fits(s.spec()) {
			m.Respec(s.spec())
			e.state.brains[i].Model = m
			return true
		}
	}
	return false
}

// current is the sample that rules look at, for the alerts that it leads to.
type current struct {
	sampler *sampler
	brain   *brain
	x       []float64
	score   float64
	raw     float64
	parts   []model.Part
}

// score has a model score the samples of a batch, shows each to the rules and lets the model learn it.
func (e *Engine) score(b *batch, emit Emit) {
	br := e.state.brains[b.sampler.index]
	for i := range b.samples {
		s := &b.samples[i]
		r := br.Score(b.end, s.x)
		if r.Scored {
			ev := &packet.Packet{}
			if b.subject != nil {
				*ev = b.subject.event
			}
			ev.Number, ev.Time, ev.Clock, ev.Class = b.number, b.end, e.events.pass(b.end), packet.ClassModel
			ev.Layers |= packet.LayerFrame | packet.LayerModel
			at := 0
			for _, f := range b.sampler.key {
				at += f.Take(ev, s.key[at:])
			}
			complete(ev)
			e.show(ev, &current{sampler: b.sampler, brain: br, x: s.x, score: r.Score, raw: r.Raw}, emit)
		}
		br.Learn()
	}
}

// complete gives an event what goes with an address: the one that it lacks is the unspecified one.
func complete(ev *packet.Packet) {
	switch {
	case ev.Layers&packet.LayerIP == 0:
	case ev.Src == packet.Addr{} && ev.Dst.Is4():
		ev.Src = packet.AddrFrom4([4]byte{})
	case ev.Dst == packet.Addr{} && ev.Src.Is4():
		ev.Dst = packet.AddrFrom4([4]byte{})
	}
	if ev.IPVersion == 0 {
		ev.IPVersion = 6
		if ev.Src.Is4() && ev.Dst.Is4() {
			ev.IPVersion = 4
		}
	}
}

// show runs the event of a sample.
func (e *Engine) show(ev *packet.Packet, c *current, emit Emit) {
	attrs := packet.Attributes{}
	if ev.Attrs != nil {
		attrs = *ev.Attrs // of the login
	}
	attrs.Model, attrs.Score = c.sampler.Name, c.score
	ev.Attrs = &attrs
	if c.sampler.needTop {
		top := model.Top(c.explained())
		ev.Attrs.Top, ev.Attrs.TopBits = top.Feature, top.Bits
	}
	e.current = c
	out := e.run(ev)
	e.current = nil
	e.emitAll(out, emit)
}

// explained returns the parts of the sample's oddness. They are worked out once, before the sample is learned.
func (c *current) explained() []model.Part {
	if c.parts == nil {
		c.parts = c.brain.Explain(nil, c.x)
	}
	return c.parts
}

// alertSample describes the sample at hand in an alert.
func (e *Engine) alertSample(p *packet.Packet) *alert.Sample {
	c := e.current
	if c == nil || p.Class != packet.ClassModel {
		return nil
	}
	parts := c.explained()
	top := model.Top(parts)
	out := &alert.Sample{Model: c.sampler.Name, Score: c.score, Top: top.Feature, Bits: round(top.Bits), Odd: odd(c.sampler.Model, parts)}
	if id := c.brain.ID(); id != "" {
		out.Baseline = id[:12]
	}
	for i := range parts {
		p, f := &parts[i], c.sampler.Features[i]
		out.Features = append(out.Features, alert.Feature{Name: p.Feature, Value: significant(natural(f, p.Value)),
			Low: significant(natural(f, p.Low)), High: significant(natural(f, p.High)), Known: p.Known, Bits: round(p.Bits)})
	}
	return out
}

// natural returns a value of a feature as people know it: not its logarithm.
func natural(f *rules.Feature, v float64) float64 {
	if f.Log {
		return math.Exp2(v)
	}
	return v
}

// significant returns v to six digits: the bins of a histogram tell no more.
func significant(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// odd says in words what is odd about a sample: of the values out of their usual range those that weigh most, or, where none
// is, the one that weighs most.
//
//	bytes 2.1 GB in a minute; usually 4-90 MB (99 of 100)
func odd(m *rules.Model, parts []model.Part) string {
	at := make([]int, len(parts))
	for i := range at {
		at[i] = i
	}
	outside := func(p *model.Part) bool { // by more than the bins of a histogram blur
		blur := (p.High - p.Low) / 64
		return p.Known && !(p.Value >= p.Low-blur && p.Value <= p.High+blur)
	}
	slices.SortStableFunc(at, func(x, y int) int {
		p, q := &parts[x], &parts[y]
		if a, b := outside(p), outside(q); a != b {
			if a {
				return -1
			}
			return 1
		}
		return cmp.Compare(q.Bits, p.Bits)
	})
	var b strings.Builder
	for n, i := range at {
		p := &parts[i]
		if n > 0 && (n == mostOdd || !outside(p)) {
			break
		}
		if n > 0 {
			b.WriteString("; ")
		}
		words := FeatureWords(m, i, p.Value)
		if n > 0 {
			words, _, _ = strings.Cut(words, " in ") // said once
		}
		b.WriteString(words)
		if p.Known {
			b.WriteString("; usually " + RangeWords(m, i, p.Low, p.High))
			if n == 0 {
				b.WriteString(" (99 of 100)")
			}
		}
	}
	return b.String()
}

// mostOdd is how many features an alert names in words.
const mostOdd = 3

// FeatureWords writes a value of a model's feature for people: "bytes 2.1 GB in a minute".
func FeatureWords(m *rules.Model, feature int, v float64) string {
	f := m.Features[feature]
	if v != v {
		return f.Name + " none"
	}
	out := f.Name + " " + amount(f.Unit, natural(f, v))
	if m.On == packet.EventPacket {
		out += " in " + everyWords(m)
	}
	return out
}

// RangeWords writes a range of a model's feature for people: "4-90 MB".
func RangeWords(m *rules.Model, feature int, low, high float64) string {
	f := m.Features[feature]
	low, high = natural(f, low), natural(f, high)
	if f.Unit == rules.UnitNone && math.Abs(low) < 1e6 && math.Abs(high) < 1e6 && high-low >= 1 {
		low, high = math.Floor(low+1e-6), math.Ceil(high-1e-6)
	}
	a, b := amount(f.Unit, low), amount(f.Unit, high)
	if a == b {
		return a
	}
	n, unit, _ := strings.Cut(a, " ")
	if _, other, _ := strings.Cut(b, " "); unit == other {
		a = n
	}
	return a + "-" + b
}

// everyWords writes the time of a sample for people.
func everyWords(m *rules.Model) string {
	switch m.Every.Seconds() {
	case 1:
		return "a second"
	case 60:
		return "a minute"
	case 3600:
		return "an hour"
	case 86400:
		return "a day"
	}
	return span(m.Every)
}

// amount writes a number with its unit, in two digits.
func amount(u rules.Unit, v float64) string {
	switch u {
	case rules.UnitBytes, rules.UnitBytesPerSecond:
		unit := [...]string{"B", "kB", "MB", "GB", "TB", "PB"}
		i := 0
		for math.Abs(v) >= 999.5 && i < len(unit)-1 {
			v /= 1000
			i++
		}
		end := ""
		if u == rules.UnitBytesPerSecond {
			end = "/s"
		}
		return digits(v) + " " + unit[i] + end
	case rules.UnitSeconds:
		switch {
		case v >= 7200:
			return digits(v/3600) + " h"
		case v >= 120:
			return digits(v/60) + " min"
		case v > 0 && v < 0.0995:
			return digits(v*1000) + " ms"
		}
		return digits(v) + " s"
	}
	return digits(v)
}

// digits writes a number in two digits, or as many as it has before the point.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case a >= 9.95 || v == math.Trunc(v):
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	case a >= 0.1:
		return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}
