package daemon

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/rules"
)

// responses hands alerts to all that takes them. It is the Outputs of the loop.
type responses struct {
	Outputs
	daemon *Daemon
}

// Send implements Outputs. The loop calls it; nothing in it waits.
func (r *responses) Send(a *alert.Alert) {
	d := r.daemon
	if d.opt.Reputation != nil {
		credit(d.opt.Reputation, a)
	}
	if d.responder != nil { // first: it is what an attacker is to notice
		d.responder.offer(a)
	}
	r.Outputs.Send(a)
	if d.opt.Notifiers != nil {
		d.opt.Notifiers.Send(a)
	}
}

// A Repairer is a firewall that others may have changed.
type Repairer interface {
	// Repair puts back what should be there and is not, members left aside, and names it. It is quick where
	// nothing is missing.
	Repair(ctx context.Context) (missing []string, err error)
}

const (
	// repairEvery is the time between two looks at what others did to the firewall.
	repairEvery = 5 * time.Second
	// reconcileEvery is the time between two comparisons of all members, which take longer.
	reconcileEvery = 5 * time.Minute
	// repairWithin bounds a look.
	repairWithin = 10 * time.Second
)

// keepFirewall looks after the firewall until ctx is done.
func (d *Daemon) keepFirewall(ctx context.Context) {
	tick := time.NewTicker(repairEvery)
	defer tick.Stop()
	compared, failing := time.Now(), false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if d.opt.Book.Stats().Mode != decision.Enforce {
			continue
		}
		looking, done := context.WithTimeout(ctx, repairWithin)
		missing, err := d.opt.Firewall.Repair(looking)
		done()
		d.drift.note(len(missing) > 0, err)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			d.log.Error("the firewall cannot be looked after; it is tried again", "error", err)
		case err == nil && failing:
			d.log.Info("the firewall can be looked after again")
		}
		failing = err != nil
		if len(missing) > 0 {
			d.log.Warn("someone changed the firewall; it is put back", "missing", strings.Join(missing, "; "))
		}
		if len(missing) > 0 || time.Since(compared) >= reconcileEvery {
			compared = time.Now()
			added, removed, err := d.opt.Book.Reconcile(ctx) // the Book logs errors
			if err == nil && added+removed > 0 {
				d.log.Info("the firewall has all decisions again", "added", added, "removed", removed)
			}
		}
	}
}

// reopen opens files of responses anew, after something outside has renamed them.
func (d *Daemon) reopen() {
	if d.opt.Book != nil {
		if err := d.opt.Book.ReopenAudit(); err != nil {
			d.log.Error("the audit log cannot be opened anew", "error", err)
		}
	}
	if d.opt.Honeypots != nil {
		d.opt.Honeypots.Reopen()
	}
	if d.opt.Notifiers != nil {
		if err := d.opt.Notifiers.Reload(); err != nil {
			d.log.Error("secrets of notifiers", "error", err)
		}
	}
}

// adaptResponses takes over settings and files of responses.
func (d *Daemon) adaptResponses(ctx context.Context, loaded *Loaded) {
	if d.opt.Book != nil {
		is := loaded.Config.Response
		if d.opt.Simulated != "" {
			is.Mode = string(decision.Monitor)
		}
		if _, err := d.opt.Book.Reconfigure(ctx, &is); err != nil && !errors.Is(err, decision.ErrClosed) {
			d.log.Error("settings of response", "error", err)
		}
	}
	if d.opt.Reputation != nil {
		if err := d.opt.Reputation.Reload(); err != nil {
			d.log.Error("reputation: what was known before is used on", "error", err)
		}
	}
	d.checkSources(loaded)
}

// checkSources says what rules ask for and the settings do not have.
func (d *Daemon) checkSources(loaded *Loaded) {
	if n := d.opt.Notifiers; n != nil && len(n.Names()) > 0 {
		for _, name := range unnamed(loaded.Rules, n.Has) {
			d.log.Warn("rules notify someone that there is no block notifier of; nobody is told of them", "to", name, "notifiers", n.Names())
		}
	}
	if d.opt.Reputation == nil {
		return
	}
	for _, source := range unsourced(loaded.Rules, d.opt.Reputation) {
		d.log.Warn("rules escalate by a source that there is no block reputation of; everything is clean to them", "source", source)
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

// closeResponses has all that was raised decided and delivered, until ctx is done, and closes everything.
func (d *Daemon) closeResponses(ctx context.Context) error {
	var errs []error
	if d.responder != nil {
		errs = append(errs, d.responder.close(ctx))
	}
	if d.opt.Honeypots != nil {
		errs = append(errs, d.opt.Honeypots.Close(ctx))
	}
	if d.opt.Notifiers != nil {
		errs = append(errs, d.opt.Notifiers.Close(ctx))
	}
	if d.opt.Reputation != nil {
		errs = append(errs, d.opt.Reputation.Close(ctx))
	}
	if d.opt.Book != nil {
		errs = append(errs, d.opt.Book.Close())
	}
	if d.opt.Ended != nil {
		errs = append(errs, d.opt.Ended())
	}
	return errors.Join(errs...)
}
