package server

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/demo"
	"github.com/ruleids/ruleids/fleet/rollout"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
)

// demonstrate makes up agents, a day of their alerts, and some decisions.
func (s *Server) demonstrate(ctx context.Context) (*demonstration, error) {
	f := demo.New(1)
	have := map[string]string{}
	all, err := s.state.Agents(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		have[a.Name] = a.ID
	}
	fresh := len(all) == 0
	for _, a := range f.Agents() {
		if id, ok := have[a.Name]; ok {
			f.Join(a, id)
			continue
		}
		token, err := s.state.NewToken(ctx, time.Minute, 1, a.Labels, "demo")
		if err != nil {
			return nil, err
		}
		joined, err := s.state.Join(ctx, token, a.Name, s.opt.Settings.MaxAgents, func(string) (string, time.Time, error) { return "demo", time.Now().Add(30 * 24 * time.Hour), nil })
		if err != nil {
			return nil, err
		}
		f.Join(a, joined.ID)
	}
	if err := s.roster.Reload(ctx); err != nil {
		return nil, err
	}
	for _, a := range f.Agents() {
		batch := fleet.AssetBatch{Map: 1, Seq: 1}
		for _, h := range a.Hosts(time.Now()) {
			text, err := json.Marshal(h)
			if err != nil {
				return nil, err
			}
			batch.Hosts = append(batch.Hosts, text)
		}
		s.hosts.Take(a.Identity(), &batch)
	}
	if fresh {
		now := time.Now()
		for _, a := range f.Agents() {
			if err := s.state.AddLogins(ctx, s.roster.Get(a.Name).ID, now.Add(-31*time.Hour), f.Logins(a, now)); err != nil {
				return nil, err
			}
		}
		if err := s.store.Append(ctx, f.Day(now)); err != nil {
			return nil, err
		}
		for _, r := range []share.Request{
			{Target: "203.0.113.7", For: "24h", Reason: "scans all offices"},
			{Target: "198.51.100.0/28", Reason: "asked by the upstream"},
			{Target: "2001:db8:bad::/48", For: "2h", Reason: "guesses passwords", Label: "site=berlin"},
		} {
			if _, err := s.shared.Decide(ctx, r, share.Origin{Source: "person", By: "demo"}); err != nil {
				return nil, err
			}
		}
	}
	_ = s.state.RemoveKey(ctx, "demo") // of the start before, where there is one
	key, err := s.state.NewKey(ctx, "demo", state.Admin, "demo")
	if err != nil {
		return nil, err
	}
	offline := f.Agents()[len(f.Agents())-1]
	beat := f.Beat(offline, time.Now().Add(-47*time.Minute), 10*time.Second)
	id := s.roster.Get(offline.Name).ID
	s.roster.Missed(id, time.Now().Add(-47*time.Minute), "192.0.2.15", beat)
	began := time.Now()
	to := demo.Sink{Store: s.store.Append, Heard: s.roster.Heard,
		Logins: func(ctx context.Context, id string, list []fleet.Login) error {
			return s.state.AddLogins(ctx, id, began, list)
		},
		Wanted: func(id string, labels state.Labels) string { digest, _ := s.rollout.Wanted(id, labels); return digest }}
	return &demonstration{key: key, run: func(ctx context.Context) error {
		if fresh {
			// Once the agents have said how they are: a rule set goes to those that are online.
			first := true
			heard := to.Heard
			to.Heard = func(id, address string, b *fleet.Beat) bool {
				ok := heard(id, address, b)
				if first && id == f.Agents()[len(f.Agents())-2].Identity() {
					first = false
					if err := s.demonstrateRules(ctx); err != nil {
						s.log.Warn("there are no made-up rule sets", "error", err)
					}
				}
				return ok
			}
		}
		return f.Run(ctx, to)
	}}, nil
}

// OperatorKeyFile is the name of the file with the operator's key of a made-up fleet, in the directory of the server. That of a true
// fleet is on no server.
const OperatorKeyFile = "operator.key"

// demonstrateRules makes an operator's key, and gives two rule sets to the agents: one to all, and one that changes it, which is
// with a canary.
func (s *Server) demonstrateRules(ctx context.Context) error {
	secret, public, err := bundle.NewKey()
	if err != nil {
		return err
	}
	key, err := bundle.ParsePrivate(secret)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.opt.Settings.Data, OperatorKeyFile), []byte(secret+"\n"), 0o600); err != nil {
		return err
	}
	if err := s.state.SetNote(ctx, "operator_key", []byte(public)); err != nil {
		return err
	}
	for i, files := range demo.RuleSets() {
		set := &bundle.Set{Created: time.Now().UTC(), Files: files}
		n, err := checkRules(set)
		if err != nil {
			return err
		}
		data, err := set.Sign(key)
		if err != nil {
			return err
		}
		if _, err := s.rollout.Push(ctx, rollout.Push{Bundle: data, Canary: []float64{1, 0.1}[i], Soak: []time.Duration{time.Minute, 4 * time.Hour}[i], By: "demo", Rules: n}); err != nil {
			return err
		}
	}
	return nil
}
