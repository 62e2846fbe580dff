package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

func newExplainCmd(a *app) *cobra.Command {
	x := &explainer{app: a, format: oneOf("text", "json")}
	cmd := &cobra.Command{
		Use:   "explain {-r FILE... | --auth FILE...}",
		Short: "Say why rules did not fire on a capture",
		Long: `Explain replays captures and shows, for each rule, how many packets it saw, which part of its
condition stopped how many of them, and how many passed. It lists the ten keys that came closest to
firing, each with its largest value, the threshold, and when that was.

Rules that are not enabled are explained as if they were.`,
		Example: `  ruleids explain -r capture.pcap --rule port_scan
  ruleids explain -r capture.pcap --rules my.hcl --rule mine --format json`,
	}
	x.replayArgs.add(cmd, x.run)
	cmd.Flags().StringArrayVar(&x.names, "rule", nil, "explain the rule `NAME` alone (repeatable)")
	x.rules.add(cmd)
	x.models.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("rule", x.rules.completeRuleNames)
	x.format.add(cmd, cmd.Flags(), "format", "form of the output; json is one object a line for each rule")
	return cmd
}

// An explainer is the command explain.
type explainer struct {
	app *app
	replayArgs
	names  []string
	rules  ruleFlags
	models baselineFlags
	format choice
}

func (x *explainer) run(ctx context.Context, files []string) error {
	set, err := x.rules.ruleSet(x.app)
	if err != nil {
		return err
	}
	for _, name := range x.names {
		if err := knownRule(set, name); err != nil {
			return err
		}
	}
	e, diags := engine.NewExplainer(set, x.names)
	if diags.HasErrors() {
		return x.app.refuse(diags, set.Sources)
	}
	learned, err := x.models.load(x.app, e.Models())
	if err != nil {
		return err
	}
	e.UseModels(learned)
	ctx, stop := untilSignal(ctx)
	defer stop()
	p := replay{
		app:      x.app,
		progress: newProgress(x.app.err, time.Now()),
		process:  e.Process,
		alerts:   func() uint64 { return 0 },
	}
	result := p.runWith(ctx, files, p.logins(ctx, x.auth.names, time.Local, set.Patterns()), e.Post)
	w := bufio.NewWriter(x.app.out)
	if x.format.value == "text" {
		w.Reset(x.app.folded(x.app.out))
	}
	for i, ex := range e.Explanations() {
		if x.format.value == "json" {
			err = writeExplanationJSON(w, &ex)
		} else {
			if i > 0 {
				fmt.Fprintln(w)
			}
			t := explainText{w: w, color: x.app.wantsColor(x.app.out)}
			t.write(&ex)
		}
		if err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return result
}

// knownRule returns an error for a name that no rule of the set has, with the names that are like it.
func knownRule(set *rules.RuleSet, name string) error {
	has := func(r *rules.Rule) bool { return r.Name == name }
	if slices.ContainsFunc(set.Rules, has) {
		return nil
	}
	names := make([]string, len(set.Rules))
	for i, r := range set.Rules {
		names[i] = r.Name
	}
	list := strings.Join(names, ", ")
	if near := diag.Nearest(name, names); near != "" {
		return fmt.Errorf("there is no rule %q; did you mean %q? The rules are %s", name, near, list)
	}
	return fmt.Errorf("there is no rule %q; the rules are %s", name, list)
}
