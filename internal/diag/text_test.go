package diag

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// TestErrorInDetail has an error end a sentence, and stand in one, as Windows writes errors: with a full stop.
func TestErrorInDetail(t *testing.T) {
	err := errors.New("open x: Sharing violation.")
	for format, want := range map[string]string{
		"It cannot be read: %v.":             "It cannot be read: open x: Sharing violation.",
		"It cannot be read: %v. Close it %s": "It cannot be read: open x: Sharing violation. Close it now.",
	} {
		if got := New(UnreadableFile, hcl.Range{}, format, []any{err, "now."}[:strings.Count(format, "%")]...).Detail; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWriteText(t *testing.T) {
	src := "rule \"x\" {\n\twhere = \"tcp.dport == 22\"\n  description = \"日本 é tcp\" \x1b[31m\n}\n"
	sources := map[string]*hcl.File{"a.hcl": {Bytes: []byte(src)}}
	findings := []Finding{
		{Code: "unreadable-file", Severity: "error", Summary: "Unreadable file", Detail: "b.hcl: no such file."},
		{Code: "missing-severity", Severity: "warning", Summary: "Rule without a severity", Detail: "Add one.", File: "a.hcl", Line: 1, Column: 1, EndLine: 1, EndColumn: 9},
		{Code: "unknown-field", Severity: "error", Summary: "Unknown field", Detail: "There is none.", File: "a.hcl", Line: 2, Column: 11, EndLine: 2, EndColumn: 20},
		{Code: "x", Severity: "error", Summary: "Over several lines", File: "a.hcl", Line: 2, Column: 2, EndLine: 3, EndColumn: 4},
		{Code: "x", Severity: "error", Summary: "Wide", File: "a.hcl", Line: 3, Column: 22, EndLine: 3, EndColumn: 25},
		{Code: "x", Severity: "error", Summary: "Narrow", File: "a.hcl", Line: 3, Column: 18, EndLine: 3, EndColumn: 20},
		{Code: "x", Severity: "error", Summary: "At the end", File: "a.hcl", Line: 4, Column: 2, EndLine: 4, EndColumn: 2},
		{Code: "x", Severity: "error", Summary: "Another file", File: "c.hcl", Line: 9, Column: 1, EndLine: 9, EndColumn: 2},
	}
	want := `error[unreadable-file]: Unreadable file. b.hcl: no such file.
a.hcl:1:1: warning[missing-severity]: Rule without a severity. Add one.
    1 | rule "x" {
      | ^^^^^^^^
a.hcl:2:11: error[unknown-field]: Unknown field. There is none.
    2 | <tab>where = "tcp.dport == 22"
      | <tab>         ^^^^^^^^^
a.hcl:2:2: error[x]: Over several lines.
    2 | <tab>where = "tcp.dport == 22"
      | <tab>^^^^^^^^^^^^^^^^^^^^^^^^^
a.hcl:3:22: error[x]: Wide.
    3 |   description = "日本 é tcp" <bad>[31m
      |                        ^^^
a.hcl:3:18: error[x]: Narrow.
    3 |   description = "日本 é tcp" <bad>[31m
      |                  ^^^^
a.hcl:4:2: error[x]: At the end.
    4 | }
      |  ^
c.hcl:9:1: error[x]: Another file.
`
	want = strings.NewReplacer("<tab>", "\t", "<bad>", "\ufffd").Replace(want)
	var b bytes.Buffer
	if err := WriteText(&b, findings, sources, false); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if strings.Contains(line, "\x1b") {
			t.Errorf("escape sequence in %q", line)
		}
	}

	b.Reset()
	if err := WriteText(&b, findings[1:3], sources, true); err != nil {
		t.Fatal(err)
	}
	const red, yellow, plain = "\x1b[1;31m", "\x1b[1;38;5;136m", "\x1b[0m"
	for _, s := range []string{yellow + "warning[missing-severity]:" + plain, red + "error[unknown-field]:" + plain, red + "^^^^^^^^^" + plain} {
		if !strings.Contains(b.String(), s) {
			t.Errorf("no %q in %q", s, b.String())
		}
	}
}
