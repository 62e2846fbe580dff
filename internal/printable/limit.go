package printable

import "io"

// A Limit passes on the first bytes of what another program says, and drops the rest without an error, so that a program that
// does not end neither fills the memory nor is stopped by a full pipe.
type Limit struct {
	W    io.Writer
	Left int // bytes that still go through
}

// Write implements io.Writer.
func (l *Limit) Write(p []byte) (int, error) {
	n := min(len(p), l.Left)
	l.Left -= n
	if _, err := l.W.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}
