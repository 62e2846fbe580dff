package server

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/bus"
	"github.com/ruleids/ruleids/fleet/correlate"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
)

// openBus listens for agents.
func (s *Server) openBus() (err error) {
	s.bus, err = bus.Open(bus.Options{Listen: string(s.opt.Settings.Agents), Certificate: s.own.current, CA: s.ca.Pool(), MaxAgents: s.opt.Settings.MaxAgents, Log: s.log, Member: s.roster.Valid})
	if err != nil {
		return err
	}
	for subject, ask := range map[string]func(id, what string, data []byte) []byte{
		fleet.SubjectAlerts + "*": s.takeAlerts, fleet.SubjectBeat + "*": s.takeBeat, fleet.SubjectAsk + "*.*": s.answer,
	} {
		if err := s.bus.Serve(subject, ask); err != nil {
			return err
		}
	}
	return nil
}

// storeWithin bounds how long a batch waits for the store; the agent sends it again.
const storeWithin = 15 * time.Second

// reply writes an answer; what this program makes can always be written.
func reply(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return text
}

// takeAlerts stores a batch. The answer, by which the agent forgets it, comes when it is on the disk.
func (s *Server) takeAlerts(id, _ string, data []byte) []byte {
	name, ok := s.roster.Name(id)
	if !ok {
		return nil
	}
	var b fleet.Batch
	if err := json.Unmarshal(data, &b); err != nil || len(b.Alerts) == 0 || len(b.Alerts) > fleet.MaxBatch {
		s.bus.Complain("an agent sent something that is no batch of alerts", "agent", name, "bytes", len(data))
		return reply(fleet.BatchAnswer{Error: "this is no batch of alerts"})
	}
	now := time.Now().UTC()
	entries := make([]*store.Entry, 0, len(b.Alerts))
	for _, x := range b.Alerts {
		a := &alert.Alert{}
		if err := json.Unmarshal(x.Alert, a); err != nil {
			// The agent would send it for ever: it is left out, and told of.
			s.bus.Complain("an agent sent an alert that cannot be read", "agent", name, "error", err)
			continue
		}
		entries = append(entries, store.NewEntry(a, store.Origin{Agent: id, Boot: b.Boot, Seq: x.Seq}, name, now))
	}
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	if err := s.append(ctx, entries); err != nil {
		return reply(fleet.BatchAnswer{Error: "the server cannot store alerts"})
	}
	return reply(fleet.BatchAnswer{Stored: b.Alerts[len(b.Alerts)-1].Seq})
}

// maxText bounds texts of heartbeats.
const maxText = 500

// takeBeat takes a heartbeat in.
func (s *Server) takeBeat(id, _ string, data []byte) []byte {
	var b fleet.Beat
	if err := json.Unmarshal(data, &b); err != nil || len(data) > fleet.MaxBatchBytes {
		s.bus.Complain("an agent sent something that is no heartbeat", "id", id, "bytes", len(data))
		return nil
	}
	if b.Trouble == nil {
		b.Trouble = []string{}
	}
	b.Trouble = b.Trouble[:min(len(b.Trouble), fleet.MaxTrouble+1)]
	for i, t := range b.Trouble {
		b.Trouble[i] = t[:min(len(t), maxText)]
	}
	if b.Shared.Refused == nil {
		b.Shared.Refused = []fleet.Refusal{}
	}
	b.Shared.Refused = b.Shared.Refused[:min(len(b.Shared.Refused), fleet.MaxRefused)]
	if b.Services == nil {
		b.Services = []string{}
	}
	b.Models = boundModels(b.Models)
	b.Near = b.Near[:min(len(b.Near), fleet.MaxNear)]
	if len(b.Costs) > fleet.MaxCosts {
		b.Costs = nil
	}
	for i := range b.Near {
		b.Near[i].Rule = b.Near[i].Rule[:min(len(b.Near[i].Rule), maxText)]
		b.Near[i] = b.Near[i].Bounded()
	}
	logins := boundLogins(b.Logins)
	b.Logins = nil // they are kept apart
	from := s.bus.Address(id)
	if !s.roster.Heard(id, from, &b) {
		return nil
	}
	s.tellBeat(id, from, &b)
	a := s.roster.Get(id)
	if a == nil {
		return nil
	}
	if err := s.state.AddLogins(context.Background(), id, b.Started, logins); err != nil {
		s.log.Error("logins cannot be stored", "agent", a.Name, "error", err)
	}
	answer := fleet.BeatAnswer{Time: time.Now(), Decisions: s.shared.Digest(a.Labels), Limit: s.opt.Settings.AlertLimit, Span: s.opt.Settings.AlertSpan.Seconds()}
	answer.Set, answer.Managed = s.rollout.Wanted(a.ID, a.Labels)
	if s.company != nil {
		answer.Servers = s.company.Servers()
	}
	return reply(answer)
}

// boundModels cuts what a heartbeat tells of models down to what the server keeps.
func boundModels(list []fleet.Model) []fleet.Model {
	out := append([]fleet.Model{}, list[:min(len(list), fleet.MaxModels)]...)
	for i := range out {
		m := &out[i]
		m.Name, m.Error = m.Name[:min(len(m.Name), maxText)], m.Error[:min(len(m.Error), maxText)]
		m.Features = append([]fleet.ModelFeature{}, m.Features[:min(len(m.Features), fleet.MaxModelFeatures)]...)
		for j := range m.Features {
			f := &m.Features[j]
			f.Name, f.Usual = f.Name[:min(len(f.Name), maxText)], f.Usual[:min(len(f.Usual), maxText)]
		}
	}
	return out
}

