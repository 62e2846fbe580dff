package decision

import (
	"fmt"
	"math"
	"time"
)

// evaluate decides about a request: what it changes goes into the group, and the verdict says what that is.
func (b *Store) evaluate(g *group, r *Request) Verdict {
	if wrong := r.check(g.now); wrong != "" {
		return Verdict{Outcome: Refused, Detail: wrong}
	}
	if r.Kind == Release {
		return b.lift(g, r)
	}
	if p, ok := b.guard.check(r.Target, r.Force); ok {
		return Verdict{Outcome: Refused, Protection: &p, Detail: refusal(r, p)}
	}
	if r.By.Source.automatic() {
		if p, ok := forRules(r.Target); ok {
			return Verdict{Outcome: Refused, Protection: &p, Detail: refusal(r, p)}
		}
	}
	if why := huge(r.Target); why != "" && !r.Force {
		return Verdict{Outcome: Refused, Detail: why}
	}
	active := b.config.Mode == Enforce && !r.Shadow
	l := b.recorded
	if active {
		l = b.active
	}
	exact := l.get(r.Target)
	if r.By.Source.automatic() {
		if end := l.graceEnd(r.Target, b.config.Grace); g.now.Before(end) && !r.Insist {
			return Verdict{Outcome: Skipped, Detail: fmt.Sprintf("It was released; automatic decisions leave it alone until %s.", end.Format(time.RFC3339))}
		}
		for around := range l.deciding.around(r.Target) {
			if d := l.get(around); d != nil && asStrong(d, r) {
				return Verdict{Outcome: Kept, Decision: d}
			}
		}
	} else if exact != nil && exact.Kind == r.Kind && exact.Until.IsZero() && r.For == 0 && r.Until.IsZero() && exact.Forced == r.Force {
		return Verdict{Outcome: Kept, Decision: exact}
	}
	most := b.config.MaxDecisions
	if r.By.Source.human() {
		most += humanRoom
	}
	if exact == nil && l.decisions >= most {
		return Verdict{Outcome: Refused, Detail: fmt.Sprintf("There are %d decisions already, as many as max_decisions allows; release some, or raise it.", l.decisions)}
	}
	d := b.draw(l, r, g.now)
	d.Recorded = !active
	g.put(l, d, active)
	if !active {
		return Verdict{Outcome: Recorded, Decision: d, Detail: b.whyRecorded(r)}
	}
	return Verdict{Outcome: Decided, Decision: d}
}

// humanRoom is how many decisions people may make beyond max_decisions: who forges addresses until there are so many must
// not keep them from blocking somebody.
const humanRoom = 1000

// draw makes the decision that a request leads to.
func (b *Store) draw(l *ledger, r *Request, now time.Time) *Decision {
	b.lastID++
	d := &Decision{ID: b.lastID, Kind: r.Kind, Target: r.Target, Origin: r.By, Reason: plain(r.Reason), Since: now,
		Forced: r.Force, Offences: l.offences(r.Target, now, b.config.ForgetAfter)}
	d.Who, d.Rule = plain(r.By.Who), plain(r.By.Rule)
	length := r.For
	if r.By.Source.automatic() && !r.Spoofable {
		if l.get(r.Target) == nil { // else it is the same offence that goes on
			d.Offences++
		}
		d.Offences = max(d.Offences, 1)
		length = escalated(r.For, d.Offences, b.config.EscalateBy, b.config.EscalateMax)
	}
	switch {
	case !r.Until.IsZero():
		d.Until = instant(r.Until)
	case length > 0:
		d.Until = now.Add(length)
	}
	if was := r.restored; was != nil {
		d.Origin, d.Since, d.Offences = was.Origin, instant(was.Since), was.Offences
		d.Who, d.Rule, d.Reason = plain(was.Who), plain(was.Rule), plain(was.Reason)
	}
	return d
}

// asStrong reports whether a decision that covers the target of an automatic request is for as long as the request: it
// then stands as it is, for the packets of those who are kept out are still seen, and each would lengthen it.
func asStrong(d *Decision, r *Request) bool {
	switch {
	case d.Until.IsZero():
		return true
	case !r.Until.IsZero():
		return !d.Until.Before(r.Until)
	}
	return r.For > 0 && d.Until.Sub(d.Since) >= r.For
}

// escalated returns the time of a decision that is the nth of its target. What a rule asks for is never shortened.
func escalated(base time.Duration, nth int, by float64, most time.Duration) time.Duration {
	if base == 0 || nth <= 1 || base >= most {
		return base
	}
	f := float64(base) * math.Pow(by, float64(nth-1))
	if f >= float64(most) {
		return most
	}
	return time.Duration(f).Truncate(time.Microsecond)
}

// lift releases a target.
func (b *Store) lift(g *group, r *Request) Verdict {
	active, recorded := b.active.get(r.Target), b.recorded.get(r.Target)
	held := active
	if held == nil {
		held = recorded
	}
	if held == nil {
		v := Verdict{Outcome: Absent, Detail: fmt.Sprintf("There is no decision about %s.", r.Target)}
		for _, l := range []*ledger{b.active, b.recorded} {
			if d := l.covering(r.Target); d != nil {
				v.Decision, v.Detail = d, fmt.Sprintf("There is none about %s alone, but one about %s, which covers it.", r.Target, d.Target)
				break
			}
		}
		return v
	}
	if recorded != nil {
		g.drop(b.recorded, recorded, r.By, r.Reason, false)
	}
	if active != nil {
		g.drop(b.active, active, r.By, r.Reason, b.config.Mode == Enforce)
	}
	v := Verdict{Outcome: Released, Decision: held}
	for _, l := range []*ledger{b.active, b.recorded} {
		if d := l.covering(r.Target); d != nil {
			words := "would still keep"
			if l == b.active && b.config.Mode == Enforce {
				words = "still keeps"
			}
			v.Covered, v.Detail = d, fmt.Sprintf("But the %s of %s %s it out.", d.Kind, d.Target, words)
			break
		}
	}
	return v
}

// whyRecorded says why a decision is only recorded.
func (b *Store) whyRecorded(r *Request) string {
	if r.Shadow {
		return "The rule is in shadow mode; it was recorded and not done."
	}
	return "The mode is monitor; it was recorded and not done."
}

// refusal is the sentence that says why a protected target is left alone, and what to do.
func refusal(r *Request, p Protection) string {
	s := p.String() + "."
	if p.Target != r.Target && !r.Target.Single() {
		s = fmt.Sprintf("%s of %s would cut off more than it should: %s", r.Kind, r.Target, s)
	}
	if p.What == neverBlock && r.By.Source == SourcePerson {
		s += " Take it off the list, or use force."
	}
	return s
}
