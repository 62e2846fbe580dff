package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
	"github.com/ruleids/ruleids/rules/domain"
	"github.com/ruleids/ruleids/rules/lists"
)

// StdlibPrefix begins the names of embedded files in ranges: "stdlib/recon/port_scan.hcl".
const StdlibPrefix = "stdlib/"

// SettingsName is the name of the daemon's settings file, which is never a rule file.
const SettingsName = "ruleids.hcl"

// Options say what Load reads.
type Options struct {
	// Paths are rule files, and directories of them. Of a directory and the directories below it every *.hcl file
	// is read but *_test.hcl, ruleids.hcl and those in a directory named testdata, or whose name, or that of
	// a directory, begins with a dot.
	Paths []string
	// Stdlib holds the embedded rule files; nil for none.
	Stdlib fs.FS
	// Set are values of variables given by hand, the strongest.
	Set map[string]string
	// Found are entries of variables that are lists, as the program found them out on the machine that it runs on: stronger than
	// defaults alone. There need not be such variables.
	Found map[string][]string
	// LookupEnv looks up an environment variable, as os.LookupEnv does; nil for no environment.
	LookupEnv func(string) (string, bool)
	// Settings is the path of the settings file, whose vars block gives values of variables; "" for none.
	Settings string
	// Sources are files held in memory: rule files by their names, and list files that they name.
	Sources map[string][]byte
	// Overlay is text that takes the place of that of files on the disk, by their names with slashes: an editor's.
	Overlay map[string][]byte
	// GeoIP are files in the MaxMind DB format that geoip.country, geoip.asn and geoip.as_org ask, in their order.
	GeoIP []string
	// Fetched is the directory with copies of lists that have a url; "" for none: then such a list has what its block says besides.
	Fetched string
	// Copies are files that take the place of copies in Fetched, by URL: to try one before it is used.
	Copies map[string]string
	// Confined is a directory whose rule files name no file outside of it, because others write them; "" for none.
	Confined string
	// Thresholds take the place of the thresholds of rules, by name: to try others without changing a file.
	Thresholds map[string]float64
	// Cache is what the Loads before this one made of most of the same files; nil for none.
	Cache *Cache
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
	digest  [32]byte // of the bytes
}

type loader struct {
	opt          Options
	sym          *check.Symbols // what names mean in files of the user
	base         *check.Symbols // and in shipped ones; the marks of what was used are the same
	shadowed     map[shadow]bool
	diags        hcl.Diagnostics
	files        []*ruleFile // those of the standard library first, then by name
	byName       map[string]*ruleFile
	settings     map[string]givenValue
	settingsFile *ruleFile
	digest       [][32]byte
	trees        map[string]*check.Tree
	broken       bool // a file could not be parsed, so that names may be missing
	rules        map[string]*ruleDecl
	ruleDiags    []hcl.Diagnostics // by rule, in the order of RuleSet.Rules
	solver       domain.Solver
	changed      map[string]bool // the names that a Cache has not, or not as they are
}

