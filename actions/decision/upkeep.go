package decision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// tick does all that is due: it ends decisions whose time is over, releases what became protected, and tries the
// firewall again where it failed.
func (b *Store) tick(ctx context.Context) {
	b.followClock(ctx)
	b.protect(ctx)
	g := b.newGroup(b.now())
	b.mu.Lock()
	b.expire(g)
	b.mu.Unlock()
	b.commit(ctx, g)
	b.trim()
	if b.retry.due(b.now()) {
		b.reconcile(ctx)
	}
}

// expire ends what is over. It is not in the journal: a decision there says itself when it ends.
func (b *Store) expire(g *group) {
	for _, l := range []*ledger{b.active, b.recorded} {
		for _, d := range l.overdue(g.now) {
			o := op{ledger: l, target: d.Target, stands: true}
			if !d.Recorded {
				o.changes = []Change{{Remove: true, Member: d.member()}}
			}
			g.ops = append(g.ops, o)
			g.audit = append(g.audit, auditLine{Time: g.now, Event: "expired", Action: d.Kind, Target: d.Target, Decision: d})
			b.status.Expired++
		}
		l.sweep(g.now, &b.config)
	}
}

// protect looks at what is protected now, and releases what became so.
func (b *Store) protect(ctx context.Context) {
	facts, err := b.host.Info()
	b.hostTrouble(err)
	if facts == nil || facts == b.facts {
		return
	}
	b.facts = facts
	b.reguard(ctx, newGuard(facts, b.config.NeverBlock))
}

// reguard changes what is protected.
func (b *Store) reguard(ctx context.Context, next *guard) {
	hard, lists := next.since(b.guard)
	b.guard = next
	if len(hard)+len(lists) == 0 {
		return
	}
	g := b.newGroup(b.now())
	for _, l := range []*ledger{b.active, b.recorded} {
		for i, p := range slices.Concat(hard, lists) {
			for _, d := range l.touching(p.Target) {
				if i < len(hard) || !d.Forced {
					b.takeBack(g, d, p)
				}
			}
		}
	}
	if len(g.ops) > 0 {
		b.commit(ctx, g)
	}
}

// touching returns the decisions that cover a target or lie within it, sorted.
func (l *ledger) touching(t Target) []*Decision {
	var out []*Decision
	for around := range l.deciding.around(t) {
		if d := l.get(around); d != nil {
			out = append(out, d)
		}
	}
	if !t.Single() {
		for u, s := range l.states {
			if s.decision != nil && u != t && u.prefix.Bits() > t.prefix.Bits() && t.prefix.Contains(u.prefix.Addr()) {
				out = append(out, s.decision)
			}
		}
	}
	slices.SortFunc(out, func(d, e *Decision) int { return d.Target.Compare(e.Target) })
	return out
}

// takeBack releases a decision whose target is protected.
func (b *Store) takeBack(g *group, d *Decision, p Protection) {
	l := b.active
	if d.Recorded {
		l = b.recorded
	}
	if l.get(d.Target) == nil { // for another reason, a moment ago
		return
	}
	by := Origin{Source: SourceGuard}
	b.mu.Lock()
	g.drop(l, d, by, p.String(), !d.Recorded)
	b.status.Guarded++
	b.mu.Unlock()
	b.log.Warn("a decision was taken back, because its target is protected", "decision", d.String(), "protection", p.String())
	g.audit = append(g.audit, auditLine{Time: g.now, Event: string(Released), Action: Release, Target: d.Target, Origin: by, Reason: p.String(), Decision: d})
}

// applyTimeout bounds how long a firewall may take; nothing else is decided meanwhile.
const applyTimeout = 10 * time.Second

// roomRetry is how long at most it takes until what had no room in the firewall is tried again, once something was taken
// out of it. To compare a large set takes half a second, in which nothing is decided.
const roomRetry = 5 * time.Second

// apply tells the firewall of changes. After an error the firewall is compared with the Store a while later.
func (b *Store) apply(ctx context.Context, changes []Change) error {
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	err := b.firewall.Apply(ctx, changes)
	if err != nil {
		b.firewallMissed(err) // over once the two were compared: this batch says nothing of an earlier one
	}
	if slices.ContainsFunc(changes, func(c Change) bool { return c.Remove }) {
		b.retry.soon(b.now(), roomRetry)
	}
	return err
}

