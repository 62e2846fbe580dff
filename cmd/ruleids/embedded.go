package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/stdlib"
)

// stdlibMark is the file that tells the source directory of the shipped rules from other directories.
const stdlibMark = "stdlib.go"

// embeddedBeside returns the embedded rule files but for those that the paths name the source of, as
// `ruleids lint stdlib` does in a checkout: the file on disk is the one that is meant.
func embeddedBeside(paths []string) (fs.FS, error) {
	e := embedded{FS: stdlib.FS()}
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		at := []string{abs}
		// What a link leads to is meant as much as the link. Where it leads nowhere, loading the rules
		// will say so.
		if real, err := filepath.EvalSymlinks(abs); err == nil && real != abs {
			at = append(at, real)
		}
		for _, name := range at {
			if err := e.hideBeside(name); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

// hideBeside hides the files that the absolute path abs names the source of: the source directory is the
// path, above it, or below it.
func (e *embedded) hideBeside(abs string) error {
	for dir := abs; ; dir = filepath.Dir(dir) {
		if isStdlib(dir) {
			rel, err := filepath.Rel(dir, abs)
			if err != nil {
				return err
			}
			e.hidden = append(e.hidden, filepath.ToSlash(rel))
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return filepath.WalkDir(abs, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // loading the rules will say what is wrong
		case d.IsDir() && name != abs && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() && name != abs && isStdlib(name):
			e.hidden = append(e.hidden, ".")
		}
		return nil
	})
}

// isStdlib reports whether a directory is the source of the shipped rules.
func isStdlib(dir string) bool {
	src, err := os.ReadFile(filepath.Join(dir, stdlibMark))
	return err == nil && strings.Contains(string(src), "\npackage stdlib\n")
}

// embedded is the embedded rule files without those that are hidden: files, and directories with all that
// is in them.
type embedded struct {
	fs.FS
	hidden []string
}

func (e embedded) hides(name string) bool {
	return slices.ContainsFunc(e.hidden, func(h string) bool { return h == "." || h == name || strings.HasPrefix(name, h+"/") })
}

// ReadDir leaves out what is hidden.
func (e embedded) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(e.FS, name)
	return slices.DeleteFunc(entries, func(d fs.DirEntry) bool {
		full := d.Name()
		if name != "." {
			full = name + "/" + full
		}
		return e.hides(full)
	}), err
}
