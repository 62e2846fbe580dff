package decision

import (
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

// Status is how a Store is, and its counts since it was opened.
type Status struct {
	Mode        Mode `json:"mode"`
	Blocks      int  `json:"blocks"`      // that hold
	Quarantines int  `json:"quarantines"` // that hold
	Recorded    int  `json:"recorded"`    // decisions that would hold, but for the mode
	Limit       int  `json:"limit"`       // of either number
	// Outcomes are the requests for decisions, of rules and of people, by what became of them.
	Outcomes     map[Outcome]uint64 `json:"outcomes"`
	Expired      uint64             `json:"expired"` // decisions whose time was over
	Guarded      uint64             `json:"guarded"` // decisions taken back because their target became protected
	JournalLines int                `json:"journal_lines"`
	JournalBytes int64              `json:"journal_bytes"`
	// Failing says, by which of Dependencies fails, why it does.
	Failing map[string]string `json:"failing"`
}

// Dependencies returns the names of what a Store depends on.
func Dependencies() []string { return []string{"journal", "firewall", "audit", "host"} }

// troubles take down how those go, in the order of Dependencies.
type troubles struct{ journal, firewall, audit, host retry.Trouble }

// Status returns how the Store is.
func (b *Store) Status() Status {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := b.status
	s.Mode, s.Limit, s.Recorded = b.config.Mode, b.config.MaxDecisions, b.recorded.decisions
	s.Quarantines = b.active.quarantines
	s.Blocks = b.active.decisions - s.Quarantines
	s.Outcomes = map[Outcome]uint64{}
	for _, o := range outcomes() {
		s.Outcomes[o] = b.counts[o]
	}
	s.Failing = map[string]string{}
	names := Dependencies()
	for i, t := range [...]*retry.Trouble{&b.troubles.journal, &b.troubles.firewall, &b.troubles.audit, &b.troubles.host} {
		if state := t.State(); state.Failing {
			s.Failing[names[i]] = state.Last.Error()
		}
	}
	return s
}

// note copies the state of the journal for Status.
func (b *Store) note() {
	b.mu.Lock()
	b.status.JournalBytes, b.status.JournalLines = b.journal.size, b.journal.lines
	b.mu.Unlock()
}

// met takes down how something went that the Store depends on, and logs that it fails, or works again.
func (b *Store) met(t *retry.Trouble, err error, failing, over string) {
	if err != nil {
		if t.Failed(err, b.now()) {
			b.log.Error(failing, "error", err)
		}
	} else if after, log := t.Works(b.now()); log {
		b.log.Info(over, "after", after.Round(time.Millisecond).String())
	}
}

// journalTrouble takes down how it went to write the journal. Nothing is decided while that fails; releases are.
func (b *Store) journalTrouble(err error) {
	b.met(&b.troubles.journal, err, "the journal of decisions cannot be written; nothing is blocked until it can", "the journal of decisions is written again")
}

// firewallTrouble takes down how it went to make the firewall what the Store says.
func (b *Store) firewallTrouble(err error) {
	b.met(&b.troubles.firewall, err, "the firewall does not take all decisions; they are tried again", "the firewall has all decisions again")
	b.retry.met(err, b.now())
}

// firewallMissed takes down that changes were not made. It puts off no try that is due already: while a flood goes on,
// something fails all the time.
func (b *Store) firewallMissed(err error) {
	before := b.retry
	b.firewallTrouble(err)
	if !before.at.IsZero() {
		b.retry = before
	}
}

func (b *Store) auditTrouble(err error) {
	b.met(&b.troubles.audit, err, "the audit log cannot be written; decisions are made all the same", "the audit log is written again")
}

// hostTrouble takes down how it went to look at the host. What is protected may have changed since that began to fail.
func (b *Store) hostTrouble(err error) {
	b.met(&b.troubles.host, err, "what is protected on this host cannot be looked at; the last that is known is used", "what is protected on this host can be looked at again")
}
