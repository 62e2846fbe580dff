package lint

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

var update = flag.Bool("update", false, "write the table of codes of docs/lint.md, and the golden files")

const page = "../../docs/lint.md"

const (
	tableBegin = "<!-- codes: begin, written by: go test ./rules/lint -run TestDocs -update -->\n"
	tableEnd   = "<!-- codes: end -->\n"
)

// The table of codes on the page is the one of the program.
func TestDocsTable(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table of codes", page)
	}
	want := before + tableBegin + codeTable() + tableEnd + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("the table of codes in %s is not up to date; run: go test ./rules/lint -run TestDocs -update", page)
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func codeTable() string {
	loading := map[string]bool{}
	for _, c := range diag.Codes() {
		loading[c.Name] = true
	}
	var b strings.Builder
	b.WriteString("| code | severity | found | says | can be silenced |\n| --- | --- | --- | --- | --- |\n")
	for _, c := range Codes() {
		severity, when, silenced := diag.SeverityError, "by a check", "no"
		if c.Severity == hcl.DiagWarning {
			severity = diag.SeverityWarning
		}
		if loading[c.Name] {
			when = "when loading"
		}
		if c.Judgement {
			silenced = "yes"
		}
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s | %s |\n", c.Name, c.Name, severity, when, c.Doc, silenced)
	}
	return b.String()
}

// An example is a fenced block of the page, marked as bad or good.
type example struct {
	section, kind string
	set           map[string]string
	text          string
	line          int
}

var (
	heading = regexp.MustCompile(`^##+ (.*)$`)
	fence   = regexp.MustCompile("^```hcl (bad|good)(?: set:([a-z_]+)=(\\S+))?$")
)

func examples(t *testing.T) []example {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []example
	section := ""
	var cur *example
	for i, line := range strings.Split(string(text), "\n") {
		switch m := fence.FindStringSubmatch(line); {
		case cur != nil && line == "```":
			out = append(out, *cur)
			cur = nil
		case cur != nil:
			cur.text += line + "\n"
		case m != nil:
			cur = &example{section: section, kind: m[1], line: i + 1}
			if m[2] != "" {
				cur.set = map[string]string{m[2]: m[3]}
			}
		default:
			if m := heading.FindStringSubmatch(line); m != nil {
				section = m[1]
			}
		}
	}
	return out
}

// Every code has a section of its own, with its severity, and with a bad and a good example. The bad
// one gives that code and nothing else, the good one nothing at all.
func TestDocsExamples(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	all := examples(t)
	names := map[string]bool{}
	for _, c := range Codes() {
		names[c.Name] = true
		word := "Error."
		if c.Severity == hcl.DiagWarning {
			word = "Warning."
		}
		if !bytes.Contains(text, []byte("\n### "+c.Name+"\n\n"+word)) {
			t.Errorf("%s has no section %q that begins with %q", page, c.Name, word)
		}
		for _, kind := range []string{"bad", "good"} {
			if !slices.ContainsFunc(all, func(e example) bool { return e.section == c.Name && e.kind == kind }) {
				t.Errorf("section %q has no %s example", c.Name, kind)
			}
		}
	}
	for _, e := range all {
		t.Run(fmt.Sprintf("%s/%s", e.section, e.kind), func(t *testing.T) {
			if e.kind == "bad" && !names[e.section] {
				t.Errorf("line %d: a bad example stands in the section of no code", e.line)
			}
			findings := lintText(t, e.text, e.set)
			codes := map[string]bool{}
			for _, f := range findings {
				codes[f.Code] = true
			}
			switch {
			case e.kind == "bad" && (len(codes) != 1 || !codes[e.section]):
				t.Errorf("line %d: want %q and nothing else, got %v", e.line, e.section, findings)
			case e.kind == "good" && len(findings) > 0:
				t.Errorf("line %d: want no finding, got %v", e.line, findings)
			}
			for _, f := range findings {
				if !strings.HasSuffix(f.Detail, ".") && !strings.HasSuffix(f.Detail, "?") {
					t.Errorf("the detail is not a sentence: %q", f.Detail)
				}
			}
		})
	}
}

// shippedNames are the names of the standard library that texts of these tests use. Without any of them
// the library is left out, which saves most of the time.
var shippedNames = regexp.MustCompile(`home_nets|login_ports|new_connection|port_scan`)

// lintText runs lint on one rule file.
func lintText(t *testing.T, text string, set map[string]string) []diag.Finding {
	t.Helper()
	rs, diags := load(text, set)
	return Run(rs, diags)
}

func load(text string, set map[string]string) (*rules.RuleSet, hcl.Diagnostics) {
	var shipped fs.FS
	if shippedNames.MatchString(text) {
		shipped = stdlib.FS()
	}
	return rules.Load(rules.Options{
		Stdlib:    shipped,
		Sources:   map[string][]byte{"rules.hcl": []byte(text), "feed.csv": []byte("10.0.0.1,scanner\n"), "drop.txt": []byte("192.0.2.0/24\n")},
		Fetched:   "testdata/fetched", // where nothing was
		Set:       set,
		LintCodes: IgnoreCodes(),
	})
}
