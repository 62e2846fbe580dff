// Package lint finds what is wrong with a rule set that loads: rules that can never fire, names that
// nothing uses, responses that an attacker can turn against others.
package lint

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// A Check looks at a rule set for one kind of mistake.
type Check struct {
	diag.Code
	// partial says that the check finds all that it is about in rules with errors too.
	partial bool
	// check reports what it finds. It must not change the rule set.
	check func(rs *rules.RuleSet, report report)
}

// A report takes a finding: its range, and a sentence that says what to do.
type report func(rng hcl.Range, format string, args ...any)

// Run returns what the check finds, in no order of meaning.
func (c Check) Run(rs *rules.RuleSet) hcl.Diagnostics {
	var diags hcl.Diagnostics
	c.check(rs, func(rng hcl.Range, format string, args ...any) {
		diags = append(diags, c.New(rng, format, args...))
	})
	return diags
}

// Checks returns the checks of this package, sorted by code.
func Checks() []Check {
	return []Check{
		bystanderTarget(),
		constantFeature(),
		deadLevel(),
		endedException(),
		learnTooLong(),
		missingDescription(),
		missingLearn(),
		missingSeverity(),
		modelBlock(),
		noCooldown(),
		shadowedException(),
		silentResponse(),
		slowCondition(),
		spoofableBlock(),
		trialList(),
		unfilledList(),
		unheardRule(),
		unlearnedBlock(),
		unreachableThreshold(),
		unusedColumn(),
		unusedList(),
		unusedMacro(),
		unusedModel(),
		unusedThreshold(),
		unusedVariable(),
		windowTooLong(),
	}
}

// sound returns the rules whose expressions were all checked.
func sound(rs *rules.RuleSet) []*rules.Rule {
	return slices.DeleteFunc(slices.Clone(rs.Rules), func(r *rules.Rule) bool { return r.Broken })
}

// Codes returns every code that a finding can have, those of loading and those of this package, sorted
// by name.
func Codes() []diag.Code {
	out := append(diag.Codes(), unusedIgnore())
	for _, c := range Checks() {
		out = append(out, c.Code)
	}
	slices.SortFunc(out, func(a, b diag.Code) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// IgnoreCodes returns the codes of this package that a lint:ignore comment may name:
// rules.Options.LintCodes.
func IgnoreCodes() []string {
	var out []string
	for _, c := range Checks() {
		if c.Judgement {
			out = append(out, c.Name)
		}
	}
	return out
}

// Run returns what loading found and what the checks find, sorted by file, line and column. The rule
// set and the diagnostics are those that rules.Load returned, with IgnoreCodes in its options; there
// may be errors. Comments that ignore a finding are honoured.
//
// Warnings about files of the standard library are left out, since the user cannot do anything about
// them, but for files that are asked for, or are in a directory that is.
func Run(rs *rules.RuleSet, diags hcl.Diagnostics, asked ...string) []diag.Finding {
	all := slices.Clone(diags)
	failed := map[string]bool{} // files with errors
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil {
			failed[d.Subject.Filename] = true
		}
	}
	judged := ranges(diags, diag.NeverTrue, diag.AlwaysTrue)
	used := map[*rules.Ignore]bool{}
	for _, c := range Checks() {
		for _, d := range c.Run(rs) {
			switch ig := rs.IgnoreFor(c.Name, *d.Subject); {
			case ig != nil:
				used[ig] = true
			case diags.HasErrors() && mentioned(rs, diags, *d.Subject):
			case c.Name == unreachableThreshold().Name && overlaps(judged, *d.Subject):
				// Load has said so.
			default:
				all = append(all, d)
			}
		}
	}
	all = append(all, staleIgnores(rs, used, failed)...)
	shipped := shippedFiles(rs)
	all = slices.DeleteFunc(all, func(d *hcl.Diagnostic) bool {
		return d.Severity == hcl.DiagWarning && d.Subject != nil && shipped[d.Subject.Filename] && !within(asked, d.Subject.Filename)
	})
	return diag.Findings(all)
}

// ranges returns where the diagnostics with some codes are.
func ranges(diags hcl.Diagnostics, codes ...string) []hcl.Range {
	var out []hcl.Range
	for _, d := range diags {
		if d.Subject != nil && slices.Contains(codes, diag.CodeOf(d)) {
			out = append(out, *d.Subject)
		}
	}
	return out
}

func overlaps(ranges []hcl.Range, rng hcl.Range) bool {
	return slices.ContainsFunc(ranges, func(r hcl.Range) bool { return r.Filename == rng.Filename && r.Overlaps(rng) })
}

// shippedFiles returns the names of the files of the standard library.
func shippedFiles(rs *rules.RuleSet) map[string]bool {
	files := map[string]bool{}
	see := func(shipped bool, at hcl.Range) {
		if shipped {
			files[at.Filename] = true
		}
	}
	for _, r := range rs.Rules {
		see(r.Shipped, r.Range)
	}
	for _, l := range rs.Lists {
		see(l.Shipped, l.Range)
	}
	for _, m := range rs.Macros {
		see(m.Shipped, m.Range)
	}
	for _, m := range rs.Models {
		see(m.Shipped, m.Range)
	}
	for _, v := range rs.Variables {
		see(v.Shipped, v.Range)
	}
	return files
}

// within reports whether a file is one of the paths, or in a directory that is.
func within(paths []string, file string) bool {
	return slices.ContainsFunc(paths, func(p string) bool {
		p = filepath.ToSlash(filepath.Clean(p))
		return p == "." || p == file || strings.HasPrefix(file, p+"/")
	})
}
