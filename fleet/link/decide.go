package link

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/ruleids/ruleids/fleet"
)

// compare takes over all decisions for all that the server has for this agent.
func (l *Link) compare(ctx context.Context) {
	var set fleet.DecisionSet
	if err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskDecisions, struct{}{}, &set); err != nil || set.Error != "" {
		l.opt.Log.Warn("the decisions for all cannot be asked for; it is tried again", "error", err, "answer", set.Error)
		return
	}
	l.decide(ctx, set.Decisions, true)
}

// digest returns the digest of the decisions that are known. l.mu is held.
func (l *Link) digest() string { return fleet.Digest(maps.Values(l.known), time.Now()) }

func (l *Link) decide(ctx context.Context, list []fleet.Decision, all bool) {
	refused := l.opt.Host.Decide(ctx, list, all)
	l.mu.Lock()
	defer l.mu.Unlock()
	if all {
		l.known, l.refused, l.synced = map[string]fleet.Decision{}, map[string]string{}, true
	}
	for _, d := range list {
		delete(l.refused, d.Target)
		if d.Lifted {
			delete(l.known, d.Target)
		} else {
			l.known[d.Target] = d
		}
	}
	for _, r := range refused {
		l.refused[r.Target] = r.Why
	}
}

// told takes what the server tells unasked.
func (l *Link) told(data []byte) {
	var t fleet.Told
	if err := json.Unmarshal(data, &t); err != nil {
		l.opt.Log.Warn("what the server told cannot be read", "error", err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	if t.Decision != nil {
		l.decide(ctx, []fleet.Decision{*t.Decision}, false)
		l.mu.Lock()
		refused := l.refused[t.Decision.Target] != ""
		l.mu.Unlock()
		if refused {
			l.Greet(ctx) // the server is to know at once
		}
	}
	if t.Rules {
		l.Greet(ctx)
	}
	if t.Evidence != nil {
		if l.brings.Add(1) > maxBrings {
			l.brings.Add(-1)
			return // who asked waits in vain, and may ask again
		}
		go func() {
			defer l.brings.Add(-1)
			l.bring(t.Evidence)
		}()
	}
}

// shared says what became of the decisions for all.
func (l *Link) shared() fleet.Shared {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := fleet.Shared{Digest: l.digest(), Refused: []fleet.Refusal{}}
	now := time.Now()
	for target, d := range l.known {
		if !d.Until.IsZero() && d.Until.Before(now) {
			delete(l.known, target)
			delete(l.refused, target)
			continue
		}
		if l.refused[target] == "" {
			s.Held++
		}
	}
	for target, why := range l.refused {
		if len(s.Refused) < fleet.MaxRefused {
			s.Refused = append(s.Refused, fleet.Refusal{Target: target, Why: why})
		}
	}
	return s
}
