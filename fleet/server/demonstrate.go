package server

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/demo"
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
	return &demonstration{key: key, run: func(ctx context.Context) error {
		return f.Run(ctx, demo.Sink{Store: s.store.Append, Heard: s.roster.Heard})
	}}, nil
}
