package rules

import (
	"bytes"
	"crypto/sha256"
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

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/fasthcl"
)

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
	root := p + string(filepath.Separator) // so that a link to a folder is followed
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		hidden := name != root && strings.HasPrefix(d.Name(), ".")
		switch {
		case err != nil:
			l.unreadable(name, err)
		case d.IsDir() && hidden:
			return fs.SkipDir
		case !d.IsDir() && !hidden && isRuleFile(d.Name()):
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
	l.report(diag.UnreadableFile, at, "%s cannot be read: %v.", name, err)
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

func (f *ruleFile) parse() {
	f.bytes = bytes.TrimPrefix(f.bytes, []byte("\xef\xbb\xbf"))
	f.file, f.diags = fasthcl.Parse(f.bytes, f.name)
	f.body, _ = f.file.Body.(*hclsyntax.Body)
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
		code := diag.Syntax
		if d.Summary == "Attribute redefined" {
			code = diag.DuplicateName
		} else if d.Severity == hcl.DiagError {
			l.broken = true
		}
		l.report(code, rng, "%s", d.Detail)
	}
}
