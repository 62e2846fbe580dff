package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// A file with a mistake of every sort gives them all in one go, at the same places in every format.
func TestMistakes(t *testing.T) {
	const name = "testdata/mistakes.hcl"
	rs, diags := rules.Load(rules.Options{Paths: []string{name}, LintCodes: IgnoreCodes()})
	findings := Run(rs, diags)

	// The details are for their own tests to judge.
	var got, text, lines, log bytes.Buffer
	for _, f := range findings {
		fmt.Fprintf(&got, "%s:%d:%d-%d:%d: %s[%s]\n", f.File, f.Line, f.Column, f.EndLine, f.EndColumn, f.Severity, f.Code)
	}
	golden(t, "testdata/mistakes.txt", got.Bytes())

	if err := diag.WriteText(&text, findings, rs.Sources, false); err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		want := fmt.Sprintf("%s:%d:%d: %s[%s]: %s. %s\n", f.File, f.Line, f.Column, f.Severity, f.Code, f.Summary, f.Detail)
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in the text:\n%s", want, text.String())
		}
	}

	if err := diag.WriteJSON(&lines, findings); err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(&lines)
	for i, f := range findings {
		var back diag.Finding
		if err := dec.Decode(&back); err != nil || back != f {
			t.Errorf("finding %d: %v read back as %v (%v)", i, f, back, err)
		}
	}

	if err := (diag.SARIF{Codes: Codes(), Sources: rs.Sources, Version: "test"}).Write(&log, findings); err != nil {
		t.Fatal(err)
	}
	report, err := sarif.FromBytes(log.Bytes(), sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Validate(); err != nil {
		t.Error(err)
	}
	for i, f := range findings {
		r := report.Runs[0].Results[i]
		at := r.Locations[0].PhysicalLocation
		if *r.RuleID != f.Code || *at.ArtifactLocation.URI != name || *at.Region.StartLine != f.Line || *at.Region.StartColumn != f.Column || *at.Region.EndColumn != f.EndColumn {
			t.Errorf("result %d is %s at %d:%d, want %v", i, *r.RuleID, *at.Region.StartLine, *at.Region.StartColumn, f)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
	}
}
