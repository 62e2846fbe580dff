package login

import (
	"container/list"
	"time"
)

// maxWaiting bounds the attempts that wait; the oldest goes first, and counts.
const maxWaiting = 4096

// waiting are attempts that another line may tell of better.
type waiting struct {
	all     *list.List // of *weakAttempt, in the order of their lines
	soonest time.Time  // no attempt has waited for long enough before
	told    map[[4]string]time.Time
}

// toldBy says which attempt a line tells of: service, host, account and what became of it.
func toldBy(l *Line, a *attempt) [4]string { return [4]string{a.service, l.Host, a.user, a.result} }

type weakAttempt struct {
	attempt
	host, pid string
	at, until time.Time
}

func newWaiting() waiting { return waiting{all: list.New(), told: map[[4]string]time.Time{}} }

// add lets an attempt wait.
func (w *waiting) add(t *Tracker, l *Line, a attempt) {
	if w.all.Len() >= maxWaiting {
		w.release(t, w.all.Front())
	}
	if at, ok := w.told[toldBy(l, &a)]; ok && a.wait <= ftpWait && t.clock.Sub(at) <= a.wait {
		return // the better account came first
	}
	for e := w.all.Back(); e != nil && a.src.Port() != 0; e = e.Prev() {
		if x := e.Value.(*weakAttempt); x.service == a.service && x.host == l.Host && x.src == a.src && x.result == a.result {
			return // two lines of one connection
		}
	}
	until := t.clock.Add(a.wait)
	if w.all.Len() == 0 || until.Before(w.soonest) {
		w.soonest = until
	}
	w.all.PushBack(&weakAttempt{attempt: a, host: l.Host, pid: l.PID, at: l.Time, until: until})
}

// settle forgets the attempts that a is a better account of: those of its service and host with the same result that its
// process told of, or that name the same account or client.
func (w *waiting) settle(t *Tracker, l *Line, a *attempt) {
	if len(w.told) >= maxConnections {
		clear(w.told) // at worst an attempt counts twice
	}
	w.told[toldBy(l, a)] = t.clock
	for e := w.all.Front(); e != nil; {
		x, next := e.Value.(*weakAttempt), e.Next()
		if x.service == a.service && x.host == l.Host && x.result == a.result {
			sameProcess := x.pid != "" && x.pid == l.PID
			sameUser := x.user != "" && x.user == a.user
			sameClient := x.user == "" && x.src.Addr().IsValid() && x.src.Addr() == a.src.Addr()
			if sameProcess || sameUser || sameClient {
				w.all.Remove(e)
			}
		}
		e = next
	}
}

// expire counts the attempts that have waited until now, or all of them for the zero time.
func (w *waiting) expire(t *Tracker, now time.Time) {
	if w.all.Len() == 0 || !now.IsZero() && !now.After(w.soonest) {
		return
	}
	soonest := time.Time{}
	for e := w.all.Front(); e != nil; {
		next := e.Next()
		until := e.Value.(*weakAttempt).until
		if now.IsZero() || now.After(until) {
			w.release(t, e)
		} else if soonest.IsZero() || until.Before(soonest) {
			soonest = until
		}
		e = next
	}
	w.soonest = soonest
}

func (w *waiting) release(t *Tracker, e *list.Element) {
	x := w.all.Remove(e).(*weakAttempt)
	for range min(max(x.count, 1), maxRepeats) {
		t.emit(x.at, x.host, &x.attempt)
	}
}

// entered are the accounts that somebody came in to lately, with when that was.
type entered map[[2]string]time.Time

// add remembers a success.
func (e entered) add(host, user string, at time.Time) {
	if len(e) >= maxConnections {
		clear(e) // at worst a session of logind counts besides
	}
	e[[2]string{host, user}] = at
}

// has reports whether somebody came in to the account within the memory of a Tracker before now.
func (e entered) has(host, user string, now time.Time) bool {
	at, ok := e[[2]string{host, user}]
	return ok && now.Sub(at) <= memory
}
