package ast

import (
	"time"

	"github.com/hashicorp/hcl/v2"
)

// A Window is a sliding span of packet time and the aggregates over it.
type Window struct {
	Span       time.Duration
	MaxKeys    int // bound on the number of keys with state
	Aggregates []*Aggregate
	Range      hcl.Range
}

// DefaultMaxKeys is the bound on keys of a window without max_keys.
const DefaultMaxKeys = 65536

// Func is the function of an aggregate.
type Func uint8

// The aggregates of the language.
const (
	FuncCount Func = iota
	FuncSum
	FuncDistinct
	FuncMin
	FuncMax
	FuncMean
	FuncStddev
	FuncRate
	FuncChanges
	FuncCV
	FuncMedian
	FuncPercentile
	FuncFirst // of memories
)

// WindowFuncs returns the aggregates that may stand in a window; the caller must not change it.
func WindowFuncs() []Func { return windowFuncs }

var windowFuncs = []Func{FuncCount, FuncSum, FuncDistinct, FuncMin, FuncMax, FuncMean, FuncStddev, FuncRate, FuncChanges, FuncCV, FuncMedian, FuncPercentile}

// String returns the name in the language.
func (f Func) String() string {
	return [...]string{"count", "sum", "distinct", "min", "max", "mean", "stddev", "rate", "changes", "cv", "median", "percentile", "first"}[f]
}

// An Aggregate is a named value over the packets of a window.
type Aggregate struct {
	Name string
	Func Func
	Arg  Expr // nil for count and rate
	// Quantile is how many percent of the values do not exceed that of percentile, 50 of median; 0 of others.
	Quantile float64
	Cond     Expr      // nil where every packet of the rule counts; holds the presence of Arg too
	Index    int       // in Rule.Aggregates
	Window   *Window   // nil for one of a memory
	Memory   *Memory   // nil for one of a window
	Range    hcl.Range // of the string with the expression
	Text     string    // the expression as written
}

// A Memory is what a rule knows of the past: which values came within a span, of whatever key.
type Memory struct {
	Span       time.Duration
	Learn      time.Duration // nothing is new before packets have come for so long
	MaxKeys    int           // bound on the number of values of each aggregate
	Aggregates []*Aggregate  // of FuncFirst
	Range      hcl.Range
}

// A Key is one entry of `by`.
type Key struct {
	Text string // as written; what alerts name it by
	Expr Expr
}

// An AggregateEntry is one row of the table of aggregates.
type AggregateEntry struct {
	Func      Func
	Signature string // "distinct(x, cond)"
	Doc       string
}

// Aggregates returns what may stand in a window, in the order of the reference.
func Aggregates() []AggregateEntry {
	return []AggregateEntry{
		{FuncCount, "count(cond)", "How many packets are in the window; with a condition, those of them that meet it."},
		{FuncSum, "sum(x, cond)", "The sum of a number."},
		{FuncDistinct, "distinct(x, cond)", "How many different values there are. [a, b] is one value of both."},
		{FuncMin, "min(x)", "The least of a number."},
		{FuncMax, "max(x)", "The greatest of a number."},
		{FuncMean, "mean(x)", "The mean of a number."},
		{FuncStddev, "stddev(x)", "The standard deviation of a number, of the population."},
		{FuncCV, "cv(x)", "The coefficient of variation: standard deviation over mean. Of gap() it is small where packets come at even intervals."},
		{FuncMedian, "median(x)", "The median of a number, within 5 %."},
		{FuncPercentile, "percentile(x, p)", "The number that p percent of the values do not exceed, within 5 %."},
		{FuncRate, "rate()", "Packets per second of the window."},
		{FuncChanges, "changes(x)", "How many times the value differs from that of the packet before."},
	}
}

// FirstEntry is the row of what may stand in a memory.
func FirstEntry() AggregateEntry {
	return AggregateEntry{FuncFirst, "first(x, cond)", "The value was in no packet in the span before; with a condition, in none that meets it. [a, b] is one value of both."}
}

// GapEntries are the rows of the numbers that aggregates of a window may be over.
func GapEntries() []AggregateEntry {
	return []AggregateEntry{
		{Signature: "gap()", Doc: "Seconds since the packet before of the rule's key, in a window; no value for the first."},
		{Signature: "moved()", Doc: "Kilometres between where ip.src of that packet is and where ip.src of this one is, by the files of rules.geoip; no value where one of the places is not known."},
	}
}
