package main

import "fmt"

// A judge decides whether the head is slower than the base. Both are run in turn, so that what else the machine does
// meets both alike; medians are compared, so that single runs that were disturbed do not count; and what comes
// out over the limit is measured again, more often, before it counts.
type judge struct {
	limit float64 // of head / base
	runs  int
	take  func(name string, head bool) (float64, error)
	tell  func(format string, args ...any)
}

// again is how many times as many runs are taken where the first were over the limit.
const again = 3

// A verdict is what a judge found for one measure.
type verdict struct {
	name       string
	base, head []float64
}

func (v *verdict) ratio() float64 { return median(v.head) / median(v.base) }

func (v *verdict) over(limit float64) bool { return v.ratio() > limit }

// compare judges the measures.
func (j *judge) compare(names []string) ([]verdict, error) {
	verdicts := make([]verdict, len(names))
	for i, name := range names {
		verdicts[i].name = name
	}
	all := make([]*verdict, len(names))
	for i := range verdicts {
		all[i] = &verdicts[i]
	}
	if err := j.measure(all, j.runs); err != nil {
		return nil, err
	}
	var doubtful []*verdict
	for _, v := range all {
		if v.over(j.limit) {
			j.tell("%s took %.2f times the base in %d runs; measuring it again in %d", v.name, v.ratio(), j.runs, again*j.runs)
			v.base, v.head = nil, nil
			doubtful = append(doubtful, v)
		}
	}
	return verdicts, j.measure(doubtful, again*j.runs)
}

// measure runs both programs so many times each, in turn.
func (j *judge) measure(vs []*verdict, runs int) error {
	for round := range runs {
		for _, v := range vs {
			for side := range 2 {
				head := side != round%2 // each goes first in every other round
				took, err := j.take(v.name, head)
				if err != nil {
					return fmt.Errorf("%s: %w", v.name, err)
				}
				if head {
					v.head = append(v.head, took)
				} else {
					v.base = append(v.base, took)
				}
			}
		}
	}
	return nil
}
