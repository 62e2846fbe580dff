package agent

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/alert"
)

// responderRoom is how many requests wait for decisions. A disk that takes 10 ms to sync serves some thousands in that
// time, since requests share a sync; what finds no room is of a flood, and its rule fires again after the cooldown.
const responderRoom = 8192

// A responder has the Book decide about what alerts ask for, beside the loop, which never waits for it.
type responder struct {
	book  *decision.Book
	log   *slog.Logger
	queue chan decision.Request
	done  chan struct{} // closed at the end of run

	lost atomic.Uint64 // requests that found no room

	once sync.Once
}

func newResponder(book *decision.Book, log *slog.Logger) *responder {
	r := &responder{book: book, log: log, queue: make(chan decision.Request, responderRoom), done: make(chan struct{})}
	go r.run()
	return r
}

// offer takes the requests of an alert. It never waits. It may not be called after close.
func (r *responder) offer(a *alert.Alert) {
	if len(a.Actions) == 0 {
		return
	}
	rs := decision.FromAlert(a)
	for i := range rs {
		select {
		case r.queue <- rs[i]:
		default:
			if r.lost.Add(1) == 1 {
				r.log.Error("decisions take too long: actions of alerts are left out and counted", "waiting", responderRoom)
			}
		}
	}
}

// run serves what is in the queue until it is closed and empty.
func (r *responder) run() {
	defer close(r.done)
	batch := make([]decision.Request, 0, responderRoom)
	for first := range r.queue {
		batch = append(batch[:0], first)
		for more := true; more && len(batch) < responderRoom; {
			select {
			case next, open := <-r.queue:
				if more = open; open {
					batch = append(batch, next)
				}
			default:
				more = false
			}
		}
		r.book.DecideAll(context.Background(), batch) // the Book logs and counts what comes of them
	}
}

// close waits until all is decided that was offered, or ctx is done.
func (r *responder) close(ctx context.Context) error {
	r.once.Do(func() { close(r.queue) })
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
