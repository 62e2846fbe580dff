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
		{Code: "unreadable-file", Severity: "error", Summary: "Unreadable file", Detail: "No such file."},
	}
	var b bytes.Buffer
	if err := WriteSARIF(&b, findings, append(Codes(), Code{Name: "unused-list", Severity: hcl.DiagWarning}), sources, "1.2.3"); err != nil {
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
	if len(run.Results[2].Locations) != 0 {
		t.Errorf("a finding of no file has a location")
	}
}
