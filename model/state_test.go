package model

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBaselineOfEachVersion goes on with the baselines in testdata/state, each of which a version of the program has written, and
// refuses one that a later version has.
func TestBaselineOfEachVersion(t *testing.T) {
	spec := Spec{Name: "m", Definition: "d", Features: []string{"x"}, MinSamples: 10}
	files, err := filepath.Glob("testdata/state/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no baseline", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Load(spec, text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if usual, odd := m.Score(51e9, []float64{3}), m.Score(51e9, []float64{300}); !usual.Scored || usual.Score > 0.5 || odd.Score != 1 {
			t.Errorf("%s: %+v, %+v", file, usual, odd)
		}
	}
	if _, err := Load(spec, []byte(`{"version": 2, "name": "m", "features": {"of": "another form"}}`)); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "ruleids model forget m") {
		t.Errorf("%v", err)
	}
}
