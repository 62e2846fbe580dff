package setting

import (
	"fmt"
	"path"
	"slices"
)

// A Pattern is a name of rules, with * for any characters and ? for any one.
type Pattern string

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Pattern) UnmarshalText(text []byte) error {
	if _, err := path.Match(string(text), ""); err != nil || len(text) == 0 {
		return fmt.Errorf("%q is not a name or pattern of rules: write names, with * for any characters", text)
	}
	*p = Pattern(text)
	return nil
}

// Patterns choose rules by name; none choose all.
type Patterns []Pattern

// Match reports whether the patterns choose a rule.
func (ps Patterns) Match(rule string) bool {
	return len(ps) == 0 || slices.ContainsFunc(ps, func(p Pattern) bool {
		ok, _ := path.Match(string(p), rule) // it was checked
		return ok
	})
}
