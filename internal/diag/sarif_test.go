package diag

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

func TestWriteSARIF(t *testing.T) {
	sources := map[string]*hcl.File{"rules/a b.hcl": {Bytes: []byte("\n\n  x = \"e\u0301e\u0301 tcp.dport\"\n")}}
	findings := []Finding{
		{"unknown-field", "error", "Unknown field", "There is none.", "rules/a b.hcl", 3, 11, 3, 20},
		{"unused-list", "warning", "Unused list", "Use it.", "/etc/ruleids/b.hcl", 1, 1, 1, 5},
		{"unreadable-file", "error", "Unreadable file", "No such file.", "", 1, 1, 1, 1},
	}
	var b bytes.Buffer
	if err := (SARIF{Codes: append(Codes(), Code{Name: "unused-list", Severity: hcl.DiagWarning}), Sources: sources, Version: "1.2.3", Home: "rules/first.hcl"}).Write(&b, findings); err != nil {
		t.Fatal(err)
	}
	report, err := sarif.FromBytes(b.Bytes(), sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Validate(); err != nil {
		t.Error(err)
	}
	run := report.Runs[0]
	if len(run.Results) != len(findings) {
		t.Fatalf("%d results, want %d", len(run.Results), len(findings))
	}
	if got := *run.Tool.Driver.Version; got != "1.2.3" {
		t.Errorf("version %q", got)
	}
	for i, r := range run.Results {
		f := findings[i]
		rule := run.Tool.Driver.Rules[r.RuleIndex]
		if *r.RuleID != f.Code || *rule.ID != f.Code || r.Level != f.Severity {
			t.Errorf("result %d: rule %q (%q), level %q", i, *r.RuleID, *rule.ID, r.Level)
		}
		if want := "/docs/lint.md#" + f.Code; !strings.HasSuffix(*rule.HelpURI, want) {
			t.Errorf("help URI %q, want …%s", *rule.HelpURI, want)
		}
	}
	place := run.Results[0].Locations[0].PhysicalLocation
	if got := *place.ArtifactLocation.URI; got != "rules/a%20b.hcl" {
		t.Errorf("URI %q", got)
	}
	// Two characters of two code points each stand before the token.
	if g := place.Region; *g.StartLine != 3 || *g.StartColumn != 13 || *g.EndLine != 3 || *g.EndColumn != 22 {
		t.Errorf("region %d:%d-%d:%d", *g.StartLine, *g.StartColumn, *g.EndLine, *g.EndColumn)
	}
	if got := *run.Results[1].Locations[0].PhysicalLocation.ArtifactLocation.URI; got != "file:///etc/ruleids/b.hcl" {
		t.Errorf("URI %q", got)
	}
	place = run.Results[2].Locations[0].PhysicalLocation
	if *place.ArtifactLocation.URI != "rules/first.hcl" || *place.Region.StartLine != 1 || *place.Region.StartColumn != 1 {
		t.Errorf("a finding about no file is at %q, %+v", *place.ArtifactLocation.URI, place.Region)
	}
}

// A run that could not look at anything is a log that says so, since a program that reads the log refuses an empty one.
func TestFailedRunIsALog(t *testing.T) {
	var b bytes.Buffer
	if err := (SARIF{Codes: Codes(), Failure: "there are no rule files in x"}).Write(&b, nil); err != nil {
		t.Fatal(err)
	}
	report, err := sarif.FromBytes(b.Bytes(), sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Validate(); err != nil {
		t.Error(err)
	}
	run := report.Runs[0]
	if run.Results == nil || len(run.Results) != 0 || *run.Invocations[0].ExecutionSuccessful {
		t.Errorf("the log is %s", b.String())
	}
}

func TestCount(t *testing.T) {
	findings := []Finding{{Severity: "error", File: "a"}, {Severity: "warning", File: "a"}, {Severity: "warning", File: "b"}, {Severity: "error"}}
	for n, want := range map[int]string{0: "no errors or warnings", 1: "1 error in 1 file", 3: "1 error, 2 warnings in 2 files", 4: "2 errors, 2 warnings in 2 files"} {
		if got := Count(findings[:n]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
