package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/spf13/cobra"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/study"
)

func newTuneCmd(a *app) *cobra.Command {
	t := &tuner{app: a, format: oneOf("text", "json")}
	cmd := &cobra.Command{
		Use:   "tune {-r {FILE | DIR}... | --live}",
		Short: "Find thresholds that suit a network",
		Long: `Tune runs captures of ordinary traffic past the rules and shows, for each rule with a threshold, how large the
values that are held against it get: of each key the largest, and of these the median, the percentiles and the maximum, with the
keys that make the tail. It finds the lowest thresholds that give no alert, one and ten alerts a day on this traffic. With --attack
it says in how many captures of attacks each of them still fires.

Each capture stands by itself, with empty windows; of a directory every *.pcap, *.pcapng and *.cap is read, in gzip too. With -o it
writes overrides of the rules that alert more than --budget times a day; what is in the file besides stays as it is.

With --live it asks the daemon, which watches these values of all packets and keeps them for seven days. A key counts there once for
each spell, which lasts until its windows are empty and an hour at most, and as an alert where it comes to the threshold; values of 1, and
below a sixteenth of the threshold, are not kept. Thresholds that would be more than four times as high are not found exactly.

Rules are left out whose when does not hold one value against the threshold.`,
		Example: `  ruleids tune -r week.pcap
  ruleids tune -r benign/ --attack attacks/ --rule port_scan
  ruleids tune -r benign/ --budget 1 -o rules/tuned.hcl
  ruleids tune --live --budget 1 -o rules/tuned.hcl`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return misused("unexpected argument %q; name captures with -r", args[0])
			case t.live && len(t.captures) > 0:
				return misused("tune takes captures with -r, or --live for what the daemon has watched, not both")
			case !t.live && len(t.captures) == 0:
				return misused("name captures of ordinary traffic with -r FILE, or a directory of them with -r DIR; or say --live")
			case t.budget < 0:
				return misused("--budget is a number of alerts a day, not %v", t.budget)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return t.run(cmd.Context()) },
	}
	cmd.Flags().StringArrayVarP(&t.captures, "read", "r", nil, "capture of ordinary traffic, or a directory of them: `PATH` (repeatable)")
	cmd.Flags().BoolVar(&t.live, "live", false, "ask the daemon for what it has watched in the last seven days")
	t.control.settings.add(cmd, "control.socket")
	cmd.Flags().StringArrayVar(&t.attacks, "attack", nil, "capture of an attack, or a directory of them: `PATH` (repeatable)")
	_ = cmd.MarkFlagFilename("read", captureExtensions...)
	_ = cmd.MarkFlagFilename("attack", captureExtensions...)
	cmd.Flags().StringArrayVar(&t.names, "rule", nil, "tune the rule `NAME` alone (repeatable)")
	t.rules.add(cmd)
	_ = cmd.RegisterFlagCompletionFunc("rule", t.rules.completeRuleNames)
	t.format.add(cmd, cmd.Flags(), "format", "form of the output")
	cmd.Flags().StringVarP(&t.output, "output", "o", "", "write overrides to this rule `FILE`")
	_ = cmd.MarkFlagFilename("output", "hcl")
	cmd.Flags().Float64Var(&t.budget, "budget", 1, "with -o: `ALERTS` a day that a rule may give")
	return cmd
}

// A tuner is the command tune.
type tuner struct {
	app      *app
	captures []string
	live     bool
	control  controlFlags
	attacks  []string
	names    []string
	rules    ruleFlags
	format   choice
	output   string
	budget   float64
}

// errRefused says that the rules do not load; why has been printed.
var errRefused = errors.New("the rules do not load")

