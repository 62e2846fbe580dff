package agent

import (
	"fmt"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/actions/telegram"
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

// NotifierStatus is one notifier. Its numbers are of alerts, but for Sent.
type NotifierStatus struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	State     string `json:"state"`     // ok, failing or closed
	Sent      uint64 `json:"sent"`      // messages
	Delivered uint64 `json:"delivered"` // that those told of
	Queued    uint64 `json:"queued"`
	Lost      uint64 `json:"lost"`   // for want of room, refused, given up
	Muted     uint64 `json:"muted"`  // of rules that were muted
	Merged    uint64 `json:"merged"` // that joined a message that waited
	Filtered  uint64 `json:"filtered"`
	Retries   uint64 `json:"retries"`
	Error     string `json:"error,omitempty"` // why it fails now
}

// BotStatus is one bot that takes commands.
type BotStatus struct {
	Notifiers []string `json:"notifiers"`
	Username  string   `json:"username"`
	State     string   `json:"state"`
	Commands  uint64   `json:"commands"`
	Refused   uint64   `json:"refused"` // of people who are no administrators
	Error     string   `json:"error,omitempty"`
}

// HoneypotStatus is one honeypot.
type HoneypotStatus struct {
	Name     string `json:"name"`
	Service  string `json:"service"`
	Address  string `json:"address"`
	Open     int    `json:"open"`
	Accepted uint64 `json:"accepted"`
	Refused  uint64 `json:"refused"` // connections that there was no room for
	Events   uint64 `json:"events"`
	Unlogged uint64 `json:"unlogged"` // events that did not get into the log
	Error    string `json:"error,omitempty"`
}

func (d *Daemon) notifierStatus() []NotifierStatus {
	out := []NotifierStatus{}
	if d.opt.Notifiers == nil {
		return out
	}
	for _, s := range d.opt.Notifiers.Stats() {
		n := NotifierStatus{Kind: s.Kind, Name: s.Name, State: s.State, Sent: s.Sent, Delivered: s.Delivered, Queued: s.Queued, Lost: s.Dropped,
			Muted: s.Muted, Merged: s.Merged, Filtered: s.Filtered, Retries: s.Retries}
		if s.State == "failing" {
			n.Error = s.LastError
		}
		out = append(out, n)
	}
	return out
}

func (d *Daemon) botStatus() []BotStatus {
	out := []BotStatus{}
	if d.bots == nil {
		return out
	}
	for _, s := range d.bots.Stats() {
		b := BotStatus{Notifiers: s.Notifiers, Username: s.Username, State: string(s.State), Commands: s.Commands + s.Buttons, Refused: s.Refused}
		if s.State != telegram.StatePolling && s.State != telegram.StateStarting {
			b.Error = s.LastError
		}
		out = append(out, b)
	}
	return out
}

// troubleLasts is for how long a honeypot's last error is told.
const troubleLasts = time.Minute

func (d *Daemon) honeypotStatus() []HoneypotStatus {
	out := []HoneypotStatus{}
	if d.opt.Honeypots == nil {
		return out
	}
	for _, s := range d.opt.Honeypots.Stats() {
		h := HoneypotStatus{Name: s.Name, Service: s.Service, Address: s.Address, Open: s.Open, Accepted: s.Accepted, Refused: s.Refused, Events: s.Events, Unlogged: s.Lost}
		if time.Since(s.LastErrorTime) < troubleLasts {
			h.Error = s.LastError
		}
		out = append(out, h)
	}
	return out
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
			s.Trouble = append(s.Trouble, fmt.Sprintf("responses: there are as many decisions as max_decisions allows, %d: rules block nobody else", r.Limit))
		}
		if r.Recorded >= r.Limit {
			s.Trouble = append(s.Trouble, fmt.Sprintf("responses: as many decisions as max_decisions allows, %d, are recorded: what else would be done is not", r.Limit))
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
	for _, n := range s.Notifiers {
		if n.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("notifier %s %q: %s", n.Kind, n.Name, n.Error))
		}
	}
	for _, b := range s.Bots {
		if b.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("the bot of notifier %s is %s: %s", strings.Join(b.Notifiers, ", "), b.State, b.Error))
		}
	}
	for _, h := range s.Honeypots {
		if h.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("honeypot %q: %s", h.Name, h.Error))
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
