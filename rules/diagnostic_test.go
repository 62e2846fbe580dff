package rules

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
)

var update = flag.Bool("update", false, "write the diagnostics that Load gives into testdata/bad.txt")

// line is a diagnostic as testdata/bad.txt has it.
func line(d *hcl.Diagnostic) string {
	at := "-"
	if r := d.Subject; r != nil {
		at = fmt.Sprintf("%d:%d-%d:%d", r.Start.Line, r.Start.Column, r.End.Line, r.End.Column)
		if r.Filename != "a.hcl" {
			at = r.Filename + ":" + at
		}
	}
	return fmt.Sprintf("%s %s: %s", at, diag.CodeOf(d), d.Detail)
}

// TestBadRules loads every case of testdata/bad.txt: a name, a rule file, and behind => what is
// wrong with it, each with the range of the token.
func TestBadRules(t *testing.T) {
	const name = "testdata/bad.txt"
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split("\n"+string(raw), "\n== ")[1:]
	seen := map[string]bool{}
	var out strings.Builder
	for _, c := range cases {
		title, rest, _ := strings.Cut(c, "\n")
		text, want, _ := strings.Cut(rest, "\n=>\n")
		want = strings.TrimSpace(want)
		_, diags := load(t, text+"\n")
		var lines []string
		for _, d := range diags {
			lines = append(lines, line(d))
			seen[diag.CodeOf(d)] = true
			if c, ok := diag.ByName(diag.CodeOf(d)); !ok || c.Summary != d.Summary || c.Severity != d.Severity && c.Name != diag.NeverTrue {
				t.Errorf("%s: %s is not in the table of codes as it is", title, line(d))
			}
		}
		got := strings.Join(lines, "\n")
		if got != want && !*update {
			t.Errorf("%s:\n got %s\nwant %s", title, got, want)
		}
		fmt.Fprintf(&out, "== %s\n%s\n=>\n%s\n", title, text, got)
	}
	if *update {
		if err := os.WriteFile(name, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range diag.Codes() {
		switch c.Name {
		case diag.UnreadableFile, diag.BadVariable, diag.ShadowsShipped, diag.NotFetched: // need more than one file: their own tests
			continue
		}
		if !seen[c.Name] {
			t.Errorf("no case of %s has the code %q", name, c.Name)
		}
	}
	if len(cases) < 60 {
		t.Errorf("%d cases", len(cases))
	}
}