func (t *tuner) run(ctx context.Context) error {
	captures, err := study.Captures(t.captures)
	if err != nil {
		return err
	}
	attacks, err := study.Captures(t.attacks)
	if err != nil {
		return err
	}
	opt, err := t.rules.options()
	if err != nil {
		return err
	}
	var refusal error
	load := func(thresholds map[string]float64) (*rules.RuleSet, *engine.Plan, error) {
		with := opt
		with.Thresholds = thresholds
		set, plan, diags := engine.Load(with, engine.Options{})
		if diags.HasErrors() {
			refusal = t.app.refuse(diags, set.Sources)
			return nil, nil, errRefused
		}
		return set, plan, nil
	}
	set, _, err := load(nil)
	if err != nil {
		return refusal
	}
	for _, name := range t.names {
		if err := knownRule(set, name); err != nil && !t.live { // the daemon has rules of its own
			return err
		}
	}
	budgets := []float64{0, 1, 10}
	if t.output != "" && !slices.Contains(budgets, t.budget) {
		budgets = append(budgets, t.budget)
		slices.Sort(budgets)
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	chosen := func(r *rules.Rule) bool { return len(t.names) == 0 || slices.Contains(t.names, r.Name) }
	var found *study.Study
	if t.live {
		found, err = t.watched(ctx, load, chosen, attacks, budgets)
	} else {
		found, err = study.Tune(ctx, load, chosen, captures, attacks, budgets)
	}
	switch {
	case errors.Is(err, errRefused):
		return refusal
	case err != nil && ctx.Err() != nil:
		return status(statusFault)
	case err != nil:
		return err
	}
	for _, name := range t.names {
		if !slices.ContainsFunc(found.Rules, func(r *study.Tuning) bool { return r.Rule == name }) {
			t.app.warn("%s is not tuned: it is not enabled, has no threshold, or its when does not hold one value against it", name)
		}
	}
	if t.format.value == "json" {
		enc := json.NewEncoder(t.app.out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(found)
	} else {
		err = writeStudy(t.app.folded(t.app.out), found, len(t.names) > 0, t.app.wantsColor(t.app.out))
	}
	if err != nil {
		return err
	}
	if t.output != "" {
		if err := t.write(found); err != nil {
			return err
		}
	}
	for _, fault := range found.Faults {
		t.app.tell(fault)
	}
	if len(found.Faults) > 0 {
		return status(statusFault)
	}
	return nil
}

// watched asks the daemon.
func (t *tuner) watched(ctx context.Context, load study.Loader, chosen func(*rules.Rule) bool, attacks []string, budgets []float64) (*study.Study, error) {
	t.control.config = t.rules.config
	c, err := t.control.client(t.app)
	if err != nil {
		return nil, err
	}
	have, err := c.Tuning(ctx)
	if err != nil {
		return nil, err
	}
	var all []study.Watched
	for _, r := range have.Rules {
		if !chosen(&rules.Rule{Name: r.Rule}) {
			continue
		}
		w := study.Watched{Rule: r.Rule, Threshold: r.Threshold, Strict: r.Strict, Tail: []study.Tail{}}
		for _, v := range r.Values {
			w.Values, w.Keys = append(w.Values, v.Value), append(w.Keys, v.Keys)
		}
		for _, k := range r.Tail {
			w.Tail = append(w.Tail, study.Tail{Key: k.Key, Value: k.Value, Time: k.Time})
		}
		all = append(all, w)
	}
	return study.Live(ctx, load, all, have.To.Sub(have.From), attacks, budgets)
}

// write writes the overrides of rules that alert too often to the file.
func (t *tuner) write(found *study.Study) error {
	text, err := os.ReadFile(t.output)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	next, n, err := tuned(text, t.output, found, t.budget)
	if err != nil {
		return err
	}
	if n == 0 {
		fmt.Fprintf(t.app.err, "no rule alerts more than %s a day: nothing is written to %s\n", plain(t.budget), t.output)
		return nil
	}
	if err := os.WriteFile(t.output, next, 0o666); err != nil {
		return err
	}
	fmt.Fprintf(t.app.err, "%s in %s\n", plural(uint64(n), "threshold"), t.output)
	return nil
}

// tuned returns a rule file with overrides of the thresholds of rules that alert more often than a budget, and how many there
// are. What the file has besides stays as it is, comments too.
func tuned(text []byte, name string, found *study.Study, budget float64) ([]byte, int, error) {
	file, diags := hclwrite.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, 0, fmt.Errorf("%s cannot be changed: %s", name, diags.Error())
	}
	n := 0
	for _, r := range found.Rules {
		i := slices.IndexFunc(r.Choices, func(c study.Choice) bool { return c.PerDay == budget })
		if i < 0 || r.Now.PerDay <= budget || r.Choices[i].Threshold <= r.Threshold {
			continue
		}
		c := r.Choices[i]
		body := overrideOf(file, r.Rule)
		body.SetAttributeValue("threshold", cty.MustParseNumberVal(strconv.FormatFloat(c.Threshold, 'f', -1, 64)))
		n++
	}
	return file.Bytes(), n, nil
}

// overrideOf returns the body of the override of a rule, which it appends where there is none.
func overrideOf(file *hclwrite.File, rule string) *hclwrite.Body {
	for _, b := range file.Body().Blocks() {
		if b.Type() == "override" && slices.Equal(b.Labels(), []string{rule}) {
			return b.Body()
		}
	}
	if text := bytes.TrimSpace(file.Bytes()); len(text) > 0 {
		file.Body().AppendNewline()
	}
	return file.Body().AppendNewBlock("override", []string{rule}).Body()
}
