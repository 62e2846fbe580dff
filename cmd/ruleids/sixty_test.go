// The writer of MMDB files needs an int of 64 bits.

//go:build !386 && !arm && !mips && !mipsle

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/ruleids/ruleids/engine/ruletest"
	"github.com/ruleids/ruleids/internal/geo/geotest"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lint"
	"github.com/ruleids/ruleids/stdlib"
)

// TestSixty holds what the manual says of detections of other programs: each is a rule in testdata/sixty that lint finds nothing
// in, with a test that fires it and one that does not, and each is in the manual's table.
func TestSixty(t *testing.T) {
	const dir = repository + "/testdata/sixty"
	places := func(country string) mmdbtype.Map {
		return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(country)}}
	}
	file := geotest.Write(t, map[string]mmdbtype.Map{"198.51.100.0/24": places("DE"), "203.0.113.0/24": places("FR"), "192.0.2.0/24": places("KP")})
	opt := rules.Options{Paths: []string{dir}, Stdlib: stdlib.FS(), LintCodes: lint.IgnoreCodes(), GeoIP: []string{file}}
	set, diags := rules.Load(opt)
	for _, f := range lint.Run(set, diags, dir) {
		t.Errorf("%s:%d: %s: %s", f.File, f.Line, f.Code, f.Detail)
	}
	tests, diags := ruletest.Load([]string{dir})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r := &ruletest.Runner{Rules: opt, Tests: []string{dir}}
	results := r.RunAll(tests)
	for _, res := range results {
		if res.Status != ruletest.Pass {
			t.Errorf("%s:%d: %s: %s", res.File, res.Line, res.Name, strings.Join(res.Problems, "; "))
		}
	}
	for _, gap := range r.Coverage(tests, results) {
		t.Error(gap)
	}
	page, err := os.ReadFile(filepath.Join(repository, "docs/rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n## Detections of other programs\n")
	table, _, _ = strings.Cut(table, "\n## ")
	said := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(table, -1) {
		said[m[1]] = true
	}
	rulesOfDir := 0
	for _, x := range set.Rules {
		if x.Shipped {
			continue
		}
		rulesOfDir++
		if !said[x.Name] {
			t.Errorf("the manual does not tell of the rule %q", x.Name)
		}
	}
	if rulesOfDir < 50 {
		t.Errorf("only %d rules", rulesOfDir)
	}
}
