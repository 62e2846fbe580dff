package lsp

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lists"
	"github.com/ruleids/ruleids/stdlib"
)

// TestDiagnostics follows a mistake from when it is typed until it is mended, and another in a file that is not open.
func TestDiagnostics(t *testing.T) {
	e := open(t, map[string]string{"rules/scan.hcl": scan, "rules/other.hcl": "macro \"x\" {\n  description = \"😀\"\n  expr = \"tcp.dport == 1\"\n}\n"}, nil)
	e.show("rules/scan.hcl", scan)
	got := e.await("rules/other.hcl", func(ds []Diagnostic) bool { return len(ds) > 0 })
	i := slices.IndexFunc(got, func(d Diagnostic) bool { return d.Code == "unknown-field" })
	if i < 0 {
		t.Fatalf("%+v", got)
	}
	if d := got[i]; d.Code != "unknown-field" || d.Severity != severityError || d.Range != (Range{Position{2, 10}, Position{2, 19}}) ||
		d.Data == nil || d.Data.Suggestion != "tcp.dstport" || d.CodeDescription.Href != "https://example.com/lint.md#unknown-field" {
		t.Errorf("%+v", d)
	}
	e.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": e.uri("rules/scan.hcl"), "version": 2},
		"contentChanges": []any{map[string]any{"range": Range{Position{14, 46}, Position{14, 46}}, "text": "x"}}, // ip.xsrc
	})
	got = e.await("rules/scan.hcl", func(ds []Diagnostic) bool { return len(ds) > 0 })
	if !strings.Contains(got[0].Message, "ip.sr") {
		t.Errorf("%+v", got)
	}
	e.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": e.uri("rules/scan.hcl"), "version": 3},
		"contentChanges": []any{map[string]any{"text": scan}},
	})
	e.await("rules/scan.hcl", func(ds []Diagnostic) bool { return len(ds) == 0 })
	// What is not saved yet has its own diagnostics too.
	e.show("rules/new.hcl", "rule \"half\" {\n  where = \"")
	e.await("rules/new.hcl", func(ds []Diagnostic) bool { return len(ds) > 0 })
	e.show("rules/x_test.hcl", "test \"t\" {\n  pakets {}\n}\n")
	got = e.await("rules/x_test.hcl", func(ds []Diagnostic) bool { return len(ds) > 0 })
	if !slices.ContainsFunc(got, func(d Diagnostic) bool { return d.Data != nil && d.Data.Suggestion == "packets" }) {
		t.Errorf("%+v", got)
	}
}

// TestComplete completes at places of whole and half-written files.
func TestComplete(t *testing.T) {
	e := open(t, map[string]string{"rules/scan.hcl": scan}, nil)
	for _, test := range []struct {
		text       string
		want, none []string
	}{
		{"rule \"r\" {\n  where = \"tcp.ds‸\n", []string{"tcp.dstport"}, []string{"udp.dstport", "rule"}},
		{"rule \"r\" {\n  where = \"ip.src in list.‸\"\n}\n", []string{"list.friends", "list.home_nets"}, []string{"ip.src"}},
		{"rule \"r\" {\n  where = <<-EOT\n    tcp and\n    we‸\n  EOT\n}\n", []string{"web"}, []string{"tcp"}},
		{"rule \"half\" {\n  window \"10s\" {\n    hosts = \"distinct(ip.dst)\"\n  }\n  when = \"‸", []string{"hosts", "threshold", "lower"}, []string{"severity"}},
		{"rule \"r\" {\n  window \"10s\" {\n    n = \"dis‸\"\n  }\n}\n", []string{"distinct"}, nil},
		{"rule \"r\" {\n  wh‸\n}\n", []string{"where", "when", "window"}, []string{"tcp.dstport"}},
		{"ru‸", []string{"rule", "override"}, nil},
		{"rule \"r\" {\n  severity = \"‸\"\n}\n", []string{"low", "critical"}, []string{"tcp"}},
		{"rule \"r\" {\n  on = \"‸\"\n}\n", []string{"packet", "alert"}, nil},
		{"rule \"r\" {\n  description = \"tcp.‸\"\n}\n", nil, []string{"tcp.dstport"}},
		{"rule \"r\" {\n  notify {\n    message = \"${ip.s‸\n", []string{"ip.src"}, nil},
		{"rule \"r\" {\n  except \"x\" { where = \"ip.d‸\" }\n}\n", []string{"ip.dst"}, nil},
		{"# rule \"r\" {\n‸", []string{"rule"}, nil},
	} {
		text, place := e.at("rules/new.hcl", test.text)
		e.show("rules/new.hcl", text)
		var items []completionItem
		if err := json.Unmarshal(e.call("textDocument/completion", place), &items); err != nil {
			t.Fatal(err)
		}
		labels := map[string]completionItem{}
		for _, i := range items {
			labels[i.Label] = i
		}
		for _, w := range test.want {
			if _, ok := labels[w]; !ok {
				t.Errorf("%q: %s is missing among %d", test.text, w, len(items))
			}
		}
		for _, n := range test.none {
			if _, ok := labels[n]; ok {
				t.Errorf("%q: %s is there", test.text, n)
			}
		}
		if i := labels["tcp.dstport"]; strings.Contains(test.text, "tcp.ds") && (i.TextEdit == nil || i.TextEdit.Range != (Range{Position{1, 11}, Position{1, 17}})) {
			t.Errorf("%q: %+v", test.text, i.TextEdit)
		}
	}
}

