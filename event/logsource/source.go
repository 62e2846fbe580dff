package logsource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/retry"
)

// A Spec is a source that is wanted.
type Spec struct {
	Kind, Name string // the name is unique; in logs, Status and errors
	Config     Config
}

// Options are what a Set needs of the program.
type Options struct {
	Log *slog.Logger // of trouble, and its end; nil for slog.Default
	// Lines takes the next lines of a source, and returns when they have been dealt with: the source remembers then that it
	// came so far. It may wait for as long as it must. It calls took with n as soon as the first n lines have been dealt with: a
	// file is read again from there, after an error and by the next process, however this one ends. Other sources, and a
	// Lines that does not call took, get all lines of the call again. Several sources call it at once. The lines are its own.
	Lines func(ctx context.Context, lines []login.Line, took func(n int)) error
}

// A Set is the sources of a program. Its methods may be called by any number of goroutines at once.
type Set struct {
	runners []*runner
}

// A source is what one kind of them does.
type source interface {
	// run reads until ctx is done; an error ends one try, and the next begins after a while.
	run(ctx context.Context) error
	// close gives up what was opened.
	close() error
}

// An environment is what a source has of its Set.
type environment struct {
	kind, name string
	opt        Options
	host       string // whose log it is where lines do not say
	counts     counts
	trouble    retry.Trouble
}

// counts are what a source counts since the start.
type counts struct {
	lines, lost, refused atomic.Uint64
	lostAt, last         atomic.Int64 // nanoseconds since 1970
	place                atomic.Pointer[string]
}

// Status is how a source is, and its counts since it was opened.
type Status struct {
	Kind     string    `json:"kind"`
	Name     string    `json:"name"`
	Place    string    `json:"place"`              // the file, command or address
	Lines    uint64    `json:"lines"`              // lines that were read
	Lost     uint64    `json:"lost"`               // lines for which there was no room
	Refused  uint64    `json:"refused"`            // messages of senders that may not send
	LastLine time.Time `json:"last_line,omitzero"` // when the last line was read
	LastLost time.Time `json:"last_lost,omitzero"` // when the last of the lost lines came
	retry.Report
}

type runner struct {
	env    *environment
	source source
}

// Open makes the sources, and opens the sockets, which may need privileges. No sources are fine. All errors are returned at
// once, each with its source, and nothing is left open.
func Open(specs []Spec, opt Options) (*Set, error) {
	opt.Log = cmp.Or(opt.Log, slog.Default())
	host, _ := os.Hostname()
	s := &Set{}
	var errs []error
	for _, spec := range specs {
		env := &environment{kind: spec.Kind, name: spec.Name, opt: opt, host: host}
		src, err := spec.Config.source(spec.Name, env)
		if err != nil {
			errs = append(errs, fmt.Errorf("auth %q %q: %w", spec.Kind, spec.Name, err))
			continue
		}
		s.runners = append(s.runners, &runner{env, src})
	}
	if len(errs) > 0 {
		_ = s.Close()
		return nil, errors.Join(errs...)
	}
	return s, nil
}

// Waits between two tries of a source that fails.
const (
	firstWait = time.Second
	maxWait   = time.Minute
	// steady is how long a try has to go well for the next wait to be the first again.
	steady = time.Minute
)

// Run reads all sources until ctx is done.
func (s *Set) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, r := range s.runners {
		wg.Go(func() { r.run(ctx) })
	}
	wg.Wait()
}

func (r *runner) run(ctx context.Context) {
	wait := retry.Backoff{First: firstWait, Max: maxWait}
	for ctx.Err() == nil {
		began := time.Now()
		err := r.source.run(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > steady {
			wait.Reset()
		}
		if err != nil {
			r.env.failed(err)
		}
		select {
		case <-time.After(wait.Next()):
		case <-ctx.Done():
		}
	}
}

// failed takes down and logs an error of a source.
func (e *environment) failed(err error) {
	if e.trouble.Failed(err, time.Now()) {
		e.opt.Log.Warn("a log cannot be read, and is tried again", "kind", e.kind, "name", e.name, "error", err)
	}
}

// works takes down that a source can be read.
func (e *environment) works() {
	if after, log := e.trouble.Works(time.Now()); log {
		e.opt.Log.Info("a log can be read again", "kind", e.kind, "name", e.name, "after", after.Round(time.Second).String())
	}
}

// lines hands lines on, and counts them. took may be nil.
func (e *environment) lines(ctx context.Context, lines []login.Line, took func(n int)) error {
	if len(lines) == 0 {
		return nil
	}
	for i := range lines {
		lines[i].Host = cmp.Or(lines[i].Host, e.host)
	}
	if took == nil {
		took = func(int) {}
	}
	if err := e.opt.Lines(ctx, lines, took); err != nil {
		return err
	}
	e.counts.lines.Add(uint64(len(lines)))
	e.counts.last.Store(time.Now().UnixNano())
	return nil
}

// lose counts a line for which there was no room.
func (e *environment) lose() {
	e.counts.lost.Add(1)
	e.counts.lostAt.Store(time.Now().UnixNano())
}

// Close gives up the sources. It is called when Run has returned, or instead of it.
func (s *Set) Close() error {
	var errs []error
	for _, r := range s.runners {
		errs = append(errs, r.source.close())
	}
	return errors.Join(errs...)
}

// Status returns how all sources are, in the order they were given to Open.
func (s *Set) Status() []Status {
	out := make([]Status, len(s.runners))
	for i, r := range s.runners {
		c := &r.env.counts
		out[i] = Status{
			Kind: r.env.kind, Name: r.env.name, Lines: c.lines.Load(), Lost: c.lost.Load(), Refused: c.refused.Load(),
			Report: r.env.trouble.State().Report(),
		}
		if p := c.place.Load(); p != nil {
			out[i].Place = *p
		}
		if at := c.last.Load(); at != 0 {
			out[i].LastLine = time.Unix(0, at).UTC()
		}
		if at := c.lostAt.Load(); at != 0 {
			out[i].LastLost = time.Unix(0, at).UTC()
		}
	}
	return out
}
