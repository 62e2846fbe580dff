package rules

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/rules/fasthcl"
)

// readFiles finds, reads and parses the rule files.
func (l *loader) readFiles() {
	add := func(f *ruleFile) {
		if f != nil {
			l.files = append(l.files, f)
		}
	}
	c := l.opt.Cache
	if c != nil && c.shipped != nil {
		l.files = slices.Clone(c.shipped)
	} else if l.opt.Stdlib != nil {
		err := fs.WalkDir(l.opt.Stdlib, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !IsRuleFile(path.Base(name)) {
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
		if c != nil {
			c.shipped = slices.Clone(l.files)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.opt.Sources)) {
		if IsRuleFile(path.Base(name)) || name == Stdin {
			add(&ruleFile{name: name, bytes: l.opt.Sources[name]})
		}
	}
	seen := map[string]bool{} // by files.Identity: two paths may lead to one file
	for _, p := range l.opt.Paths {
		for _, name := range l.find(p) {
			if id := files.Identity(name); !seen[id] {
				seen[id] = true
				add(l.readPath(name))
			}
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
	if c != nil {
		l.keepFiles(c)
	}
	parseAll(l.files)
	for _, f := range l.files {
		l.digest = append(l.digest, f.digest)
		l.parsed(f)
	}
}

// keepFiles takes files that are as they were as they were parsed.
func (l *loader) keepFiles(c *Cache) {
	now := make(map[string]*ruleFile, len(l.files))
	for i, f := range l.files {
		if f.file == nil {
			if old := c.files[f.name]; old != nil && bytes.Equal(old.bytes, bytes.TrimPrefix(f.bytes, bom)) {
				l.files[i] = old
			} else {
				c.Work.Files++
			}
		}
		if !f.shipped {
			now[f.name] = l.files[i]
		}
	}
	c.files = now
}

// Stdin is the name of the rule file among the Sources of Options that was read from standard input.
const Stdin = "<stdin>"

// IsRuleFile reports whether Load reads a file of this name where a directory of rules has it.
func IsRuleFile(base string) bool {
	return strings.HasSuffix(base, ".hcl") && !strings.HasSuffix(base, "_test.hcl") && base != SettingsName
}

// FindFiles returns the files that Load reads for a path of Options, in the order of their paths. Tests and settings beside
// rules are left out where they are named themselves, too, as *.hcl does in a shell. Errors are *fs.PathError and leave
// the other files found.
func FindFiles(path string) (names []string, errs []error) {
	names, errs = files.Find(path, IsRuleFile)
	return slices.DeleteFunc(names, func(name string) bool { // a file that is named may have any name but these
		return strings.HasSuffix(name, "_test.hcl") || filepath.Base(name) == SettingsName
	}), errs
}

// find lists the rule files of a path given by the user.
func (l *loader) find(p string) []string {
	names, errs := FindFiles(p)
	for _, err := range errs {
		name := p
		var pe *fs.PathError
		if errors.As(err, &pe) {
			name = filepath.Clean(pe.Path)
		}
		l.unreadable(name, err)
	}
	return names
}

func (l *loader) unreadable(name string, err error) {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	at := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
	l.report(diag.UnreadableFile, at, "%s cannot be read: %v.", name, err)
}

func (l *loader) readPath(name string) *ruleFile {
	data, ok := l.opt.Overlay[filepath.ToSlash(name)]
	if !ok {
		var err error
		if data, err = files.Read(name); err != nil {
			l.unreadable(name, err)
			return nil
		}
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
	data, err := files.Read(full)
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
		if f.file == nil {
			work <- f
		}
	}
	close(work)
	wg.Wait()
}

// bom may begin a file of Windows.
var bom = []byte("\xef\xbb\xbf")

func (f *ruleFile) parse() {
	f.bytes = bytes.TrimPrefix(f.bytes, bom)
	f.digest = sha256.Sum256(f.bytes)
	f.file, f.diags = fasthcl.Parse(f.bytes, f.name)
	f.body, _ = f.file.Body.(*hclsyntax.Body)
	f.body = f.braced()
}

// braced returns the body of the file without what a brace that is missing or too many has torn: the block
// of the brace, and what stands outside of blocks behind it. Of the diagnostics it leaves the one that is
// nearest to the brace. Without such a mistake the body is returned as it is.
func (f *ruleFile) braced() *hclsyntax.Body {
	ofBrace := func(d *hcl.Diagnostic) bool {
		switch d.Summary {
		case "Invalid block definition", "Unclosed configuration block", "Argument or block definition required":
			return d.Subject != nil
		}
		return false
	}
	first := slices.IndexFunc(f.diags, ofBrace)
	if first < 0 {
		return f.body
	}
	fault := *f.diags[first]
	strays := diag.SortedAttributes(f.body.Attributes)
	if len(strays) > 0 && strays[0].NameRange.Start.Byte < fault.Subject.Start.Byte { // hclsyntax notices at the end only
		fault.Subject = &strays[0].NameRange
		fault.Detail = fmt.Sprintf("%q stands outside of a block. Look in the lines above for a brace that is missing, or one too many.", strays[0].Name)
	}
	f.diags = append(hcl.Diagnostics{&fault}, slices.DeleteFunc(f.diags, ofBrace)...)
	whole := *f.body
	whole.Attributes, whole.Blocks = nil, nil
	for i, b := range f.body.Blocks {
		behind := b.TypeRange.Start.Byte > fault.Subject.Start.Byte
		torn := !behind && (i == len(f.body.Blocks)-1 || f.body.Blocks[i+1].TypeRange.Start.Byte > fault.Subject.Start.Byte)
		if !torn && (!behind || slices.Contains(topKinds, b.Type)) {
			whole.Blocks = append(whole.Blocks, b)
		}
	}
	return &whole
}

// parsed takes over a parsed file and what HCL found wrong in it.
func (l *loader) parsed(f *ruleFile) {
	l.byName[f.name] = f
	for _, d := range f.diags {
		rng := hcl.Range{Filename: f.name, Start: hcl.InitialPos, End: hcl.InitialPos}
		if d.Subject != nil {
			rng = *d.Subject
		}
		code := diag.Syntax
		if d.Summary == "Attribute redefined" {
			code = diag.DuplicateName
		} else if d.Severity == hcl.DiagError {
			l.broken = true
		}
		l.report(code, rng, "%s", d.Detail)
	}
}
