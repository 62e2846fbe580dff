package window

// panes is the number of equal parts into which a window that cannot keep every event is cut. Pane p holds
// the events with times in [p*width, (p+1)*width) and leaves with the oldest time it may hold, so what
// is left is never older than the window, and at most width of time at its old end is missing. As
// panes*width is at least the span, no two panes of one window share a place modulo panes.
const panes = 128

// paneOf returns the pane of a time, rounding down.
func (c *cell) paneOf(at int64) int64 {
	p := at / c.width
	if at < 0 && p*c.width != at {
		p--
	}
	return p
}

// firstPane returns the oldest pane that is wholly inside the window at clock.
func (c *cell) firstPane(clock int64) int64 { return c.paneOf(clock-c.span) + 1 }
