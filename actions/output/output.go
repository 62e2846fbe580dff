package output

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

// A sink is where records go. It is used by one goroutine.
type sink interface {
	// open makes the sink ready for writing. It is called again after an error of open or write.
	open(ctx context.Context) error
	// write hands over records and returns how many are gone for good. After an error that is not
	// errUnsendable the sink has to be opened again.
	write(ctx context.Context, b *batch) (int, error)
	// close lets go of everything; open may follow.
	close(ctx context.Context) error
}

// A ticker is a sink that has something to do while no alerts come.
type ticker interface {
	// tick does what is due and returns how long it is until it wants to be called again.
	tick() time.Duration
}

// errUnsendable is wrapped by errors of write that mean the record after those written, which cannot be
// sent, now or later.
var errUnsendable = errors.New("the alert cannot be sent")

// A route is what the settings of an output come down to.
type route struct {
	kind, target string
	Common
	render  func(dst []byte, e *event) []byte
	sink    sink
	backoff time.Duration // longest time between two tries of a sink that fails
}

const (
	// firstBackoff is the time between the first failure and the next try; it doubles from there.
	firstBackoff = 250 * time.Millisecond
	// fileBackoff lets a file go on soon after its disk has room again.
	fileBackoff = 5 * time.Second
	// serverBackoff spares a server that comes up again a storm of sensors.
	serverBackoff = 30 * time.Second

	// alertRoom is the bytes of memory that an alert in a queue may take, on average: more than an
	// ordinary one does. It bounds the memory of a queue whatever is in the alerts.
	alertRoom = 4 << 10
)

// An output is a sink with its queue, its goroutine and its counts.
type output struct {
	route
	name   string
	log    *slog.Logger
	queue  chan *event
	wake   chan struct{} // has room for one
	asked  atomic.Bool   // to reopen
	ending chan struct{} // closed when no more alerts come
	done   chan struct{} // closed at the end of run
	held   atomic.Int64  // bytes of the alerts in queue

	accepted, written, lost, filtered atomic.Uint64
	unwritten                         atomic.Uint64 // alerts lost at the end
	lostAt                            atomic.Int64  // when an alert was lost last, in nanoseconds since 1970
	trouble                           retry.Trouble

	// Of the watcher.
	overflow retry.Quiet
	logged   uint64 // lost alerts that were logged

	// Of the goroutine of run.
	batch  batch
	opened bool
	wait   retry.Backoff
}

func newOutput(name string, log *slog.Logger) *output {
	return &output{name: name, log: log.With("output", name), wake: make(chan struct{}, 1), ending: make(chan struct{}), done: make(chan struct{})}
}

// begin makes the queue, before run.
func (o *output) begin() {
	o.queue = make(chan *event, o.Queue)
	o.wait = retry.Backoff{First: firstBackoff, Max: o.backoff}
}

// offer puts an event into the queue, or loses it.
func (o *output) offer(e *event, closed bool) {
	if closed {
		o.lose(1)
		return
	}
	// One alert is taken however large it is.
	if held := o.held.Add(e.size); held > int64(o.Queue)*alertRoom && held != e.size {
		o.held.Add(-e.size)
		o.lose(1)
		return
	}
	o.accepted.Add(1)
	select {
	case o.queue <- e:
	default:
		o.accepted.Add(^uint64(0))
		o.held.Add(-e.size)
		o.lose(1)
	}
}

// lose counts alerts that are lost.
func (o *output) lose(n uint64) {
	if n > 0 {
		o.lost.Add(n)
		o.lostAt.Store(time.Now().UnixNano())
	}
}

func (o *output) reopen() {
	o.asked.Store(true)
	select {
	case o.wake <- struct{}{}:
	default: // it is on its way already
	}
}

// run writes what is in the queue until that is closed and empty, or ctx is done.
func (o *output) run(ctx context.Context) {
	defer close(o.done)
	again := time.NewTimer(0) // the first try is at once
	defer again.Stop()
	work := time.NewTimer(0)
	defer work.Stop()
	ending := o.ending
	for {
		if o.asked.Swap(false) {
			if o.opened {
				o.letGo(ctx)
			}
			o.opened = false
			o.wait.Reset()
			again.Reset(0)
		}
		if o.opened && o.batch.len() > 0 && ctx.Err() == nil {
			if !o.flush(ctx) {
				o.opened = false
				again.Reset(o.pause(ending == nil))
			}
			continue
		}
		if ending == nil && o.batch.len() == 0 && len(o.queue) == 0 {
			o.closeSink(ctx)
			return
		}
		var queue chan *event // nothing is taken from the queue that could not be written
		var due <-chan time.Time
		if o.opened {
			queue, due = o.queue, work.C
		}
		select {
		case e, ok := <-queue:
			if !ok {
				ending = nil
				break
			}
			o.gather(e)
		case <-again.C:
			if o.opened {
				break
			}
			if o.opened = o.try(ctx); !o.opened {
				again.Reset(o.pause(ending == nil))
				break
			}
			work.Reset(0)
		case <-due:
			if t, ok := o.sink.(ticker); ok {
				work.Reset(t.tick())
			}
		case <-o.wake:
		case <-ending: // a sink that fails gets another chance at once, and then often
			ending = nil
			o.wait.Reset()
			again.Reset(0)
		case <-ctx.Done():
			o.abandon()
			o.closeSink(ctx)
			return
		}
	}
}

