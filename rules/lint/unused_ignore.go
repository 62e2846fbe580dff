package lint

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// unusedIgnore is the code of comments that silence nothing.
func unusedIgnore() diag.Code {
	return diag.Code{
		Name:     "unused-ignore",
		Severity: hcl.DiagWarning,
		Summary:  "Unused lint:ignore comment",
		Doc:      "A lint:ignore comment silences nothing, and would hide the next finding with its code.",
	}
}

// staleIgnores returns the comments that neither Load nor a check had a use for. In a file with errors
// only those are returned whose check does without what could not be read.
func staleIgnores(rs *rules.RuleSet, used map[*rules.Ignore]bool, failed map[string]bool) hcl.Diagnostics {
	var diags hcl.Diagnostics
	checks := Checks()
	for _, ig := range rs.Ignores {
		if ig.Used || used[ig] {
			continue
		}
		i := slices.IndexFunc(checks, func(c Check) bool { return c.Name == ig.Code })
		if failed[ig.Range.Filename] && (i < 0 || !checks[i].partial) {
			continue
		}
		diags = append(diags, unusedIgnore().New(ig.Range, "Nothing with the code %q is found where this comment holds. Remove the comment.", ig.Code))
	}
	return diags
}
