// Package output writes alerts to EVE JSON and CSV files, syslog servers and standard output. Every
// output has a queue and a goroutine of its own, so that one that is slow or dead delays no other; what
// it loses is counted.
package output

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Spec is an output that is wanted: a block `output "kind" "name"`.
type Spec struct {
	Name   string // unique; in logs, Status and errors
	Config Config
}

// Options are what a Fanout needs of the program. The zero value is good.
type Options struct {
	Log    *slog.Logger // of trouble, and its end; nil for slog.Default
	Stdout io.Writer    // where kind "stdout" writes; nil for os.Stdout
	Color  bool         // text on Stdout is in the colours of a terminal
}

// A Fanout hands every alert to every output that wants it. Its methods may be called by any number of
// goroutines at once.
type Fanout struct {
	outputs []*output
	cancel  context.CancelFunc // ends what outputs are waiting for
	watcher sync.WaitGroup
	watched chan struct{} // closed to end the watcher

	mu     sync.RWMutex // held for writing only to set closed
	closed bool

	closing sync.Once
	err     error // of Close
}

// New opens the outputs, in their order, and starts them. No outputs are fine: the Fanout then takes
// alerts and does nothing with them.
//
// An error is about settings or about what needs a human: a directory that is missing, a file that must
// not be written, a certificate that cannot be read. All such errors are returned at once, and nothing
// is left open. A full disk or a server that does not answer is not an error here; the output keeps trying.
func New(specs []Spec, opt Options) (*Fanout, error) {
	opt.Log = cmp.Or(opt.Log, slog.Default())
	if opt.Stdout == nil {
		opt.Stdout = os.Stdout
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &Fanout{cancel: cancel, watched: make(chan struct{})}
	var errs []error
	names, targets := map[string]bool{}, map[string]string{}
	for _, s := range specs {
		o := newOutput(s.Name, opt.Log)
		env := environment{stdout: stdoutTarget{w: opt.Stdout, color: opt.Color}, hostname: hostname(), complain: o.complain}
		var r *route
		err := setting.Valid(s.Config)
		if err == nil {
			r, err = s.Config.open(env)
		}
		if r != nil {
			o.route = *r
		}
		first, twice := targets[o.target]
		twice = twice && r != nil
		switch {
		case names[s.Name]:
			err = errors.New("there is another output of this name; names are unique")
		case twice && r.kind != "syslog":
			err = fmt.Errorf("output %q writes to %s already; give each its own", first, o.target)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("output %q: %w", s.Name, err))
			if r != nil {
				_ = r.sink.close(ctx) // nothing was written
			}
			continue
		}
		names[s.Name], targets[o.target] = true, s.Name
		f.outputs = append(f.outputs, o)
	}
	if len(errs) > 0 {
		cancel()
		for _, o := range f.outputs {
			_ = o.sink.close(ctx) // nothing was written
		}
		return nil, errors.Join(errs...)
	}
	for _, o := range f.outputs {
		o.begin()
		go o.run(ctx)
	}
	f.watcher.Go(f.watch)
	return f, nil
}

// Send hands an alert to every output that wants it, and never blocks. An output whose queue is full
// loses the alert and counts it, as all do after Close. The alert must not be changed any more.
func (f *Fanout) Send(a *alert.Alert) {
	var e *event
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, o := range f.outputs {
		if !o.passes(a) {
			o.filtered.Add(1)
			continue
		}
		if e == nil {
			e = newEvent(a)
		}
		o.offer(e, f.closed)
	}
}

// Reopen makes every output open its file again, or connect again, before it writes the next alert; that
// is what SIGHUP is for, after logrotate has moved a file away. It does not wait for them.
func (f *Fanout) Reopen() {
	for _, o := range f.outputs {
		o.reopen()
	}
}

// Status returns how all outputs are, in the order they were given to New.
func (f *Fanout) Status() []Status {
	out := make([]Status, len(f.outputs))
	for i, o := range f.outputs {
		out[i] = o.status()
	}
	return out
}

// closeGrace is the time after the deadline in which outputs give up what they were doing.
const closeGrace = 200 * time.Millisecond

// Close writes out everything that is queued and closes all outputs. It returns when that is done, or
// shortly after ctx is; the error then says for each output how many alerts it could not write, and why.
// While an output fails it is tried again until ctx is done: give ctx a deadline. A second call returns
// what the first returned.
func (f *Fanout) Close(ctx context.Context) error {
	f.closing.Do(func() { f.err = f.close(ctx) })
	return f.err
}

func (f *Fanout) close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	for _, o := range f.outputs {
		close(o.queue) // no Send is in it, nor will be
		close(o.ending)
	}
	grace := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		f.cancel()
		time.AfterFunc(closeGrace, func() { close(grace) })
	})
	defer stop()
	var errs []error
	for _, o := range f.outputs {
		select {
		case <-o.done:
		case <-grace: // it hangs in the kernel; its goroutine ends when that lets go
		}
		errs = append(errs, o.verdict())
	}
	f.cancel()
	close(f.watched)
	f.watcher.Wait()
	return errors.Join(errs...)
}

// watchEvery is how often full queues are looked for. Outputs cannot log that themselves: theirs hang.
const watchEvery = 10 * time.Second

// watch logs alerts that outputs lose while the Fanout runs.
func (f *Fanout) watch() {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		select {
		case <-f.watched:
			return
		case <-t.C:
			for _, o := range f.outputs {
				o.logLost()
			}
		}
	}
}
