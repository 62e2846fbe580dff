package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A modelLearn is the command model learn.
type modelLearn struct {
	app *app
	replayArgs
	rules ruleFlags
	where baselineFlags
	names []string
}

func newModelLearnCmd(a *app) *cobra.Command {
	l := &modelLearn{app: a}
	cmd := &cobra.Command{
		Use:   "learn {-r FILE... | --auth FILE...}",
		Short: "Learn what is usual from captures and logs",
		Long: `Learn replays captures, and logs of logins for models on these, and writes what models have learned from them, in one go: learn = "24h" of a model is for
sensors, here it learns from what there is. It needs min_samples of the model at least, 1,000 without one.

The captures are to be of usual traffic, of all times of a day. What is in one stretch of them alone is left out, as an attack
would be.`,
		Example: `  ruleids model learn -r monday.pcap tuesday.pcap
  ruleids model learn -r week.pcap --model host_traffic --models /tmp/models
  ruleids model learn --auth /var/log/auth.log.1 --auth /var/log/auth.log --model login_hours`,
	}
	l.replayArgs.add(cmd, l.run)
	cmd.Flags().StringArrayVar(&l.names, "model", nil, "learn for the model `NAME` alone (repeatable)")
	noFiles(cmd, "model")
	l.where.add(cmd)
	l.rules.add(cmd)
	return cmd
}

func (l *modelLearn) run(ctx context.Context, files []string) error {
	s, err := l.where.store(l.app, l.rules.config)
	if err != nil {
		return err
	}
	set, err := l.rules.ruleSet(l.app)
	if err != nil {
		return err
	}
	var names []string
	for _, m := range set.Models {
		names = append(names, m.Name)
	}
	for _, name := range l.names {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no model %q.%s The models are %s", name, diag.DidYouMean(name, names), strings.Join(names, ", "))
		}
	}
	chosen := *set
	chosen.Rules = nil // what rules make of scores does not matter
	if len(l.names) > 0 {
		chosen.Models = slices.DeleteFunc(slices.Clone(set.Models), func(m *rules.Model) bool { return !slices.Contains(l.names, m.Name) })
	}
	plan, diags := engine.Compile(&chosen, engine.Options{AllModels: true})
	if diags.HasErrors() {
		return l.app.refuse(diags, set.Sources)
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	e := engine.New(plan, engine.Config{Seed: replaySeed, Learn: true})
	emit := func(*alert.Alert) {}
	p := replay{app: l.app, progress: newProgress(l.app.err, time.Now()), process: func(frames []packet.Frame) { e.Process(frames, emit) },
		alerts: func() uint64 { return 0 }}
	result := p.runWith(ctx, files, p.logins(ctx, l.auth.names, time.Local, set.Patterns()), func(ev *packet.Packet) { e.Post(ev, emit) })
	if ctx.Err() != nil {
		return result
	}
	e.EndPeriods(emit)
	learned := 0
	for _, m := range e.Models() {
		spec := m.Spec()
		n, span, learning := m.Learning()
		if learning && n < spec.MinSamples {
			l.app.warn("%s has %s and learns from %s at least: nothing is written for it", spec.Name, plural(uint64(n), "sample"), thousands(uint64(spec.MinSamples)))
			continue
		}
		m.Freeze()
		if err := s.Write(spec.Name, m.ID(), m.Save()); err != nil {
			return err
		}
		f := m.Facts()
		fmt.Fprintf(l.app.out, "%s learned from %s in %s, of which %s left out, baseline %s\n", spec.Name, plural(uint64(f.Offered), "sample"), age(span.Seconds()), isAre(f.LeftOut), m.ID()[:12])
		learned++
	}
	if learned == 0 && result == nil {
		return fmt.Errorf("nothing was learned")
	}
	return result
}

// isAre writes how many are something.
func isAre(n int) string {
	if n == 1 {
		return "1 is"
	}
	return thousands(uint64(n)) + " are"
}
