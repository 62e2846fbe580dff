package engine

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/rules"
)

// Load reads, checks and compiles rules. It is the one judge of a rule set: what lint, a replay, the start of
// a daemon and its reloads accept is the same.
//
// The RuleSet is never nil, as of rules.Load. The Plan is nil where the diagnostics have errors.
func Load(src rules.Options, opt Options) (*rules.RuleSet, *Plan, hcl.Diagnostics) {
	set, diags := rules.Load(src)
	if diags.HasErrors() {
		return set, nil, diags
	}
	plan, more := Compile(set, opt)
	diags = append(diags, more...)
	if more.HasErrors() {
		plan = nil
	}
	return set, plan, diags
}
