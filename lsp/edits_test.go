package lsp

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lint"
	"github.com/ruleids/ruleids/stdlib"
)

// FuzzEdits edits two files that use each other's names; every request is answered, and at the end the diagnostics are those of lint.
func FuzzEdits(f *testing.F) {
	f.Add(uint64(0))
	f.Add(uint64(1))
	f.Add(uint64(2))
	f.Fuzz(edits)
}

func edits(t *testing.T, seed uint64) {
	const other = "override \"web_scan\" {\n  threshold = 30\n}\nrule \"other\" {\n  description = \"Other.\"\n  severity = \"low\"\n  where = \"web and ip.src in list.friends\"\n}\n"
	names := []string{"rules/scan.hcl", "rules/other.hcl"}
	e := open(t, map[string]string{names[0]: scan, names[1]: other}, nil)
	local := []*document{newDocument(e.uri(names[0]), scan, 1), newDocument(e.uri(names[1]), other, 1)}
	for i, d := range local {
		e.show(names[i], d.text)
	}
	r := rand.New(rand.NewPCG(seed, 2))
	pieces := []string{"", "\"", "{", "}", "\n", "tcp.dstport", "list.", "web", "😀", "rule \"x\" {", "<<-EOT\n", "EOT", "${", "#", "'", "(", "and "}
	version, at := 1, 0
	edit := func(rng Range, text string) {
		version++
		local[at].edit(&rng, text, utf16Units)
		e.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": local[at].uri, "version": version}, "contentChanges": []any{map[string]any{"range": rng, "text": text}}})
	}
	for i := range 60 {
		at = r.IntN(2)
		d := local[at]
		if i%20 == 19 { // as undo does
			edit(d.rangeOf(0, len(d.text), utf16Units), []string{scan, other}[at])
		}
		from := r.IntN(len(d.text) + 1)
		to := min(len(d.text), from+r.IntN(10))
		edit(d.rangeOf(from, to, utf16Units), pieces[r.IntN(len(pieces))])
		if i%10 == 0 {
			place := map[string]any{"textDocument": map[string]any{"uri": d.uri}, "position": d.position(r.IntN(len(d.text)+1), utf16Units), "newName": "x", "query": "a"}
			for _, m := range []string{"completion", "hover", "definition", "references", "rename", "formatting", "foldingRange", "documentSymbol", "semanticTokens/full", "codeLens", "../workspace/symbol"} {
				if got := string(e.call(strings.TrimPrefix("textDocument/"+m, "textDocument/../"), place)); strings.Contains(got, "panic") {
					t.Fatalf("%s: %s", m, got)
				}
			}
		}
	}
	if seed%2 == 1 { // else as it was torn
		at = 0
		edit(local[0].rangeOf(0, len(local[0].text), utf16Units), strings.Replace(scan, "tcp.dstport", "tcp.dport", 1))
	}
	ascii := map[string]bool{} // where a column is the same in all encodings
	for i, d := range local {
		e.write(names[i], d.text)
		ascii[d.uri] = !strings.ContainsFunc(d.text, func(r rune) bool { return r > 127 })
	}
	column := func(uri string, n int) string {
		if !ascii[uri] {
			return ""
		}
		return fmt.Sprint(":", n)
	}
	set, _, diags := engine.Load(rules.Options{Paths: []string{e.dir}, Stdlib: stdlib.FS(), LintCodes: lint.IgnoreCodes()}, engine.Options{})
	var want []string
	for _, f := range lint.Run(set, diags, e.dir) {
		want = append(want, fmt.Sprintf("%s %d%s %s %v %s. %s", uriOf(f.File), f.Line, column(uriOf(f.File), f.Column), f.Code, f.Severity == diag.SeverityError, f.Summary, f.Detail))
	}
	told := map[string][]Diagnostic{}
	for done := false; !done; {
		select {
		case p := <-e.published:
			told[p.URI] = p.Diagnostics
			done = p.URI == local[at].uri && *p.Version == version
		case <-time.After(time.Minute):
			t.Fatal("no diagnostics of the last edit")
		}
	}
	e.call("textDocument/foldingRange", map[string]any{"textDocument": map[string]any{"uri": local[0].uri}}) // what was told with it comes before
	for len(e.published) > 0 {
		p := <-e.published
		told[p.URI] = p.Diagnostics
	}
	var got []string
	for uri, ds := range told {
		for _, d := range ds {
			got = append(got, fmt.Sprintf("%s %d%s %s %v %s", uri, d.Range.Start.Line+1, column(uri, d.Range.Start.Character+1), d.Code, d.Severity == severityError, d.Message))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
