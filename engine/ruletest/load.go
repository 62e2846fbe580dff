package ruletest

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/scale"
)

// suffix is how the names of test files end.
const suffix = "_test.hcl"

// Load reads the tests of the files and directories, directories with all that is below them except what is
// hidden (names that begin with a dot). Tests come sorted by file, in the order of their lines. All errors
// in all files are reported together: those of a test in its Mistakes, those of files, and of tests without a
// name, in the diagnostics. A path of a file without tests, as a rule file, is not an error.
func Load(paths []string) ([]*Test, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	names, findDiags := find(paths, func(name string) bool { return strings.HasSuffix(name, suffix) })
	diags = append(diags, findDiags...)
	var tests []*Test
	for _, name := range names {
		ts, d := loadFile(name)
		tests = append(tests, ts...)
		diags = append(diags, d...)
	}
	return tests, diags
}

// find returns the files with a wanted name in and under the paths, sorted, each once.
func find(paths []string, want func(name string) bool) ([]string, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	var names []string
	for _, p := range paths {
		found, errs := files.Find(p, want)
		for _, name := range found {
			if want(filepath.Base(name)) {
				names = append(names, name)
			}
		}
		for _, err := range errs {
			diags = append(diags, unreadable(p, err))
		}
	}
	slices.Sort(names)
	seen := make(map[string]bool)
	return slices.DeleteFunc(names, func(name string) bool {
		id := files.Identity(name)
		again := seen[id]
		seen[id] = true
		return again
	}), diags
}

func unreadable(name string, err error) *hcl.Diagnostic {
	return diag.New(diag.UnreadableFile, hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}, "%v.", err)
}

func loadFile(name string) ([]*Test, hcl.Diagnostics) {
	src, err := files.Read(name)
	if err != nil {
		return nil, hcl.Diagnostics{unreadable(name, err)}
	}
	return parse(src, name)
}

// Parse reads the tests of the text of one file, as Load does those of files: for an editor, whose text is not saved yet.
func Parse(src []byte, name string) ([]*Test, hcl.Diagnostics) { return parse(src, name) }

// parse reads the tests of one file.
func parse(src []byte, name string) ([]*Test, hcl.Diagnostics) {
	file, diags := diag.Parse(src, name)
	if diags.HasErrors() {
		return nil, diags
	}
	r := &reader{dir: filepath.Dir(name)}
	body := r.enter(file.Body.(*hclsyntax.Body), "A test file")
	var tests []*Test
	first := make(map[string]hcl.Range)
	for _, b := range body.blocks("test") {
		before := r.errors()
		t := r.test(b)
		if prev, ok := first[t.Name]; ok && t.Name != "" {
			r.report(diag.DuplicateName, b.LabelRanges[0], "There is a test %q in line %d already; a report names tests by their names.", t.Name, prev.Start.Line)
		} else {
			first[t.Name] = t.Range
		}
		if strings.TrimSpace(t.Name) != "" {
			t.Mistakes = slices.Clone(r.diags[before:])
			r.diags = r.diags[:before]
			tests = append(tests, t)
		}
	}
	body.finish()
	return tests, append(diags, r.diags...)
}