// Load reads rule files, checks everything in them and applies overrides. All errors of all files are
// returned at once, sorted by place; each has a code (CodeOf) and, but for errors of Options, a range.
//
// The RuleSet is never nil. When there are errors it holds what could be checked, for lint and for
// editors; it must not be compiled then. Load never panics and keeps nothing of its options.
func Load(opt Options) (*RuleSet, hcl.Diagnostics) {
	l := &loader{
		opt:      opt,
		sym:      check.NewSymbols(),
		shadowed: map[shadow]bool{},
		byName:   map[string]*ruleFile{},
		trees:    map[string]*check.Tree{},
		rules:    map[string]*ruleDecl{},
	}
	l.base = check.NewSymbols()
	l.base.Used = l.sym.Used
	if opt.Stdlib == nil {
		l.sym.Elsewhere = leftOut
	}
	if opt.Cache != nil {
		opt.Cache.Work = Work{}
	}
	l.loadSettings()
	l.readFiles()
	rs := l.build()
	rs.Ignores = l.ignores()
	diags := l.diags
	if l.broken {
		// What a broken file declares is not known: its names are not missing.
		diags = slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool {
			switch diag.CodeOf(d) {
			case diag.UnknownList, diag.UnknownVariable, diag.UnknownName, diag.UnknownRule:
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
	return rs, diag.Sort(diags)
}

func (l *loader) report(code string, rng hcl.Range, format string, args ...any) {
	l.diags = append(l.diags, diag.New(code, rng, format, args...))
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
				first := names[b.kind][b.name]
				switch {
				case first == nil, adds(b):
				case first.shipped() && !b.shipped() && b.kind != "rule":
					l.shadowed[shadow{b.kind, b.name}] = true
					l.report(diag.ShadowsShipped, b.labelRange(), "There is a shipped %s %q in %s. Your rules use this one, the shipped rules that one. Give it another name.", b.kind, b.name, place(first.header()))
				default:
					hint := "Give one of them another name."
					if first.shipped() != b.shipped() && b.kind == "rule" {
						hint = "To change the shipped rule write an override block."
					}
					l.report(diag.DuplicateName, b.labelRange(), "The %s %q is already declared in %s. %s", b.kind, b.name, place(first.header()), hint)
					continue
				}
				if !adds(b) {
					names[b.kind][b.name] = b
				}
			}
			kinds[b.kind] = append(kinds[b.kind], b)
		}
	}
	declared, more := l.appends(kinds["list"])
	if l.opt.Cache != nil {
		l.changed = l.keep(kinds, more)
	}
	for _, b := range kinds["variable"] {
		l.unit(b, nil, func() { l.loadVariable(b) })
	}
	l.unknownSettings()
	for _, b := range declared {
		l.unit(b, more[b], func() { l.loadList(b, more[b]) })
	}
	l.sym.Rules = map[string]bool{}
	for _, b := range kinds["rule"] {
		l.sym.Rules[b.name] = true
	}
	l.base.Rules = l.sym.Rules
	l.sym.Models = map[string]bool{}
	for _, b := range kinds["model"] {
		l.sym.Models[b.name] = true
	}
	l.base.Models = l.sym.Models
	for _, b := range kinds["macro"] {
		l.unit(b, nil, func() { l.loadMacro(b) })
	}
	rs := &RuleSet{Sources: map[string]*hcl.File{}}
	for _, m := range both(l, func(s *check.Symbols) map[string]*check.Macro { return s.Macros }) {
		m.Check(nil, hcl.Range{})
		l.use(m.Used)
		l.diags = append(l.diags, m.Diags...)
		rs.Macros = append(rs.Macros, m.Declared)
	}
	slices.SortFunc(kinds["model"], func(x, y *block) int { return strings.Compare(x.name, y.name) })
	for _, b := range kinds["model"] {
		rs.Models = append(rs.Models, l.buildModel(b))
	}
	for _, b := range kinds["rule"] {
		l.rules[b.name] = &ruleDecl{block: *b}
	}
	for _, b := range kinds["override"] {
		if o := l.applyOverride(b); o != nil {
			rs.Overrides = append(rs.Overrides, o)
		}
	}
	for _, b := range kinds["parser"] {
		rs.Parsers = append(rs.Parsers, l.loadParser(b))
	}
	slices.SortFunc(rs.Parsers, func(a, b *Parser) int { return strings.Compare(a.Name, b.Name) })
	rs.Rules = l.buildRules()
	useModels(rs)
	l.sym.Settle()
	rs.Lists = both(l, func(s *check.Symbols) map[string]*lists.List { return s.Lists })
	rs.Variables = both(l, func(s *check.Symbols) map[string]*ast.Variable { return s.Vars })
	for _, f := range append(slices.Clone(l.files), l.settingsFile) {
		if f != nil && f.file != nil { // without its tree, which takes ten times as much memory
			rs.Sources[f.name] = &hcl.File{Bytes: f.file.Bytes}
		}
	}
	l.geo(rs)
	rs.Digest = l.digestText(rs)
	return rs
}

// buildRules checks all rules but those that are kept, on all processors. Each worker has a loader of its own, for everything
// that checking changes; macros are checked by now.
func (l *loader) buildRules() []*Rule {
	names := slices.Sorted(maps.Keys(l.rules))
	out := make([]*Rule, len(names))
	l.ruleDiags = make([]hcl.Diagnostics, len(names))
	var todo []int
	for i, name := range names {
		if k := l.keptRule(l.rules[name], l.changed); k != nil {
			out[i], l.ruleDiags[i] = k.rule, k.diags
			l.diags = append(l.diags, k.diags...)
			l.use(k.used)
		} else {
			todo = append(todo, i)
		}
	}
	used := make([]map[*bool]struct{}, len(names)) // by rule, for a Cache
	workers := make([]*loader, max(1, min(runtime.GOMAXPROCS(0), len(todo)/64)))
	var wg sync.WaitGroup
	for w := range workers {
		own := *l
		own.diags, own.trees, own.solver = nil, map[string]*check.Tree{}, domain.Solver{}
		marks := map[*bool]struct{}{}
		own.sym, own.base = l.sym.With(marks), l.base.With(marks)
		workers[w] = &own
		wg.Go(func() {
			for t := w; t < len(todo); t += len(workers) {
				i, before := todo[t], len(own.diags)
				build := func() { out[i] = own.buildRule(l.rules[names[i]]) }
				if l.opt.Cache != nil {
					used[i] = own.using(build)
				} else {
					build()
				}
				l.ruleDiags[i] = slices.Clone(own.diags[before:])
			}
		})
	}
	wg.Wait()
	for _, own := range workers {
		l.diags = append(l.diags, own.diags...)
		own.sym.Settle()
	}
	if c := l.opt.Cache; c != nil {
		c.Work.Rules = len(todo)
		for _, i := range todo {
			delete(c.rules, names[i])
			if d := l.rules[names[i]]; !d.overridden {
				c.rules[names[i]] = &keptRule{&d.block, out[i], l.ruleDiags[i], used[i]}
			}
		}
	}
	return out
}

// digestText sums up the rules: neither the names nor the order of their files matter, nor what the settings have besides
// values of variables.
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
