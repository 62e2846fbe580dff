package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/engine/ruletest"
	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lint"
)

// newServerRulesCmd is the command server rules.
func newServerRulesCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "rules",
		Short: "Give rule sets to agents, and take them back",
		Long: `A rule set goes to a few agents first, then to a quarter of them, then to all. It is signed with a key that only
the operator has and that agents pinned when they joined, so that nobody who takes over the server can give
them rules. docs/fleet.md says more.`,
	}, newRulesKeyCmd(a), newRulesPushCmd(a), newRulesListCmd(a, "status", "Show which rule set is on its way", false), newRulesListCmd(a, "history", "List all rule sets that were given to agents", true), newRulesRollbackCmd(a))
}

func newRulesKeyCmd(a *app) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use:   "key FILE",
		Short: "Make the key that rule sets are signed with",
		Long: `Key makes a key, writes it to a file, and tells the server its public half, which agents pin when they join. It
is to be done before the first agent joins. Keep the file away from the server.`,
		Example: "  ruleids server rules key operator.key",
		Args:    exactly(1, "file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.client(a)
			if err != nil {
				return err
			}
			private, public, err := bundle.NewKey()
			if err != nil {
				return err
			}
			if _, err := os.Stat(args[0]); err == nil {
				return fmt.Errorf("%s is there already", args[0])
			}
			if err := files.Write(args[0], []byte(private+"\n"), 0o600); err != nil {
				return err
			}
			if err := c.ask(cmd.Context(), "PUT", "/api/v1/operator-key", api.OperatorKey{Key: public}, nil); err != nil {
				_ = os.Remove(args[0])
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s holds the key; keep it away from the server, and safe: agents that join from now on take no other\n", args[0])
			return err
		},
	}
	f.add(cmd)
	return cmd
}

func newRulesPushCmd(a *app) *cobra.Command {
	var f serverFlags
	var key, canary, soak, label string
	p := &preview{app: a}
	cmd := &cobra.Command{
		Use:   "push DIR --key FILE",
		Short: "Give the rules of a directory to agents",
		Long: `Push lints the rules of a directory and runs the tests beside them, signs them, and gives them to agents: to a
share of them first (--canary), after a time (--for) to a quarter, then to all. What an agent refuses, and what
has it raise far more alerts, take far more processor time or lose packets, is taken back at once.

First it shows which rules and lists differ from those that agents run, and with --captures which alerts
appear, vanish or change on these, and asks whether to go on. Where nobody can be asked, alerts that change
need --yes.`,
		Example: `  ruleids server rules push rules/ --key operator.key --canary 10% --for 30m
  ruleids server rules push rules/ --key operator.key --captures captures/`,
		Args: exactly(1, "directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			share, err := parseShare(canary)
			if err != nil {
				return misused("--canary: %w", err)
			}
			text, err := os.ReadFile(key)
			if err != nil {
				return fmt.Errorf("--key: %w", err)
			}
			private, err := bundle.ParsePrivate(string(text))
			if err != nil {
				return fmt.Errorf("--key: %s: %w", key, err)
			}
			if err := a.checkSet(args[0]); err != nil {
				return err
			}
			set, err := bundle.Read(args[0])
			if err != nil {
				return err
			}
			data, err := set.Sign(private)
			if err != nil {
				return err
			}
			c, err := f.client(a)
			if err != nil {
				return err
			}
			p.client = c
			if err := p.show(cmd.Context(), args[0], set, label, private); err != nil {
				return err
			}
			var x state.Ruleset
			if err := c.ask(cmd.Context(), "POST", "/api/v1/rulesets", api.RulesetPush{Bundle: base64.StdEncoding.EncodeToString(data), Canary: share, For: soak, Label: label}, &x); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "rule set %d, digest %.12s, %s: %s for %s\n", x.Number, x.Digest, plural(uint64(x.Rules), "rule"), x.State, plural(uint64(len(x.Stage)), "agent"))
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&key, "key", "", "`FILE` with the operator's key")
	cmd.Flags().StringVar(&canary, "canary", "10%", "`SHARE` of the agents that get it first; 100% for all at once")
	cmd.Flags().StringVar(&soak, "for", "30m", "how long each stage takes: a `DURATION`")
	cmd.Flags().StringVar(&label, "label", "", "only for agents with a label, as `KEY=VALUE`")
	cmd.Flags().StringArrayVar(&p.captures, "captures", nil, "show first what changes of the alerts on a capture, or on a directory of them: `PATH` (repeatable)")
	_ = cmd.MarkFlagFilename("captures", captureExtensions...)
	cmd.Flags().BoolVar(&p.yes, "yes", false, "do not ask")
	noFiles(cmd, "canary", "for", "label")
	required(cmd, "key")
	return cmd
}

