package output

import (
	"context"
	"io"
)

// stdoutTarget is standard output, as the program gives it.
type stdoutTarget struct {
	w     io.Writer
	color bool
}

// stdout writes to a stream that cannot be opened again. What it wrote of a line before an error stays
// written, so that it goes on where it was.
type stdout struct {
	w    io.Writer
	done int // bytes written of the first record
}

func (s *stdout) open(context.Context) error { return nil }

func (s *stdout) write(_ context.Context, b *batch) (int, error) {
	n, err := s.w.Write(b.bytes()[s.done:])
	if err == nil && s.done+n < len(b.bytes()) {
		err = io.ErrShortWrite
	}
	whole, rest := b.whole(s.done + n)
	s.done = rest
	return whole, err
}

func (s *stdout) close(context.Context) error { return nil }