// test reads one test block.
func (r *reader) test(b *hclsyntax.Block) *Test {
	rng := hcl.RangeBetween(b.TypeRange, b.OpenBraceRange)
	t := &Test{Name: r.label(b, "a test", "what it shows"), File: rng.Filename, Line: rng.Start.Line, Range: rng}
	body := r.enter(b.Body, "A test block")
	if a := body.attr("pcap"); a != nil {
		t.pcapAt = a.Expr.Range()
		switch p := r.text(a); {
		case p == "-":
			r.report(diag.BadValue, t.pcapAt, "A test cannot read standard input; name a file.")
		case p != "" && !filepath.IsAbs(p):
			t.pcap = filepath.Join(r.dir, filepath.FromSlash(p))
		default:
			t.pcap = p
		}
	}
	if a := body.attr("set"); a != nil {
		t.set = r.settings(a)
	}
	if a := body.attr("places"); a != nil {
		t.places = r.places(a)
	}
	if a := body.attr("quiet"); a != nil {
		t.quiet = r.boolean(a)
	}
	others := body.attr("others")
	if others != nil {
		if s := r.text(others); s == "allow" {
			t.othersOK = true
		} else if s != "" {
			r.report(diag.BadValue, others.Expr.Range(), "others can only be \"allow\": alerts that no alert block names do not fail the test.")
		}
	}
	t.learn = r.learnFrom(body)
	for _, p := range body.blocks("packets") {
		t.packets = append(t.packets, r.packets(p))
	}
	for _, b := range body.blocks("log") {
		t.logs = append(t.logs, r.log(b))
	}
	for _, a := range body.blocks("alert") {
		t.expects = append(t.expects, r.expectation(a))
	}
	pcap := body.body.Attributes["pcap"]
	body.finish()

	switch {
	case pcap != nil && len(t.packets)+len(t.logs) > 0:
		r.report(diag.BadValue, pcap.NameRange, "A test replays either a capture or packets and log blocks; remove one of them, or make two tests.")
	case pcap == nil && len(t.packets)+len(t.logs) == 0:
		r.report(diag.MissingAttribute, rng, "The test has nothing to replay; add pcap = \"…\", a packets block, or a log block.")
	}
	wanted := slices.IndexFunc(t.expects, func(e *expectation) bool { return e.min > 0 })
	switch {
	case t.quiet && wanted >= 0:
		r.report(diag.BadValue, t.expects[wanted].ruleAt, "The test is quiet, which is no alert at all, and waits for an alert of %q; remove quiet or the block.", t.expects[wanted].rule)
	case t.quiet && t.othersOK:
		r.report(diag.BadValue, others.NameRange, "A quiet test allows no alert; remove quiet or others.")
	case !t.quiet && len(t.expects) == 0 && !slices.ContainsFunc(t.logs, (*log).expects):
		r.report(diag.MissingAttribute, rng, "The test says nothing of alerts; add an alert block, or quiet = true where none may come.")
	}
	return t
}

// expectation reads an alert block.
func (r *reader) expectation(b *hclsyntax.Block) *expectation {
	e := &expectation{rule: r.label(b, "an alert", "the rule that fires"), ruleAt: b.TypeRange, min: 1, max: -1}
	if len(b.LabelRanges) > 0 {
		e.ruleAt = b.LabelRanges[0]
	}
	body := r.enter(b.Body, "An alert block")
	count, low, high := body.attr("count"), body.attr("min"), body.attr("max")
	if high != nil {
		e.min, e.max = 0, int(r.integer(high, 0, maxCount))
	}
	if low != nil {
		e.min = int(r.integer(low, 0, maxCount))
	}
	if count != nil {
		e.min = int(r.integer(count, 0, maxCount))
		e.max, e.exact = e.min, true
		for _, a := range []*hclsyntax.Attribute{low, high} {
			if a != nil {
				r.report(diag.BadValue, a.NameRange, "count is the exact number of alerts; remove it or %s.", a.Name)
			}
		}
	} else if low != nil && high != nil && e.min > e.max {
		r.report(diag.BadValue, low.Expr.Range(), "min is above max; no number of alerts is both at least %d and at most %d.", e.min, e.max)
	}
	if a := body.attr("key"); a != nil {
		e.key = r.key(a)
	}
	if a := body.attr("at"); a != nil {
		e.at, e.hasAt = r.duration(a), true
		if e.max == 0 {
			r.report(diag.BadValue, a.NameRange, "There is no alert for at to be the time of; remove at, or let an alert come.")
		}
	}
	if a := body.attr("severity"); a != nil {
		if s := r.text(a); s != "" {
			var err error
			if e.severity, err = scale.ParseSeverity(s); err != nil {
				r.report(diag.BadValue, a.Expr.Range(), "%v.%s", err, diag.DidYouMean(s, scale.SeverityWords()))
			}
		}
	}
	body.finish()
	return e
}