// A releaser is a sink that can be closed sooner when it is to be opened again than at the end.
type releaser interface{ release() error }

// letGo closes the sink, to be opened again.
func (o *output) letGo(ctx context.Context) {
	r, ok := o.sink.(releaser)
	if !ok {
		o.closeSink(ctx)
		return
	}
	if err := r.release(); err != nil {
		o.complain(err)
	}
}

// gather renders an event and those that are queued behind it, until the queue is empty or the batch
// full.
func (o *output) gather(e *event) {
	for {
		o.held.Add(-e.size)
		o.batch.add(o.render, e)
		if o.batch.full() {
			return
		}
		select {
		case next, ok := <-o.queue:
			if !ok {
				return
			}
			e = next
		default:
			return
		}
	}
}

// try opens the sink.
func (o *output) try(ctx context.Context) bool {
	if err := o.sink.open(ctx); err != nil {
		o.fail(err)
		return false
	}
	if o.batch.len() == 0 {
		o.recover()
	}
	return true
}

// flush writes the batch. It reports whether the sink is still good.
func (o *output) flush(ctx context.Context) bool {
	n, err := o.sink.write(ctx, &o.batch)
	o.batch.drop(n)
	o.written.Add(uint64(n))
	switch {
	case err == nil:
		o.recover()
		return true
	case errors.Is(err, errUnsendable) && o.batch.len() > 0:
		o.batch.drop(1)
		o.lose(1)
		o.accepted.Add(^uint64(0))
		o.complain(err)
		return true
	}
	if n > 0 { // it does take some
		o.wait.Reset()
	}
	o.fail(err)
	return false
}

// pause returns the time to wait before the next try, which grows from failure to failure. Towards the end
// it stays short.
func (o *output) pause(ending bool) time.Duration {
	if ending {
		o.wait.Reset()
	}
	return retry.Spread(o.wait.Next())
}

// abandon gives up what is not written.
func (o *output) abandon() {
	n := uint64(o.batch.len())
	for range o.queue { // closed: ctx is not done before
		n++
	}
	o.lose(n)
	o.accepted.Add(-n)
	o.unwritten.Add(n)
}

func (o *output) closeSink(ctx context.Context) {
	if err := o.sink.close(ctx); err != nil {
		o.complain(err)
	}
}

// fail notes that the sink does not work.
func (o *output) fail(err error) {
	if o.trouble.Failed(err, time.Now()) {
		o.log.Warn("output fails; its alerts wait in its queue", "kind", o.kind, "target", o.target, "error", err, "queued", o.pending(), "lost", o.lost.Load())
	}
}

// recover notes that the sink works.
func (o *output) recover() {
	o.wait.Reset()
	if after, log := o.trouble.Works(time.Now()); log {
		o.log.Info("output works again", "kind", o.kind, "target", o.target, "after", after.Round(time.Millisecond), "lost", o.lost.Load())
	}
}

// complain notes an error that the sink lives with. Any goroutine may call it.
func (o *output) complain(err error) {
	if o.trouble.Noted(err, time.Now()) {
		o.log.Warn("output has trouble", "kind", o.kind, "target", o.target, "error", err)
	}
}

// logLost logs that alerts were lost since the last time. The watcher calls it.
func (o *output) logLost() {
	if n := o.lost.Load(); n > o.logged && o.overflow.Over(time.Now()) {
		o.log.Warn("output lost alerts: its queue was full", "kind", o.kind, "target", o.target, "lost", n-o.logged, "lost_in_all", n, "queued", o.pending())
		o.logged = n
	}
}

// pending returns the alerts that are neither written nor lost.
func (o *output) pending() uint64 {
	written := o.written.Load() // before accepted, which is never less
	return o.accepted.Load() - written
}

// verdict returns the error of Close for this output.
func (o *output) verdict() error {
	n := o.unwritten.Load()
	select {
	case <-o.done:
	default:
		n = o.pending()
	}
	if n == 0 {
		return nil
	}
	what := fmt.Errorf("output %q (%s, %s): %d alerts could not be written in time", o.name, o.kind, o.target, n)
	if last := o.trouble.State().Last; last != nil {
		return fmt.Errorf("%w: %w", what, last)
	}
	return what
}
