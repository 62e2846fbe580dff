package lsp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/rules"
)

// manyRules is a workspace of 2,000 rules: a file of 100, and 95 of 20, each of which uses the list and the macro of the first, with
// a test beside every tenth.
func manyRules() map[string]string {
	files := map[string]string{"rules/scan.hcl": scan}
	port := 1000
	write := func(name string, n int) {
		var b strings.Builder
		for i := range n {
			port++
			fmt.Fprintf(&b, "rule \"r%d\" {\n  description = \"Somebody asks for port %d.\"\n  severity    = \"low\"\n\n", port, port)
			switch i % 4 {
			case 0:
				fmt.Fprintf(&b, "  where = \"new_connection and tcp.dstport == %d and ip.src not in list.friends\"\n  by    = [\"ip.src\"]\n  window \"10s\" {\n    n = \"distinct(ip.dst)\"\n  }\n  when = \"n > 20\"\n", port)
			case 1:
				fmt.Fprintf(&b, "  where = \"web and tcp.dstport != %d and lower(http.host) endsWith '.example%d.com'\"\n  by    = [\"ip.src\", \"ip.dst\"]\n", port, port)
			case 2:
				fmt.Fprintf(&b, "  where = <<-EOT\n    udp.dstport == %d\n    and udp.length > 100\n    and ip.src in list.home_nets\n  EOT\n  by    = [\"ip.src\"]\n  window \"60s\" {\n    n     = \"count()\"\n    bytes = \"sum(ip.len)\"\n  }\n  threshold = 100\n  when      = \"n >= threshold and bytes > 1000\"\n\n  except \"friends\" { where = \"ip.src in list.friends\" }\n", port)
			case 3:
				fmt.Fprintf(&b, "  where = \"dns.qname matches '^[a-z0-9]{30,}[.]x%d[.]' and dns.qtype in ['TXT', 'NULL']\"\n  by    = [\"ip.src\"]\n  cooldown = \"1h\"\n", port)
			}
			b.WriteString("}\n\n")
		}
		files[name] = b.String()
	}
	write("rules/long.hcl", 100)
	for i := range 95 {
		write(fmt.Sprintf("rules/f%d.hcl", i), 20)
		if i%10 == 0 {
			files[fmt.Sprintf("rules/f%d_test.hcl", i)] = fmt.Sprintf("test \"t\" {\n  packets {\n    tcp {\n      src = \"198.51.100.7\"\n      dst = \"203.0.113.1\"\n    }\n  }\n  alert \"r%d\" {}\n}\n", port)
		}
	}
	return files
}

// BenchmarkManyRules measures what an editor waits for in a workspace of 2,000 rules and the shipped ones: each request, and from an
// edit until its diagnostics.
func BenchmarkManyRules(b *testing.B) {
	e := open(b, manyRules(), nil)
	text := manyRules()["rules/long.hcl"]
	e.show("rules/scan.hcl", scan)
	e.show("rules/long.hcl", text)
	e.await("rules/long.hcl", func([]Diagnostic) bool { return true })
	version := 1
	edit := func(at Position, text string) {
		version++
		e.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": e.uri("rules/long.hcl"), "version": version},
			"contentChanges": []any{map[string]any{"range": Range{at, at}, "text": text}}})
	}
	line := strings.Count(text[:strings.Index(text, "new_connection")], "\n")
	place := map[string]any{"textDocument": map[string]any{"uri": e.uri("rules/long.hcl")}, "position": Position{line, 15}, "newName": "other",
		"context": map[string]any{"diagnostics": []Diagnostic{{Code: "no-cooldown"}}}, "query": "r1"}
	list := map[string]any{"textDocument": map[string]any{"uri": e.uri("rules/scan.hcl")}, "position": Position{0, 8}, "newName": "other"}
	for _, method := range []string{"completion", "hover", "formatting", "codeAction", "foldingRange", "documentSymbol", "semanticTokens/full", "codeLens", "../workspace/symbol"} {
		b.Run(method, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				edit(Position{line, 15}, "t")
				b.StartTimer()
				e.call(strings.TrimPrefix("textDocument/"+method, "textDocument/../"), place)
			}
		})
	}
	for _, method := range []string{"definition", "references", "prepareRename", "rename"} {
		b.Run(method, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				edit(Position{line, 15}, "t")
				b.StartTimer()
				e.call("textDocument/"+method, list)
			}
		})
	}
	b.Run("diagnostics", func(b *testing.B) {
		for b.Loop() {
			edit(Position{line, 15}, "t")
			want := version
			for p := range e.published {
				if p.URI == e.uri("rules/long.hcl") && *p.Version == want {
					break
				}
			}
		}
	})
}

