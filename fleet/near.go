package fleet

// Near is how close the keys of a rule came to its threshold at an agent, in the last seven days.
type Near struct {
	Rule      string      `json:"rule"`
	Threshold float64     `json:"threshold"`
	Strict    bool        `json:"strict"` // the rule fires above its threshold, not at it
	Values    []NearValue `json:"values"` // ascending
}

// A NearValue is a value, rounded down to a class, with how many spells of keys had it as their largest.
type NearValue struct {
	Value float64 `json:"value"`
	Keys  int64   `json:"keys"`
}

// MaxNear and MaxNearValues bound what a beat tells of thresholds: rules, and classes of each.
const (
	MaxNear       = 256
	MaxNearValues = 32
)

// Bounded returns a Near with the largest MaxNearValues classes; keys of those below count for the least of them.
func (n Near) Bounded() Near {
	if cut := len(n.Values) - MaxNearValues; cut > 0 {
		rest := n.Values[cut:]
		values := append([]NearValue{}, rest...)
		for _, v := range n.Values[:cut] {
			values[0].Keys += v.Keys
		}
		n.Values = values
	}
	return n
}