// TestNames goes to declarations, finds uses, says what names mean, and renames.
func TestNames(t *testing.T) {
	const odd = "model \"odd\" {\n  description = \"How much.\"\n  by = [\"ip.src\"]\n  features = {\n    n = \"count()\"\n  }\n}\nrule \"odd_rule\" {\n  description = \"Odd.\"\n  severity = \"low\"\n  on = \"model\"\n  where = \"model.name in ['odd'] and model.score > 0 and var.most > 1\"\n}\nvariable \"most\" {\n  default = 2\n}\n"
	other := "override \"web_scan\" {\n  except \"friends\" { where = \"ip.src in list.friends or not web\" }\n}\n# web, list.friends\nrule \"on_alert\" {\n  description = \"web list.friends\"\n  severity = \"low\"\n  on = \"alert\"\n  where = \"alert.rule == 'web_scan' and alert.category != 'web'\"\n}\n"
	e := open(t, map[string]string{
		"rules/scan.hcl": scan, "rules/other.hcl": other,
		"rules/scan_test.hcl": "test \"t\" {\n  alert \"web_scan\" {}\n}\n", "rules/odd.hcl": odd,
		"ruleids.hcl":        "vars {\n  most = 3\n}\n",
		"rules/odd_test.hcl": "test \"t\" {\n  set = {\n    most = 4\n  }\n}\ntest \"u\" {\n  set = { most = 5 }\n}\n",
	}, nil)
	e.show("rules/odd.hcl", odd)
	e.show("rules/scan.hcl", scan)
	for mark, uses := range map[string][]string{
		"model \"o‸dd\"":     {"rules/odd.hcl 11:27"},
		"in ['o‸dd']":        {"rules/odd.hcl 11:27"},
		"variable \"mo‸st\"": {"ruleids.hcl 1:2", "rules/odd.hcl 11:61", "rules/odd_test.hcl 2:4", "rules/odd_test.hcl 6:10"},
	} {
		_, place := e.at("rules/odd.hcl", strings.Replace(odd, strings.Replace(mark, "‸", "", 1), mark, 1))
		var places []Location
		_ = json.Unmarshal(e.call("textDocument/references", place), &places)
		if d := cmp.Diff(uses, e.short(places)); d != "" {
			t.Errorf("references %q: %s", mark, d)
		}
	}
	for _, test := range []struct {
		mark, hover string
		declared    string
		uses        []string
	}{
		{"not in list.fri‸ends", "**list.friends**", "rules/scan.hcl 0:6", []string{"rules/other.hcl 1:45", "rules/scan.hcl 14:63"}},
		{"and w‸eb and", "**macro web**", "rules/scan.hcl 6:7", []string{"rules/other.hcl 1:60", "rules/scan.hcl 14:36"}},
		{"rule \"web‸_scan\"", "**rule web_scan**", "rules/scan.hcl 11:6", []string{"rules/other.hcl 0:10", "rules/other.hcl 8:26", "rules/scan_test.hcl 1:9"}},
		{"new_conn‸ection", "**macro new_connection**", "", []string{"rules/scan.hcl 14:17"}},
		{"distinct(ip.d‸st)", "**ip.dst**", "", nil},
		{"\"hosts >= thr‸eshold", "**threshold** — 20", "", nil},
		{"\"ho‸sts >=", "**hosts**", "", nil},
		{"disti‸nct(", "distinct(x, cond)", "", nil},
	} {
		marked := strings.Replace(scan, strings.Replace(test.mark, "‸", "", 1), test.mark, 1)
		_, place := e.at("rules/scan.hcl", marked)
		if got := string(e.call("textDocument/hover", place)); !strings.Contains(got, test.hover) {
			t.Errorf("hover %q: %s", test.mark, got)
		}
		var places []Location
		_ = json.Unmarshal(e.call("textDocument/definition", place), &places)
		if got := strings.Join(e.short(places), ", "); got != test.declared {
			t.Errorf("definition %q: %s, want %s", test.mark, got, test.declared)
		}
		places = nil
		_ = json.Unmarshal(e.call("textDocument/references", place), &places)
		if d := cmp.Diff(test.uses, e.short(places)); d != "" {
			t.Errorf("references %q: %s", test.mark, d)
		}
	}
	_, place := e.at("rules/scan.hcl", strings.Replace(scan, "list.friends", "list.fri‸ends", 1))
	place["newName"] = "partners"
	var edit WorkspaceEdit
	if err := json.Unmarshal(e.call("textDocument/rename", place), &edit); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rules/scan.hcl", "rules/other.hcl"} {
		text, err := os.ReadFile(filepath.Join(e.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		e.write(name, apply(string(text), edit.Changes[e.uri(name)]))
	}
	set, diags := rules.Load(rules.Options{Paths: []string{filepath.Join(e.dir, "rules")}, Stdlib: stdlib.FS()})
	if diags.HasErrors() || !slices.ContainsFunc(set.Lists, func(l *lists.List) bool { return l.Name == "partners" && l.Used }) {
		t.Errorf("after the rename: %v", diags)
	}
	for mark, want := range map[string]string{"new_conn‸ection": "is not declared in these files", "distinct(ip.d‸st": "no name of a rule"} {
		_, place := e.at("rules/scan.hcl", strings.Replace(scan, strings.Replace(mark, "‸", "", 1), mark, 1))
		place["newName"] = "x"
		if got := string(e.call("textDocument/rename", place)); !strings.Contains(got, want) {
			t.Errorf("rename of %q: %s", mark, got)
		}
	}
	for mark, names := range map[string]map[string]string{
		"list.fri‸ends": {"Not a name": "is no name", "home_nets": "there is a list"},
		"and w‸eb and":  {"tcp": "means something else", "ip.src": "is no name", "not": "means something else", "new_connection": "there is a macro", "we-b": "is no name"},
		"\"web_‸scan\"": {"port_scan": "there is a rule", "web-scan": "web-scan"},
	} {
		_, place := e.at("rules/scan.hcl", strings.Replace(scan, strings.Replace(mark, "‸", "", 1), mark, 1))
		for name, want := range names {
			place["newName"] = name
			if got := string(e.call("textDocument/rename", place)); !strings.Contains(got, want) {
				t.Errorf("rename of %q to %q: %s", mark, name, got)
			}
		}
	}
}

// short writes places as file and line:column.
func (e *editor) short(places []Location) []string {
	var out []string
	for _, l := range places {
		out = append(out, fmt.Sprintf("%s %d:%d", strings.TrimPrefix(l.URI, uriOf(e.dir)+"/"), l.Range.Start.Line, l.Range.Start.Character))
	}
	return out
}

// apply applies edits to a text.
func apply(text string, edits []TextEdit) string {
	d := newDocument("x", text, 0)
	slices.SortFunc(edits, func(a, b TextEdit) int {
		return d.offset(b.Range.Start, utf16Units) - d.offset(a.Range.Start, utf16Units)
	})
	for _, x := range edits {
		d.edit(&x.Range, x.NewText, utf16Units)
	}
	return d.text
}

// TestFixes takes the fixes of diagnostics, formats, folds and colours.
func TestFixes(t *testing.T) {
	const text = "rule \"r\" {\n  description = \"d\"\n severity = \"low\"\n  where = \"tcp.dport == 23\"\n}\n"
	e := open(t, map[string]string{"rules/r.hcl": text}, nil)
	e.show("rules/r.hcl", text)
	found := e.await("rules/r.hcl", func(ds []Diagnostic) bool { return len(ds) > 0 })
	var fixes []codeAction
	doc := map[string]any{"uri": e.uri("rules/r.hcl")}
	if err := json.Unmarshal(e.call("textDocument/codeAction", map[string]any{"textDocument": doc, "range": found[0].Range, "context": map[string]any{"diagnostics": found}}), &fixes); err != nil {
		t.Fatal(err)
	}
	if len(fixes) != 1 || fixes[0].Title != "Write tcp.dstport" {
		t.Fatalf("%+v", fixes)
	}
	fixed := apply(text, fixes[0].Edit.Changes[e.uri("rules/r.hcl")])
	if !strings.Contains(fixed, "tcp.dstport == 23") {
		t.Error(fixed)
	}
	e.show("rules/r.hcl", fixed)
	var edits []TextEdit
	if err := json.Unmarshal(e.call("textDocument/formatting", map[string]any{"textDocument": doc}), &edits); err != nil {
		t.Fatal(err)
	}
	if got := apply(fixed, edits); !strings.Contains(got, "\n  severity    = \"low\"\n") {
		t.Error(got)
	}
	if got := string(e.call("textDocument/foldingRange", map[string]any{"textDocument": doc})); got != `[{"startLine":0,"endLine":4}]` {
		t.Error(got)
	}
	if got := string(e.call("textDocument/documentSymbol", map[string]any{"textDocument": doc})); !strings.Contains(got, `"name":"r","detail":"low"`) {
		t.Error(got)
	}
	// tcp.dstport is a field: line 3, character 11, 11 long.
	if got := string(e.call("textDocument/semanticTokens/full", map[string]any{"textDocument": doc})); got != `{"data":[3,11,11,0,0]}` {
		t.Error(got)
	}
	warned := []Diagnostic{{Code: "no-cooldown", Range: Range{Position{1, 2}, Position{1, 5}}}}
	if got := string(e.call("textDocument/codeAction", map[string]any{"textDocument": doc, "range": found[0].Range, "context": map[string]any{"diagnostics": warned}})); !strings.Contains(got, "lint:ignore no-cooldown") {
		t.Error(got)
	}
}

// TestLenses runs a test by its lens, and says what a rule does on captures.
func TestLenses(t *testing.T) {
	const tests = "test \"twenty\" {\n  packets {\n    count = 20\n    every = \"100ms\"\n    tcp {\n      src = \"198.51.100.7\"\n      dst = \"203.0.113.${i}\"\n      dstport = 80\n      flags = \"S\"\n    }\n  }\n  alert \"web_scan\" {}\n}\n"
	pcaps, err := filepath.Abs("../testdata/pcap")
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, map[string]string{"rules/scan.hcl": scan, "rules/scan_test.hcl": tests},
		map[string]any{"captures": []string{filepath.Join(pcaps, "nmap-sweep.pcap"), filepath.Join(pcaps, "dig-benign.pcap")}})
	e.show("rules/scan_test.hcl", tests)
	e.show("rules/scan.hcl", scan)
	var lenses []codeLens
	if err := json.Unmarshal(e.call("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": e.uri("rules/scan_test.hcl")}}), &lenses); err != nil || len(lenses) != 1 {
		t.Fatal(err, lenses)
	}
	one := open(t, map[string]string{"rules/scan.hcl": scan}, map[string]any{"captures": []string{filepath.Join(pcaps, "dig-benign.pcap")}})
	one.show("rules/scan.hcl", scan)
	if got := string(one.call("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": one.uri("rules/scan.hcl")}})); !strings.Contains(got, "does not fire on 1 capture;") {
		t.Error(got)
	}
	got := string(e.call("workspace/executeCommand", map[string]any{"command": lenses[0].Command.Command, "arguments": lenses[0].Command.Arguments}))
	if !strings.Contains(got, `"status":"pass"`) {
		t.Error(got)
	}
	if got := string(e.call("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": e.uri("rules/scan.hcl")}})); !strings.Contains(got, "on 2 captures") {
		t.Error(got)
	}
	failing := strings.Replace(tests, "count = 20", "count = 19", 1)
	e.show("rules/scan_test.hcl", failing)
	if got := string(e.call("workspace/executeCommand", map[string]any{"command": runTestCommand, "arguments": []any{filepath.Join(e.dir, "rules/scan_test.hcl"), "twenty"}})); !strings.Contains(got, `"status":"fail"`) || !strings.Contains(got, "web_scan") {
		t.Error(got)
	}
	if got := string(e.call("workspace/executeCommand", map[string]any{"command": "rm", "arguments": []any{"-rf", "/"}})); !strings.Contains(got, "error: ") {
		t.Error(got)
	}
	if got := string(e.call("no/such", nil)); !strings.Contains(got, "no method") {
		t.Error(got)
	}
}

