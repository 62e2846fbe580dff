package ruletest

import (
	"fmt"

	"github.com/ruleids/ruleids/rules"
)

// didYouMean returns a sentence with the candidate that a misspelt name most likely stands for,
// with a space before it, or "".
func didYouMean(name string, candidates []string) string {
	if n := rules.Nearest(name, candidates); n != "" {
		return fmt.Sprintf(" Did you mean %q?", n)
	}
	return ""
}
