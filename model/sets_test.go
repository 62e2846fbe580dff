package model

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/ruleids/ruleids/internal/npz"
)

var sets = flag.String("npz", "", "a .npz file, or a directory of them, with arrays X and y, to be evaluated")

// readSet reads a set of samples.
func readSet(t *testing.T, path string) (rows [][]float64, odd []bool) {
	t.Helper()
	a, err := npz.Read(path, "X", "y")
	if err != nil {
		t.Fatal(err)
	}
	x, y := a["X"], a["y"]
	for i := range x.Rows {
		rows, odd = append(rows, x.Row(i)), append(odd, y.Row(i)[0] != 0)
	}
	return rows, odd
}

// TestSets prints how well both methods do on the sets that the flag -npz names:
//
//	go test ./model -run TestSets -v -args -npz DIR
func TestSets(t *testing.T) {
	if *sets == "" {
		t.Skip("no -npz")
	}
	paths := []string{*sets}
	if info, err := os.Stat(*sets); err == nil && info.IsDir() {
		paths, _ = filepath.Glob(filepath.Join(*sets, "*.npz"))
	}
	for _, path := range paths {
		rows, odd := readSet(t, path)
		f := EvaluateForest(rows, odd, 3)
		s := Evaluate(rows, odd, MethodHistogram, OrderShuffled, DefaultMinSamples, 3)
		b := Evaluate(rows, odd, MethodHistogram, OrderBurst, DefaultMinSamples, 3)
		t.Logf("%-20s forest %.4f  histogram shuffled %.4f  burst %.4f (worst %.4f, scored %.3f)", filepath.Base(path), f.AUC, s.AUC, b.AUC, b.Worst, b.Scored)
		for _, e := range []Evaluation{f, s, b} {
			if e.AUC < 0.5 {
				t.Errorf("%s: an AUC of %.4f is worse than guessing", path, e.AUC)
			}
		}
	}
}
