package lint

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// mentioned reports whether a range is that of a variable, list or macro whose name stands in a rule
// file, or was meant by a name that is misspelt. In a rule set with errors a name may be used where it
// could not be read: it is not to be called unused then.
func mentioned(rs *rules.RuleSet, errors hcl.Diagnostics, rng hcl.Range) bool {
	for _, v := range rs.Variables {
		if v.Range == rng {
			return occurrences(rs, "var."+v.Name) > 0 || suggested(errors, diag.UnknownVariable, v.Name)
		}
	}
	for _, l := range rs.Lists {
		if l.Range == rng {
			return occurrences(rs, "list."+l.Name) > 0 || suggested(errors, diag.UnknownList, l.Name)
		}
	}
	for _, m := range rs.Macros {
		if m.Range == rng {
			// The block's own name is one occurrence.
			return occurrences(rs, m.Name) > 1 || suggested(errors, diag.UnknownName, m.Name)
		}
	}
	return false
}

// suggested reports whether an error about an unknown name suggests this one.
func suggested(errors hcl.Diagnostics, code, name string) bool {
	return slices.ContainsFunc(errors, func(d *hcl.Diagnostic) bool {
		return diag.CodeOf(d) == code && strings.Contains(d.Detail, strconv.Quote(name)+"?")
	})
}

// occurrences counts a name in the text of all rule files.
func occurrences(rs *rules.RuleSet, name string) int {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`)
	n := 0
	for _, f := range rs.Sources {
		if !bytes.Contains(f.Bytes, []byte(name)) { // as most have not, and to look for the word takes longer
			continue
		}
		n += len(word.FindAllIndex(f.Bytes, -1))
	}
	return n
}
