package output

import (
	"context"
	"io"
)

// StdoutConfig is the settings of kind "stdout": standard output.
type StdoutConfig struct {
	// Format is "text", a line for people, or "json", EVE JSON.
	Format string `setting:"format" default:"text" oneof:"text json"`

	Common
}

func (c *StdoutConfig) open(env environment) (*route, error) {
	r := &route{kind: "stdout", target: "standard output", Common: c.Common, render: appendEVE, backoff: fileBackoff, sink: &stdout{w: env.stdout.w}}
	if c.Format == "text" {
		color := env.stdout.color
		r.render = func(dst []byte, e *event) []byte { return append(e.alert.AppendText(dst, color), '\n') }
	}
	return r, nil
}

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
