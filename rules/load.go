package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// StdlibPrefix begins the names of embedded files in ranges: "stdlib/recon/port_scan.hcl".
const StdlibPrefix = "stdlib/"

// SettingsName is the name of the daemon's settings file, which is never a rule file.
const SettingsName = "ruleids.hcl"

// Options say what Load reads.
type Options struct {
	// Paths are rule files, and folders of them. Of a folder and the folders below it every *.hcl file
	// is read but *_test.hcl, ruleids.hcl and those in folders whose name begins with a dot.
	Paths []string
	// Stdlib holds the embedded rule files; nil for none.
	Stdlib fs.FS
	// Set are values of variables given by hand, the strongest.
	Set map[string]string
	// LookupEnv looks up an environment variable, as os.LookupEnv does; nil for no environment.
	LookupEnv func(string) (string, bool)
	// Settings is the path of the settings file, whose vars block gives values of variables; "" for none.
	Settings string
	// Sources are files held in memory: rule files by their names, and list files that they name.
	Sources map[string][]byte
	// LintCodes are the codes besides those of Codes that a lint:ignore comment may name. Nil accepts any.
	LintCodes []string
}

// A ruleFile is one HCL file.
type ruleFile struct {
	name    string
	shipped bool
	bytes   []byte
	file    *hcl.File
	body    *hclsyntax.Body
	diags   hcl.Diagnostics
}

type loader struct {
	opt          Options
	sym          *symbols
	diags        hcl.Diagnostics
	files        []*ruleFile // those of the standard library first, then by name
	byName       map[string]*ruleFile
	settings     map[string]setting
	settingsFile *ruleFile
	digest       [][32]byte
	trees        map[string]*tree
	broken       bool // a file could not be parsed, so that names may be missing
	rules        map[string]*ruleDecl
	ruleDiags    []hcl.Diagnostics // by rule, in the order of RuleSet.Rules
	solver       solver
}

// Load reads rule files, checks everything in them and applies overrides. All errors of all files are
// returned at once, sorted by place; each has a code (CodeOf) and, but for errors of Options, a range.
//
// The RuleSet is never nil. When there are errors it holds what could be checked, for lint and for
// editors; it must not be compiled then. Load never panics and keeps nothing of its options.
func Load(opt Options) (*RuleSet, hcl.Diagnostics) {
	l := &loader{
		opt:    opt,
		sym:    newSymbols(),
		byName: map[string]*ruleFile{},
		trees:  map[string]*tree{},
		rules:  map[string]*ruleDecl{},
	}
	l.loadSettings()
	l.readFiles()
	rs := l.build()
	rs.Ignores = l.ignores()
	diags := l.diags
	if l.broken {
		// What a broken file declares is not known: its names are not missing.
		diags = slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool {
			switch CodeOf(d) {
			case CodeUnknownList, CodeUnknownVariable, CodeUnknownName, CodeUnknownRule:
				return true
			}
			return false
		})
	}
	diags = slices.DeleteFunc(diags, rs.silenced)
	for i, r := range rs.Rules {
		for _, d := range l.ruleDiags[i] {
			r.Broken = r.Broken || d.Severity == hcl.DiagError && !rs.silenced(d)
		}
	}
	return rs, SortDiagnostics(diags)
}

func (l *loader) report(code string, rng hcl.Range, format string, args ...any) {
	l.diags = append(l.diags, diagnose(code, rng, format, args...))
}

