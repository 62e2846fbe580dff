package lint

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lists"
)

// unused finds blocks of a kind that nothing uses. Shipped ones are a vocabulary and are left out. each goes through
// the blocks of the kind.
func unused(kind string, each func(rs *rules.RuleSet, see func(name string, at hcl.Range, wanted bool))) Check {
	return Check{
		Code: warning("unused-"+kind, "Unused "+kind,
			"Nothing uses a "+kind+" that a rule file declares."),
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
	c := unused("list", func(rs *rules.RuleSet, see func(string, hcl.Range, bool)) {
		for _, x := range rs.Lists {
			if writers(rs, x) == nil {
				see(x.Name, x.Range, x.Used || x.Shipped)
			}
		}
	})
	plain := c.check
	c.check = func(rs *rules.RuleSet, report report) {
		plain(rs, report)
		for _, x := range rs.Lists {
			if x.Used || x.Shipped {
				continue
			}
			for _, r := range writers(rs, x) {
				value := r.Tracks[slices.IndexFunc(r.Tracks, func(t *rules.Track) bool { return t.List == x })].Text
				report(x.Range, "Rule %q writes to list %q, and no rule reads it. Look into it, as in %s in list.%s, or remove both.", r.Name, x.Name, value, x.Name)
				break
			}
		}
	}
	return c
}

// unusedColumn finds columns of lists that nothing asks for. Which there are is up to the file, so they stay when it is
// someone else's; but a list of which no column is used does with less memory without.
func unusedColumn() Check {
	return Check{
		Code: warning("unused-column", "Unused columns",
			"Nothing asks for a column of a list that has columns."),
		check: func(rs *rules.RuleSet, report report) {
			for _, l := range rs.Lists {
				used := slices.ContainsFunc(l.Columns, func(c *lists.Column) bool { return c.Used })
				if len(l.Columns) > 0 && !used && l.Used && !l.Shipped {
					report(l.Columns[0].Range, "Nothing asks for a column of list %q, as in list.%s[…].%s. Ask for one, or leave columns out and the file without them.", l.Name, l.Name, l.Columns[0].Name)
				}
			}
		},
	}
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
