// Package model learns what is usual and says how odd a sample is: what share of all that was learned was less odd.
//
// A sample is a few numbers, the features, at a time. A Model first collects samples, for as long as its Spec says; it gives
// no scores meanwhile. Then it freezes: a Histogram goes on to learn from what is not odd, a Forest stays as it is. The same
// samples in the same order give the same scores, on every machine: nothing here reads a clock, and all that is random comes
// from the seed of the Spec.
//
// # What cannot be taught
//
// A flood must not become usual. While a model collects, it keeps as many samples of each stretch of time, so that a busy hour
// teaches no more than another; and before it freezes it judges every stretch by the others: what is odd to them, and usual
// in its own, is left out. Afterwards what scores above nearly all that was learned is not learned, and no stretch of
// time teaches more than a few times what stretches did on average.
//
// What lasts for as long as the model learns is usual to it, whatever it is. That is for people to look at: see Model.Drift
// and the ranges of Model.Explain.
package model

import (
	"slices"
	"time"
)

// Method is how a model learns.
type Method uint8

// The methods. MethodHistogram is the zero value.
const (
	MethodHistogram Method = iota // counts the values of each feature, and goes on to learn
	MethodForest                  // an Isolation Forest, which is learned in one go
)

// Methods returns the words of the methods, in their order.
func Methods() []string { return []string{"histogram", "forest"} }

// String returns the method's word.
func (m Method) String() string { return Methods()[m] }

// MaxFeatures is the most features that a model has.
const MaxFeatures = 32

// DefaultMinSamples is the number of samples that a model learns from at least, where its Spec has none.
const DefaultMinSamples = 1000

// A Spec says what a model is to learn.
type Spec struct {
	Name string
	// Definition stands for all that decides what a sample is. A baseline of another definition does not fit.
	Definition string
	Features   []string // names
	Method     Method
	Learn      time.Duration // from the first sample until there are scores
	MinSamples int           // so many samples at least, too
	Seed       uint64
}

// A Model is the state of one model. It is not safe for concurrent use.
type Model struct {
	spec Spec

	learning *learning // nil once it is frozen

	hist   *histogram // of both methods: the forest's says what is usual
	levels levels     // of the costs of what was learned, but for
	tail   []int32    // those above the limit when it was frozen, in order: a histogram learns none like them
	whole  int        // both together, then
	forest *forest    // of MethodForest
	live   *histogram // what came lately, odd or not: for drift
	facts  Facts
	id     string // digest of what was frozen
	pinned bool

	at        int64     // of the sample scored last
	sample    []float64 // that, while the model learns
	bins      []uint8   // of it
	level     int       // of it
	limit     int32     // level above which nothing is learned
	untilNext int       // samples until limit is worked out again
	stretch   int64     // number of the stretch of time at hand
	taught    int       // samples that it has taught
	quota     int       // and may teach
	length    int64     // of a stretch, in nanoseconds
}

// Facts are what there is to say about a baseline besides what it is.
type Facts struct {
	From    int64 `json:"from"`     // nanoseconds since 1970: of the first sample,
	To      int64 `json:"to"`       // and of the one after which it was frozen
	Offered int   `json:"offered"`  // samples in that time
	Kept    int   `json:"kept"`     // of these: as many of every stretch of time
	LeftOut int   `json:"left_out"` // of these: odd to the other stretches, and usual in their own
	Later   int   `json:"later"`    // samples learned since then
	Odd     int   `json:"odd"`      // and not learned, since they were odd
}

// New returns a model that has learned nothing.
func New(spec Spec) *Model {
	if spec.MinSamples <= 0 {
		spec.MinSamples = DefaultMinSamples
	}
	return &Model{spec: spec, learning: newLearning(spec.Seed)}
}

// Spec returns what the model is to learn.
func (m *Model) Spec() Spec { return m.spec }

// Learning reports how far a model is that gives no scores yet: samples so far, and the time they span.
func (m *Model) Learning() (samples int, span time.Duration, learning bool) {
	if m.learning == nil {
		return 0, 0, false
	}
	return m.learning.offered, time.Duration(m.learning.last - m.learning.first), true
}

// Facts returns what there is to say about the baseline.
func (m *Model) Facts() Facts { return m.facts }

// A Result is what a model makes of a sample.
type Result struct {
	// Scored is false while the model learns; all else is zero then.
	Scored bool
	// Score is the share of what was learned that was less odd, 0 to 1.
	Score float64
	// Raw orders samples also where the score is 1: bits for a histogram, cuts saved for a forest.
	Raw float64
}

