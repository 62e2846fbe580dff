package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/telegram"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/rules"
)

// bots takes commands of administrators in chats.
type bots struct {
	idle
	d   *Daemon
	all *telegram.Bots
}

// Name implements Part.
func (b *bots) Name() string { return "bots" }

// Open reads the bots' tokens. A simulation has no bots.
func (b *bots) Open(context.Context) (err error) {
	d := b.d
	specs := d.running.TelegramSpecs()
	if d.opt.Simulate != "" {
		specs = nil
	}
	b.all, err = telegram.NewBots(specs, telegram.Options{
		Agent:     d.running.Agent,
		Decide:    d.decisions.decide,
		Decisions: d.decisions.book.List,
		Covering:  d.decisions.book.Covering,
		Status:    func(ctx context.Context) string { return d.Status(ctx).Brief() },
		Rules:     d.ruleLines,
		Mute:      d.notifiers.all.Mute,
		Log:       d.log,
	})
	return err
}

// Run takes commands.
func (b *bots) Run(ctx context.Context) error {
	b.all.Run(ctx)
	return nil
}

func (b *bots) status() []api.BotStatus {
	out := []api.BotStatus{}
	for _, s := range b.all.Stats() {
		x := api.BotStatus{Notifiers: s.Notifiers, Username: s.Username, State: string(s.State), Commands: s.Commands + s.Buttons, Refused: s.Refused}
		if s.State != telegram.StatePolling && s.State != telegram.StateStarting {
			x.Error = s.LastError
		}
		out = append(out, x)
	}
	return out
}

// Report implements reporter.
func (b *bots) Report(_ context.Context, s *api.Status) {
	s.Bots = b.status()
	for _, x := range s.Bots {
		if x.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("the bot of notifier %s is %s: %s", strings.Join(x.Notifiers, ", "), x.State, x.Error))
		}
	}
}

// Metrics implements measured.
func (b *bots) Metrics() []Metric {
	return []Metric{
		{"ruleids_bot_commands_total", "counter", []string{"name"}, "Commands of administrators, by the notifier that they came by."},
		{"ruleids_bot_refused_total", "counter", []string{"name"}, "Commands of people who are not administrators."},
	}
}

// Collect implements measured.
func (b *bots) Collect(send func(name string, value float64, labels ...string)) {
	for _, x := range b.status() {
		name := strings.Join(x.Notifiers, ",")
		send("ruleids_bot_commands_total", float64(x.Commands), name)
		send("ruleids_bot_refused_total", float64(x.Refused), name)
	}
}

// ruleLines lists the rules that run, as a chat has them.
func (d *Daemon) ruleLines(context.Context) ([]telegram.RuleLine, error) {
	muted := map[string]time.Time{}
	for _, m := range d.notifiers.all.Muted() {
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
