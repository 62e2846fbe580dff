package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
)

// A madeFeature is a feature of a shipped model, as an office has it.
type madeFeature struct {
	name, usual string
	low, high   float64
	unit        string
	times       float64 // how many times its high end an odd value is
	drift       float64
}

// Models of stdlib/base/models.hcl.
var madeModels = []struct {
	name, method, every string
	rule                string
	learns              float64
	features            []madeFeature
}{
	{"host_traffic", "histogram", " in a minute", "odd_host", 86400, []madeFeature{
		{"bytes", "4-90 MB", 4e6, 9e7, "MB", 23, 0.04}, {"packets", "3200-71000", 3200, 71000, "", 9, 0.03}, {"size", "410-1320 B", 410, 1320, "B", 1.1, 0.02},
		{"ports", "1-6", 1, 6, "", 40, 0.07}, {"hosts", "2-31", 2, 31, "", 17, 0.05}}},
	{"dns_client", "histogram", " in 5 min", "odd_host", 86400, []madeFeature{
		{"queries", "1-140", 1, 140, "", 12, 0.06}, {"names", "1-84", 1, 84, "", 15, 0.05}, {"domains", "1-38", 1, 38, "", 11, 0.04}, {"longest", "9-61", 9, 61, "", 3.4, 0.02}, {"length", "9-29", 9, 29, "", 4, 0.02},
		{"types", "1-3", 1, 3, "", 3, 0.01}}},
	{"conversation_shape", "forest", "", "odd_conversation", 86400, []madeFeature{
		{"bytes", "310 B-48 MB", 310, 4.8e7, "MB", 40, 0.08}, {"packet_size", "62-1310 B", 62, 1310, "B", 1.08, 0.03}, {"packet_rate", "0.1-2900/s", 0.1, 2900, "/s", 14, 0.05},
		{"byte_rate", "9 B/s-3.1 MB/s", 9, 3.1e6, "MB/s", 30, 0.06}, {"sent", "0.01-0.97", 0.01, 0.97, "", 1.03, 0.02}, {"duration", "0.001-940 s", 0.001, 940, "s", 60, 0.04}}},
}

// words writes a value with its unit, as the engine does.
func (f *madeFeature) words(v float64) string {
	switch f.unit {
	case "MB", "MB/s":
		if v >= 1e9 {
			return fmt.Sprintf("%.1f G%s", v/1e9, f.unit[1:])
		}
		return fmt.Sprintf("%.0f %s", v/1e6, f.unit)
	case "/s":
		return fmt.Sprintf("%.0f/s", v)
	case "":
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.0f %s", v, f.unit)
}

// oddSample makes up what was odd to one of the models of a rule.
func oddSample(r *rand.Rand, rule string) *alert.Sample {
	n := r.IntN(len(madeModels))
	for madeModels[n].rule != rule {
		n = (n + 1) % len(madeModels)
	}
	m := madeModels[n]
	at := r.IntN(len(m.features))
	for m.features[at].times < 2 {
		at = (at + 1) % len(m.features)
	}
	s := &alert.Sample{Model: m.name, Baseline: "0390d37abccf", Score: 1, Top: m.features[at].name}
	for i, f := range m.features {
		x := alert.Feature{Name: f.name, Low: f.low, High: f.high, Known: true, Value: f.low + (f.high-f.low)*(0.05+0.4*r.Float64()), Bits: 1 + 2*r.Float64()}
		if i == at {
			x.Value, x.Bits = f.high*f.times*(0.5+r.Float64()), 20+8*r.Float64()
			s.Bits = x.Bits
			s.Odd = fmt.Sprintf("%s %s%s; usually %s (99 of 100)", f.name, f.words(x.Value), m.every, f.usual)
		}
		s.Features = append(s.Features, x)
	}
	return s
}

// models makes up what an agent says of its models: the lab still learns, and in Osaka something has changed.
func (a *Agent) models() []fleet.Model {
	var out []fleet.Model
	for i, m := range madeModels {
		x := fleet.Model{Name: m.name, Method: m.method, Needs: 1000, Learned: m.learns, Learns: m.learns, Baseline: fmt.Sprintf("%x%x9f3b1c07de42", i+3, len(a.Name))[:12], Later: 41210 * (i + 1) * len(a.Name) / 10,
			Odd: 12 * len(a.Name), Features: []fleet.ModelFeature{}}
		switch {
		case a.Name == "berlin-lab" && m.method == "histogram":
			x.Learning, x.Baseline, x.Learned, x.Samples, x.Later, x.Odd = true, "", 61_200, 48_310/(i+1), 0, 0
			out = append(out, x)
			continue
		case m.method == "forest":
			x.Later = 0
		case a.Name == "lisbon-edge":
			x.Pinned = true
		}
		for _, f := range m.features {
			drift := f.drift * (0.5 + float64(len(a.Name)%5)/3)
			if a.Name == "osaka-edge" && slices.Contains([]string{"bytes", "domains"}, f.name) {
				drift = 0.31
			}
			x.Features = append(x.Features, fleet.ModelFeature{Name: f.name, Usual: f.usual, Drift: &drift})
		}
		out = append(out, x)
	}
	return out
}