// boundLogins cuts logins of a heartbeat down to what the server keeps.
func boundLogins(list []fleet.Login) []fleet.Login {
	list = list[:min(len(list), fleet.MaxLogins)]
	for i := range list {
		l := &list[i]
		for _, s := range []*string{&l.Result, &l.User, &l.Src, &l.Service, &l.Host, &l.Method, &l.Reason} {
			*s = (*s)[:min(len(*s), fleet.MaxLoginText)]
		}
	}
	return list
}

// answer answers what agents ask for.
func (s *Server) answer(id, what string, data []byte) []byte {
	a := s.roster.Get(id)
	if a == nil || !a.Revoked.IsZero() {
		return nil
	}
	switch what {
	case fleet.AskDecisions:
		return reply(fleet.DecisionSet{Decisions: s.shared.Everything(a.Labels)})
	case fleet.AskRules:
		digest, _ := s.rollout.Wanted(a.ID, a.Labels)
		data, err := s.state.Bundle(context.Background(), digest)
		if err != nil || data == nil {
			s.log.Error("a rule set cannot be read", "digest", digest, "error", err)
			return reply(fleet.RuleSet{Error: "the server does not have the rule set"})
		}
		return reply(fleet.RuleSet{Bundle: data})
	case fleet.AskEvidence:
		return reply(s.takeEvidence(a.ID, data))
	case fleet.AskAssets:
		var b fleet.AssetBatch
		if err := json.Unmarshal(data, &b); err != nil {
			return reply(fleet.AssetAnswer{Error: "this is no batch of hosts"})
		}
		return reply(s.hosts.Take(a.ID, &b))
	case fleet.AskRenew:
		return reply(s.renew(a.ID, a.Name, data))
	}
	s.bus.Complain("an agent asked for something that there is not", "agent", a.Name, "what", what)
	return nil
}

// renew gives an agent another certificate.
func (s *Server) renew(id, name string, data []byte) fleet.Renewal {
	var q fleet.Renewal
	if err := json.Unmarshal(data, &q); err != nil {
		return fleet.Renewal{Error: "this is no request for a certificate"}
	}
	cert, serial, err := s.ca.SignAgent(q.Request, id)
	if err != nil {
		return fleet.Renewal{Error: err.Error()}
	}
	x, err := x509.ParseCertificate(cert)
	if err == nil {
		err = s.state.Renewed(context.Background(), id, serial, x.NotAfter)
	}
	if err == nil {
		err = s.roster.Reload(context.Background())
	}
	if err != nil {
		s.log.Error("a certificate cannot be renewed", "agent", name, "error", err)
		return fleet.Renewal{Error: "the server cannot do that now"}
	}
	s.log.Info("certificate renewed", "agent", name, "ends", x.NotAfter)
	return fleet.Renewal{Certificate: string(pki.Encode(cert))}
}

// newsRoom is how many alerts wait for what follows from them.
const newsRoom = 100_000

// stored is called with alerts that are in the store.
func (s *Server) stored(list []*store.Stored) {
	data := make([][]byte, len(list))
	for i, x := range list {
		data[i] = x.AppendJSON(nil)
		select {
		case s.news <- x:
		default:
			if s.missed.Add(1) == 1 {
				s.log.Error("alerts come faster than rules on them can look: some are left out")
			}
		}
	}
	s.live.Add("alert", data...)
}

// follow does what follows from alerts.
func (s *Server) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case x := <-s.news:
			a := &alert.Alert{}
			if err := json.Unmarshal(x.Body, a); err != nil {
				continue // of another program, whose proto has no number here
			}
			if s.leads() {
				s.share(ctx, a)
			}
			s.rules.Look(a)
		}
	}
}

// share makes decisions for all of what a rule asks for.
func (s *Server) share(ctx context.Context, a *alert.Alert) {
	if a.Shadow {
		return
	}
	for _, act := range a.Actions {
		// What a rule of the server asks for is for all: the server has no firewall of its own.
		if !act.Share && a.Agent != correlate.Name || !act.Target.IsValid() || act.Kind != "block" && act.Kind != "quarantine" {
			continue
		}
		q := share.Request{Target: act.Target.String(), Kind: act.Kind, Second: act.Seconds, Reason: cmp.Or(a.Message, a.Description)}
		if _, err := s.shared.Decide(ctx, q, share.Origin{Source: "rule", By: a.Agent, Rule: a.Rule}); err != nil {
			if wrong, ok := errors.AsType[share.Invalid](err); ok {
				s.log.Info("no decision for all", "target", q.Target, "rule", a.Rule, "agent", a.Agent, "why", wrong.Why)
			} else {
				s.log.Error("a decision for all cannot be made", "target", q.Target, "error", err)
			}
		}
	}
}

// tell tells watchers of something.
func (s *Server) tell(kind string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		s.log.Error("an event cannot be told", "kind", kind, "error", err)
		return
	}
	s.live.Add(kind, data)
}

// decided is called with each change of a decision for all.
func (s *Server) decided(x *state.Decision) {
	s.tell("decision", x)
	if s.bus == nil {
		return
	}
	d := share.Tell(x)
	text := reply(fleet.Told{Decision: &d})
	if x.Label == "" {
		if err := s.bus.Tell("", text); err != nil {
			s.log.Warn("agents learn of a decision by their next heartbeat only", "error", err)
		}
		return
	}
	for _, a := range s.roster.List(false) {
		if a.Labels.Match(x.Label) {
			_ = s.bus.Tell(a.ID, text) // by its next heartbeat it learns of it otherwise
		}
	}
}

// cut ends the connections of an agent.
func (s *Server) cut(id string) {
	s.hosts.Forget(id)
	if s.bus != nil {
		s.bus.Cut(id)
	}
}
