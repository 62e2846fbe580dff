package model

import (
	"math"
)

// The forest of Liu, Ting and Zhou, "Isolation Forest", 2008: 100 trees, each of 256 samples.
const (
	forestTrees  = 100
	forestSample = 256
	forestHeight = 8 // log2 of the sample: below it, what is left is usual
)

// A forest is an Isolation Forest. Trees cut the samples at random until each is alone; what is odd is alone soon. The same
// samples in the same order and the same seed give the same forest.
type forest struct {
	trees []tree
	blank []float64 // by feature: stands for a value that is missing, below all that was learned
}

// A tree is its nodes; the root is the first.
type tree struct {
	nodes []node
	from  []int32 // the samples that it was made of, in order; nil once the scores of what was learned are known
}

// A node sends samples whose value of the feature is below at to the next node, others to node right. A leaf has no feature,
// -1, and in at the length of a path that ends there, with what the samples left there would add.
type node struct {
	at      float64
	right   int32
	feature int32
}

// newForest makes a forest of rows, which it does not keep.
func newForest(rows [][]float64, seed uint64) *forest {
	f := &forest{trees: make([]tree, forestTrees), blank: make([]float64, len(rows[0]))}
	for i := range f.blank {
		c := column(rows, i)
		lo, hi := c[0], c[len(c)-1]
		f.blank[i] = lo - max(hi-lo, math.Abs(lo)/8, 1)
	}
	at := make([]int32, len(rows))
	for t := range f.trees {
		rnd := random(seed ^ uint64(t+1)*0xd1342543de82ef95)
		rnd.next()
		for i := range at {
			at[i] = int32(i)
		}
		n := min(forestSample, len(rows))
		some(&rnd, at, n)
		sample := make([][]float64, n)
		for i, k := range at[:n] {
			sample[i] = f.filled(rows[k])
		}
		tr := &f.trees[t]
		tr.from = append([]int32(nil), at[:n]...)
		tr.grow(sample, 0, &rnd)
	}
	return f
}

// filled returns a row with a number in every place.
func (f *forest) filled(row []float64) []float64 {
	for i, v := range row {
		if v-v != 0 {
			out := append([]float64(nil), row...)
			for j := i; j < len(out); j++ {
				if w := out[j]; w-w != 0 {
					out[j] = f.blank[j]
				}
			}
			return out
		}
	}
	return row
}

// grow adds the node of some rows and those below it.
func (t *tree) grow(rows [][]float64, depth int, rnd *random) {
	i := len(t.nodes)
	t.nodes = append(t.nodes, node{at: float64(depth) + paths(len(rows)), feature: -1})
	if depth == forestHeight || len(rows) < 2 {
		return
	}
	feature, lo, hi := spread(rows, rnd)
	if feature < 0 {
		return
	}
	cut := lo + float64(rnd.float()*(hi-lo)) // no fused multiplication: the same on every machine
	if !(cut > lo) {                         // so that both sides have rows
		cut = hi
	}
	k := 0
	for j, r := range rows {
		if r[feature] < cut {
			rows[k], rows[j] = rows[j], rows[k]
			k++
		}
	}
	t.nodes[i] = node{at: cut, feature: int32(feature)}
	t.grow(rows[:k], depth+1, rnd)
	t.nodes[i].right = int32(len(t.nodes))
	t.grow(rows[k:], depth+1, rnd)
}

// spread draws a feature in which rows differ, and returns its least and greatest value; -1 where they differ in none.
func spread(rows [][]float64, rnd *random) (feature int, lo, hi float64) {
	n := len(rows[0])
	var buf [64]int32
	left := buf[:0]
	for i := range n {
		left = append(left, int32(i))
	}
	for len(left) > 0 {
		k := rnd.below(len(left))
		feature = int(left[k])
		lo, hi = rows[0][feature], rows[0][feature]
		for _, r := range rows[1:] {
			lo, hi = min(lo, r[feature]), max(hi, r[feature])
		}
		if lo < hi && hi-lo < math.Inf(1) {
			return feature, lo, hi
		}
		left[k] = left[len(left)-1]
		left = left[:len(left)-1]
	}
	return -1, 0, 0
}

// paths is the mean length of a path in a search tree of n: what the n samples of a leaf would add to it.
func paths(n int) float64 {
	switch {
	case n < 2:
		return 0
	case n == 2:
		return 1
	}
	// 2 H(n-1) - 2 (n-1)/n, with the harmonic number by its series.
	m := float64(n - 1)
	return 2*(math.Log(m)+0.5772156649015329) - 2*m/float64(n)
}

// path returns the length of a sample's path in a tree; blank stands for values that are missing.
func (t *tree) path(x, blank []float64) float64 {
	i := int32(0)
	for {
		n := &t.nodes[i]
		if n.feature < 0 {
			return n.at
		}
		v := x[n.feature]
		if v-v != 0 {
			v = blank[n.feature]
		}
		if v < n.at {
			i++
		} else {
			i = n.right
		}
	}
}

// depth returns the mean length of a sample's path over all trees.
func (f *forest) depth(x []float64) float64 {
	sum := 0.0
	for i := range f.trees {
		sum += f.trees[i].path(x, f.blank)
	}
	return sum / float64(len(f.trees))
}

// outside returns the mean length of the path of row i of those that the forest was made of, over the trees that were not
// made of it; over all where there is none.
func (f *forest) outside(x []float64, in []uint64) float64 {
	sum, n := 0.0, 0
	for t := range f.trees {
		if in[t>>6]>>(t&63)&1 == 0 {
			sum += f.trees[t].path(x, f.blank)
			n++
		}
	}
	if n == 0 {
		return f.depth(x)
	}
	return sum / float64(n)
}

// deepest is more than the length of any mean path.
const deepest = forestHeight + 12

// costOf makes a cost of a path: the shorter, the more. A cut that is saved counts as two bits, so that the levels are fine.
func costOf(depth float64) int32 { return int32((deepest - depth) * 16 * (unit / 8)) }
