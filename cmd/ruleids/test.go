package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine/ruletest"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/files"
)

func newTestCmd(a *app) *cobra.Command {
	t := &tester{app: a, format: oneOf("text", "json", "junit")}
	cmd := &cobra.Command{
		Use:   "test [PATH...]",
		Short: "Run the tests beside the rules",
		Long: `Test runs the test blocks of the *_test.hcl files in the given files and directories (default:
the current directory). The rules in these directories, or beside these files, are loaded, with the
shipped rules and with those of --rules. Directories named testdata are left out, as the go command
does.

Exit status: 0 every test passed, 1 a test failed or --coverage names a rule, 2 a test or its rules
could not be run.`,
		Example: `  ruleids test rules/
  ruleids test rules/ --run 'scan' --verbose
  ruleids test rules/ --coverage --format junit > tests.xml      in CI`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return t.run(args)
		},
		ValidArgsFunction: completeRules,
	}
	t.rules.add(cmd)
	t.format.add(cmd, cmd.Flags(), "format", "form of the results; json is one object a line")
	cmd.Flags().StringVar(&t.match, "run", "", "run only tests whose name matches the regular expression `REGEX`")
	cmd.Flags().BoolVar(&t.coverage, "coverage", false, "name rules without both a test that fires them and one that does not; exit with status 1 if there are any")
	cmd.Flags().BoolVarP(&t.verbose, "verbose", "v", false, "name the tests that passed too")
	return cmd
}

// A tester is the command test.
type tester struct {
	app      *app
	rules    ruleFlags
	format   choice
	match    string
	coverage bool
	verbose  bool
}

func (t *tester) run(paths []string) error {
	match, err := regexp.Compile(t.match)
	if err != nil {
		return misused("--run: %w", err)
	}
	if t.coverage && t.match != "" {
		return usageError{errors.New("--coverage needs the results of all tests, so it cannot be used with --run")}
	}
	for _, p := range paths {
		if err := exists(p); err != nil {
			return t.report(pathsStopped(err, p), err)
		}
	}
	tests, diags := ruletest.Load(paths)
	none := len(tests) == 0 && !diags.HasErrors()
	tests = slices.DeleteFunc(tests, func(x *ruletest.Test) bool { return !match.MatchString(x.Name) })
	if none {
		err := fmt.Errorf("there are no tests in %s: they are in files named *_test.hcl", strings.Join(paths, ", "))
		return t.report(pathsStopped(err, paths...), err)
	}
	if len(tests) == 0 && !diags.HasErrors() {
		err := fmt.Errorf("no test has a name that matches %q", t.match)
		return t.report(pathsStopped(err, paths...), err)
	}
	unread, err := t.mistakes(diags, tests)
	if err != nil {
		return err
	}
	opt, err := t.rules.options(paths...)
	if isUsage(err) {
		return err
	}
	if err != nil {
		return t.report(merged(testsStopped(tests, err.Error()), unread), err)
	}
	runner := &ruletest.Runner{Rules: opt, Tests: paths}
	if set, diags := runner.Load(); diags.HasErrors() {
		// Each test has the errors of the rules for its result, as there are no rules to run it with.
		return t.report(merged(runner.RunAll(tests), unread), t.app.refuse(diags, set.Sources))
	}
	results := runner.RunAll(tests)
	if t.format.value == "text" { // what is wrong with test files was printed with their lines
		for i := range unread {
			unread[i].Problems = nil
		}
		for i, x := range tests {
			if x.Mistakes.HasErrors() {
				results[i].Problems = nil
			}
		}
	}
	all := merged(results, unread)
	if err := t.write(all); err != nil {
		return err
	}
	_, fail, stopped := ruletest.Count(all)
	code := statusClean
	switch {
	case stopped > 0:
		code = statusFault
	case fail > 0:
		code = statusFindings
	}
	if t.coverage {
		gaps := runner.Coverage(tests, results)
		if err := t.writeGaps(gaps); err != nil {
			return err
		}
		if len(gaps) > 0 {
			code = max(code, statusFindings)
		}
	}
	if code != statusClean {
		return status(code)
	}
	return nil
}

func (t *tester) write(results []ruletest.Result) error {
	switch t.format.value {
	case "json":
		return ruletest.WriteJSON(t.app.out, results)
	case "junit":
		return ruletest.WriteJUnit(t.app.out, results)
	}
	return ruletest.WriteText(t.app.out, results, ruletest.TextOptions{Color: t.app.wantsColor(t.app.out), Verbose: t.verbose})
}

// writeGaps names the rules that lack tests: with the results where those are text, and on standard
// error beside formats that have no place for them.
func (t *tester) writeGaps(gaps []ruletest.Gap) error {
	w := t.app.out
	if t.format.value != "text" {
		w = t.app.err
	}
	color := t.app.wantsColor(w)
	if len(gaps) == 0 {
		if t.format.value != "text" {
			return nil
		}
		_, err := io.WriteString(w, "every rule has a test that fires it and one that does not\n")
		return err
	}
	var b strings.Builder
	for _, g := range gaps {
		fmt.Fprintf(&b, "%s %s:%d: %s\n", styleYellow.paint("coverage:", color), g.Range.Filename, g.Range.Start.Line, g)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mistakes prints what is wrong with test files, in the files themselves and in tests, and returns a result for each
// of the files.
func (t *tester) mistakes(ofFiles hcl.Diagnostics, tests []*ruletest.Test) ([]ruletest.Result, error) {
	all := slices.Clone(ofFiles)
	for _, x := range tests {
		all = append(all, x.Mistakes...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	findings := diag.Findings(all)
	sources := map[string]*hcl.File{}
	for _, f := range findings {
		if _, ok := sources[f.File]; !ok {
			// A file that cannot be read has no lines to show, and the finding says so.
			src, err := files.Read(f.File)
			if err == nil {
				sources[f.File] = &hcl.File{Bytes: src}
			}
		}
	}
	err := diag.WriteText(t.app.err, findings, sources, t.app.wantsColor(t.app.err))
	return filesStopped(diag.Findings(ofFiles)), err
}
