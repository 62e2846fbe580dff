package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/engine/ruletest"
	"github.com/ruleids/ruleids/internal/diag"
)

// report writes the results of tests that err kept from running, for programs that read the report
// whatever happens, and returns err. For people err, or what was printed before it, says enough.
func (t *tester) report(results []ruletest.Result, err error) error {
	if t.format.value != "text" {
		if err := t.write(results); err != nil {
			return err
		}
	}
	return err
}

// pathsStopped are results for paths of which no test was read.
func pathsStopped(err error, paths ...string) []ruletest.Result {
	out := make([]ruletest.Result, len(paths))
	for i, p := range paths {
		out[i] = ruletest.Result{Name: p, File: p, Status: ruletest.Error, Problems: []string{err.Error()}}
	}
	return out
}

// testsStopped are results for tests that were read and did not run for one reason.
func testsStopped(tests []*ruletest.Test, why string) []ruletest.Result {
	out := make([]ruletest.Result, len(tests))
	for i, x := range tests {
		out[i] = ruletest.Result{Name: x.Name, File: x.File, Line: x.Line, Status: ruletest.Error, Problems: []string{why}}
	}
	return out
}

// filesStopped are results for files with mistakes that are in no test, each with its findings as problems.
func filesStopped(findings []diag.Finding) []ruletest.Result {
	var out []ruletest.Result
	for _, f := range findings { // sorted by file
		if len(out) == 0 || out[len(out)-1].File != f.File {
			out = append(out, ruletest.Result{Name: f.File, File: f.File, Line: f.Line, Status: ruletest.Error})
		}
		r := &out[len(out)-1]
		r.Problems = append(r.Problems, fmt.Sprintf("%s:%d:%d: %s. %s", f.File, f.Line, f.Column, f.Summary, f.Detail))
	}
	return out
}

// merged are the results of tests and those of files, in the order of their places.
func merged(tests, files []ruletest.Result) []ruletest.Result {
	out := slices.Concat(tests, files)
	slices.SortStableFunc(out, func(a, b ruletest.Result) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	return out
}
