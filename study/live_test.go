package study

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLive finds thresholds for budgets by what a sensor has watched for two days.
func TestLive(t *testing.T) {
	w := Watched{Rule: "scan", Threshold: 15, Values: []float64{2, 3, 20, 64, 100}, Keys: []int64{900, 80, 15, 4, 1}, Tail: []Tail{{Value: 102}}}
	s, err := Live(context.Background(), nil, []Watched{w, {Rule: "none", Threshold: 1}}, 48*time.Hour, nil, []float64{0, 1, 10})
	if err != nil || len(s.Rules) != 1 {
		t.Fatalf("%+v %v", s, err)
	}
	r := s.Rules[0]
	if r.Keys != 1000 || r.P50 != 2 || r.P90 != 2 || r.P99 != 20 || r.P999 != 64 || r.Max != 102 {
		t.Errorf("%+v", r)
	}
	want := []Choice{{0, 103, 0, 0}, {1, 102, 1, 0}, {10, 20, 20, 0}}
	if d := cmp.Diff(want, r.Choices); d != "" || r.Now != (Choice{10, 15, 20, 0}) {
		t.Errorf("%s %+v", d, r.Now)
	}
	w.Strict = true
	s, err = Live(context.Background(), nil, []Watched{w}, 48*time.Hour, nil, []float64{0})
	if err != nil || s.Rules[0].Choices[0].Threshold != 102 {
		t.Errorf("%+v %v", s.Rules[0], err)
	}
}
