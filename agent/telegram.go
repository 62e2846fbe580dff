package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/telegram"
	"github.com/ruleids/ruleids/rules"
)

// newBots makes the bots that administrators give commands to; nil where there are none.
func (d *Daemon) newBots() (*telegram.Bots, error) {
	if len(d.opt.Telegram) == 0 || d.opt.Book == nil || d.opt.Notifiers == nil {
		return nil, nil
	}
	return telegram.NewBots(d.opt.Telegram, telegram.Options{
		Agent:     d.running.Agent,
		Decide:    d.opt.Book.DecideAll,
		Decisions: d.opt.Book.List,
		Covering:  d.opt.Book.Covering,
		Status:    func(ctx context.Context) string { return d.Status(ctx).brief() },
		Rules:     d.ruleLines,
		Mute:      d.opt.Notifiers.Mute,
		Log:       d.log,
	})
}

// ruleLines lists the rules that run, as a chat has them.
func (d *Daemon) ruleLines(context.Context) ([]telegram.RuleLine, error) {
	muted := map[string]time.Time{}
	for _, m := range d.opt.Notifiers.Muted() {
		muted[m.Rule] = m.Until
	}
	out := []telegram.RuleLine{}
	for _, r := range d.loaded.Load().Rules.Rules {
		if !r.Enabled {
			continue
		}
		line := telegram.RuleLine{Name: r.Name, Severity: r.Severity, Mode: "enforce", Muted: muted[r.Name]}
		if r.Mode == rules.ModeShadow {
			line.Mode = "shadow"
		}
		out = append(out, line)
	}
	return out, nil
}

// brief is the status in a few lines, for a chat.
func (s *Status) brief() string {
	var b strings.Builder
	mood := "running"
	if !s.Healthy {
		mood = "NOT HEALTHY"
	}
	fmt.Fprintf(&b, "%s for %s, version %s\n", mood, time.Duration(s.UptimeSeconds*float64(time.Second)).Round(time.Second), s.Version)
	for _, t := range s.Trouble {
		fmt.Fprintf(&b, "warning: %s\n", t)
	}
	fmt.Fprintf(&b, "packets: %d seen, %d dropped\n", s.Packets.Seen, s.Capture.Dropped+s.Capture.Missed)
	fmt.Fprintf(&b, "alerts: %d raised, %d suppressed\n", s.Alerts.Raised, s.Alerts.Suppressed)
	fmt.Fprintf(&b, "rules: %d, digest %.12s\n", s.Rules.Loaded, s.Rules.Digest)
	if r := s.Responses; r != nil {
		fmt.Fprintf(&b, "responses: %s", r.Mode)
		if r.Mode == decision.Enforce {
			fmt.Fprintf(&b, ", %d blocked, %d quarantined", r.Blocks, r.Quarantines)
		} else {
			fmt.Fprintf(&b, ", %d recorded", r.Recorded)
		}
	}
	return b.String()
}
