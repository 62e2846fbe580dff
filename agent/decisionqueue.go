package agent

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/alert"
)

// queueRoom is how many requests wait for decisions. A disk that takes 10 ms to sync serves some thousands in that
// time, since requests share a sync; what finds no room is of a flood, and its rule fires again after the cooldown.
const queueRoom = 8192

// A decisionQueue has the daemon decide about what alerts ask for, beside the loop, which never waits for it.
type decisionQueue struct {
	decide func(context.Context, []decision.Request) []decision.Verdict
	log    *slog.Logger
	queue  chan decision.Request
	done   chan struct{} // closed at the end of run

	lost atomic.Uint64 // requests that found no room

	once sync.Once
}

func newDecisionQueue(decide func(context.Context, []decision.Request) []decision.Verdict, log *slog.Logger) *decisionQueue {
	q := &decisionQueue{decide: decide, log: log, queue: make(chan decision.Request, queueRoom), done: make(chan struct{})}
	go q.run()
	return q
}

// offer takes the requests of an alert. It never waits. It may not be called after close.
func (q *decisionQueue) offer(a *alert.Alert) {
	if len(a.Actions) == 0 {
		return
	}
	rs := decision.FromAlert(a)
	for i := range rs {
		select {
		case q.queue <- rs[i]:
		default:
			if q.lost.Add(1) == 1 {
				q.log.Error("decisions take too long: actions of alerts are left out and counted", "waiting", queueRoom)
			}
		}
	}
}

// run serves what is in the queue until it is closed and empty.
func (q *decisionQueue) run() {
	defer close(q.done)
	batch := make([]decision.Request, 0, queueRoom)
	for first := range q.queue {
		batch = append(batch[:0], first)
		for more := true; more && len(batch) < queueRoom; {
			select {
			case next, open := <-q.queue:
				if more = open; open {
					batch = append(batch, next)
				}
			default:
				more = false
			}
		}
		q.decide(context.Background(), batch)
	}
}

// close waits until all is decided that was offered, or ctx is done.
func (q *decisionQueue) close(ctx context.Context) error {
	q.once.Do(func() { close(q.queue) })
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
