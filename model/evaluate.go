package model

import (
	"math"
	"slices"
	"time"
)

// Order is the order in which Evaluate shows samples to a model.
type Order uint8

// The orders.
const (
	OrderShuffled Order = iota // all at random
	OrderBurst                 // the usual ones at random, the odd ones in three stretches at random places
)

// An Evaluation is how well a method tells odd samples from usual ones.
type Evaluation struct {
	AUC    float64 `json:"auc"`    // mean over all seeds, of what was scored
	Worst  float64 `json:"worst"`  // of the seeds
	Scored float64 `json:"scored"` // the share of samples that were scored: those before a model is frozen are not
}

// EvaluateForest fits a forest to all rows, as they are, and scores all of them by it, with seeds 1 to n. That is how papers
// evaluate the method.
func EvaluateForest(rows [][]float64, odd []bool, n int) Evaluation {
	out := Evaluation{Worst: 1, Scored: 1}
	scores := make([]float64, len(rows))
	for seed := range n {
		f := newForest(rows, uint64(seed+1))
		for i, r := range rows {
			scores[i] = -f.depth(r)
		}
		out.add(AUC(scores, odd), n)
	}
	return out
}

// Evaluate shows a model the rows as samples of a stream, one a second, with seeds 1 to n. It learns from the first
// learn of them and goes on as it does with packets.
func Evaluate(rows [][]float64, odd []bool, method Method, order Order, learn, n int) Evaluation {
	out := Evaluation{Worst: 1}
	for seed := range n {
		rnd := random(seed + 1)
		rnd.next()
		at := arranged(&rnd, odd, order)
		m := New(Spec{Method: method, Features: make([]string, len(rows[0])), MinSamples: learn, Learn: time.Duration(learn-1) * time.Second, Seed: uint64(seed + 1)})
		var scores []float64
		var truth []bool
		for t, i := range at {
			if r := m.Sample(int64(t)*int64(time.Second), rows[i]); r.Scored {
				scores, truth = append(scores, r.Raw), append(truth, odd[i])
			}
		}
		out.Scored += float64(len(scores)) / float64(len(rows)) / float64(n)
		out.add(AUC(scores, truth), n)
	}
	return out
}

func (e *Evaluation) add(auc float64, n int) {
	e.AUC += auc / float64(n)
	e.Worst = math.Min(e.Worst, auc)
}

// arranged returns the places of rows in an order.
func arranged(rnd *random, odd []bool, order Order) []int {
	var usual, rest []int
	for i, o := range odd {
		if o && order == OrderBurst {
			rest = append(rest, i)
		} else {
			usual = append(usual, i)
		}
	}
	some(rnd, usual, len(usual))
	if order == OrderShuffled {
		return usual
	}
	some(rnd, rest, len(rest))
	cuts := make([]int, 3)
	for i := range cuts {
		cuts[i] = rnd.below(len(usual) + 1)
	}
	slices.Sort(cuts)
	var out []int
	from := 0
	for i, c := range cuts {
		out = append(out, usual[from:c]...)
		out = append(out, rest[len(rest)*i/3:len(rest)*(i+1)/3]...)
		from = c
	}
	return append(out, usual[from:]...)
}
