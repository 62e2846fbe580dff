package scale

import "math"

// Tier is what reputation says of an indicator. Tiers are ordered: a greater one is worse. The zero Tier is TierClean.
type Tier uint8

// The tiers, from nothing known to certain.
const (
	TierClean Tier = iota
	TierLow
	TierMedium
	TierHigh
	TierCritical

	// NumTiers is how many tiers there are.
	NumTiers = iota
)

// tiers has what each tier is called, what it multiplies thresholds by, and by how many steps it raises severities.
var tiers = [NumTiers]struct {
	word   string
	factor float64
	raise  Severity
}{
	TierClean:    {"clean", 1, 0},
	TierLow:      {"low", 0.75, 0},
	TierMedium:   {"medium", 0.5, 1},
	TierHigh:     {"high", 0.25, 1},
	TierCritical: {"critical", 0.1, SeverityCritical},
}

// Standing is what a source of reputation says of an indicator: its tier, and how it came about. Of Engines that looked at
// the indicator, Malicious said that it is malicious and Suspicious that it may be; all are 0 where the source counts no
// engines. It is four bytes, since the engine holds thousands by the packet.
type Standing struct {
	Tier                           Tier
	Malicious, Suspicious, Engines uint8
}

// Tiers returns all tiers, TierClean first.
func Tiers() []Tier { return []Tier{TierClean, TierLow, TierMedium, TierHigh, TierCritical} }

// TierWords returns the words of all tiers, "clean" first.
func TierWords() []string { return words(Tiers()) }

// ParseTier reads the word of a tier.
func ParseTier(s string) (Tier, error) {
	for _, t := range Tiers() {
		if t.String() == s {
			return t, nil
		}
	}
	return 0, invalid(s, TierWords())
}

// String returns the tier's word.
func (t Tier) String() string { return tiers[t].word }

// Factor returns what the tier multiplies thresholds by.
func (t Tier) Factor() float64 { return tiers[t].factor }

// Scale returns a threshold as the tier scales it: rounded up, at least 1. A clean indicator leaves it as it is.
func (t Tier) Scale(threshold float64) float64 {
	if t == TierClean {
		return threshold
	}
	// The product of two decimals may miss a whole number by a rounding error: 0.1 * 30 is above 3.
	return max(1, math.Ceil(threshold*t.Factor()-1e-9))
}

// Raise returns a severity as the tier raises it, which none raises above SeverityCritical.
func (t Tier) Raise(s Severity) Severity { return min(s+tiers[t].raise, SeverityCritical) }

// MarshalText returns the tier's word.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a tier's word.
func (t *Tier) UnmarshalText(text []byte) error {
	v, err := ParseTier(string(text))
	if err == nil {
		*t = v
	}
	return err
}
