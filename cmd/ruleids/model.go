package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/model/store"
)

// newModelCmd is the command model.
func newModelCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "model",
		Short: "Learn what is usual, and look at what was learned",
		Long: `Model works on the baselines of models: what they have learned to be usual. Each is a file in a directory,
by default that of rules { models = … } in the settings; a daemon that runs takes a change over within a minute.
docs/models.md says more.`,
		Example: `  ruleids model learn -r last-week.pcap
  ruleids model show host_traffic
  ruleids model pin host_traffic`,
	}, newModelLearnCmd(a), newModelShowCmd(a), newModelDiffCmd(a), newModelPinCmd(a), newModelForgetCmd(a), newModelScoreCmd(a))
}

// baselineFlags are the flags that say where baselines are.
type baselineFlags struct{ dir string }

func (f *baselineFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "models", "", "`DIR` of the baselines (default that of the settings)")
	_ = cmd.MarkFlagDirname("models")
}

// store returns the directory of baselines, of the flag or else of the settings.
func (f *baselineFlags) store(a *app, settings string) (store.Store, error) {
	if f.dir != "" {
		return store.Store{Dir: f.dir}, nil
	}
	c, err := a.settingsOf(hostSettings, settings, nil)
	if err != nil {
		return store.Store{}, err
	}
	if c.Rules.Models == "" {
		return store.Store{}, errors.New("the settings keep no baselines: name their directory with --models DIR")
	}
	return store.Store{Dir: c.Rules.Models}, nil
}

// load reads the baselines of models for a replay, of the flag alone: a replay gives the same alerts wherever it runs.
func (f *baselineFlags) load(a *app, specs []model.Spec) (map[string]*model.Model, error) {
	if f.dir == "" {
		return nil, nil
	}
	out, s := map[string]*model.Model{}, store.Store{Dir: f.dir}
	for _, spec := range specs {
		m, err := s.Load(spec)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			a.warn("%s has no baseline of %s, which learns from the captures first", f.dir, spec.Name)
		case err != nil:
			return nil, err
		default:
			out[spec.Name] = m
		}
	}
	return out, nil
}

// complete completes the names of baselines.
func (f *baselineFlags) complete(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, _ := store.Store{Dir: f.dir}.Names()
	return names, cobra.ShellCompDirectiveNoFileComp
}

// baselineOf returns the model of a name, as it was learned.
func baselineOf(s store.Store, name string) (*model.Model, error) {
	data, err := store.Read(s.Path(name))
	if errors.Is(err, fs.ErrNotExist) {
		names, _ := s.Names()
		if len(names) == 0 {
			return nil, fmt.Errorf("%s has no baselines: learn them with ruleids model learn, or let a daemon do it", s.Dir)
		}
		return nil, fmt.Errorf("%s has no baseline of %q.%s It has %s", s.Dir, name, diag.DidYouMean(name, names), strings.Join(names, ", "))
	}
	if err != nil {
		return nil, err
	}
	m, err := model.Load(model.Spec{}, data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path(name), err)
	}
	return m, nil
}

func newModelPinCmd(a *app) *cobra.Command {
	var where baselineFlags
	var off bool
	cmd := &cobra.Command{
		Use:   "pin NAME...",
		Short: "Keep what models have learned as it is",
		Long: `Pin makes a model keep its baseline: it goes on to score, and learns nothing more. A forest never learns more, pinned or not.
With --off it goes on to learn.`,
		Example:           "  ruleids model pin host_traffic\n  ruleids model pin --off host_traffic",
		Args:              arguments(1, anyNumber, "name a model"),
		ValidArgsFunction: where.complete,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := where.store(a, "")
			if err != nil {
				return err
			}
			for _, name := range args {
				m, err := baselineOf(s, name)
				if err != nil {
					return err
				}
				if _, _, learning := m.Learning(); learning {
					return fmt.Errorf("%s still learns: there is nothing to be kept yet", name)
				}
				m.Pin(!off)
				if err := s.Write(name, m.ID(), m.Save()); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "%s %s\n", name, choose(off, "goes on to learn", "keeps what it has learned"))
			}
			return nil
		},
	}
	where.add(cmd)
	cmd.Flags().BoolVar(&off, "off", false, "let it go on to learn")
	return cmd
}

func newModelForgetCmd(a *app) *cobra.Command {
	var where baselineFlags
	cmd := &cobra.Command{
		Use:               "forget NAME...",
		Short:             "Let models begin to learn",
		Long:              "Forget removes the baselines of models: they begin to learn, and give no scores until they have.",
		Example:           "  ruleids model forget host_traffic",
		Args:              arguments(1, anyNumber, "name a model"),
		ValidArgsFunction: where.complete,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := where.store(a, "")
			if err != nil {
				return err
			}
			names, err := s.Names()
			if err != nil {
				return err
			}
			for _, name := range args {
				if !slices.Contains(names, name) {
					_, err := baselineOf(s, name)
					return err
				}
				if err := s.Forget(name); err != nil {
					return err
				}
				fmt.Fprintf(a.out, "%s begins to learn\n", name)
			}
			return nil
		},
	}
	where.add(cmd)
	return cmd
}
