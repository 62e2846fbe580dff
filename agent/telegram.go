package agent

import (
	"context"
	"time"

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
		Status:    func(ctx context.Context) string { return d.Status(ctx).Brief() },
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
