package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lint"
)

func newLintCmd(a *app) *cobra.Command {
	l := &linter{app: a, format: oneOf("text", "json", "sarif")}
	cmd := &cobra.Command{
		Use:   "lint [PATH...]",
		Short: "Find mistakes in rule files",
		Long: `Lint loads the rule files in the given files and directories (default: the current directory) and
prints what is wrong with them: errors, which keep rules from loading, and warnings, each with a
code and the place of the token. Directories named testdata are left out, as the go command does.
docs/lint.md has a page on each code. With - it reads a rule file from standard input. A comment in the line before silences one finding:
# lint:ignore CODE reason

The shipped rules are loaded along, so that a rule may use their lists and macros, but nothing is
said about them. Exit status: 0 nothing found, 1 errors, or with --strict also warnings, 2 could not
run.`,
		Example: `  ruleids lint
  ruleids lint --strict rules/                        in CI
  ruleids lint --format sarif rules/ > lint.sarif     for code scanning`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			return l.run(args)
		},
		ValidArgsFunction: completeRules,
	}
	l.rules.addShared(cmd)
	l.format.add(cmd, cmd.Flags(), "format", "form of the findings; json is one object a line")
	cmd.Flags().BoolVar(&l.strict, "strict", false, "exit with status 1 for warnings too")
	return cmd
}

// A linter is the command lint.
type linter struct {
	app    *app
	rules  ruleFlags
	format choice
	strict bool
}

func (l *linter) run(paths []string) error {
	l.rules.paths = slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == "-" })
	opt, err := l.rules.options()
	if err == nil && len(l.rules.paths) < len(paths) {
		opt.Sources, err = l.stdin()
	}
	if err != nil {
		if l.format.value == "sarif" && !isUsage(err) {
			if err := (diag.SARIF{Codes: lint.Codes(), Version: currentBuild().Version, Failure: err.Error()}).Write(l.app.out, nil); err != nil {
				return err
			}
		}
		return err
	}
	set, _, diags := engine.Load(opt, engine.Options{})
	findings := lint.Run(set, diags, paths...)
	switch l.format.value {
	case "json":
		err = diag.WriteJSON(l.app.out, findings)
	case "sarif":
		err = diag.SARIF{Codes: lint.Codes(), Sources: set.Sources, Version: currentBuild().Version, Home: l.home(opt)}.Write(l.app.out, findings)
	default:
		err = diag.WriteText(l.app.out, findings, set.Sources, l.app.wantsColor(l.app.out))
		if err == nil && terminal(l.app.out) != nil {
			_, err = fmt.Fprintln(l.app.out, diag.Count(findings))
		}
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(findings, func(f diag.Finding) bool { return l.strict || f.Severity == diag.SeverityError }) {
		return status(statusFindings)
	}
	return nil
}

// stdin returns the rules on standard input as a source.
func (l *linter) stdin() (map[string][]byte, error) {
	src, err := io.ReadAll(l.app.in)
	if err != nil {
		return nil, fmt.Errorf("cannot read standard input: %w", err)
	}
	return map[string][]byte{rules.Stdin: src}, nil
}

// home returns the file at which a finding about no file is shown: the first rule file of the user, or else the settings.
func (l *linter) home(opt rules.Options) string {
	for name := range opt.Sources {
		return name
	}
	for _, p := range opt.Paths {
		if names, _ := rules.FindFiles(p); len(names) > 0 {
			return names[0]
		}
	}
	return cmp.Or(opt.Settings, rules.SettingsName)
}
