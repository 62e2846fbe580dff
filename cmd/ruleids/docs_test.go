package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/engine/ruletest"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/format"
	"github.com/ruleids/ruleids/rules/lint"
	"github.com/ruleids/ruleids/stdlib"
)

//go:generate go test . -run TestDocs -update
//go:generate go test ../../rules/lint -run TestDocs -update

var update = flag.Bool("update", false, "write the generated tables and the output of commands in README.md and docs")

const repository = "../.."

// A fence is a fenced block of a page. The comment in the line before it says what is special about
// it; nothing of it is shown to the reader. Without a comment
//
//	hcl      is rule, test or settings blocks, which load with the shipped rules and those that the
//	         page wrote to files; lint finds nothing in them, and tests pass
//	expr     is a condition a line, each good as the where of a rule
//	console  is commands behind "$ " with what they print: … stands for any part of a line, and a line
//	         of … alone for any lines. ruleids runs in a directory that has the files of the page, and
//	         testdata and stdlib of this repository
//	json     is one JSON object
//	yaml     is YAML, whose commands of ruleids end with status 0
//
// and with one
//
//	file NAME               is written to a file for the rest of the page; ruleids.hcl is settings
//	file NAME with CODE     is the same, and lint finds the code in it
//	fragment                is attributes and blocks of a rule
//	output of COMMAND       is JSON that the command prints; … stands for any part of a text
type fence struct {
	lang, comment string
	line          int // of the text, from 1
	text          []string
}

var (
	fenceOpen   = regexp.MustCompile("^```([a-z]*)$")
	pageComment = regexp.MustCompile(`^<!-- (file|fragment|output of)\b *(.*) -->$`)
)

// A page is a file of documentation.
type page struct {
	name  string // below the repository
	lines []string
	dir   string // where its files are and its commands run
	files map[string][]byte
	// written are the lines of console blocks as they should be, by the line they begin at.
	written map[int][]string
}

func pages(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "testdata/README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			name, err := filepath.Rel(repository, f)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, filepath.ToSlash(name))
		}
	}
	return names
}

func readPage(t *testing.T, name string) *page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return &page{name: name, lines: strings.Split(string(text), "\n"), files: map[string][]byte{}, written: map[int][]string{}}
}

// fences returns the fenced blocks of the page, in their order.
func (p *page) fences(t *testing.T) []fence {
	t.Helper()
	var out []fence
	var cur *fence
	for i, line := range p.lines {
		m := fenceOpen.FindStringSubmatch(line)
		switch {
		case cur != nil && line == "```":
			out = append(out, *cur)
			cur = nil
		case cur != nil:
			cur.text = append(cur.text, line)
		case m != nil:
			cur = &fence{lang: m[1], line: i + 2}
			if i > 0 {
				if c := pageComment.FindStringSubmatch(p.lines[i-1]); c != nil {
					cur.comment = strings.TrimSpace(c[1] + " " + c[2])
				}
			}
		}
	}
	if cur != nil {
		t.Errorf("%s:%d: the block is never closed", p.name, cur.line)
	}
	return out
}

// TestDocsExamples runs every example of the documentation. docs/lint.md has a test of its own, beside
// the checks.
func TestDocsExamples(t *testing.T) {
	for _, name := range pages(t) {
		if name == "docs/lint.md" {
			continue
		}
		t.Run(strings.ReplaceAll(strings.TrimSuffix(name, ".md"), "/", "_"), func(t *testing.T) {
			p := readPage(t, name)
			p.dir = t.TempDir()
			for _, d := range []string{"testdata", "stdlib"} {
				to, err := filepath.Abs(filepath.Join(repository, d))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(to, filepath.Join(p.dir, d)); err != nil {
					t.Fatal(err)
				}
			}
			for _, f := range p.fences(t) {
				p.run(t, f)
			}
			p.save(t)
		})
	}
}