// readFiles finds, reads and parses the rule files.
func (l *loader) readFiles() {
	seen := map[string]bool{}
	add := func(f *ruleFile) {
		if f != nil && !seen[f.name] {
			seen[f.name] = true
			l.files = append(l.files, f)
		}
	}
	if l.opt.Stdlib != nil {
		err := fs.WalkDir(l.opt.Stdlib, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !isRuleFile(path.Base(name)) {
				return err
			}
			data, err := fs.ReadFile(l.opt.Stdlib, name)
			if err != nil {
				return err
			}
			add(&ruleFile{name: StdlibPrefix + name, shipped: true, bytes: data})
			return nil
		})
		if err != nil {
			l.unreadable("the standard library", err)
		}
	}
	for _, name := range sortedKeys(l.opt.Sources) {
		if isRuleFile(path.Base(name)) {
			add(&ruleFile{name: name, bytes: l.opt.Sources[name]})
		}
	}
	for _, p := range l.opt.Paths {
		for _, name := range l.find(p) {
			add(l.readPath(name))
		}
	}
	slices.SortFunc(l.files, func(a, b *ruleFile) int {
		if a.shipped != b.shipped { // shipped files first: of two rules with one name the user's is the double
			if a.shipped {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	parseAll(l.files)
	for _, f := range l.files {
		l.parsed(f)
	}
}

// isRuleFile reports whether a file in a folder of rules is one.
func isRuleFile(base string) bool {
	return strings.HasSuffix(base, ".hcl") && !strings.HasSuffix(base, "_test.hcl") && base != SettingsName
}

// find lists the rule files of a path given by the user.
func (l *loader) find(p string) []string {
	info, err := os.Stat(p)
	if err != nil {
		l.unreadable(p, err)
		return nil
	}
	if !info.IsDir() {
		if strings.HasSuffix(p, "_test.hcl") || filepath.Base(p) == SettingsName {
			return nil
		}
		return []string{filepath.Clean(p)}
	}
	var names []string
	err = filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			l.unreadable(name, err)
		case d.IsDir() && name != p && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && isRuleFile(d.Name()):
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		l.unreadable(p, err)
	}
	return names
}

func (l *loader) unreadable(name string, err error) {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	at := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	l.report(CodeUnreadableFile, at, "%s cannot be read: %v.", name, err)
}

func (l *loader) readPath(name string) *ruleFile {
	data, err := os.ReadFile(name)
	if err != nil {
		l.unreadable(name, err)
		return nil
	}
	return &ruleFile{name: filepath.ToSlash(name), bytes: data}
}

// parsePath reads and parses one file that is no rule file.
func (l *loader) parsePath(name string, shipped bool) *ruleFile {
	f := &ruleFile{name: name, shipped: shipped}
	if data, ok := l.opt.Sources[name]; ok {
		f.bytes = data
	} else if f = l.readPath(name); f == nil {
		return nil
	}
	f.parse()
	l.parsed(f)
	return f
}

// read reads a file named by a rule file: of memory, of the standard library, or of the disk.
func (l *loader) read(f *ruleFile, full string) ([]byte, error) {
	if f.shipped {
		return fs.ReadFile(l.opt.Stdlib, strings.TrimPrefix(full, StdlibPrefix))
	}
	if data, ok := l.opt.Sources[full]; ok {
		return data, nil
	}
	data, err := os.ReadFile(full)
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return data, err
}

// parseAll parses files on all processors.
func parseAll(files []*ruleFile) {
	var wg sync.WaitGroup
	work := make(chan *ruleFile)
	for range min(runtime.GOMAXPROCS(0), len(files)) {
		wg.Go(func() {
			for f := range work {
				f.parse()
			}
		})
	}
	for _, f := range files {
		work <- f
	}
	close(work)
	wg.Wait()
}

// maxNesting is how deep brackets may be nested in a file. HCL's parser recurses without a bound, and
// a stack that overflows ends the program.
const maxNesting = 500

func (f *ruleFile) parse() {
	f.bytes = bytes.TrimPrefix(f.bytes, []byte("\xef\xbb\xbf"))
	if at, deep := tooDeep(f.bytes, f.name); deep {
		f.body = &hclsyntax.Body{}
		f.diags = hcl.Diagnostics{{Severity: hcl.DiagError, Subject: &at, Detail: fmt.Sprintf("Brackets are nested more than %d deep.", maxNesting)}}
		return
	}
	f.file, f.diags = hclsyntax.ParseConfig(f.bytes, f.name, hcl.InitialPos)
	if f.file != nil {
		f.body, _ = f.file.Body.(*hclsyntax.Body)
	}
	if f.body == nil {
		f.body = &hclsyntax.Body{}
	}
}

// tooDeep returns the bracket that is nested too deep. It looks at bytes first, and at tokens where
// those, which may be in strings, are too many.
func tooDeep(data []byte, name string) (hcl.Range, bool) {
	depth, most := 0, 0
	for _, b := range data {
		switch b {
		case '(', '[', '{':
			depth++
			most = max(most, depth)
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	if most <= maxNesting {
		return hcl.Range{}, false
	}
	toks, _ := hclsyntax.LexConfig(data, name, hcl.InitialPos)
	depth = 0
	for _, t := range toks {
		switch t.Type {
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			if depth++; depth > maxNesting {
				return t.Range, true
			}
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			depth--
		}
	}
	return hcl.Range{}, false
}

// parsed takes over a parsed file and what HCL found wrong in it.
func (l *loader) parsed(f *ruleFile) {
	l.byName[f.name] = f
	l.digest = append(l.digest, sha256.Sum256(f.bytes))
	for _, d := range f.diags {
		rng := hcl.Range{Filename: f.name, Start: hcl.InitialPos, End: hcl.InitialPos}
		if d.Subject != nil {
			rng = *d.Subject
		}
		code := CodeSyntax
		if d.Summary == "Attribute redefined" {
			code = CodeDuplicateName
		} else if d.Severity == hcl.DiagError {
			l.broken = true
		}
		l.report(code, rng, "%s", d.Detail)
	}
}

// build turns the blocks of all files to a rule set.
func (l *loader) build() *RuleSet {
	kinds := map[string][]*block{}
	names := map[string]map[string]*block{}
	for _, f := range l.files {
		for _, b := range l.topBlocks(f) {
			if b.kind != "override" {
				if names[b.kind] == nil {
					names[b.kind] = map[string]*block{}
				}
				if first := names[b.kind][b.name]; first != nil {
					hint := "Give one of them another name."
					if first.shipped() != b.shipped() && b.kind == "rule" {
						hint = "To change the shipped rule write an override block."
					}
					l.report(CodeDuplicateName, b.labelRange(), "The %s %q is already declared in %s. %s", b.kind, b.name, place(first.header()), hint)
					continue
				}
				names[b.kind][b.name] = b
			}
			kinds[b.kind] = append(kinds[b.kind], b)
		}
	}
	for _, b := range kinds["variable"] {
		l.loadVariable(b)
	}
	l.unknownSettings()
	for _, b := range kinds["list"] {
		l.loadList(b)
	}
	for _, b := range kinds["macro"] {
		l.loadMacro(b)
	}
	rs := &RuleSet{Sources: map[string]*hcl.File{}}
	for _, name := range sortedKeys(l.sym.macros) {
		m := l.sym.macros[name]
		m.check(l.sym, nil, hcl.Range{})
		l.diags = append(l.diags, m.diags...)
		rs.Macros = append(rs.Macros, m.macro)
	}
	for _, b := range kinds["rule"] {
		l.rules[b.name] = newRuleDecl(b)
	}
	for _, b := range kinds["override"] {
		if o := l.applyOverride(b); o != nil {
			rs.Overrides = append(rs.Overrides, o)
		}
	}
	rs.Rules = l.buildRules()
	l.sym.settle()
	for _, name := range sortedKeys(l.sym.lists) {
		rs.Lists = append(rs.Lists, l.sym.lists[name])
	}
	for _, name := range sortedKeys(l.sym.vars) {
		rs.Variables = append(rs.Variables, l.sym.vars[name])
	}
	for _, f := range l.files {
		if f.file != nil {
			rs.Files = append(rs.Files, f.file)
			rs.Sources[f.name] = f.file
		}
	}
	if l.settingsFile != nil && l.settingsFile.file != nil {
		rs.Sources[l.settingsFile.name] = l.settingsFile.file
	}
	rs.Digest = l.digestText(rs)
	return rs
}

// buildRules checks all rules, on all processors. Each worker has a loader of its own, for everything
// that checking changes; macros are checked by now.
func (l *loader) buildRules() []*Rule {
	names := sortedKeys(l.rules)
	out := make([]*Rule, len(names))
	l.ruleDiags = make([]hcl.Diagnostics, len(names))
	workers := make([]*loader, max(1, min(runtime.GOMAXPROCS(0), len(names)/64)))
	var wg sync.WaitGroup
	for w := range workers {
		own := *l
		own.diags, own.trees, own.solver = nil, map[string]*tree{}, solver{}
		own.sym = &symbols{lists: l.sym.lists, macros: l.sym.macros, vars: l.sym.vars, used: map[*bool]struct{}{}}
		workers[w] = &own
		wg.Go(func() {
			for i := w; i < len(names); i += len(workers) {
				before := len(own.diags)
				out[i] = own.buildRule(l.rules[names[i]])
				l.ruleDiags[i] = slices.Clone(own.diags[before:])
			}
		})
	}
	wg.Wait()
	for _, own := range workers {
		l.diags = append(l.diags, own.diags...)
		own.sym.settle()
	}
	return out
}

// digestText sums up what was read: neither the names nor the order of the files matter.
func (l *loader) digestText(rs *RuleSet) string {
	slices.SortFunc(l.digest, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for _, d := range l.digest {
		h.Write(d[:])
	}
	for _, v := range rs.Variables {
		fmt.Fprintf(h, "%s=%T %q\n", v.Name, v.Value, fmt.Sprint(v.Value))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// place names a range for people.
func place(rng hcl.Range) string { return fmt.Sprintf("%s, line %d", rng.Filename, rng.Start.Line) }