// Reconcile compares the firewall with the Store and makes it what the Store says, in one batch. It is for what others
// did to the firewall. It returns how many members were added and removed. In monitor mode none of the Store's own are
// left, and those of others are not touched.
func (b *Store) Reconcile(ctx context.Context) (added, removed int, err error) {
	// Where ctx is done before it began, or while it goes on, only the Store looks at the result.
	var did struct {
		added, removed int
		err            error
	}
	if err := b.call(ctx, func() {
		if did.err = ctx.Err(); did.err == nil {
			did.added, did.removed, did.err = b.reconcile(context.WithoutCancel(ctx))
		}
	}); err != nil {
		return 0, 0, err
	}
	return did.added, did.removed, did.err
}

// untilSlack is how far the end of a member may be from that of its decision: kernels count timeouts in seconds.
const untilSlack = 2 * time.Second

// reconcile is Reconcile on the goroutine of run. It takes down how that went.
func (b *Store) reconcile(ctx context.Context) (added, removed int, err error) {
	added, removed, err = b.compare(ctx)
	b.firewallTrouble(err)
	return added, removed, err
}

// compare makes the firewall what the Store says.
func (b *Store) compare(ctx context.Context) (added, removed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, applyTimeout)
	defer cancel()
	have, err := b.firewall.List(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("the members of the firewall cannot be listed: %w", err)
	}
	there := make(map[memberKey]time.Time, len(have))
	for _, m := range have {
		there[memberKey{m.Target, m.Kind}] = m.Until
	}
	var add, remove []Change
	now := b.now()
	if b.config.Mode == Enforce {
		for t, s := range b.active.states {
			d := s.decision
			if d == nil || d.over(now) {
				continue
			}
			k := memberKey{t, d.Kind}
			until, ok := there[k]
			delete(there, k)
			if !ok || until.IsZero() != d.Until.IsZero() || until.Sub(d.Until).Abs() > untilSlack {
				add = append(add, Change{Member: d.member()})
			}
		}
	}
	for k, until := range there {
		if b.config.Mode == Monitor && !b.active.knows(k.target) {
			continue // another daemon's, or an administrator's
		}
		remove = append(remove, Change{Remove: true, Member: Member{Target: k.target, Kind: k.kind, Until: until}})
	}
	for _, cs := range [][]Change{add, remove} {
		slices.SortFunc(cs, func(x, y Change) int { return x.compare(y.Member) })
	}
	// What has to go makes room in a full set.
	if changes := slices.Concat(remove, add); len(changes) > 0 {
		err = b.firewall.Apply(ctx, changes)
	}
	if part, ok := errors.AsType[*PartialError](err); ok {
		return len(add) - len(part.Changes), len(remove), err
	} else if err != nil {
		return 0, 0, err
	}
	return len(add), len(remove), nil
}

// needed is how many lines the journal needs.
func (b *Store) needed() int { return len(b.active.states) }

// trim compacts a journal that is longer than it needs to be.
func (b *Store) trim() {
	switch {
	case b.journal.broken && (b.mend.at.IsZero() || b.mend.due(b.now())), !b.journal.broken && b.journal.bloated(b.needed()):
		b.compact()
	}
	b.note()
}

func (b *Store) compact() { b.journalTrouble(b.rewrite()) }

// rewrite writes the journal again, with what is known and nothing else.
func (b *Store) rewrite() error {
	err := b.journal.rewrite(b.records())
	if b.journal.broken {
		b.mend.met(err, b.now())
	} else {
		b.mend = next{}
	}
	return err
}

// records yields what the journal has to say.
func (b *Store) records() func(yield func(*record) bool) {
	targets := make([]Target, 0, len(b.active.states))
	now := b.now()
	for t, s := range b.active.states {
		if s.decision != nil || !s.stale(now, &b.config) {
			targets = append(targets, t)
		}
	}
	slices.SortFunc(targets, func(t, u Target) int { return cmp.Or(b.age(t).Compare(b.age(u)), t.Compare(u)) })
	return func(yield func(*record) bool) {
		// The number of the last decision is not to be given again, even where that is forgotten.
		if !yield(&record{Op: opStart, Version: journalVersion, At: now, Decision: Decision{ID: b.lastID}}) {
			return
		}
		for _, t := range targets {
			s := b.active.states[t]
			r := &record{Op: opPast, At: s.ended, Released: s.released, Decision: Decision{Target: t, Offences: s.offences}}
			if s.decision != nil {
				r = &record{Op: opAdd, Decision: *s.decision}
			}
			if !yield(r) {
				return
			}
		}
	}
}

// age orders targets in a journal as they came.
func (b *Store) age(t Target) time.Time {
	s := b.active.states[t]
	switch {
	case s.decision != nil:
		return s.decision.Since
	case s.released.IsZero():
		return s.ended
	}
	return s.released
}
