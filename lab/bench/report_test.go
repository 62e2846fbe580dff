package main

import (
	"strings"
	"testing"
)

func testResults() *results {
	r := newResults()
	for _, ns := range []float64{110, 90, 100} {
		r.add(reading{name: "stdlib", unit: "ns/packet", value: ns, alerts: 1234})
	}
	r.add(reading{name: "decode", unit: "ns/packet", value: 50, alerts: -1})
	r.add(reading{name: "spoofed: scanner found, default max_keys", unit: "packet", value: 1002, alerts: 2})
	r.add(reading{name: "spoofed: scanner found, unbounded", unit: "packet", value: 1000, alerts: 2})
	r.skipped[twoWorkers] = "there is one CPU"
	return r
}

func TestFigures(t *testing.T) {
	var b strings.Builder
	if err := testResults().figures().text(&b); err != nil {
		t.Fatal(err)
	}
	want := `measure                                         median        least … most   packets/s  alerts
stdlib                                        100.0 ns  90.0 ns … 110.0 ns  10,000,000   1,234
decode                                         50.0 ns                      20,000,000
spoofed: scanner found, default max_keys  packet 1,002                                       2
spoofed: scanner found, unbounded         packet 1,000                                       2
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestTargets(t *testing.T) {
	want := map[string][2]string{
		"shipped rules, from file to alerts":                                       {"10,000,000/s", "yes"},
		"shipped rules, against read and decode":                                   {"2.00 times", "yes"},
		"spoofed: packets by which the scanner is found later than without bounds": {"2", "no"},
	}
	g := testResults().targets()
	if len(g) != len(want)+1 {
		t.Errorf("%d targets, want those with figures: %v", len(g)-1, g)
	}
	for _, row := range g[1:] {
		if w := want[row[0]]; row[2] != w[0] || row[3] != w[1] {
			t.Errorf("%v, want %v", row, w)
		}
	}
}

func TestTargetReached(t *testing.T) {
	for _, tt := range []struct {
		target target
		value  float64
		want   bool
	}{
		{target{bound: 1.2}, 1.2, true},
		{target{bound: 1.2}, 1.21, false},
		{target{bound: 50, under: true}, 50, false},
		{target{bound: 50, under: true}, 49.9, true},
		{target{bound: 1.7, least: true}, 1.7, true},
		{target{bound: 1.7, least: true}, 1.69, false},
	} {
		if got := tt.target.reached(tt.value); got != tt.want {
			t.Errorf("%+v reached by %v: %t", tt.target, tt.value, got)
		}
	}
}

// TestTargetsHaveUnits writes every bound.
func TestTargetsHaveUnits(t *testing.T) {
	for _, x := range targets {
		if x.limit() == "" || x.what == "" {
			t.Errorf("%+v", x)
		}
	}
}

func TestPlace(t *testing.T) {
	page := "# Speed\n\n" + resultsBegin + "old\n" + resultsEnd + "\nThe end.\n"
	for range 2 { // the second time changes nothing more
		got, err := place([]byte(page), "- new\n")
		if err != nil {
			t.Fatal(err)
		}
		if want := "# Speed\n\n" + resultsBegin + "\n- new\n\n" + resultsEnd + "\nThe end.\n"; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
		page = string(got)
	}
	if _, err := place([]byte("no marks"), "x"); err == nil || !strings.Contains(err.Error(), resultsBegin) {
		t.Errorf("error %v", err)
	}
}

func TestMarkdown(t *testing.T) {
	got := testResults().markdown(setting{machine: "M, 2 CPUs", revision: "abc", date: "2026-01-02", command: "bench -runs 3", traffic: "some"})
	for _, want := range []string{
		"- Machine: M, 2 CPUs.\n", "- Command: `bench -runs 3`.\n", "- stdlib (2 workers) was not measured: there is one CPU.\n",
		"| shipped rules, against read and decode | at most 2.50 times | 2.00 times | yes |\n",
		"| stdlib | 100.0 ns | 90.0 ns … 110.0 ns | 10,000,000 | 1,234 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}

// TestNotes names what was disturbed in most of its runs, and nothing else.
func TestNotes(t *testing.T) {
	r := newResults()
	for _, busy := range []float64{0.5, 0.6, 1} {
		r.add(reading{name: "disturbed", unit: "ns/packet", value: 1, alerts: -1, busy: busy})
		r.add(reading{name: "quiet", unit: "ns/packet", value: 1, alerts: -1, busy: 1 - (1-busy)/100})
		r.add(reading{name: "unknown", unit: "ms", value: 1, alerts: -1})
	}
	if got := r.notes(); len(got) != 1 || !strings.HasSuffix(got[0], ": disturbed (60%).") {
		t.Errorf("%q", got)
	}
}

func TestChoose(t *testing.T) {
	s := &session{spoofed: 1}
	ms, err := choose(s.measures(true), "stdlib,expr VM (8),spoofed: stdlib")
	if err != nil || len(ms) != 3 {
		t.Errorf("%d measures, error %v", len(ms), err)
	}
	if _, err := choose(s.measures(true), "stdlib,nothing"); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("error %v", err)
	}
}
