package reputation

import "github.com/ruleids/ruleids/internal/scale"

// Tier is what a source says of an indicator.
type Tier = scale.Tier