// run runs one example.
func (p *page) run(t *testing.T, f fence) {
	t.Helper()
	text := strings.Join(f.text, "\n") + "\n"
	kind, arg, _ := strings.Cut(f.comment, " ")
	if f.lang == "hcl" {
		whole := text
		if kind == "fragment" {
			whole = "rule \"example\" {\n" + regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(text, "  $1") + "}\n"
		}
		if laid, diags := format.Source(p.name, []byte(whole)); !diags.HasErrors() && string(laid) != whole {
			t.Errorf("%s:%d: fmt would lay the example out as\n%s", p.name, f.line, laid)
		}
	}
	switch {
	case kind == "file":
		name, code, broken := strings.Cut(arg, " with ")
		if top, _, _ := strings.Cut(name, "/"); exists(filepath.Join(repository, top)) == nil {
			t.Errorf("%s:%d: a clone has %s already, where the reader is to make it", p.name, f.line, top)
		}
		full := filepath.Join(p.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if broken {
			p.holds(t, f, rules.Options{Sources: map[string][]byte{name: []byte(text)}}, code)
			return
		}
		p.files[name] = []byte(text)
		switch {
		case path.Base(name) == rules.SettingsName:
			if _, diags := config.Load(config.Options{File: full}); len(diags) > 0 {
				t.Errorf("%s:%d: %v", p.name, f.line, diags)
			}
		case strings.HasSuffix(name, "_test.hcl"):
			p.tests(t, f, full)
		case f.lang == "hcl":
			p.holds(t, f, rules.Options{Sources: p.files}, "")
		}
	case f.lang == "hcl" && kind == "fragment":
		for _, missing := range [][2]string{{"description", `"An example."`}, {"severity", `"low"`}, {"where", `"tcp"`}} {
			if !regexp.MustCompile(`(?m)^ *` + missing[0] + ` *=`).MatchString(text) {
				text += missing[0] + " = " + missing[1] + "\n"
			}
		}
		p.load(t, f, "rule \"example\" {\n"+text+"}\n")
	case f.lang == "hcl" && strings.HasPrefix(text, "test "):
		name := filepath.Join(p.dir, "example_test.hcl")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p.tests(t, f, name)
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	case f.lang == "hcl" && slices.ContainsFunc([]string{"rules {", "server {", "store {"}, func(block string) bool { return strings.HasPrefix(text, block) }):
		name := filepath.Join(t.TempDir(), rules.SettingsName)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, diags := config.Load(config.Options{File: name}); diags.HasErrors() {
			t.Errorf("%s:%d: %v", p.name, f.line, diags)
		}
	case f.lang == "hcl" && strings.HasPrefix(text, "vars "):
		sources := maps.Clone(p.files)
		sources[rules.SettingsName] = []byte(text)
		p.holds(t, f, rules.Options{Sources: sources, Settings: rules.SettingsName}, "")
	case f.lang == "hcl":
		p.load(t, f, text)
	case f.lang == "expr":
		var b strings.Builder
		for i, line := range f.text {
			if line != "" {
				fmt.Fprintf(&b, "rule \"line_%d\" {\n  description = \"An example.\"\n  severity = \"low\"\n  where = %s\n}\n", f.line+i, quoteHCL(line))
			}
		}
		p.load(t, f, b.String())
	case f.lang == "console":
		p.console(t, f)
	case f.lang == "json":
		p.json(t, f, strings.TrimPrefix(f.comment, "output of "))
	case f.lang == "yaml":
		p.yaml(t, f)
	case f.lang == "":
		t.Errorf("%s:%d: the block does not say its language", p.name, f.line)
	}
}

func quoteHCL(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{").Replace(s) + `"`
}

// load loads rule blocks beside the files of the page.
func (p *page) load(t *testing.T, f fence, text string) {
	t.Helper()
	sources := maps.Clone(p.files)
	sources["example.hcl"] = []byte(text)
	p.holds(t, f, rules.Options{Sources: sources}, "")
}

// holds loads rules, and holds what lint finds to nothing, or to one code.
func (p *page) holds(t *testing.T, f fence, opt rules.Options, code string) {
	t.Helper()
	opt.Stdlib, opt.LintCodes = stdlib.FS(), lint.IgnoreCodes()
	rs, diags := rules.Load(opt)
	found := lint.Run(rs, diags)
	if code != "" && slices.ContainsFunc(found, func(x diag.Finding) bool { return x.Code == code }) {
		return
	}
	for _, x := range found {
		if x.Code == "unused-variable" || x.Code == "unused-list" || x.Code == "unused-macro" {
			continue // the example shows the block alone
		}
		t.Errorf("%s:%d: lint finds %s in the example, line %d: %s", p.name, f.line, x.Code, x.Line, x.Detail)
	}
	if code != "" {
		t.Errorf("%s:%d: lint does not find %s in the example", p.name, f.line, code)
	}
}

// tests runs the tests of a file with the rules of the page.
func (p *page) tests(t *testing.T, f fence, file string) {
	t.Helper()
	tests, diags := ruletest.Load([]string{file})
	if diags.HasErrors() {
		t.Errorf("%s:%d: %v", p.name, f.line, diags)
		return
	}
	sources := maps.Clone(p.files)
	maps.DeleteFunc(sources, func(name string, _ []byte) bool { return strings.HasSuffix(name, "_test.hcl") })
	runner := &ruletest.Runner{Rules: rules.Options{Stdlib: stdlib.FS(), Sources: sources}}
	for _, r := range runner.RunAll(tests) {
		if r.Status != ruletest.Pass {
			t.Errorf("%s:%d: test %q: %s", p.name, f.line, r.Name, strings.Join(r.Problems, "; "))
		}
	}
}

// save writes the page with the output of its commands, where that is asked for and has changed.
func (p *page) save(t *testing.T) {
	t.Helper()
	if !*update || len(p.written) == 0 {
		return
	}
	at := slices.Sorted(maps.Keys(p.written))
	for _, line := range slices.Backward(at) {
		end := line - 1
		for p.lines[end] != "```" {
			end++
		}
		p.lines = slices.Replace(p.lines, line-1, end, p.written[line]...)
	}
	writePage(t, p.name, []byte(strings.Join(p.lines, "\n")))
}

func writePage(t *testing.T, name string, text []byte) {
	t.Helper()
	full := filepath.Join(repository, name)
	if old, err := os.ReadFile(full); err == nil && bytes.Equal(old, text) {
		return
	}
	if err := os.WriteFile(full, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
