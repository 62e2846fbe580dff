package main

import (
	"testing"

	"github.com/ruleids/ruleids/engine"
)

// TestScannerFound finds the scanner in a small capture, at its fifteenth probe.
func TestScannerFound(t *testing.T) {
	const n = 34_000 // a probe each 2,000 packets
	file, err := spoofedTraffic.file(t.TempDir(), n)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := scannerFound(func() (string, int, error) { return file, n, nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		if r.value != 14*2000+1000+1 {
			t.Errorf("%s at packet %v", r.name, r.value)
		}
	}
}

// TestSameAlerts compares one worker with two.
func TestSameAlerts(t *testing.T) {
	file, err := mixedTraffic.file(t.TempDir(), 300_000)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := sameAlerts(func() (string, int, error) { return file, 0, nil })
	if err != nil {
		t.Fatal(err)
	}
	if rs[0].value != 1 || rs[0].alerts < 10 {
		t.Errorf("%+v", rs[0])
	}
}

// TestMallocsCounts sees an engine's allocations: each alert is one at least.
func TestMallocsCounts(t *testing.T) {
	rs, err := ruleSet("rule \"every\" {\n  description = \"Each packet.\"\n  severity = \"low\"\n  where = \"tcp\"\n  cooldown = \"0s\"\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fs, err := benignFrames(1000)
	if err != nil {
		t.Fatal(err)
	}
	if n, alerts := mallocs(engine.New(plan, engine.Config{Seed: 1}), fs); n < 500 || alerts < 2500 {
		t.Errorf("%d allocations and %d alerts", n, alerts)
	}
}
