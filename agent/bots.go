package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

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
		Decisions: d.decisions.store.List,
		Covering:  d.decisions.store.Covering,
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

// Report implements reporter.
func (b *bots) Report(_ context.Context, s *api.Status) {
	s.Bots = b.all.Status()
	for _, x := range s.Bots {
		fails(s, fmt.Sprintf("the bot of notifier %s is %s", strings.Join(x.Notifiers, ", "), x.State), x.Error)
	}
}

// Metrics implements measured.
func (b *bots) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	return each(t, func() []telegram.Status { return b.all.Status() }, []string{"name"}, func(x telegram.Status) []string { return []string{strings.Join(x.Notifiers, ",")} },
		measure[telegram.Status]{"ruleids_bot_commands_total", "Commands of administrators, by the notifier that they came by.", func(x telegram.Status) float64 { return float64(x.Commands) }},
		measure[telegram.Status]{"ruleids_bot_refused_total", "Commands of people who are not administrators.", func(x telegram.Status) float64 { return float64(x.Refused) }},
	)
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
