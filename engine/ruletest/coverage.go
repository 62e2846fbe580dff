package ruletest

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A Gap is a rule that lacks a test.
type Gap struct {
	Rule   string    `json:"rule"`
	Range  hcl.Range `json:"-"`      // of the rule
	Firing bool      `json:"firing"` // it has a test in which it fires
	Quiet  bool      `json:"quiet"`  // it has a near miss: a test in which it stays quiet
}

// String says what is missing.
func (g Gap) String() string {
	var missing []string
	if !g.Firing {
		missing = append(missing, "no test in which it fires")
	}
	if !g.Quiet {
		missing = append(missing, "no test in which it stays quiet")
	}
	return g.Rule + ": " + strings.Join(missing, ", ")
}

// Coverage returns the rules that lack a test of either kind, sorted by name; results[i] is that of
// tests[i]. Only tests that pass count. Silent rules, which never fire, are left out.
//
// A rule has a firing test when an alert block names it and it fired. It has a quiet test when it did not
// fire in a test that is a near miss of it: one with packets that its where let pass, or one that names it in
// an alert block (with count = 0 or max = 0), or one in a file that has a firing test of it. Embedded
// rules are left out, since their tests are not embedded; `ruleids test stdlib` has them from the disk.
func (r *Runner) Coverage(tests []*Test, results []Result) []Gap {
	set, _ := r.Load()
	firing, quiet := make(map[string]bool), make(map[string]bool)
	inFile := make(map[[2]string]bool) // file and rule: a firing test
	each := func(do func(t *Test, res *Result)) {
		for i, t := range tests {
			if results[i].Status == Pass {
				do(t, &results[i])
			}
		}
	}
	each(func(t *Test, res *Result) {
		for _, f := range res.Fired {
			if t.names(f.Rule) {
				firing[f.Rule] = true
				inFile[[2]string{t.File, f.Rule}] = true
			}
		}
		for _, name := range res.quiet {
			quiet[name] = true
		}
	})
	each(func(t *Test, res *Result) {
		for _, x := range set.Rules {
			fired := slices.ContainsFunc(res.Fired, func(f Fired) bool { return f.Rule == x.Name })
			if x.Enabled && !fired && inFile[[2]string{t.File, x.Name}] {
				quiet[x.Name] = true
			}
		}
	})
	var gaps []Gap
	for _, x := range set.Rules {
		if !x.Shipped && !x.Silent && !(firing[x.Name] && quiet[x.Name]) {
			gaps = append(gaps, Gap{x.Name, x.Range, firing[x.Name], quiet[x.Name]})
		}
	}
	return gaps
}
