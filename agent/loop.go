package agent

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

const (
	// eventRoom is how many events wait for the loop, which takes them between two batches, some thousand times a second.
	eventRoom = 4096
	// readWait bounds a read on a link on which nothing comes: so long does it take until a question to the loop
	// is answered, or a stop is noticed.
	readWait = 50 * time.Millisecond
	// advanceEvery is the time between two Advances on a link on which nothing comes.
	advanceEvery = time.Second
	// batchSize is how many frames are processed between two looks at what else there is to do: some milliseconds of
	// work for one worker, enough to keep several busy.
	batchSize = 8192
)

// A loop takes packets from the source through the engine and hands alerts on. Everything of it but calls, events, beat and
// passed belongs to the goroutine of run; others ask for it to be done there, by do.
type loop struct {
	engine  *engine.Engine
	source  Source
	loss    lossMeter
	tally   tally
	profile profile

	calls chan func()
	// events are those that are not packets of the source, whatever their kind; lostEvents are those that found no room.
	events      chan packet.Packet
	lostEvents  atomic.Uint64
	lostEventAt atomic.Int64 // when the last of them was lost: wall-clock time (nanoseconds)
	beat        atomic.Int64 // wall-clock time (nanoseconds) of the last turn, or of the start; 0 before
	ended       chan struct{}

	paused bool          // frames and events pass unseen
	passed atomic.Uint64 // frames that did

	advanced int64 // packet time of the last Advance
	begun    time.Time
	time     *steadyTime // nil for a source whose packets have a time of their own
	stepped  func(by time.Duration)
	emit     engine.Emit
	keep     func(b *live.Batch, shift int64) []packet.Frame // takes the frames of a Batch before rules see them, and returns them; nil for nothing
	happened func(*live.Event)
	lost     func(*lossNews)
}

func newLoop(plan *engine.Plan, cfg engine.Config, source Source, send func(*alert.Alert), happened func(*live.Event), lost func(*lossNews)) *loop {
	l := &loop{lost: lost, engine: engine.New(plan, cfg), source: source, calls: make(chan func(), 16), ended: make(chan struct{}), happened: happened}
	l.events = make(chan packet.Packet, eventRoom)
	l.tally.init()
	l.profile.init(l.engine)
	l.begun, l.stepped = time.Now(), func(time.Duration) {}
	if _, simulated := source.(*Simulation); !simulated {
		l.time = new(steadyTime)
	}
	l.emit = func(a *alert.Alert) {
		a.Time = l.real(a.Time)
		a.CaptureLoss = l.loss.recent()
		l.tally.add(a)
		send(a)
	}
	return l
}

// real returns a time of packets as clocks show it.
func (l *loop) real(at int64) int64 {
	if l.time == nil {
		return at
	}
	return l.time.real(at)
}

// start notes that the daemon runs: whoever is told so finds it healthy, although the goroutine of run may come to its
// first turn, and the first read to its end, a little later.
func (l *loop) start() { l.beat.Store(time.Now().UnixNano()) }

