package study

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// A Watched is what a sensor knows of one rule: the largest value of each spell of a key, in classes.
type Watched struct {
	Rule      string
	Threshold float64
	Strict    bool
	Values    []float64 // ascending; the least of each class
	Keys      []int64   // spells with a value of the class, by class
	Tail      []Tail    // largest first
}

// Live is Tune by what a sensor has watched for a time, instead of captures: a spell of a key at or above a threshold counts as an
// alert. attacks are captures in which rules ought to fire.
func Live(ctx context.Context, load Loader, watched []Watched, time time.Duration, attacks []string, budgets []float64) (*Study, error) {
	s := &Study{Live: true, Attacks: len(attacks), Days: time.Hours() / 24, Rules: []*Tuning{}}
	for _, w := range watched {
		if len(w.Values) == 0 {
			continue
		}
		t := &spread{Tuning: &Tuning{Rule: w.Rule, Threshold: w.Threshold, Tail: w.Tail, Choices: []Choice{}, strict: w.Strict}, values: slices.Clone(w.Values)}
		if n := len(t.values); len(w.Tail) > 0 {
			t.values[n-1] = max(t.values[n-1], w.Tail[0].Value)
		}
		for _, n := range w.Keys {
			t.Keys += int(n)
		}
		at := func(share float64) float64 {
			left := share * float64(t.Keys)
			for i, n := range w.Keys {
				if left -= float64(n); left <= 0 {
					return t.values[i]
				}
			}
			return t.values[len(t.values)-1]
		}
		t.P50, t.P90, t.P99, t.P999, t.Max = at(0.5), at(0.9), at(0.99), at(0.999), t.values[len(t.values)-1]
		alerts := func(threshold float64) (n int) {
			for i, v := range t.values {
				if v > threshold || v == threshold && !w.Strict {
					n += int(w.Keys[i])
				}
			}
			return n
		}
		t.Now = Choice{Threshold: w.Threshold, Alerts: alerts(w.Threshold)}
		if s.Days > 0 {
			t.Now.PerDay = float64(t.Now.Alerts) / s.Days
		}
		for _, budget := range budgets {
			i := 0
			for i < len(t.values) && alerts(t.threshold(i)) > int(budget*s.Days) {
				i++
			}
			t.Choices = append(t.Choices, Choice{PerDay: budget, Threshold: t.threshold(i), Alerts: alerts(t.threshold(i))})
		}
		s.Rules = append(s.Rules, t.Tuning)
	}
	slices.SortFunc(s.Rules, func(x, y *Tuning) int { return cmp.Compare(x.Rule, y.Rule) })
	if len(attacks) > 0 {
		return s, s.judge(ctx, load, attacks)
	}
	return s, nil
}
