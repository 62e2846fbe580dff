package main

import (
	"strings"
	"testing"
)

// testResults is what go test -bench prints, with lines of our own before it.
const testResults = `commit: abc
cpu: M
BenchmarkMixed/decode 1 50 ns/packet 0 alerts
BenchmarkMixed/rules=stdlib 1 110 ns/packet 1234 alerts
BenchmarkMixed/rules=stdlib 1 90 ns/packet 1234 alerts
BenchmarkMixed/rules=stdlib 1 100 ns/packet 1234 alerts
--- SKIP: BenchmarkWorkers
BenchmarkScanner/max_keys=default 1 1002 packet
BenchmarkScanner/max_keys=unbounded 1 1000 packet
BenchmarkLoad 1 1234500000 ns/op
PASS
`

func TestReport(t *testing.T) {
	r, err := read(strings.NewReader(testResults), "x.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := `- commit: abc
- cpu: M

| target | bound | measured | reached |
| --- | ---: | ---: | ---: |
| shipped rules, from file to alerts | at least 5,000,000 packets/s | 10,000,000 packets/s | yes |
| shipped rules, against read and decode | at most 2.5 times | 2 times | yes |
| spoofed: packets by which the scanner is found later than without bounds | at most 0 packets | 2 packets | no |
| 10,000 rules loaded and compiled | under 1,000 ms | 1,234 ms | no |
`
	if got := r.markdown(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if _, err := read(strings.NewReader("PASS\n"), "x.txt"); err == nil || !strings.Contains(err.Error(), "x.txt has no results") {
		t.Errorf("error %v", err)
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

func TestPlace(t *testing.T) {
	page := "# Speed\n\n" + resultsBegin + "old\n" + resultsEnd + "\nThe end.\n"
	for range 2 { // the second time changes nothing more
		got, err := place([]byte(page), "- new\n", resultsBegin, resultsEnd)
		if err != nil {
			t.Fatal(err)
		}
		if want := "# Speed\n\n" + resultsBegin + "\n- new\n\n" + resultsEnd + "\nThe end.\n"; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
		page = string(got)
	}
	if _, err := place([]byte("no marks"), "x", resultsBegin, resultsEnd); err == nil || !strings.Contains(err.Error(), resultsBegin) {
		t.Errorf("error %v", err)
	}
}
