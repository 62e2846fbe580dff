package lsp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/engine/ruletest"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lint"
)

// A workspace is the rules as they are now: on the disk, and in the editor where a file is open there.
type workspace struct {
	set   *rules.RuleSet
	diags hcl.Diagnostics
	opt   rules.Options
	files map[string]*document // by path: every file that was looked at
	tests map[string][]byte    // by path: the tests that are open
	as    uint64               // Server.changes that it is of
}

// load returns the workspace as it is now.
func (s *Server) load() *workspace {
	if s.state == nil || s.state.as != s.changes {
		w := s.snapshot()
		w.load()
		s.state = w
	}
	return s.state
}

// recent returns the workspace as it was a short while ago: loading takes long where there are many rules, and what a word is
// does not change while others are typed. Texts are those of now.
func (s *Server) recent() *workspace {
	if s.state == nil {
		return s.load()
	}
	for _, d := range s.docs {
		s.state.files[d.path] = d
	}
	return s.state
}

// snapshot returns a workspace that is not loaded yet, of what is open now. Nothing in it is changed by later edits but files.
func (s *Server) snapshot() *workspace {
	w := &workspace{files: map[string]*document{}, tests: map[string][]byte{}, as: s.changes, opt: rules.Options{LintCodes: lint.IgnoreCodes(), Overlay: map[string][]byte{}}}
	if !s.opt.NoStdlib {
		w.opt.Stdlib = s.Stdlib
	}
	for _, d := range s.docs {
		w.files[d.path] = d
		w.opt.Overlay[d.path] = []byte(d.text)
		if strings.HasSuffix(d.path, testSuffix) {
			w.tests[d.path] = []byte(d.text)
		}
	}
	if s.root != "" {
		if _, err := os.Stat(s.root); err == nil {
			w.opt.Paths = append(w.opt.Paths, s.root)
		}
		settings := filepath.ToSlash(filepath.Join(s.root, rules.SettingsName))
		if _, err := os.Stat(settings); err == nil {
			w.opt.Settings = settings
		}
	}
	for _, d := range s.docs {
		if rules.IsRuleFile(filepath.Base(d.path)) && !w.covers(d.path) {
			if strings.Contains(d.path, "://") || !exists(d.path) {
				if w.opt.Sources == nil {
					w.opt.Sources = map[string][]byte{}
				}
				w.opt.Sources[d.path] = []byte(d.text)
			} else {
				w.opt.Paths = append(w.opt.Paths, d.path)
			}
		}
	}
	return w
}

// load loads the rules.
func (w *workspace) load() { w.set, _, w.diags = engine.Load(w.opt, engine.Options{}) }

// findings returns what lint says, and what is wrong with the tests that are open.
func (w *workspace) findings() []diag.Finding {
	findings := lint.Run(w.set, w.diags, w.opt.Paths...)
	for path, text := range w.tests {
		tests, diags := ruletest.Parse(text, path)
		for _, t := range tests {
			diags = append(diags, t.Mistakes...)
		}
		findings = append(findings, diag.Findings(diags)...)
	}
	return findings
}

// covers reports whether a file is found below the paths that are loaded.
func (w *workspace) covers(path string) bool {
	for _, p := range w.opt.Paths {
		names, _ := rules.FindFiles(p)
		if slices.ContainsFunc(names, func(n string) bool { return filepath.ToSlash(n) == path }) {
			return true
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// document returns the text of a file of the workspace, or nil where there is none.
func (w *workspace) document(path string) *document {
	if d := w.files[path]; d != nil {
		return d
	}
	var text []byte
	if f := w.set.Sources[path]; f != nil {
		text = f.Bytes
	} else if read, err := os.ReadFile(path); err == nil {
		text = read
	} else {
		return nil
	}
	d := newDocument(uriOf(path), string(text), 0)
	w.files[path] = d
	return d
}

// diagnostics returns findings as diagnostics, by URI.
func (s *Server) diagnostics(w *workspace, findings []diag.Finding) map[string][]Diagnostic {
	out := map[string][]Diagnostic{}
	for _, f := range findings {
		d := w.document(f.File)
		if f.File == "" || strings.HasPrefix(f.File, rules.StdlibPrefix) || d == nil {
			continue
		}
		severity := severityError
		if f.Severity == diag.SeverityWarning {
			severity = severityWarning
		}
		x := Diagnostic{
			Range: Range{s.at(d, f.Line, f.Column), s.at(d, f.EndLine, f.EndColumn)}, Severity: severity, Code: f.Code, Source: "ruleids",
			Message: f.Summary + ". " + f.Detail,
		}
		if s.Pages != "" {
			x.CodeDescription = &CodeDescription{s.Pages + f.Code}
		}
		if fix := diag.Suggestion(f.Detail); fix != "" {
			x.Data = &DiagnosticData{Suggestion: fix}
		}
		out[d.uri] = append(out[d.uri], x)
	}
	return out
}

// testSuffix is how the names of test files end.
const testSuffix = "_test.hcl"

// at returns the position of a line and a column of a finding, which count from 1, columns in grapheme clusters.
func (s *Server) at(d *document, line, column int) Position {
	from := d.offset(Position{Line: max(0, line-1)}, s.enc)
	rest := []byte(d.text[from:])
	at := from
	for ; column > 1 && len(rest) > 0 && rest[0] != '\n'; column-- {
		n, _, err := textseg.ScanGraphemeClusters(rest, true)
		if err != nil || n == 0 {
			break
		}
		at, rest = at+n, rest[n:]
	}
	return d.position(at, s.enc)
}