// Score says how odd a sample is. Its time is that of packets; one before that of the sample before counts as that. A
// feature without a value is NaN. The sample is not kept, but for Learn. It allocates nothing once the model is frozen.
func (m *Model) Score(at int64, x []float64) Result {
	m.at = at
	if l := m.learning; l != nil {
		if l.offered < m.spec.MinSamples || at-l.first < int64(m.spec.Learn) {
			m.sample = append(m.sample[:0], x...)
			return Result{}
		}
		m.Freeze()
	}
	bins := m.bins[:len(x)]
	m.hist.place(x, bins)
	var cost int32
	var raw float64
	if m.forest != nil {
		depth := m.depth(x, bins)
		cost, raw = costOf(depth), deepest-depth
	} else {
		cost = m.hist.costs(bins)
		raw = float64(cost) / unit
	}
	m.level = levelOf(cost)
	return Result{Scored: true, Raw: raw, Score: m.score(m.level)}
}

// score is the share of what was learned that is at lower levels: 1 less the share that is not. The share of the tail stays
// what it was, as if what is like it had gone on to be learned with the rest.
func (m *Model) score(level int) float64 {
	n, whole := float64(m.levels.n), float64(m.whole)
	further, _ := slices.BinarySearch(m.tail, int32(level))
	rest := float64((n - float64(m.levels.below(level))) / n * float64(whole-float64(len(m.tail))) / whole)
	return 1 - (rest + float64(len(m.tail)-further)/whole)
}

// Learn learns the sample that was scored last, unless it is odd.
func (m *Model) Learn() {
	if m.learning != nil {
		m.learning.add(m.at, m.sample)
		return
	}
	m.learn(m.at, m.bins, m.level)
}

// Sample is Score and Learn.
func (m *Model) Sample(at int64, x []float64) Result {
	r := m.Score(at, x)
	m.Learn()
	return r
}

// depth is the length of a sample's path in the forest, less one for every octave that a value is further out than any
// path tells: trees see no difference between the greatest value that was learned and a thousand times that.
func (m *Model) depth(x []float64, bins []uint8) float64 {
	depth := m.forest.depth(x)
	for _, b := range bins {
		depth -= float64(max(far(int(b))-near, 0))
	}
	return depth
}

// near is the number of octaves beyond the inner bins that a path is left to tell of: up to an eighth of their range.
const near = 3

const (
	limitEach = 64      // samples after which the limit is worked out again
	halfLife  = 1 << 17 // samples of a histogram after which an old one counts half
	quotas    = 4       // a stretch may teach so many times what one did on average,
	quotaMin  = 64      // and so many samples always
	stretches = 24      // that the time of learning is cut into for this
)

// learn takes a scored sample for learned, unless it is odd.
func (m *Model) learn(at int64, bins []uint8, level int) {
	if m.live.n >= liveMost {
		m.live.halve()
	}
	m.live.add(bins, 1)
	if m.forest != nil || m.pinned {
		return
	}
	if m.untilNext == 0 {
		m.limit, m.untilNext = m.limitOf(), limitEach
	}
	m.untilNext--
	if s := at / m.length; s > m.stretch {
		m.stretch, m.taught = s, 0
	}
	if int32(level) > m.limit || m.taught >= m.quota {
		m.facts.Odd++
		return
	}
	m.taught++
	m.facts.Later++
	m.hist.add(bins, 1)
	m.levels.add(level)
	if m.hist.n >= 2*halfLife {
		m.hist.halve()
		m.levels.halve()
	}
}

// liveMost is the number of samples after which what came lately counts half.
const liveMost = 1 << 13

// limitOf returns the level above which samples are not learned: half as far again above the median as what 99 of 100 samples
// stay below. If oddness thins out as it does up to there, by an exponential, one usual sample in 1,800 is above; and
// so few are missed that the limit does not come down by leaving them out.
func (m *Model) limitOf() int32 {
	median, high := m.levels.quantile(50, 100), m.levels.quantile(99, 100)
	return int32(high + max((high-median)/2, minMargin))
}

// minMargin is two bits, in levels.
const minMargin = 2 * unit >> levelShift

// Fits reports whether what the model has learned is of what a spec is about.
func (m *Model) Fits(spec Spec) bool {
	return m.spec.Definition == spec.Definition && m.spec.Method == spec.Method && len(m.spec.Features) == len(spec.Features)
}

// Respec gives the model another spec, which it fits: how long it learns, if it still does, and what it is called.
func (m *Model) Respec(spec Spec) {
	if spec.MinSamples <= 0 {
		spec.MinSamples = DefaultMinSamples
	}
	m.spec = spec
}

// Bytes is the most memory that a model takes.
func Bytes(method Method, features int) int64 {
	n := int64(features)
	collected := int64(2*maxSlices*sliceRows) * (8*n + 32) // twice, when it is frozen: all of it, in one list
	frozen := int64(4*(numLevels+1)) + 2*n*(numBins+2)*4
	if method == MethodForest {
		frozen += forestTrees * 2 * forestSample * 16
		collected += maxSlices * sliceRows * 16
	}
	return max(collected, frozen) + frozen
}

// Nanoseconds is about what it takes to score a sample, on a machine of 2024.
func Nanoseconds(method Method, features int) int {
	if method == MethodForest {
		return 7000
	}
	return 30 + 7*features
}
