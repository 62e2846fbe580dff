package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/internal/npz"
	"github.com/ruleids/ruleids/model"
)

// A modelScore is the command model score.
type modelScore struct {
	app    *app
	npz    []string
	seeds  int
	learn  int
	format choice
}

func newModelScoreCmd(a *app) *cobra.Command {
	s := &modelScore{app: a, seeds: 5, learn: model.DefaultMinSamples, format: oneOf("text", "json")}
	cmd := &cobra.Command{
		Use:   "score --npz FILE... ",
		Short: "Measure how well the methods tell odd samples from usual ones",
		Long: `Score evaluates both methods of models on a set of samples of which it is known which are odd: a .npz file
of NumPy with an array X, a row for each sample, and an array y, 1 for an odd one and 0 for a usual one.

It prints the area under the ROC curve (AUC), which is how likely an odd sample scores above a usual one: 1 is
perfect, 0.5 is guessing. Each figure is the mean over several seeds, with the worst of them.

  forest      an Isolation Forest of 100 trees of 256 samples, fitted to all rows and asked about all
  stream      the histogram as it learns from packets, the rows in random order
  burst       the same, with the odd rows in three runs: what a flood would teach it`,
		Example:           "  ruleids model score --npz set.npz\n  ruleids model score --npz set.npz --seeds 10 --format json",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return s.run() },
	}
	cmd.Flags().StringArrayVar(&s.npz, "npz", nil, "evaluate the set of samples in `FILE` (repeatable)")
	_ = cmd.MarkFlagFilename("npz", "npz")
	cmd.Flags().IntVar(&s.seeds, "seeds", s.seeds, "evaluate with `N` seeds")
	cmd.Flags().IntVar(&s.learn, "learn", s.learn, "let the histogram learn from `N` rows before it scores any")
	s.format.add(cmd, cmd.Flags(), "format", "form of the output; json is one object a line for each file")
	return cmd
}

// scored is what model score prints of one file.
type scored struct {
	File     string           `json:"file"`
	Rows     int              `json:"rows"`
	Features int              `json:"features"`
	Odd      int              `json:"odd"`
	Forest   model.Evaluation `json:"forest"`
	Stream   model.Evaluation `json:"stream"`
	Burst    model.Evaluation `json:"burst"`
}

func (s *modelScore) run() error {
	if len(s.npz) == 0 {
		return misused("name a set of samples with --npz FILE")
	}
	if s.seeds < 1 || s.learn < 1 {
		return misused("--seeds and --learn must be 1 or more")
	}
	rows := [][]string{{"set", "rows", "features", "odd", "forest", "worst", "stream", "worst", "burst", "worst"}}
	for _, path := range s.npz {
		r, err := s.evaluate(path)
		if err != nil {
			return err
		}
		if s.format.value == "json" {
			if err := json.NewEncoder(s.app.out).Encode(r); err != nil {
				return err
			}
			continue
		}
		row := []string{filepath.Base(path), thousands(uint64(r.Rows)), fmt.Sprint(r.Features), thousands(uint64(r.Odd))}
		for _, e := range []model.Evaluation{r.Forest, r.Stream, r.Burst} {
			row = append(row, fmt.Sprintf("%.4f", e.AUC), fmt.Sprintf("%.4f", e.Worst))
		}
		rows = append(rows, row)
	}
	if s.format.value == "text" {
		writeTable(s.app.out, rows, headed(s.app.wantsColor(s.app.out)))
	}
	return nil
}

func (s *modelScore) evaluate(path string) (*scored, error) {
	arrays, err := npz.Read(path, "X", "y")
	if err != nil {
		return nil, err
	}
	x, y := arrays["X"], arrays["y"]
	out := &scored{File: path, Rows: x.Rows, Features: x.Columns}
	if y.Rows != x.Rows || y.Columns != 1 {
		return nil, fmt.Errorf("%s: y has to have one number for each of the %d rows of X", path, x.Rows)
	}
	rows, odd := make([][]float64, x.Rows), make([]bool, x.Rows)
	for i := range rows {
		rows[i], odd[i] = x.Row(i), y.Row(i)[0] != 0
		if odd[i] {
			out.Odd++
		}
	}
	if out.Odd == 0 || out.Odd == out.Rows {
		return nil, fmt.Errorf("%s: of %d rows %d are odd: there have to be both", path, out.Rows, out.Odd)
	}
	if out.Rows <= s.learn {
		return nil, fmt.Errorf("%s: all of its %d rows would be learned; give --learn a smaller number", path, out.Rows)
	}
	out.Forest = model.EvaluateForest(rows, odd, s.seeds)
	out.Stream = model.Evaluate(rows, odd, model.MethodHistogram, model.OrderShuffled, s.learn, s.seeds)
	out.Burst = model.Evaluate(rows, odd, model.MethodHistogram, model.OrderBurst, s.learn, s.seeds)
	return out, nil
}
