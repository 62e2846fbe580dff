package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// TestPlansAgree runs every capture at hand through plans with each optimisation turned off, and
// with several workers: the alerts are the same to the last byte.
func TestPlansAgree(t *testing.T) {
	captures := captureFiles(t)
	set := shippedRules(t)
	variants := []struct {
		name    string
		tuning  engine.Tuning
		workers int
	}{
		{name: "3 workers", workers: 3},
		{name: "no index", tuning: engine.Tuning{NoIndex: true}},
		{name: "no sharing", tuning: engine.Tuning{NoSharing: true}},
		{name: "no dispatch", tuning: engine.Tuning{NoDispatch: true}},
		{name: "no sharing, no dispatch, 2 workers", tuning: engine.Tuning{NoSharing: true, NoDispatch: true}, workers: 2},
	}
	full := compilePlan(t, set, engine.Tuning{})
	want := make([][]byte, len(captures))
	alerts := 0
	for i, name := range captures {
		want[i] = alertsOf(t, full, 1, name)
		alerts += bytes.Count(want[i], []byte("\n"))
	}
	if alerts == 0 {
		t.Fatal("no capture fires a rule, so nothing can differ")
	}
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			plan := compilePlan(t, set, v.tuning)
			for i, name := range captures {
				if got := alertsOf(t, plan, v.workers, name); !bytes.Equal(got, want[i]) {
					t.Errorf("%s: %s", filepath.Base(name), firstDifference(want[i], got))
				}
			}
		})
	}
}

// captureFiles returns the captures of the repository, and those of the directory that the other tests
// compare with where there is one.
func captureFiles(t *testing.T) []string {
	t.Helper()
	dirs := []string{filepath.FromSlash("../../testdata/pcap")}
	if dir := os.Getenv("CAPTURES"); dir != "" {
		dirs = append(dirs, filepath.Join(dir, "real"), filepath.Join(dir, "odd"))
	} else {
		dirs = append(dirs, filepath.FromSlash("../../../shared/captures/real"), filepath.FromSlash("../../../shared/captures/odd"))
	}
	var out []string
	for _, dir := range dirs {
		for _, pattern := range []string{"*.pcap", "*.pcapng", "*.gz"} {
			files, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, files...)
		}
	}
	if len(out) == 0 {
		t.Fatal("there are no captures in testdata/pcap")
	}
	slices.Sort(out)
	return out
}

// shippedRules returns the shipped rules, those that are off by default turned on, so that every
// field and aggregate in them takes part.
func shippedRules(t *testing.T) *rules.RuleSet {
	t.Helper()
	set, diags := rules.Load(rules.Options{Stdlib: stdlib.FS()})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, r := range set.Rules {
		r.Enabled = true
	}
	return set
}

func compilePlan(t *testing.T, set *rules.RuleSet, tuning engine.Tuning) *engine.Plan {
	t.Helper()
	plan, diags := engine.CompileTuned(set, engine.Options{}, tuning)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return plan
}

// alertsOf returns the alerts of a capture as JSON lines. A fault ends the capture.
func alertsOf(t *testing.T, plan *engine.Plan, workers int, name string) []byte {
	t.Helper()
	r, err := capture.Open(name)
	if err != nil {
		return nil // not a capture at all, which other tests are about
	}
	defer r.Close()
	e := engine.New(plan, engine.Config{Workers: workers})
	var out []byte
	for b := new(capture.Batch); r.Read(b) == nil; {
		e.Process(b.Frames, func(a *alert.Alert) { out = append(a.AppendJSON(out), '\n') })
	}
	return out
}

// firstDifference tells where two lists of lines part.
func firstDifference(want, got []byte) string {
	w, g := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	for i := range min(len(w), len(g)) {
		if !bytes.Equal(w[i], g[i]) {
			return fmt.Sprintf("alert %d differs:\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d alerts, want %d", len(g)-1, len(w)-1)
}
