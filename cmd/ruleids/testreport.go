package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

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

// mistaken are results for the tests that findings are about, and for the files of findings that are
// about no test, each with its findings as problems.
func mistaken(findings []diag.Finding, sources map[string]*hcl.File) []ruletest.Result {
	type place struct {
		file string
		test int // the line that it begins on; 0 for what is in no test
	}
	var out []ruletest.Result
	at := map[place]int{} // indexes in out
	blocks := map[string][]*hclsyntax.Block{}
	for _, f := range findings {
		if _, ok := blocks[f.File]; !ok {
			blocks[f.File] = testBlocks(f.File, sources[f.File])
		}
		r := ruletest.Result{Name: f.File, File: f.File, Line: f.Line, Status: ruletest.Error}
		p := place{file: f.File}
		for _, b := range blocks[f.File] {
			if b.TypeRange.Start.Line <= f.Line && f.Line <= b.CloseBraceRange.End.Line {
				p.test, r.Line = b.TypeRange.Start.Line, b.TypeRange.Start.Line
				if len(b.Labels) > 0 {
					r.Name = b.Labels[0]
				}
			}
		}
		i, ok := at[p]
		if !ok {
			i = len(out)
			at[p] = i
			out = append(out, r)
		}
		out[i].Problems = append(out[i].Problems, fmt.Sprintf("%s:%d:%d: %s. %s", f.File, f.Line, f.Column, f.Summary, f.Detail))
	}
	return out
}

// testBlocks returns the test blocks of a file, and none where it cannot be parsed.
func testBlocks(name string, file *hcl.File) []*hclsyntax.Block {
	if file == nil {
		return nil
	}
	parsed, diags := hclsyntax.ParseConfig(file.Bytes, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil
	}
	return slices.DeleteFunc(parsed.Body.(*hclsyntax.Body).Blocks, func(b *hclsyntax.Block) bool { return b.Type != "test" })
}

// withMistakes are the results where test files have mistakes: those of the mistakes, and those of the
// tests without one, which did not run either.
func withMistakes(tests []*ruletest.Test, findings []diag.Finding, sources map[string]*hcl.File) []ruletest.Result {
	var files []string
	for _, f := range findings {
		files = append(files, f.File)
	}
	files = slices.Compact(files) // findings are sorted by file
	why := "The test was not run, because there are errors in " + strings.Join(files, ", ") + "."
	out := append(mistaken(findings, sources), testsStopped(tests, why)...)
	slices.SortStableFunc(out, func(a, b ruletest.Result) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	return out
}
