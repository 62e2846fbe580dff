package daemon

import (
	"fmt"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/reputation"
)

// ResponseStatus is what became of actions of rules.
type ResponseStatus struct {
	Mode        decision.Mode `json:"mode"`
	Blocks      int           `json:"blocks"`      // that hold
	Quarantines int           `json:"quarantines"` // that hold
	Recorded    int           `json:"recorded"`    // decisions that would hold, but for the mode
	Limit       int           `json:"limit"`       // of either number
	// Outcomes are the requests for decisions, of rules and of people, by what became of them.
	Outcomes map[decision.Outcome]uint64 `json:"outcomes"`
	Expired  uint64                      `json:"expired"` // decisions whose time was over
	Guarded  uint64                      `json:"guarded"` // decisions taken back because their target became protected
	// Lost are actions for which there was no room while decisions took too long; Odd those whose target is no address.
	Lost         uint64 `json:"lost"`
	Odd          uint64 `json:"odd"`
	JournalLines int    `json:"journal_lines"`
	JournalBytes int64  `json:"journal_bytes"`
	// Repairs are times that someone had changed the firewall and it was put back, LastRepair the last of them.
	Repairs    uint64     `json:"repairs"`
	LastRepair *time.Time `json:"last_repair"`
	// Failing says, by what fails (journal, firewall, audit, host), why it does.
	Failing map[string]string `json:"failing"`
}

// responseStatus returns nil where there is no Book.
func (d *Daemon) responseStatus() *ResponseStatus {
	if d.opt.Book == nil {
		return nil
	}
	b := d.opt.Book.Stats()
	s := &ResponseStatus{Mode: b.Mode, Blocks: b.Blocks, Quarantines: b.Quarantines, Recorded: b.Recorded, Limit: b.Limit, Outcomes: b.Outcomes,
		Expired: b.Expired, Guarded: b.Guarded, Lost: d.responder.lost.Load(), Odd: d.responder.odd.Load(),
		JournalLines: b.JournalLines, JournalBytes: b.JournalBytes, Failing: map[string]string{}}
	for _, t := range []struct {
		what string
		of   decision.Trouble
	}{{"journal", b.Journal}, {"firewall", b.Firewall}, {"audit", b.Audit}, {"host", b.Host}} {
		if t.of.Failing {
			s.Failing[t.what] = t.of.Error
		}
	}
	var err string
	var last time.Time
	s.Repairs, last, err = d.drift.known()
	if !last.IsZero() {
		last = last.UTC()
		s.LastRepair = &last
	}
	if err != "" && s.Failing["firewall"] == "" {
		s.Failing["firewall"] = err
	}
	return s
}

// reputationStatus returns how the sources of reputation are.
func (d *Daemon) reputationStatus() []reputation.Status {
	if d.opt.Reputation == nil {
		return []reputation.Status{}
	}
	return append([]reputation.Status{}, d.opt.Reputation.Status()...)
}

// responseTrouble notes what of responses people should know first.
func (s *Status) responseTrouble() {
	if r := s.Responses; r != nil {
		for _, what := range []string{"journal", "firewall", "audit", "host"} {
			if err := r.Failing[what]; err != "" {
				s.Trouble = append(s.Trouble, fmt.Sprintf("responses: %s: %s", what, err))
			}
		}
		if r.Blocks+r.Quarantines >= r.Limit {
			s.Trouble = append(s.Trouble, fmt.Sprintf("responses: there are as many decisions as max_decisions allows, %d: nobody else is blocked", r.Limit))
		}
		if r.Lost > 0 {
			s.Trouble = append(s.Trouble, fmt.Sprintf("responses: %d actions of alerts were left out because decisions took too long", r.Lost))
		}
	}
	for _, r := range s.Reputation {
		if !r.Healthy {
			s.Trouble = append(s.Trouble, fmt.Sprintf("reputation %q is %s: %s", r.Source, r.State, either(r.CacheError, r.LastError)))
		}
	}
}

// either returns the first of texts that says something.
func either(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
