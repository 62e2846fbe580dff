package server

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/correlate"
	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/store"
)

// A RuleError is returned where the rules on alerts cannot be used.
type RuleError struct {
	Diags   hcl.Diagnostics
	Sources map[string]*hcl.File
}

// Error implements error.
func (e RuleError) Error() string { return e.Diags.Error() }

const (
	// replayed is how many alerts are looked at again at the start, at most.
	replayed = 200_000
	// maxReplay is how far back they go, at most.
	maxReplay = 24 * time.Hour
)

// correlate loads the rules on alerts, and shows them the alerts of the time that their windows reach back: so a restart
// forgets nothing. What they raise then, and had raised before, is known by its identity.
func (s *Server) correlate(ctx context.Context) error {
	opt := s.opt.Rules
	opt.Paths = s.opt.Settings.Rules
	c, set, diags := correlate.Load(opt, s.raised)
	if diags.HasErrors() {
		return RuleError{diags, set.Sources}
	}
	s.rules = c
	if s.opt.Demo {
		return nil // what is made up has its own
	}
	since := time.Now().Add(-min(c.Span(), maxReplay))
	var all []*store.Stored
	for before := store.ID(0); len(all) < replayed; {
		list, next, err := s.store.List(ctx, &query.Query{Since: since}, before, 1000)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // one file that is damaged is no reason to be without a server
			s.log.Error("alerts from before cannot be read; the rules on alerts begin without them", "since", since, "error", err)
			break
		}
		all = append(all, list...)
		if before = next; next == 0 {
			break
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		a := &alert.Alert{}
		if json.Unmarshal(all[i].Body, a) == nil {
			c.Look(a)
		}
	}
	if len(all) > 0 {
		s.log.Info("alerts looked at again by the rules on alerts", "alerts", len(all), "since", since)
	}
	return nil
}

// raised stores an alert of a rule on alerts.
func (s *Server) raised(a *alert.Alert) {
	if !s.leads() {
		return // the server that does raises it
	}
	key, at := correlate.Identity(a)
	e := store.NewEntry(a, store.Origin{Agent: correlate.Name, Boot: key, Seq: at}, correlate.Name, time.Now())
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	if err := s.append(ctx, []*store.Entry{e}); err != nil {
		s.log.Error("an alert of a rule on alerts cannot be stored", "rule", a.Rule, "error", err)
	}
}
