package ast

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
