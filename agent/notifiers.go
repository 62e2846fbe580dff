package agent

import (
	"context"
	"fmt"
	"slices"

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

// Name implements Part.
func (n *notifiers) Name() string { return "notifiers" }

// Open reads the notifiers' secrets. It connects to nobody.
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

func (n *notifiers) status() []api.NotifierStatus {
	out := []api.NotifierStatus{}
	for _, s := range n.all.Stats() {
		x := api.NotifierStatus{Kind: s.Kind, Name: s.Name, State: s.State, Sent: s.Sent, Delivered: s.Delivered, Queued: s.Queued, Lost: s.Dropped,
			Muted: s.Muted, Merged: s.Merged, Filtered: s.Filtered, Retries: s.Retries}
		if s.State == "failing" {
			x.Error = s.LastError
		}
		out = append(out, x)
	}
	return out
}

// Report implements reporter.
func (n *notifiers) Report(_ context.Context, s *api.Status) {
	s.Notifiers = n.status()
	for _, x := range s.Notifiers {
		if x.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("notifier %s %q: %s", x.Kind, x.Name, x.Error))
		}
	}
}

// Metrics implements measured.
func (n *notifiers) Metrics() []Metric {
	return []Metric{
		{"ruleids_notifier_failing", "gauge", []string{"kind", "name"}, "1 where the last try of a notifier failed."},
		{"ruleids_notifier_sent_total", "counter", []string{"kind", "name"}, "Messages that a notifier sent."},
		{"ruleids_notifier_lost_total", "counter", []string{"kind", "name"}, "Alerts that a notifier could not deliver."},
		{"ruleids_notifier_queued", "gauge", []string{"kind", "name"}, "Alerts queued for delivery."},
	}
}

// Collect implements measured.
func (n *notifiers) Collect(send func(name string, value float64, labels ...string)) {
	for _, x := range n.status() {
		send("ruleids_notifier_failing", one(x.State == "failing"), x.Kind, x.Name)
		send("ruleids_notifier_sent_total", float64(x.Sent), x.Kind, x.Name)
		send("ruleids_notifier_lost_total", float64(x.Lost), x.Kind, x.Name)
		send("ruleids_notifier_queued", float64(x.Queued), x.Kind, x.Name)
	}
}
