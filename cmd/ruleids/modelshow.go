package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/model/store"
	"github.com/ruleids/ruleids/rules"
)

// shownModel is what model show prints of a baseline.
type shownModel struct {
	Name     string         `json:"name"`
	Method   string         `json:"method"`
	File     string         `json:"file"`
	Baseline string         `json:"baseline"`
	Pinned   bool           `json:"pinned"`
	Learning bool           `json:"learning"`
	Samples  int            `json:"samples"`
	Facts    *model.Facts   `json:"facts,omitempty"`
	Features []shownFeature `json:"features"`
	// Current says whether the model of the rules is the one that this was learned for.
	Current bool `json:"current"`
}

type shownFeature struct {
	Name  string   `json:"name"`
	Usual string   `json:"usual"` // for people, with its unit
	Low   float64  `json:"low"`   // as learned: logarithms are not undone
	High  float64  `json:"high"`
	Drift *float64 `json:"drift,omitempty"`
}

func newModelShowCmd(a *app) *cobra.Command {
	var where baselineFlags
	var flags ruleFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "show [NAME...]",
		Short: "Show what models have learned to be usual",
		Long: `Show prints baselines: how many samples each was learned from and when, the range of the middle 99 of 100 values of
every feature, and how far what came since has moved away from it. Of a model that still learns it says how far it is.`,
		Example:           "  ruleids model show\n  ruleids model show host_traffic --format json",
		ValidArgsFunction: where.complete,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := where.store(a, flags.config)
			if err != nil {
				return err
			}
			set, err := flags.ruleSet(a)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				if args, err = s.Names(); err != nil {
					return err
				}
				if len(args) == 0 {
					_, err := baselineOf(s, "")
					return err
				}
			}
			for i, name := range args {
				m, err := baselineOf(s, name)
				if err != nil {
					return err
				}
				x := show(m, s.Path(name), set)
				if format.value == "json" {
					if err := json.NewEncoder(a.out).Encode(x); err != nil {
						return err
					}
					continue
				}
				if i > 0 {
					fmt.Fprintln(a.out)
				}
				x.write(a.folded(a.out), a.wantsColor(a.out))
			}
			return nil
		},
	}
	where.add(cmd)
	flags.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output; json is one object a line for each model")
	return cmd
}

// show describes a baseline, in the words of the model that it is of, where the rules have it.
func show(m *model.Model, file string, set *rules.RuleSet) *shownModel {
	spec := m.Spec()
	x := &shownModel{Name: spec.Name, Method: spec.Method.String(), File: file, Baseline: m.ID(), Pinned: m.Pinned(), Features: []shownFeature{}}
	block := blockOf(spec, set)
	x.Current = block != nil
	n, _, learning := m.Learning()
	if learning {
		x.Learning, x.Samples = true, n
		return x
	}
	f := m.Facts()
	x.Samples, x.Facts = f.Kept-f.LeftOut+f.Later, &f
	drift := m.Drift()
	for i, p := range m.Usual() {
		s := shownFeature{Name: p.Feature, Low: p.Low, High: p.High, Usual: words(block, i, p)}
		if drift != nil {
			s.Drift = &drift[i]
		}
		x.Features = append(x.Features, s)
	}
	return x
}

// blockOf returns the model of the rules that a baseline is of; nil where there is none any more.
func blockOf(spec model.Spec, set *rules.RuleSet) *rules.Model {
	i := slices.IndexFunc(set.Models, func(r *rules.Model) bool { return r.Name == spec.Name && r.Definition == spec.Definition })
	if i < 0 {
		return nil
	}
	return set.Models[i]
}

// words writes the usual range of a feature.
func words(block *rules.Model, feature int, p model.Part) string {
	switch {
	case !p.Known:
		return "no value"
	case block == nil:
		return fmt.Sprintf("%.4g to %.4g", p.Low, p.High)
	}
	return engine.RangeWords(block, feature, p.Low, p.High)
}

