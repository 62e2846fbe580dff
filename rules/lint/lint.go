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
	// rule, in the place of check, reports what it finds in one rule, which the rule alone and the text of its files decide.
	rule func(rs *rules.RuleSet, r *rules.Rule, report report)
}

// warning returns the code of a check that is a matter of judgement, so that a comment can silence it: its name, a noun phrase,
// and a sentence for the reference.
func warning(name, summary, doc string) diag.Code {
	return diag.Code{Name: name, Severity: hcl.DiagWarning, Summary: summary, Doc: doc, Judgement: true}
}

// A report takes a finding: its range, and a sentence that says what to do.
type report func(rng hcl.Range, format string, args ...any)

// Run returns what the check finds, in no order of meaning.
func (c Check) Run(rs *rules.RuleSet) hcl.Diagnostics {
	var diags hcl.Diagnostics
	report := func(rng hcl.Range, format string, args ...any) { diags = append(diags, c.New(rng, format, args...)) }
	if c.check != nil {
		c.check(rs, report)
		return diags
	}
	for _, r := range rs.Rules {
		c.rule(rs, r, report)
	}
	return diags
}

// A Cache keeps what was found in rules, by code, for the next run over a rule set that shares these rules: one that was loaded with
// the same rules.Cache. The zero Cache is empty.
type Cache struct {
	found map[*rules.Rule]map[string]hcl.Diagnostics
}

// look looks at the rules that the Cache does not know, and forgets those that are no more.
func (cache *Cache) look(rs *rules.RuleSet) {
	found := make(map[*rules.Rule]map[string]hcl.Diagnostics, len(rs.Rules))
	checks := slices.DeleteFunc(Checks(), func(c Check) bool { return c.rule == nil })
	for _, r := range rs.Rules {
		here, known := cache.found[r]
		for i := 0; !known && i < len(checks); i++ {
			if diags := checks[i].Run(&rules.RuleSet{Rules: []*rules.Rule{r}, Sources: rs.Sources}); diags != nil {
				if here == nil {
					here = map[string]hcl.Diagnostics{}
				}
				here[checks[i].Name] = diags
			}
		}
		found[r] = here
	}
	cache.found = found
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
	return new(Cache).Run(rs, diags, asked...)
}

// Run is Run, which looks again only at what the Cache does not know.
func (cache *Cache) Run(rs *rules.RuleSet, diags hcl.Diagnostics, asked ...string) []diag.Finding {
	cache.look(rs)
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
		var found hcl.Diagnostics
		if c.rule == nil {
			found = c.Run(rs)
		} else {
			for _, r := range rs.Rules {
				found = append(found, cache.found[r][c.Name]...)
			}
		}
		for _, d := range found {
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
