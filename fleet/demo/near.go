package demo

import (
	"math"
	"math/rand/v2"

	"github.com/ruleids/ruleids/fleet"
)

// near makes up how close keys came to the thresholds of rules at an agent: most stay far below, and fewer come as high.
func near(a *Agent) (out []fleet.Near) {
	r := rand.New(rand.NewPCG(uint64(len(a.Name)), 11))
	for _, k := range kinds {
		if k.value == "" || k.low > 1000 {
			continue
		}
		n := fleet.Near{Rule: k.rule, Threshold: float64(k.low)}
		last := 0.0
		for v := 1.0; v <= 3*float64(k.low); v *= 1.25 {
			if math.Floor(v) == last {
				continue
			}
			last = math.Floor(v)
			if keys := int64(a.rate * (0.5 + r.Float64()) / math.Pow(1+9*v/float64(k.low), 3)); keys > 0 {
				n.Values = append(n.Values, fleet.NearValue{Value: last, Keys: keys})
			}
		}
		out = append(out, n)
	}
	return out
}
