package main

import (
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// starts are the files that new and init begin with.
//
//go:embed start
var starts embed.FS

// ruleName is what a name of a rule, macro or list looks like.
var ruleName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func newNewCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Begin a rule, a test, a macro or a list",
		Long: `New writes what a rule file begins with, to standard output or to a file. What it writes passes lint and the test
that comes with it, so that each change after it shows what it does.`,
		Example: `  ruleids new rule telnet -o rules/telnet.hcl
  ruleids new test telnet -o rules/telnet_test.hcl
  ruleids new list scanners >> rules/lists.hcl`,
	}
	var kinds []*cobra.Command
	for _, k := range []struct{ kind, short string }{
		{"rule", "Begin a rule"},
		{"test", "Begin the tests of a rule, named for it"},
		{"macro", "Begin a macro: a condition with a name"},
		{"list", "Begin a list of addresses"},
	} {
		kinds = append(kinds, newStartCmd(a, k.kind, k.short))
	}
	return grouped(a, cmd, kinds...)
}

// newStartCmd returns the command that begins one kind of block.
func newStartCmd(a *app, kind, short string) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     kind + " NAME",
		Short:   short,
		Long:    short + ". It goes to standard output, or to a file that is not there yet.",
		Example: fmt.Sprintf("  ruleids new %s telnet", kind),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return misused("name the %s: new %s NAME", kind, kind)
			}
			if !ruleName.MatchString(args[0]) {
				return misused("%q is no name: write lower case letters, digits and _, a letter first", args[0])
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := starts.ReadFile("start/" + kind + ".hcl")
			if err != nil {
				return err
			}
			text = []byte(strings.NewReplacer("NAME", args[0], "PORT", fmt.Sprint(portOf(args[0]))).Replace(string(text)))
			if output == "" {
				_, err = a.out.Write(text)
				return err
			}
			return create(output, text)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this `FILE`, which must not be there yet")
	_ = cmd.MarkFlagFilename("output", "hcl")
	return cmd
}

// portOf returns the port that what is begun under a name goes by: another one for nearly every name, none of them well known, so
// that no two rules fire in each other's tests.
func portOf(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // it has no errors
	return 20000 + int(h.Sum32()%10000)
}

// create writes a file that is not there yet, and the directories that it is in.
func create(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; it is left as it is", name)
	} else if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Close() // the first error is the one to tell
		return err
	}
	return f.Close()
}

func newInitCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Begin a directory of rules, with a test, settings and CI",
		Long: `Init writes to a directory, which it makes, what a set of rules begins with: settings (ruleids.hcl), a first rule with its
tests, a workflow for GitHub Actions that checks format, lint and tests, and settings of editors. Files that are there already are left
as they are, and named.`,
		Example: `  ruleids init site-rules
  cd site-rules && ruleids test`,
		Args: arguments(0, 1, "name one directory"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return fs.WalkDir(starts, "start/init", func(name string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := starts.ReadFile(name)
				if err != nil {
					return err
				}
				// A name that begins with a dot stands with an underscore in its place, as the go command leaves such files out.
				rel := strings.ReplaceAll(strings.TrimPrefix(name, "start/init/"), "dot_", ".")
				to := filepath.Join(dir, filepath.FromSlash(rel))
				if exists(to) == nil {
					fmt.Fprintf(a.out, "kept   %s\n", to)
					return nil
				}
				if err := create(to, text); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "wrote  %s\n", to)
				return nil
			})
		},
		ValidArgsFunction: completeDirectories,
	}
}
