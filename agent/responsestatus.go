package agent

import (
	"fmt"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/actions/telegram"
	"github.com/ruleids/ruleids/agent/api"
)

// responseStatus returns nil where there is no Book.
func (d *Daemon) responseStatus() *api.ResponseStatus {
	if d.opt.Book == nil {
		return nil
	}
	b := d.opt.Book.Stats()
	s := &api.ResponseStatus{Mode: b.Mode, Blocks: b.Blocks, Quarantines: b.Quarantines, Recorded: b.Recorded, Limit: b.Limit, Outcomes: b.Outcomes,
		Expired: b.Expired, Guarded: b.Guarded, Lost: d.responder.lost.Load(),
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

func (d *Daemon) notifierStatus() []api.NotifierStatus {
	out := []api.NotifierStatus{}
	if d.opt.Notifiers == nil {
		return out
	}
	for _, s := range d.opt.Notifiers.Stats() {
		n := api.NotifierStatus{Kind: s.Kind, Name: s.Name, State: s.State, Sent: s.Sent, Delivered: s.Delivered, Queued: s.Queued, Lost: s.Dropped,
			Muted: s.Muted, Merged: s.Merged, Filtered: s.Filtered, Retries: s.Retries}
		if s.State == "failing" {
			n.Error = s.LastError
		}
		out = append(out, n)
	}
	return out
}

func (d *Daemon) botStatus() []api.BotStatus {
	out := []api.BotStatus{}
	if d.bots == nil {
		return out
	}
	for _, s := range d.bots.Stats() {
		b := api.BotStatus{Notifiers: s.Notifiers, Username: s.Username, State: string(s.State), Commands: s.Commands + s.Buttons, Refused: s.Refused}
		if s.State != telegram.StatePolling && s.State != telegram.StateStarting {
			b.Error = s.LastError
		}
		out = append(out, b)
	}
	return out
}

// troubleLasts is for how long a honeypot's last error is told.
const troubleLasts = time.Minute

func (d *Daemon) honeypotStatus() []api.HoneypotStatus {
	out := []api.HoneypotStatus{}
	if d.opt.Honeypots == nil {
		return out
	}
	for _, s := range d.opt.Honeypots.Stats() {
		h := api.HoneypotStatus{Name: s.Name, Service: s.Service, Address: s.Address, Open: s.Open, Accepted: s.Accepted, Refused: s.Refused, Events: s.Events, Unlogged: s.Lost}
		if time.Since(s.LastErrorTime) < troubleLasts {
			h.Error = s.LastError
		}
		out = append(out, h)
	}
	return out
}

// responseTrouble notes what of responses people should know first.
func responseTrouble(s *api.Status) {
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
