package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/rules/format"
)

func newFmtCmd(a *app) *cobra.Command {
	var f formatter
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Format rule files, including embedded conditions",
		Long: `Fmt rewrites the *.hcl files in the given files and directories (default: the current directory)
in canonical layout and names those that it changed. Only layout changes: a file means the same
afterwards. Directories named testdata are left out, as the go command does. With - it reads standard input and writes to standard output.`,
		Example: `  ruleids fmt rules/
  ruleids fmt --check rules/     in CI: exit status 1 and the names of files that are not laid out`,
		RunE: func(_ *cobra.Command, args []string) error {
			f.app = a
			if slices.Equal(args, []string{"-"}) {
				return f.stream()
			}
			if len(args) == 0 {
				args = []string{"."}
			}
			return f.paths(args)
		},
		ValidArgsFunction: completeRules,
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing; name the files that would change and exit with status 1")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "write nothing; print what would change")
	return cmd
}

// completeRules offers rule files and directories.
var completeRules = cobra.FixedCompletions([]string{"hcl"}, cobra.ShellCompDirectiveFilterFileExt)

// completeDirectories offers directories.
var completeDirectories = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)

// A formatter is the command fmt.
type formatter struct {
	app         *app
	check, diff bool
}

// stream lays out standard input.
func (f *formatter) stream() error {
	src, err := io.ReadAll(f.app.in)
	if err != nil {
		return fmt.Errorf("cannot read standard input: %w", err)
	}
	out, changed, err := f.source("standard input", src)
	if err != nil {
		return err
	}
	if !f.check && !f.diff {
		_, err := f.app.out.Write(out)
		return err
	}
	if changed && f.check {
		return status(statusFindings)
	}
	return nil
}

// paths lays out the files under the paths. A file that cannot be read or parsed does not keep the
// others from being laid out.
func (f *formatter) paths(paths []string) error {
	names, err := hclFiles(paths)
	if err != nil {
		return err
	}
	code, differ := statusClean, 0
	for _, name := range names {
		changed, err := f.file(name)
		if changed {
			differ++
		}
		if c, tell := statusOf(err); tell {
			f.app.tell(err)
			code = statusFault
		} else {
			code = max(code, c)
		}
		if changed && f.check {
			code = max(code, statusFindings)
		}
	}
	if terminal(f.app.out) != nil {
		change := choose(f.check || f.diff, "would change", "changed")
		if _, err := fmt.Fprintf(f.app.out, "%d of %s %s\n", differ, plural(uint64(len(names)), "file"), change); err != nil {
			return err
		}
	}
	if code != statusClean {
		return status(code)
	}
	return nil
}

func (f *formatter) file(name string) (changed bool, err error) {
	src, err := files.Read(name)
	if err != nil {
		return false, err
	}
	out, changed, err := f.source(name, src)
	if err != nil || !changed {
		return changed, err
	}
	if !f.diff {
		if _, err := fmt.Fprintln(f.app.out, name); err != nil {
			return true, err
		}
	}
	if f.check || f.diff {
		return true, nil
	}
	return true, files.Replace(name, out)
}

// source returns src laid out, prints the difference where that was asked for, and prints what
// keeps it from being laid out.
func (f *formatter) source(name string, src []byte) (out []byte, changed bool, err error) {
	out, diags := format.Source(name, src)
	if diags.HasErrors() {
		return nil, false, f.app.refuse(diags, map[string]*hcl.File{name: {Bytes: src}})
	}
	changed = !bytes.Equal(src, out)
	if changed && f.diff {
		if _, err := f.app.out.Write(diff.Diff(name, src, name+" (laid out)", out)); err != nil {
			return nil, true, err
		}
	}
	return out, changed, nil
}

// hclFiles returns the *.hcl files in the paths, sorted and each once. Hidden files and directories are
// left out. A path without such a file is an error.
func hclFiles(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		if err := exists(path); err != nil {
			return nil, err
		}
		names, errs := files.Find(path, func(base string) bool { return filepath.Ext(base) == ".hcl" })
		if len(errs) > 0 {
			return nil, errs[0]
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("there are no files to lay out in %s: they are named *.hcl, do not begin with a dot, and are not in a directory named testdata", path)
		}
		out = append(out, names...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