func (x *shownModel) write(w io.Writer, color bool) {
	fmt.Fprintf(w, "%s\n", styleBold.paint(x.Name, color))
	line := func(format string, args ...any) { fmt.Fprintf(w, "  "+format+"\n", args...) }
	if !x.Current {
		line("%s", styleYellow.paint("the rules have no such model, or another one of this name: nothing uses it", color))
	}
	if x.Learning {
		line("%s, learning: %s so far", x.Method, plural(uint64(x.Samples), "sample"))
		return
	}
	f := x.Facts
	line("%s, baseline %s", x.Method, x.Baseline[:12])
	line("learned from %s to %s: %s, %s kept, %s left out", day(f.From), day(f.To), plural(uint64(f.Offered), "sample"), thousands(uint64(f.Kept)), thousands(uint64(f.LeftOut)))
	if f.Later+f.Odd > 0 {
		line("since then %s learned, %s not, since they were odd", thousands(uint64(f.Later)), thousands(uint64(f.Odd)))
	}
	if x.Pinned {
		line("pinned: it learns nothing more")
	}
	rows := [][]string{{"feature", "usually (99 of 100)", "drift"}}
	for _, p := range x.Features {
		drift := ""
		if p.Drift != nil {
			drift = fmt.Sprintf("%.2f", *p.Drift)
			if *p.Drift > model.Much {
				drift += " much: see whether this is to be learned again"
			}
		}
		rows = append(rows, []string{p.Name, p.Usual, drift})
	}
	writeTable(w, rows, headed(color))
}

func day(at int64) string { return time.Unix(0, at).UTC().Format("2006-01-02 15:04") }

func newModelDiffCmd(a *app) *cobra.Command {
	var where baselineFlags
	var flags ruleFlags
	cmd := &cobra.Command{
		Use:   "diff NAME [OLD]",
		Short: "Show how a baseline differs from the one before, or from a file",
		Long: `Diff prints for every feature what was usual before and is now, by the baseline that the present one took the place of, or
by the file OLD. The exit status is 1 where one of the ranges moved by more than a tenth of its width.`,
		Example:           "  ruleids model diff host_traffic\n  ruleids model diff host_traffic other-sensor.json",
		Args:              arguments(1, 2, "name a model, and a file to compare with if you like"),
		ValidArgsFunction: where.complete,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := where.store(a, flags.config)
			if err != nil {
				return err
			}
			set, err := flags.ruleSet(a)
			if err != nil {
				return err
			}
			return a.diffModels(s, set, args)
		},
	}
	where.add(cmd)
	flags.add(cmd)
	return cmd
}

func (a *app) diffModels(s store.Store, set *rules.RuleSet, args []string) error {
	now, err := baselineOf(s, args[0])
	if err != nil {
		return err
	}
	file := s.Previous(args[0])
	if len(args) > 1 {
		file = args[1]
	}
	data, err := store.Read(file)
	if errors.Is(err, fs.ErrNotExist) && len(args) == 1 {
		return fmt.Errorf("%s has had no other baseline: name a file to compare with", args[0])
	}
	if err != nil {
		return err
	}
	before, err := model.Load(model.Spec{}, data)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	_, _, l1 := before.Learning()
	_, _, l2 := now.Learning()
	if l1 || l2 {
		return fmt.Errorf("%s still learns: there is nothing to compare yet", args[0])
	}
	if !slices.Equal(before.Spec().Features, now.Spec().Features) {
		return fmt.Errorf("the baselines have other features: %s before, %s now", strings.Join(before.Spec().Features, ", "), strings.Join(now.Spec().Features, ", "))
	}
	block := blockOf(now.Spec(), set)
	rows := [][]string{{"feature", "before", "now", ""}}
	moved := false
	was := before.Usual()
	for i, p := range now.Usual() {
		o, what := was[i], ""
		width := max(o.High-o.Low, math.Abs(o.Low)/100, 1e-9)
		if d := max(math.Abs(p.Low-o.Low), math.Abs(p.High-o.High)) / width; d > 0.1 && words(block, i, o) != words(block, i, p) {
			what, moved = fmt.Sprintf("moved by %.0f%% of its width", 100*d), true
		}
		rows = append(rows, []string{p.Feature, words(block, i, o), words(block, i, p), what})
	}
	writeTable(a.out, rows, headed(a.wantsColor(a.out)))
	if moved {
		return status(statusFindings)
	}
	return nil
}
