package agent

import (
	"context"
	"sync/atomic"

	"github.com/ruleids/ruleids/event/honeypot"
	"github.com/ruleids/ruleids/packet"
)

// Honeypots are services that nobody has a reason to use. A *honeypot.Set is one.
type Honeypots interface {
	// Serve serves clients until ctx is done or Close is called, and calls events for what they do, from several
	// goroutines.
	Serve(ctx context.Context, opt honeypot.Options) error
	Reopen()
	Stats() []honeypot.Stats
	Close(ctx context.Context) error
}

// trapRoom is how many events of honeypots wait for the loop. It takes them between two batches, some thousand times a
// second.
const trapRoom = 4096

// A trap takes events of honeypots to the loop.
type trap struct {
	events chan packet.Honeypot
	lost   atomic.Uint64 // events that found no room
}

// catch takes an event. It never waits.
func (d *Daemon) catch(e honeypot.Event) {
	h := packet.Honeypot{Time: e.Time.UnixNano(), Src: e.Src, Dst: e.Dst, Service: e.Service, Action: e.Action, User: e.User, Client: e.Client}
	select {
	case d.loop.trap.events <- h:
	default:
		d.loop.trap.lost.Add(1)
	}
	if w, ok := d.opt.Source.(waker); ok {
		w.Wake()
	}
}

// post runs an event of a honeypot through the engine.
func (l *loop) post(h packet.Honeypot) {
	if l.time != nil {
		h.Time = l.time.of(h.Time)
	}
	l.engine.Post(h.Event(), l.emit)
}
