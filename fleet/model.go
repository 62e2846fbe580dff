package fleet

// A Model is what an agent says of one of its models: how far it is with learning, what is usual there, and how far that has
// drifted.
type Model struct {
	Name     string `json:"name"`
	Method   string `json:"method"`   // histogram or forest
	Learning bool   `json:"learning"` // it gives no scores yet
	Samples  int    `json:"samples"`  // while it learns: so far
	Needs    int    `json:"needs"`    // samples at least
	// Learned and Learns are the seconds that it has learned for, and learns for at least; of one that does not learn any more
	// Learned is what it took.
	Learned  float64 `json:"learned_seconds"`
	Learns   float64 `json:"learns_seconds"`
	Baseline string  `json:"baseline"` // the beginning of the digest of what was frozen; "" while it learns
	Pinned   bool    `json:"pinned"`
	Later    int     `json:"learned_later"` // samples that a histogram has learned since
	Odd      int     `json:"not_learned"`   // and not, since they were odd
	// Features are in the order of the model; there are none while it learns.
	Features []ModelFeature `json:"features"`
	Error    string         `json:"error"` // why what was learned cannot be read or kept; "" while it can
}

// A ModelFeature is what one number of a model usually is.
type ModelFeature struct {
	Name  string `json:"name"`
	Usual string `json:"usual"` // the range of the middle 99 of 100 values, with its unit, for people
	// Drift is the population stability index between what was learned and what came lately: above 0.25 is much. It is null
	// where too little came since.
	Drift *float64 `json:"drift"`
}

// MostDrift returns the feature that has drifted most; nil where none is known to have.
func (m *Model) MostDrift() (most *ModelFeature) {
	for i := range m.Features {
		if f := &m.Features[i]; f.Drift != nil && (most == nil || *f.Drift > *most.Drift) {
			most = f
		}
	}
	return most
}

// MaxModels and MaxModelFeatures bound what a beat tells of models.
const (
	MaxModels        = 16
	MaxModelFeatures = 32
)
