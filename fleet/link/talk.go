package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ruleids/ruleids/fleet"
)

// errOffline is returned while there is no connection.
var errOffline = errors.New("there is no connection to the server")

// ask sends a request and waits for the answer.
func (l *Link) ask(ctx context.Context, subject string, body, answer any) error {
	l.mu.Lock()
	conn := l.conn
	l.mu.Unlock()
	if conn == nil {
		return errOffline
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	m, err := conn.RequestWithContext(ctx, subject, text)
	if err != nil {
		return err
	}
	return json.Unmarshal(m.Data, answer)
}

// push sends what is in the spool, batch by batch, and forgets what the server has.
func (l *Link) push(ctx context.Context) {
	again := time.NewTicker(5 * time.Second)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.spool.wake:
		case <-again.C:
		}
		for ctx.Err() == nil {
			b, err := l.spool.next()
			if err != nil {
				l.opt.Log.Error("the queue for the server cannot be read", "error", err)
				break
			}
			if len(b.Alerts) == 0 {
				break
			}
			var answer fleet.BatchAnswer
			err = l.ask(ctx, fleet.SubjectAlerts+l.member.ID, b, &answer)
			if err == nil && answer.Error != "" {
				err = errors.New(answer.Error)
			}
			if err != nil {
				if !errors.Is(err, errOffline) {
					l.opt.Log.Debug("alerts could not be sent; they are sent again", "error", err)
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Duration(float64(time.Second) * (0.5 + rand.Float64()))):
				}
				break
			}
			l.spool.done(b, answer.Stored)
		}
	}
}

// beat sends heartbeats, and renews the certificate.
func (l *Link) beat(ctx context.Context) {
	for {
		wait := time.Duration(float64(fleet.BeatEvery) * (0.9 + 0.2*rand.Float64()))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		l.Greet(ctx)
		l.chart(ctx)
	}
}

// chart tells the server what was learned of hosts since the last time.
func (l *Link) chart(ctx context.Context) {
	if l.opt.Assets == nil {
		return
	}
	for range fleet.AssetRounds {
		hosts, seq, is := l.opt.Assets(l.mapped)
		if len(hosts) == 0 && l.mapped != 0 {
			return
		}
		var answer fleet.AssetAnswer
		err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskAssets, fleet.AssetBatch{Map: is, Since: l.mapped, Seq: seq, Hosts: hosts}, &answer)
		if err == nil && answer.Error != "" {
			err = errors.New(answer.Error)
		}
		if err != nil && !errors.Is(err, errOffline) {
			l.opt.Log.Debug("the map of hosts could not be sent", "error", err)
		}
		if err != nil && answer.Map == 0 {
			return
		}
		if l.mapped = answer.Seq; len(hosts) == 0 {
			return
		}
	}
}

// Servers returns where this agent may connect to, as the server said; none where that is alone.
func (l *Link) Servers() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.member.Servers)
}

// Greet sends a heartbeat now, and does what the answer asks for.
func (l *Link) Greet(ctx context.Context) {
	b := l.opt.Host.Beat(ctx)
	b.Time, b.Boot, b.Queue, b.Shared = time.Now(), l.spool.boot, l.spool.status(), l.shared()
	b.Queue.Limit = l.limit.counted()
	if len(b.Trouble) > fleet.MaxTrouble {
		b.Trouble = b.Trouble[:fleet.MaxTrouble]
	}
	if n := l.lost.Load(); n > 0 {
		b.Trouble = append(b.Trouble, fmt.Sprintf("%d alerts were lost on their way to the queue for the server", n))
	}
	var answer fleet.BeatAnswer
	if err := l.ask(ctx, fleet.SubjectBeat+l.member.ID, b, &answer); err != nil {
		if !errors.Is(err, errOffline) && ctx.Err() == nil {
			l.opt.Log.Debug("a heartbeat had no answer", "error", err)
		}
		return
	}
	if answer.Limit > 0 && answer.Span > 0 {
		if l.limit.set(answer.Limit, time.Duration(answer.Span*float64(time.Second))) {
			l.limit.save(l.opt.Dir)
		}
	}
	l.mu.Lock()
	if err := l.member.learn(l.opt.Dir, answer.Servers); err != nil {
		l.opt.Log.Warn("which servers there are cannot be kept", "error", err)
	}
	l.heard = time.Now()
	differ := !l.synced || answer.Decisions != l.digest()
	l.mu.Unlock()
	if differ {
		l.compare(ctx)
	}
	if answer.Managed && l.opt.Host.Rules(ctx, answer.Set, l.fetchRules) {
		l.Greet(ctx) // the server is to know at once
		return
	}
	l.renew(ctx)
}

// fetchRules brings the rule set that the server has for this agent.
func (l *Link) fetchRules(ctx context.Context) ([]byte, error) {
	var set fleet.RuleSet
	if err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskRules, struct{}{}, &set); err != nil {
		return nil, err
	}
	if set.Error != "" {
		return nil, errors.New(set.Error)
	}
	return set.Bundle, nil
}
