package decision

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/internal/setting"
)

// Stats are the state and the counts of a Book since it was opened.
type Stats struct {
	Mode        Mode
	Blocks      int // that hold
	Quarantines int // that hold
	Recorded    int // that would hold
	Limit       int // of either number

	Outcomes map[Outcome]uint64 // of requests
	Expired  uint64             // decisions whose time was over
	Guarded  uint64             // decisions taken back because their target became protected

	JournalLines int
	JournalBytes int64
	Journal      Trouble // nothing is decided while it fails; releases are
	Firewall     Trouble // it is not what the Book says while it fails
	Audit        Trouble
	Host         Trouble // what is protected may have changed since it began to fail
}

// A Trouble is the failing of something that the Book depends on.
type Trouble struct {
	Failing  bool // the last try failed
	Failures uint64
	Error    string    // the last one; "" where there was none
	Time     time.Time // of it
}

// met takes down how something went, and reports whether trouble began or ended with it.
func (t *Trouble) met(err error, now time.Time) (changed bool) {
	changed = t.Failing != (err != nil)
	t.Failing = err != nil
	if err != nil {
		t.Failures++
		t.Error, t.Time = err.Error(), now
	}
	return changed
}

// Stats returns the state and the counts.
func (b *Book) Stats() Stats {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.stats
	s.Mode, s.Limit, s.Recorded = b.config.Mode, b.config.MaxDecisions, b.would.active
	s.Quarantines = b.real.quarantines
	s.Blocks = b.real.active - s.Quarantines
	s.Outcomes = map[Outcome]uint64{}
	for _, o := range outcomes() {
		s.Outcomes[o] = b.counts[o]
	}
	return s
}

// List returns the decisions that hold and those that would hold but for the mode (Recorded), sorted by number.
func (b *Book) List() []Decision {
	out, mode := b.held()
	for i := range out {
		out[i].Recorded = out[i].Recorded || mode != Enforce
	}
	return out
}

// held returns all decisions as the journal has them, sorted by number, and the mode.
func (b *Book) held() ([]Decision, Mode) {
	// Decisions do not change once they are made. While they are gathered no other is made, so no more is done then.
	b.mu.RLock()
	held := make([]*Decision, 0, b.real.active+b.would.active)
	for _, l := range []*ledger{b.real, b.would} {
		for _, s := range l.states {
			if s.decision != nil {
				held = append(held, s.decision)
			}
		}
	}
	mode := b.config.Mode
	b.mu.RUnlock()
	slices.SortFunc(held, func(d, e *Decision) int { return cmp.Compare(d.ID, e.ID) })
	out := make([]Decision, len(held))
	for i, d := range held {
		out[i] = *d
	}
	return out, mode
}

// Covering returns the decisions that keep a target out, or would, the narrowest first and those that hold before
// those that would.
func (b *Book) Covering(t Target) []Decision {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var out []Decision
	if !t.IsValid() {
		return nil
	}
	for _, l := range []*ledger{b.real, b.would} {
		for around := range l.deciding.around(t) {
			if d := l.get(around); d != nil {
				c := *d
				c.Recorded = c.Recorded || b.config.Mode != Enforce
				out = append(out, c)
			}
		}
	}
	return out
}

// Reconfigure takes over settings while the Book runs. It returns the names of those that differ and need a restart.
// With another mode the firewall is filled or emptied at once; an error is the firewall's, or that of ctx: the settings are then taken over as soon as what goes on lets them. The caller may not change config afterwards.
func (b *Book) Reconfigure(ctx context.Context, config *Config) (restart []string, err error) {
	if err := setting.Valid(config); err != nil {
		return nil, err
	}
	var did struct {
		restart []string
		err     error
	}
	lasting := context.WithoutCancel(ctx) // what began is finished, though nobody waits for it any more
	if err := b.call(ctx, func() {
		b.mu.Lock()
		before := b.config
		did.restart = setting.Restart(&before, config)
		b.config = *config
		b.config.Journal, b.config.Audit, b.config.SSHPorts, b.config.SSHLoginGrace = before.Journal, before.Audit, before.SSHPorts, before.SSHLoginGrace
		b.mu.Unlock()
		if !slices.Equal(before.NeverBlock, b.config.NeverBlock) {
			b.reguard(lasting, newGuard(b.facts, b.config.NeverBlock))
		}
		if before.Mode != b.config.Mode {
			line := auditLine{Time: b.now(), Event: "mode", Detail: string(b.config.Mode)}
			b.auditTrouble(b.audit.write([]auditLine{line}))
			_, _, did.err = b.reconcile(lasting)
		}
	}); err != nil {
		return nil, err
	}
	return did.restart, did.err
}

// ReopenAudit opens the audit log anew, after it was moved away.
func (b *Book) ReopenAudit() error { return b.audit.reopen() }

// note copies the state of the journal for Stats.
func (b *Book) note() {
	b.mu.Lock()
	b.stats.JournalBytes, b.stats.JournalLines = b.journal.size, b.journal.lines
	b.mu.Unlock()
}

// met takes down how something went that the Book depends on, and logs where that changed.
func (b *Book) met(t *Trouble, err error, failing, over string) {
	b.mu.Lock()
	changed := t.met(err, b.now())
	b.mu.Unlock()
	switch {
	case !changed:
	case err != nil:
		b.log.Error(failing, "error", err)
	default:
		b.log.Info(over)
	}
}

func (b *Book) journalTrouble(err error) {
	b.met(&b.stats.Journal, err, "The journal of decisions cannot be written: nothing is blocked until it can.", "The journal of decisions is written again.")
}

// firewallTrouble takes down how it went to make the firewall what the Book says.
func (b *Book) firewallTrouble(err error) {
	b.met(&b.stats.Firewall, err, "The firewall does not take all decisions; they are tried again.", "The firewall has all decisions again.")
	b.retry.met(err, b.now())
}

// firewallMissed takes down that changes were not made. It puts off no try that is due already: while a flood goes on,
// something fails all the time.
func (b *Book) firewallMissed(err error) {
	at := b.retry.at
	if at.IsZero() {
		b.firewallTrouble(err)
		return
	}
	wait := b.retry.wait
	b.firewallTrouble(err)
	b.retry = next{at, wait}
}

func (b *Book) auditTrouble(err error) {
	b.met(&b.stats.Audit, err, "The audit log cannot be written; decisions are made all the same.", "The audit log is written again.")
}

func (b *Book) hostTrouble(err error) {
	b.met(&b.stats.Host, err, "What is protected on this host cannot be looked at; what was known last is used.", "What is protected on this host can be looked at again.")
}

// A next says when something that failed is tried again.
type next struct {
	at   time.Time // zero while it does not fail
	wait retry.Backoff
}

const (
	firstRetry = time.Second
	mostRetry  = 30 * time.Second
)

// met takes down how a try went.
func (r *next) met(err error, now time.Time) {
	if err == nil {
		*r = next{}
		return
	}
	r.wait.First, r.wait.Most = firstRetry, mostRetry
	r.at = now.Add(r.wait.Next())
}

// soon has what failed tried again within a time.
func (r *next) soon(now time.Time, within time.Duration) {
	if at := now.Add(within); r.at.After(at) {
		r.at = at
	}
}

// due reports whether something failed and is to be tried again.
func (r *next) due(now time.Time) bool {
	// A clock that was set back does not put it off.
	return !r.at.IsZero() && (!now.Before(r.at) || r.at.Sub(now) > mostRetry)
}
