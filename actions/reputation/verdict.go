package reputation

import (
	"math"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
)

// A Verdict is what a source knows about an indicator.
type Verdict struct {
	// Indicator is in canonical form: an address, or a name in lower case without a dot at its end.
	Indicator string `json:"indicator"`
	Tier      Tier   `json:"tier"`
	// Match is the entry that the indicator was found by, of source "list".
	Match string `json:"-"`

	// The rest is of source "virustotal".

	Found bool `json:"found"` // VirusTotal knows the indicator
	// Malicious to Timeout are numbers of engines, by what each said at the last analysis.
	Malicious  int `json:"malicious"`
	Suspicious int `json:"suspicious"`
	Harmless   int `json:"harmless"`
	Undetected int `json:"undetected"`
	Timeout    int `json:"timeout"`
	// Community is the score that VirusTotal's users gave; below 0 is bad.
	Community int `json:"reputation"`
	// Asked is when VirusTotal was asked, Expires when the answer is no longer taken for true.
	Asked   time.Time `json:"asked"`
	Expires time.Time `json:"-"`
}

// standing returns the verdict as alerts tell it.
func (v *Verdict) standing() scale.Standing {
	count := func(n int) uint8 { return uint8(min(n, math.MaxUint8)) }
	return scale.Standing{Tier: v.Tier, Malicious: count(v.Malicious), Suspicious: count(v.Suspicious),
		Engines: count(v.Malicious + v.Suspicious + v.Harmless + v.Undetected + v.Timeout)}
}

// Tier is what a source says of an indicator.
type Tier = scale.Tier
