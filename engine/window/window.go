package window

// Kind says what a cell keeps of the events of its window.
type Kind uint8

// The kinds of cells.
const (
	Count    Kind = iota // how many events
	Distinct             // how many different values
	Series               // count, sum, sum of squares, least and greatest of a number
	Changes              // how often a value differs from the one before it
	Quantile             // numbers, of which quantiles are asked
	Raw                  // words that are the caller's own
)

// Parts is a set of the things that a Series keeps.
type Parts uint8

// The parts of a Series. The zero value keeps all; Total alone is the smallest.
const (
	Total    Parts = 1 << iota // Sums.Sum, which is always kept
	Events                     // Sums.Count; kept with Squares and Extremes too
	Squares                    // Sums.SumSq
	Extremes                   // Sums.Min and Sums.Max
)

// A Cell describes one aggregate of every row.
type Cell struct {
	Kind Kind
	Span int64 // nanoseconds; at clock c the window holds the events with times in (c-Span, c]

	// Need is the value that a rule waits for: up to it Count, Distinct and Changes are exact, provided
	// that it is at most 4097; above and for 0, which is for general use, see the package comment.
	// Value/Need is also the progress of a row, by which rows are chosen for eviction.
	Need    int
	Aim     int     // the value that a rule waits for where Need is 0, since it uses others besides: a measure of progress; 0 for none
	NeedSum float64 // Series: the sum that a rule waits for, as a measure of progress; 0 for none
	Words   int     // Raw: how many words
	Parts   Parts   // Series: what is kept
}

// Config describes a table.
type Config struct {
	KeyWords int    // length of every key; 0 makes a table of one row
	Cells    []Cell // of every row; those past the 256th are not remembered when a row is evicted
	MaxKeys  int    // rows; 0 means 65536

	// MaxBytes bounds the blocks for windows that outgrow their row; 0 means 1 KiB for each of MaxKeys
	// and at least 64 MiB. It is rounded to whole chunks of 64 KiB, enough for one block of the largest size.
	MaxBytes int64

	// Spill is the number of events of evicted rows that are remembered, 24 bytes each; 0 means 16 for
	// each of MaxKeys, less than 0 none.
	Spill int

	Memory *Memory // where the table's words come from; nil: each from the Go heap

	Keep bool  // rows do not expire while there is room
	Life int64 // nanoseconds that a row outlives its last event; 0 means the longest Span
}

// Row names a row of a table. It is valid until the next call of Row or Sweep, or the next event in another row.
type Row uint32

// Sums are the numbers of a Series. All are 0 in an empty window, and those that Cell.Parts leaves out always, but
// for Count, which then is 1 or more when there are events.
type Sums struct {
	Count      int64
	Sum, SumSq float64
	Min, Max   float64
}

// Stats are numbers about a table.
type Stats struct {
	Keys        int    // rows that are live
	Bytes       int64  // allocated: rows, index, blocks, and memory of evicted rows
	Evictions   uint64 // rows that were removed before their time, for want of room
	Saturations uint64 // events that were dropped, or kept less exactly than promised, for want of room
}
