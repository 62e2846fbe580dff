package decision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A group is changes that are written to the journal with one sync, and then done.
type group struct {
	now     time.Time
	ops     []op
	lines   []byte
	records int
	fault   error // of making a line
	audit   []auditLine
	silent  bool // the firewall is not told
}

// An op is one change of a ledger.
type op struct {
	ledger  *ledger
	target  Target
	before  state
	stands  bool // whether the journal can be written or not: releases, what is over, what is only recorded
	changes []Change
}

func (b *Store) newGroup(now time.Time) *group { return &group{now: now} }

// put makes a decision. Only of an active one is there anything in the journal and for the firewall.
func (g *group) put(l *ledger, d *Decision, active bool) {
	o := op{ledger: l, target: d.Target, stands: !active, before: l.set(d.Target, state{decision: d})}
	if active {
		g.write(&record{Op: opAdd, Decision: *d})
		o.changes = append(o.changes, Change{Member: d.member()})
		if was := o.before.decision; was != nil && was.Kind != d.Kind {
			o.changes = append(o.changes, Change{Remove: true, Member: was.member()})
		}
	}
	g.ops = append(g.ops, o)
}

// drop releases a decision.
func (g *group) drop(l *ledger, d *Decision, by Origin, reason string, enforced bool) {
	o := op{ledger: l, target: d.Target, stands: true, before: l.set(d.Target, state{released: g.now})}
	if !d.Recorded {
		g.write(&record{Op: opRemove, At: g.now, Decision: Decision{ID: d.ID, Target: d.Target, Origin: by, Reason: plain(reason)}})
	}
	if enforced {
		o.changes = append(o.changes, Change{Remove: true, Member: d.member()})
	}
	g.ops = append(g.ops, o)
}

func (g *group) write(r *record) {
	lines, err := appendRecord(g.lines, r)
	if err != nil {
		g.fault = err
		return
	}
	g.lines = lines
	g.records++
}

// undo takes back what is not done without the journal. What was decided and released within the group stays as the
// release left it.
func (g *group) undo() {
	type place struct {
		ledger *ledger
		target Target
	}
	settled := map[place]bool{} // by a later op that stands
	for i := len(g.ops) - 1; i >= 0; i-- {
		o := &g.ops[i]
		at := place{o.ledger, o.target}
		if o.stands = o.stands || settled[at]; o.stands {
			settled[at] = true
			continue
		}
		o.ledger.set(o.target, o.before)
	}
	g.ops = slices.DeleteFunc(g.ops, func(o op) bool { return !o.stands })
}

// changes are what the firewall is told, in order.
func (g *group) changes() []Change {
	var out []Change
	for i := range g.ops {
		out = append(out, g.ops[i].changes...)
	}
	return out
}

// commit writes the group to the journal and tells the firewall. It returns the errors of both.
func (b *Store) commit(ctx context.Context, g *group) (journal, firewall error) {
	journal = g.fault
	if journal == nil && len(g.lines) > 0 {
		switch {
		case !b.journal.broken:
			journal = b.journal.commit(g.lines, g.records)
		case b.mend.at.IsZero() || b.mend.due(g.now):
			// What was made in memory since is in what is written again, this group too.
			journal = b.rewrite()
		default:
			journal = b.journal.unusable()
		}
	}
	if journal != nil {
		b.mu.Lock()
		g.undo()
		b.mu.Unlock()
		b.journalTrouble(journal)
	} else if len(g.lines) > 0 {
		b.journalTrouble(nil)
	}
	if changes := g.changes(); len(changes) > 0 && b.config.Mode == Enforce && !g.silent {
		firewall = b.apply(ctx, changes)
	}
	if len(g.audit) > 0 {
		b.auditTrouble(b.audit.write(g.audit))
	}
	return journal, firewall
}

// decide serves asks as one group.
func (b *Store) decide(ctx context.Context, asks []*ask) {
	b.protect(ctx)
	now := b.now()
	g := b.newGroup(now)
	b.mu.Lock()
	b.expire(g)
	for _, a := range asks {
		for i := range a.requests {
			a.verdicts[i] = b.evaluate(g, &a.requests[i])
		}
	}
	b.mu.Unlock()
	journal, firewall := b.commit(ctx, g)
	failed := failedMembers(firewall)
	var lines []auditLine
	b.mu.Lock()
	for _, a := range asks {
		for i := range a.requests {
			v := &a.verdicts[i]
			switch {
			case v.Outcome == Decided && journal != nil:
				*v = Verdict{Outcome: Failed, Err: journal}
			case v.Outcome == Kept && journal != nil && b.active.get(v.Decision.Target) != v.Decision && b.recorded.get(v.Decision.Target) != v.Decision:
				*v = Verdict{Outcome: Failed, Err: journal} // it was of the same group
			case v.Outcome == Released && journal != nil:
				v.Err = fmt.Errorf("it is released now, but may be back after a restart: %w", journal)
			case (v.Outcome == Decided || v.Outcome == Released) && firewall != nil && failed(v.Decision.Target):
				v.Err = fmt.Errorf("the firewall does not have it yet: %w", firewall)
			}
			b.counts[v.Outcome]++
			lines = append(lines, auditOf(now, &a.requests[i], v))
		}
	}
	b.mu.Unlock()
	b.auditTrouble(b.audit.write(lines))
	b.trim()
	for _, a := range asks {
		close(a.done)
	}
}

// failedMembers tells for which targets an error of the firewall stands.
func failedMembers(err error) func(Target) bool {
	var part *PartialError
	if !errors.As(err, &part) {
		return func(Target) bool { return true }
	}
	set := map[Target]bool{}
	for _, c := range part.Changes {
		set[c.Target] = true
	}
	return func(t Target) bool { return set[t] }
}

func auditOf(now time.Time, r *Request, v *Verdict) auditLine {
	l := auditLine{Time: now, Event: string(v.Outcome), Action: r.Kind, Target: r.Target, Origin: r.By, Reason: plain(r.Reason),
		Detail: v.Detail, Decision: v.Decision}
	l.Who, l.Rule = plain(r.By.Who), plain(r.By.Rule)
	if v.Err != nil {
		l.Error = v.Err.Error()
	}
	return l
}