// TestWorkOfAnEdit counts what an edit has to be looked at for in a workspace of 2,000 rules, and what the editor is told then.
func TestWorkOfAnEdit(t *testing.T) {
	files := manyRules()
	e := open(t, files, nil)
	last := strings.LastIndex(files["rules/long.hcl"], "cooldown")
	first := strings.Index(files["rules/long.hcl"], "new_connection")
	for _, name := range []string{"rules/long.hcl", "rules/scan.hcl"} {
		e.show(name, files[name])
	}
	version := 1
	for _, test := range []struct {
		name, file string
		at         int
		text       string
		want       rules.Work
		told       int // files
	}{
		{"the last rule of 100", "rules/long.hcl", last, "silent = true\n  ", rules.Work{Files: 1, Rules: 1}, 1},
		{"a mistake in the first of them", "rules/long.hcl", first, "x", rules.Work{Files: 1, Rules: 100}, 1},
		{"a comment at the end", "rules/scan.hcl", len(scan), "# comment\n", rules.Work{Files: 1}, 1},
	} {
		e.settle()
		version++
		at := newDocument("", files[test.file], 0).position(test.at, utf16Units)
		e.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": e.uri(test.file), "version": version},
			"contentChanges": []any{map[string]any{"range": Range{at, at}, "text": test.text}}})
		told := map[string]bool{}
		for p := range e.published {
			told[p.URI] = true
			if p.URI == e.uri(test.file) && *p.Version == version {
				break
			}
		}
		for _, uri := range e.settle() {
			told[uri] = true
		}
		e.server.loading.Lock()
		got := e.server.kept.rules.Work
		e.server.loading.Unlock()
		if got != test.want || len(told) != test.told {
			t.Errorf("%s: %+v and %d files told, want %+v and %d", test.name, got, len(told), test.want, test.told)
		}
	}
}

// settle waits until the server has looked at everything, and returns the files that it told of until then.
func (e *editor) settle() (told []string) {
	for done := false; !done; time.Sleep(time.Millisecond) {
		e.call("textDocument/hover", map[string]any{}) // after what was sent
		e.server.mu.Lock()
		done = e.server.state != nil && e.server.state.as == e.server.changes && !e.server.looking
		e.server.mu.Unlock()
	}
	e.call("textDocument/hover", map[string]any{}) // after what was told
	for len(e.published) > 0 {
		told = append(told, (<-e.published).URI)
	}
	return told
}

// TestManyRules asks in the midst of typing, in a workspace of 2,000 rules: loading them takes longer than an answer may.
func TestManyRules(t *testing.T) {
	files := map[string]string{"rules/scan.hcl": scan}
	for i := range 100 {
		var b strings.Builder
		for j := range 20 {
			fmt.Fprintf(&b, "rule \"r%d_%d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"new_connection and tcp.dstport == %d and ip.src in list.home_nets\"\n  by = [\"ip.src\"]\n  window \"10s\" {\n    n = \"distinct(ip.dst)\"\n  }\n  when = \"n > 20\"\n}\n\n", i, j, 1000+20*i+j)
		}
		files[fmt.Sprintf("rules/f%d.hcl", i)] = b.String()
	}
	e := open(t, files, nil)
	e.show("rules/scan.hcl", scan)
	e.await("rules/scan.hcl", func([]Diagnostic) bool { return true })
	var slowest time.Duration
	for i := range 20 {
		e.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": e.uri("rules/scan.hcl"), "version": i + 2},
			"contentChanges": []any{map[string]any{"range": Range{Position{14, 18}, Position{14, 18}}, "text": "t"}}})
		place := map[string]any{"textDocument": map[string]any{"uri": e.uri("rules/scan.hcl")}, "position": Position{14, 19 + i}}
		for _, m := range []string{"completion", "hover", "semanticTokens/full", "definition"} {
			begun := time.Now()
			e.call("textDocument/"+m, place)
			slowest = max(slowest, time.Since(begun))
		}
	}
	t.Logf("the slowest answer took %v", slowest)
	if slowest > 2*time.Second { // far more than it takes: a machine may be busy
		t.Errorf("the slowest answer took %v", slowest)
	}
}
