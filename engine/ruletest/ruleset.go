package ruletest

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/rules"
)

// options returns what rules are loaded from: the options of the runner, with the rule files that
// belong to the tests. Those are all in and below a directory of tests, and those beside a test file
// that is named itself.
//
// The shipped rules on disk, which `ruleids test stdlib` names, would clash with the embedded ones;
// see withoutReplaced.
func (r *Runner) options() (rules.Options, hcl.Diagnostics) {
	opt := r.Rules
	own, diags := ruleFiles(opt.Paths, false)
	beside, d := ruleFiles(r.Tests, true)
	diags = append(diags, d...)
	seen := make(map[string]bool)
	opt.Paths = slices.DeleteFunc(slices.Concat(own, beside), func(name string) bool {
		id := files.Identity(name)
		again := seen[id]
		seen[id] = true
		return again
	})
	if opt.Stdlib != nil {
		opt.Stdlib = withoutReplaced(opt.Stdlib, opt.Paths)
	}
	return opt, diags
}

// ruleFiles returns the rule files in and under the paths, sorted. With siblings a path of a file
// stands for the rule files of its directory.
func ruleFiles(paths []string, siblings bool) ([]string, hcl.Diagnostics) {
	var out []string
	var directories []string
	var diags hcl.Diagnostics
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil || info.IsDir() || !siblings {
			directories = append(directories, p)
			continue
		}
		entries, err := os.ReadDir(filepath.Dir(p))
		if err != nil {
			diags = append(diags, unreadable(p, err))
		}
		for _, e := range entries {
			if !e.IsDir() && rules.IsRuleFile(e.Name()) && !strings.HasPrefix(e.Name(), ".") {
				out = append(out, filepath.Join(filepath.Dir(p), e.Name()))
			}
		}
	}
	found, d := find(directories, rules.IsRuleFile)
	return append(out, found...), append(diags, d...)
}

// withoutReplaced returns the shipped files without those that the given files are copies or newer
// versions of: a file replaces a shipped one when its path ends in the shipped one's (as
// "recon/port_scan.hcl") and it declares at least one block of the same type and name. So the shipped
// rules can be tested where they are written, with the edits of the moment, while a rule that only
// happens to have a shipped rule's name is the error that it is everywhere else.
func withoutReplaced(shipped fs.FS, given []string) fs.FS {
	hidden := make(map[string]bool)
	for _, name := range given {
		id := filepath.ToSlash(files.Identity(name))
		at := path.Join(path.Base(path.Dir(id)), path.Base(id))
		old, err := fs.ReadFile(shipped, at)
		if err != nil {
			continue
		}
		text, err := files.Read(name)
		if err != nil {
			continue // whoever loads it says so
		}
		was := declared(old)
		for block := range declared(text) {
			if was[block] {
				hidden[at] = true
			}
		}
	}
	if len(hidden) == 0 {
		return shipped
	}
	return without{shipped, hidden}
}

// declared returns the blocks of a rule file as "type name".
func declared(src []byte) map[string]bool {
	out := make(map[string]bool)
	file, _ := diag.Parse(src, "") // what is wrong with it is told when it is loaded
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		return out
	}
	for _, b := range body.Blocks {
		out[b.Type+" "+strings.Join(b.Labels, " ")] = true
	}
	return out
}

// without is a file system with some files hidden.
type without struct {
	fs.FS
	hidden map[string]bool
}

// Open opens a file that is not hidden.
func (w without) Open(name string) (fs.File, error) {
	if w.hidden[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return w.FS.Open(name)
}

// ReadDir lists a directory without what is hidden.
func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return w.hidden[path.Join(name, e.Name())] }), err
}
