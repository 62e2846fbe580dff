package notify

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/ruleids/ruleids/alert"
)

// offer takes an alert, or counts why not.
func (n *notifier) offer(a *alert.Alert, text string, muted bool, now time.Time) {
	text = cmp.Or(text, a.Message, a.Description)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case a.Shadow:
		n.counts.Shadow++
	case !n.common.passes(a):
		n.counts.Filtered++
	case muted:
		n.counts.Muted++
	case n.closed || !n.gather(a, lines(text, maxText), now):
		n.lose(1)
		if !n.closed && n.overflow.Over(now) {
			n.say(slog.LevelWarn, "notifier lost alerts: too much waits for it", "kind", n.kind, "lost_in_all", n.counts.Lost, "waiting", n.waiting)
			n.poke()
		}
	}
}

// gather puts an alert into the group of its rule. It reports whether there was room.
func (n *notifier) gather(a *alert.Alert, text string, now time.Time) bool {
	g := n.groups[a.Rule]
	room := int64(n.common.Queue)*alertRoom - n.held
	if g == nil || g.count == 0 {
		// One alert is taken however large it is.
		if n.waiting >= n.common.Queue || n.held > 0 && alertSize(a, text) > room {
			return false
		}
	}
	if g == nil {
		if len(n.groups) >= 2*n.common.Queue { // rules that came and went
			n.forget(now, true)
		}
		g = &group{rule: a.Rule}
		n.groups[a.Rule] = g
	}
	if g.count == 0 {
		g.ready = now
		if g.until.After(now) {
			g.ready = g.until
		}
		n.waiting++
		n.poke()
	} else {
		n.counts.Merged++
	}
	before := g.size
	g.add(a, text, n.seed, room)
	n.held += g.size - before
	g.fresh = now
	n.queued++
	return true
}

// forget drops groups without alerts: those whose time is over, or all of them.
func (n *notifier) forget(now time.Time, all bool) {
	for rule, g := range n.groups {
		if g.count == 0 && !g.sending && (all || !g.until.After(now)) {
			delete(n.groups, rule)
		}
	}
}

// farOff is how long run sleeps where nothing waits.
const farOff = time.Hour

// next takes the group whose turn it is, or returns how long it is until there may be one. over is that none will
// come any more.
func (n *notifier) next(now time.Time) (turn *group, wait time.Duration, over bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	wait = farOff
	for _, g := range n.groups {
		if g.count == 0 || g.sending {
			if !g.sending && !g.until.After(now) {
				delete(n.groups, g.rule)
			}
			continue
		}
		switch {
		case n.mutes.has(g.rule, now):
			n.counts.Muted += n.remove(g)
		case !g.tried.IsZero() && now.Sub(g.fresh) > maxAge:
			n.lose(n.remove(g))
			n.say(slog.LevelWarn, "notifier gave up a message: it could not be sent for an hour", "kind", n.kind, "rule", g.rule, "alerts", g.count)
		case !n.closed && g.ready.After(now):
			wait = min(wait, g.ready.Sub(now))
		case turn == nil || before(g, turn):
			turn = g
		}
	}
	if turn == nil {
		return nil, wait, n.closed && n.waiting == 0
	}
	if n.closed && !n.hurried { // another chance at once, unless the other side asked for none
		n.hurried = true
		if !n.demanded {
			n.notBefore = time.Time{}
		}
	}
	if n.notBefore.After(now) {
		return nil, min(wait, n.notBefore.Sub(now)), false
	}
	if r := n.rate.ReserveN(now, 1); r.DelayFrom(now) > 0 {
		d := r.DelayFrom(now)
		r.CancelAt(now)
		if !turn.limited {
			turn.limited = true
			n.counts.RateLimited++
		}
		return nil, min(wait, d), false
	}
	// What comes while it is on its way is gathered.
	n.groups[turn.rule] = &group{rule: turn.rule, sending: true}
	return turn, 0, false
}

// before orders groups that may be sent: those that never failed by severity and time, then the others, so that a
// message that the other side chokes on holds up no other.
func before(a, b *group) bool {
	return cmp.Or(
		a.tried.Compare(b.tried),
		cmp.Compare(b.severity, a.severity),
		a.ready.Compare(b.ready),
		cmp.Compare(a.rule, b.rule),
	) < 0
}

// remove takes a group that will not be sent out of the queue, and returns how many alerts it has.
func (n *notifier) remove(g *group) uint64 {
	delete(n.groups, g.rule)
	n.settle(g)
	return g.count
}

// settle counts a group as one that waits no longer.
func (n *notifier) settle(g *group) {
	n.waiting--
	n.queued -= g.count
	n.held -= g.size
}

// abandon gives up what waits.
func (n *notifier) abandon() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	for _, g := range n.groups {
		if g.count > 0 {
			lost := n.remove(g)
			n.lose(lost)
			n.lost += lost
		}
	}
}

// leave gives up the message whose turn it was.
func (n *notifier) leave(g *group) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.settle(g)
	n.lose(g.count)
	n.lost += g.count
}
