package window

import "math/bits"

// panes is the number of places for the parts into which a window that cannot keep every event is cut. Pane
// p holds the events with times in [p<<width, (p+1)<<width) and leaves with the oldest time it may hold, so
// what is left is never older than the window, and at most a pane of time at its old end is missing. As
// panes<<width is at least the span, no two panes of one window share a place modulo panes.
const panes = 128

// paneWidth returns the width of panes, as the power of two of nanoseconds that is at most 1/64 of the span
// and more than 1/128; the pane of a time is then found without a division.
func paneWidth(span int64) uint {
	return uint(max(bits.Len64(uint64(span)), 7) - 7)
}

// paneOf returns the pane of a time.
func (c *cell) paneOf(at int64) int64 { return at >> c.width }

// place returns where a pane is in a block of panes. Blocks are as long as a page is divided, and the panes of all
// keys move on at the same time: were they at the same place of every block, they would contend for a few
// sets of the cache.
func (c *cell) place(b ref, p int64) int {
	return int(p+int64(b&refMask)>>(c.pane-unitOrder)) & (panes - 1)
}

// firstPane returns the oldest pane that is wholly inside the window at clock.
func (c *cell) firstPane(clock int64) int64 { return c.paneOf(clock-c.span) + 1 }