// run works until the source ends or ctx is done. What was read is processed before it returns.
func (l *loop) run(ctx context.Context) error {
	defer close(l.ended)
	if w, ok := l.source.(waker); ok {
		defer context.AfterFunc(ctx, w.Wake)()
	}
	var b live.Batch
	for ctx.Err() == nil {
		l.serve()
		err := l.source.Read(&b, readWait)
		wall := time.Now()
		l.beat.Store(wall.UnixNano())
		if l.time != nil {
			if by := l.time.look(wall.UnixNano(), wall.Sub(l.begun)); by != 0 {
				l.stepped(by)
			}
			b.Now = l.time.apply(b.Frames, b.Now)
		}
		l.loss.add(&b, wall)
		if n := l.loss.news(&b, wall); n != nil {
			l.lost(n)
		}
		for i := range b.Events {
			l.happened(&b.Events[i])
		}
		if l.paused {
			l.passed.Add(uint64(len(b.Frames)))
			b.Frames = b.Frames[:0]
		}
		if frames := b.Frames; len(frames) > 0 {
			if l.keep != nil {
				frames = l.keep(&b, l.shift())
			}
			l.process(frames, wall)
			l.advanced = b.Now
		} else if b.Now-l.advanced >= int64(advanceEvery) {
			l.engine.Advance(b.Now)
			l.advanced = b.Now
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// process runs frames through the engine, in pieces. A few packets take the slow way, on which they are timed.
func (l *loop) process(frames []packet.Frame, wall time.Time) {
	for len(frames) > 0 {
		n := min(len(frames), batchSize)
		piece := frames[:n]
		for k := l.profile.samples(n, wall); k > 0; k-- {
			part := len(piece) / k
			at := rand.IntN(part)
			l.feed(piece[:at])
			l.profile.sample(piece[at], float64(part), l.emit)
			piece = piece[at+1:]
			if rest := part - at - 1; k > 1 {
				l.feed(piece[:rest])
				piece = piece[rest:]
			}
		}
		l.feed(piece)
		if frames = frames[n:]; len(frames) > 0 {
			l.serve()
		}
	}
}

// shift is by how much times of frames are ahead of the system's clock.
func (l *loop) shift() int64 {
	if l.time == nil {
		return 0
	}
	return l.time.shift
}

// feed is Engine.Process, but for nothing.
func (l *loop) feed(frames []packet.Frame) {
	if len(frames) > 0 {
		l.engine.Process(frames, l.emit)
	}
}

// forget drops what is known about rules that are gone.
func (l *loop) forget(rules map[string]bool) {
	for name := range rules {
		delete(l.tally.last, name)
		delete(l.profile.byRule, name)
	}
	l.profile.keys.forget(rules)
}

// serve does what others asked for by now. What comes meanwhile waits for the next turn: packets do, too.
func (l *loop) serve() {
	for range len(l.calls) + len(l.events) {
		select {
		case f := <-l.calls:
			f()
		case e := <-l.events:
			l.post(&e)
		default:
			return
		}
	}
}

// offer hands an event over that did not come from the source, from any goroutine. It never waits.
func (l *loop) offer(e *packet.Packet) {
	select {
	case l.events <- *e:
	default:
		l.lostEventAt.Store(time.Now().UnixNano())
		l.lostEvents.Add(1)
	}
	if w, ok := l.source.(waker); ok {
		w.Wake()
	}
}

// post runs an event through the engine.
func (l *loop) post(e *packet.Packet) {
	if l.paused {
		return
	}
	if l.time != nil {
		e.Time = l.time.of(e.Time)
	}
	l.engine.Post(e, l.emit)
}

// errStopped is what do returns once the loop has ended, errBusy where the loop does not answer.
var (
	errStopped = errors.New("the daemon is stopping")
	errBusy    = errors.New("the packet loop does not answer")
)

// do runs f on the loop's goroutine, between two batches, and waits for it. After an error f has not run and never
// will.
func (l *loop) do(ctx context.Context, f func()) error {
	var claimed atomic.Bool // by the loop, to run f, or by the caller, who gives up
	done := make(chan struct{})
	call := func() {
		if claimed.CompareAndSwap(false, true) {
			f()
			close(done)
		}
	}
	var err error
	select {
	case l.calls <- call:
	case <-l.ended:
		return errStopped
	case <-ctx.Done():
		return errBusy
	}
	if w, ok := l.source.(waker); ok {
		w.Wake()
	}
	select {
	case <-done:
		return nil
	case <-l.ended:
		err = errStopped
	case <-ctx.Done():
		err = errBusy
	}
	if claimed.CompareAndSwap(false, true) {
		return err
	}
	<-done
	return nil
}

// A tally counts the alerts that were raised.
type tally struct {
	bySeverity map[alert.Severity]uint64
	lossy      uint64 // alerts raised while packets were being lost
	last       map[string]lastAlert
}

// lastAlert is the newest alert of a rule.
type lastAlert struct {
	Time int64         // packet time, nanoseconds since 1970
	Key  []alert.Named // as in the alert
}

func (t *tally) init() {
	t.bySeverity, t.last = map[alert.Severity]uint64{}, map[string]lastAlert{}
}

func (t *tally) add(a *alert.Alert) {
	t.bySeverity[a.Severity]++
	if a.CaptureLoss > 0 {
		t.lossy++
	}
	t.last[a.Rule] = lastAlert{a.Time, a.Key}
}