// TestPositions converts between bytes and positions in each encoding.
func TestPositions(t *testing.T) {
	d := newDocument("file:///x.hcl", "a\né😀b\n", 0)
	for _, test := range []struct {
		enc  encoding
		want []int // of é, the face, b and the end of the line
	}{
		{utf8Units, []int{0, 2, 6, 7}}, {utf16Units, []int{0, 1, 3, 4}}, {utf32Units, []int{0, 1, 2, 3}},
	} {
		for i, at := range []int{2, 4, 8, 9} {
			p := d.position(at, test.enc)
			if p != (Position{1, test.want[i]}) || d.offset(p, test.enc) != at {
				t.Errorf("%s, byte %d: %+v, back %d", test.enc, at, p, d.offset(p, test.enc))
			}
		}
	}
	if got := d.offset(Position{1, 2}, utf16Units); got != 4 {
		t.Errorf("within a character: %d", got)
	}
	for _, p := range []Position{{-1, 0}, {9, 9}, {1, 99}} {
		d.offset(p, utf16Units) // must not panic
	}
}

// TestEncodings agrees on what the editor offers.
func TestEncodings(t *testing.T) {
	for want, offered := range map[encoding][]string{utf16Units: nil, utf8Units: {"utf-16", "utf-8"}, utf32Units: {"utf-8", "utf-32"}} {
		if got := agree(offered); got != want {
			t.Errorf("%v: %s", offered, got)
		}
	}
}