// parseShare reads a share as "10%" or "0.1".
func parseShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	x, err := strconv.ParseFloat(number, 64)
	if percent {
		x /= 100
	}
	if err != nil || !(x > 0 && x <= 1) {
		return 0, fmt.Errorf("%q is not a share: write one as 10%%", s)
	}
	return x, nil
}

// checkSet lints the rules of a directory and runs their tests.
func (a *app) checkSet(dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return errors.Join(err, fmt.Errorf("%s is no directory of rules", dir))
	}
	files, err := embeddedBeside([]string{dir})
	if err != nil {
		return err
	}
	opt := rules.Options{Paths: []string{dir}, Stdlib: files, LookupEnv: os.LookupEnv, LintCodes: lint.IgnoreCodes()}
	set, _, diags := engine.Load(opt, engine.Options{})
	if findings := lint.Run(set, diags, dir); len(findings) > 0 {
		if err := diag.WriteText(a.err, findings, set.Sources, a.wantsColor(a.err)); err != nil {
			return err
		}
	}
	if diags.HasErrors() {
		return status(statusFindings)
	}
	tests, mistakes := ruletest.Load([]string{dir})
	if mistakes.HasErrors() {
		return a.refuse(mistakes, nil)
	}
	if len(tests) == 0 {
		a.warn("there are no tests in %s", dir)
		return nil
	}
	runner := &ruletest.Runner{Rules: opt, Tests: []string{dir}}
	if set, diags := runner.Load(); diags.HasErrors() {
		return a.refuse(diags, set.Sources)
	}
	results := runner.RunAll(tests)
	if _, failed, stopped := ruletest.Count(results); failed+stopped > 0 {
		if err := ruletest.WriteText(a.err, results, ruletest.TextOptions{Color: a.wantsColor(a.err)}); err != nil {
			return err
		}
		return status(statusFindings)
	}
	fmt.Fprintf(a.err, "%s passed\n", plural(uint64(len(results)), "test"))
	return nil
}

func newRulesListCmd(a *app, name, short string, all bool) *cobra.Command {
	shown := func(l api.RulesetList) []*state.Ruleset {
		if all {
			return l.Rulesets
		}
		return l.Rulesets[:min(1, len(l.Rulesets))]
	}
	return serverList[api.RulesetList]{
		use: name, short: short, long: short + ", with its state: canary, quarter, all, held (taken back) or replaced.", example: "  ruleids server rules " + name,
		path:  func() string { return "/api/v1/rulesets" },
		items: func(l api.RulesetList) any { return shown(l) },
		heads: []string{"number", "digest", "state", "since", "agents", "rules", "label", "by", "reason"},
		rows: func(l api.RulesetList) (rows [][]string) {
			for _, x := range shown(l) {
				rows = append(rows, []string{strconv.FormatInt(x.Number, 10), x.Digest[:12], x.State, x.Since.Local().Format(time.DateTime), strconv.Itoa(len(x.Stage)), strconv.Itoa(x.Rules), x.Label, x.By, x.Reason})
			}
			return rows
		},
	}.command(a)
}

func newRulesRollbackCmd(a *app) *cobra.Command {
	var f serverFlags
	var q api.RulesetRollback
	cmd := &cobra.Command{
		Use: "rollback", Short: "Take the newest rule set back", Long: "Rollback has the agents go on with the rule set before the newest one, or with their own rules.", Example: "  ruleids server rules rollback --reason \"too many alerts\"",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var x state.Ruleset
			if err := f.ask(a, cmd, "POST", "/api/v1/rulesets/rollback", q, &x); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.out, "rule set %d, digest %.12s, is taken back\n", x.Number, x.Digest)
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&q.Reason, "reason", "", "`TEXT` for the history and the audit log")
	noFiles(cmd, "reason")
	return cmd
}
