package agent

import (
	"context"
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/rules"
)

// notifiers sends notifications of alerts.
type notifiers struct {
	idle
	d   *Daemon
	all *notify.Notifiers
}

// Open reads the notifiers' secrets. It connects to nothing.
func (n *notifiers) Open(context.Context) (err error) {
	if n.all, err = notify.New(n.d.running.NotifierSpecs(), notify.Options{Log: n.d.log, Agent: n.d.running.Agent}); err != nil {
		return err
	}
	n.checkNames(n.d.opt.Loaded)
	return nil
}

// Close sends what is queued.
func (n *notifiers) Close(ctx context.Context) error { return n.all.Close(ctx) }

// Send implements taker.
func (n *notifiers) Send(a *alert.Alert) { n.all.Send(a) }

// Reopen reads the files of secrets again.
func (n *notifiers) Reopen() error { return n.all.Reload() }

// Apply implements applier.
func (n *notifiers) Apply(_ context.Context, next *Loaded) error {
	n.checkNames(next)
	return nil
}

// checkNames says which notifiers rules refer to and the settings do not have.
func (n *notifiers) checkNames(loaded *Loaded) {
	if len(n.all.Names()) == 0 {
		return
	}
	for _, name := range unnamed(loaded.Rules, n.all.Has) {
		n.d.log.Warn("rule refers to an undefined notifier; its notifications are dropped", "to", name, "notifiers", n.all.Names())
	}
}

// unnamed returns the names that rules notify and that no notifier has, sorted.
func unnamed(set *rules.RuleSet, has func(name string) bool) []string {
	var out []string
	for _, r := range set.Rules {
		if !r.Enabled {
			continue
		}
		for _, a := range r.Actions {
			for _, name := range a.To {
				if !has(name) && !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// Report implements reporter.
func (n *notifiers) Report(_ context.Context, s *api.Status) {
	s.Notifiers = n.all.Status()
	for _, x := range s.Notifiers {
		name := fmt.Sprintf("notifier %s %q", x.Kind, x.Name)
		fails(s, name, x.Error)
		loses(s, name, "alerts", x.Lost, x.LastLost, "they were refused, or too many waited for too long")
	}
}

// Metrics implements measured.
func (n *notifiers) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	return each(t, func() []notify.Status { return n.all.Status() }, []string{"kind", "name"}, func(x notify.Status) []string { return []string{x.Kind, x.Name} },
		measure[notify.Status]{"ruleids_notifier_failing", "1 where the last try of a notifier failed.", func(x notify.Status) float64 { return one(x.State == "failing") }},
		measure[notify.Status]{"ruleids_notifier_sent_total", "Messages that a notifier sent.", func(x notify.Status) float64 { return float64(x.Sent) }},
		measure[notify.Status]{"ruleids_notifier_lost_total", "Alerts that a notifier could not deliver.", func(x notify.Status) float64 { return float64(x.Lost) }},
		measure[notify.Status]{"ruleids_notifier_queued", "Alerts queued for delivery.", func(x notify.Status) float64 { return float64(x.Queued) }},
	)
}
