package model

import (
	"cmp"
	"slices"
)

// AUC is the area under the ROC curve: how likely an odd sample scores above a usual one, ties counting half. It is 0.5
// where one of both is missing.
func AUC(scores []float64, odd []bool) float64 {
	at := make([]int, len(scores))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(x, y int) int { return cmp.Compare(scores[x], scores[y]) })
	sum, n := 0.0, 0
	for i := 0; i < len(at); {
		j := i
		for j < len(at) && scores[at[j]] == scores[at[i]] {
			j++
		}
		for _, k := range at[i:j] {
			if odd[k] {
				sum += float64(i+j+1) / 2 // the mean rank, from 1
				n++
			}
		}
		i = j
	}
	usual := len(at) - n
	if n == 0 || usual == 0 {
		return 0.5
	}
	return (sum - float64(n)*float64(n+1)/2) / (float64(n) * float64(usual))
}
