package lsp

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
	root  string
	open  map[string]opened // by path: what is open in the editor, as it was
	set   *rules.RuleSet
	diags hcl.Diagnostics
	opt   rules.Options
	files map[string]*document   // by path: every rule file and test of the user that is there, and what is open
	other map[string]*document   // other files that findings are about
	rules map[string]*rules.Rule // by name
	// macros are the names of macros.
	macros map[string]bool
	as     uint64 // Server.changes that it is of
}

// An opened is a document as it was when the rules were looked at, while the editor goes on with it.
type opened struct {
	doc   *document
	text  string
	found []occurrence
}

// kept is what one look at the rules leaves to the next, so that this one looks only at what changed.
type kept struct {
	rules    rules.Cache
	lint     lint.Cache
	compiled map[*rules.Rule]bool // without a word; nil for none
	disk     map[string]*document // by path: what is not open
	tests    map[string]testFile  // by path
}

// A testFile is a test file as it was looked at.
type testFile struct {
	text     string
	findings []diag.Finding
	size     int64 // of the file on the disk, with mtime, where it was read there
	mtime    time.Time
}

// load returns the workspace as it is now.
func (s *Server) load() *workspace {
	if s.state == nil || s.state.as != s.changes {
		w := s.snapshot()
		s.loading.Lock()
		w.load(&s.kept)
		s.loading.Unlock()
		s.adopt(w)
	}
	return s.state
}

// recent returns the workspace as it was a short while ago: what a word is does not change while others are typed. Texts are those of
// now.
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
	w := &workspace{root: s.root, open: map[string]opened{}, files: map[string]*document{}, other: map[string]*document{}, as: s.changes, opt: rules.Options{LintCodes: lint.IgnoreCodes(), Overlay: map[string][]byte{}}}
	if !s.opt.NoStdlib {
		w.opt.Stdlib = s.Stdlib
	}
	for _, d := range s.docs {
		w.open[d.path] = opened{d, d.text, d.found}
		w.opt.Overlay[d.path] = []byte(d.text)
	}
	return w
}

// adopt makes a workspace that was loaded the one that answers are from.
func (s *Server) adopt(w *workspace) {
	s.state = w
	for _, o := range w.open {
		if o.doc.text == o.text {
			o.doc.found = o.found
		}
	}
	for _, d := range s.docs {
		w.files[d.path] = d
	}
}

// load loads the rules, and finds the names in all files.
func (w *workspace) load(k *kept) {
	w.paths()
	opt := w.opt
	opt.Cache = &k.rules
	w.set, w.diags = rules.Load(opt)
	if !w.diags.HasErrors() {
		w.diags = append(w.diags, w.compile(k)...)
	}
	w.rules, w.macros = make(map[string]*rules.Rule, len(w.set.Rules)), map[string]bool{}
	for _, r := range w.set.Rules {
		w.rules[r.Name] = r
	}
	for _, m := range w.set.Macros {
		w.macros[m.Name] = true
	}
	w.texts(k)
}

// compile returns what the engine says of the rules, of which it compiles those that it has not compiled without a word.
func (w *workspace) compile(k *kept) hcl.Diagnostics {
	fresh := *w.set
	fresh.Rules = nil
	compiled := make(map[*rules.Rule]bool, len(w.set.Rules))
	for _, r := range w.set.Rules {
		compiled[r] = true
		if !k.compiled[r] {
			fresh.Rules = append(fresh.Rules, r)
		}
	}
	_, diags := engine.Compile(&fresh, engine.Options{})
	if k.compiled = compiled; len(diags) > 0 {
		k.compiled = nil
	}
	return diags
}

// texts reads the tests, and finds the names in every file that is not as it was.
func (w *workspace) texts(k *kept) {
	disk := map[string]*document{}
	see := func(path, text string) {
		if o, ok := w.open[path]; ok {
			if o.found == nil {
				o.found = occurrences(o.text)
				w.open[path] = o
			}
			return
		}
		d := k.disk[path]
		if d == nil || d.text != text {
			d = newDocument(uriOf(path), text, 0)
			d.names()
		}
		disk[path], w.files[path] = d, d
	}
	for name, f := range w.set.Sources {
		if !strings.HasPrefix(name, rules.StdlibPrefix) {
			see(name, string(f.Bytes))
		}
	}
	tests := map[string]testFile{}
	for _, p := range w.opt.Paths {
		for name, st := range testFiles(p) {
			t := k.tests[name]
			if _, open := w.open[name]; !open && (t.text == "" || st.Size() != t.size || !st.ModTime().Equal(t.mtime)) {
				read, err := os.ReadFile(name)
				if err != nil {
					continue
				}
				t = testFile{text: string(read), size: st.Size(), mtime: st.ModTime()}
			}
			tests[name] = t
			see(name, t.text)
		}
	}
	for path, o := range w.open {
		see(path, o.text)
		if strings.HasSuffix(path, testSuffix) {
			t := k.tests[path]
			if t.text != o.text || t.findings == nil {
				t = testFile{text: o.text, findings: testFindings(path, o.text)}
			}
			tests[path] = t
		}
	}
	k.disk, k.tests = disk, tests
}

// testFindings says what is wrong with a test file. It is not nil.
func testFindings(path, text string) []diag.Finding {
	tests, diags := ruletest.Parse([]byte(text), path)
	for _, t := range tests {
		diags = append(diags, t.Mistakes...)
	}
	return append([]diag.Finding{}, diag.Findings(diags)...)
}

// paths says what is to be loaded: the root, and what is open besides.
func (w *workspace) paths() {
	found := map[string]bool{}
	if w.root != "" {
		if _, err := os.Stat(w.root); err == nil {
			w.opt.Paths = append(w.opt.Paths, w.root)
			names, _ := rules.FindFiles(w.root)
			for _, n := range names {
				found[filepath.ToSlash(n)] = true
			}
		}
		settings := filepath.ToSlash(filepath.Join(w.root, rules.SettingsName))
		if _, err := os.Stat(settings); err == nil {
			w.opt.Settings = settings
		}
	}
	for path, o := range w.open {
		switch {
		case found[path] || !rules.IsRuleFile(filepath.Base(path)):
		case strings.Contains(path, "://") || !exists(path):
			if w.opt.Sources == nil {
				w.opt.Sources = map[string][]byte{}
			}
			w.opt.Sources[path] = []byte(o.text)
		default:
			w.opt.Paths = append(w.opt.Paths, path)
		}
	}
	slices.Sort(w.opt.Paths[min(1, len(w.opt.Paths)):])
}

// findings returns what lint says, and what is wrong with the tests that are open.
func (w *workspace) findings(k *kept) []diag.Finding {
	findings := k.lint.Run(w.set, w.diags, w.opt.Paths...)
	for _, path := range slices.Sorted(maps.Keys(w.open)) {
		findings = append(findings, k.tests[path].findings...)
	}
	return findings
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// document returns the text of a file of the workspace, or nil where there is none.
func (w *workspace) document(path string) *document {
	if d := cmp.Or(w.files[path], w.other[path]); d != nil {
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
	w.other[path] = d
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
