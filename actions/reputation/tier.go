package reputation

import (
	"slices"
	"strings"
)

// A Tier is a step of reputation. Its numbers are in the order of the engine's, so that one converts to
// the other.
type Tier uint8

// The tiers, from nothing known to certain.
const (
	TierClean Tier = iota
	TierLow
	TierMedium
	TierHigh
	TierCritical
)

func tierNames() []string { return []string{"clean", "low", "medium", "high", "critical"} }

// String returns the tier's name.
func (t Tier) String() string {
	if names := tierNames(); int(t) < len(names) {
		return names[t]
	}
	return "unknown"
}

// parseTier reads a tier's name, in any case.
func parseTier(s string) (Tier, bool) {
	i := slices.Index(tierNames(), strings.ToLower(s))
	return Tier(max(i, 0)), i >= 0
}
