package lint

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// unused finds blocks of a kind that nothing uses. Shipped ones are a vocabulary and are left out. each goes through
// the blocks of the kind.
func unused(kind string, each func(rs *rules.RuleSet, see func(name string, at hcl.Range, wanted bool))) Check {
	return Check{
		Code: diag.Code{
			Name:      "unused-" + kind,
			Severity:  hcl.DiagWarning,
			Summary:   "Unused " + kind,
			Doc:       "Nothing uses a " + kind + " that a rule file declares.",
			Judgement: true,
		},
		check: func(rs *rules.RuleSet, report report) {
			each(rs, func(name string, at hcl.Range, wanted bool) {
				if !wanted {
					report(at, "Nothing uses %s %q. Use it, or remove the block.", kind, name)
				}
			})
		},
	}
}

func unusedList() Check {
	return unused("list", func(rs *rules.RuleSet, see func(string, hcl.Range, bool)) {
		for _, x := range rs.Lists {
			see(x.Name, x.Range, x.Used || x.Shipped)
		}
	})
}

func unusedMacro() Check {
	return unused("macro", func(rs *rules.RuleSet, see func(string, hcl.Range, bool)) {
		for _, x := range rs.Macros {
			see(x.Name, x.Range, x.Used || x.Shipped)
		}
	})
}

func unusedVariable() Check {
	return unused("variable", func(rs *rules.RuleSet, see func(string, hcl.Range, bool)) {
		for _, x := range rs.Variables {
			see(x.Name, x.Range, x.Used || x.Shipped)
		}
	})
}
