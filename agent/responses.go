package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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
			d.drift.note(false, nil) // what went wrong in enforce mode is over
			failing = false
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

// adaptWithin is how long a reload waits for the Book: a disk or a firewall that hangs is not to keep new rules from
// running.
const adaptWithin = 5 * time.Second

// adaptResponses takes over settings and files of responses.
func (d *Daemon) adaptResponses(ctx context.Context, loaded *Loaded) {
	if d.opt.Book != nil {
		is := loaded.Config.Response
		if d.opt.Simulated != "" {
			is.Mode = string(decision.Monitor)
		}
		waiting, done := context.WithTimeout(ctx, adaptWithin)
		_, err := d.opt.Book.Reconfigure(waiting, &is)
		done()
		switch {
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			d.log.Error("settings of response are taken over once the journal and the firewall answer; the rules do not wait for that", "after", adaptWithin)
		case err != nil && !errors.Is(err, decision.ErrClosed):
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

// close has all that was raised written, decided and delivered, until ctx is done, and closes everything. What hangs
// takes no time from the others.
func (d *Daemon) close(ctx context.Context) error {
	closers := []func(context.Context) error{d.opt.Outputs.Close, d.closeBook}
	if d.opt.Honeypots != nil {
		closers = append(closers, d.opt.Honeypots.Close)
	}
	if d.opt.Notifiers != nil {
		closers = append(closers, d.opt.Notifiers.Close)
	}
	if d.opt.Reputation != nil {
		closers = append(closers, d.opt.Reputation.Close)
	}
	errs := make([]error, len(closers))
	var wg sync.WaitGroup
	for i, c := range closers {
		wg.Go(func() { errs[i] = c(ctx) })
	}
	wg.Wait()
	if d.opt.Ended != nil {
		errs = append(errs, d.opt.Ended())
	}
	return errors.Join(errs...)
}

// recordedMost is how many decisions the log tells of at the end of a simulation.
const recordedMost = 100

// tellRecorded logs whom a simulated capture would have had kept out: afterwards nobody can be asked.
func (d *Daemon) tellRecorded() {
	all := d.opt.Book.List()
	for i := range all[:min(len(all), recordedMost)] {
		x := &all[i]
		d.log.Info("would have been kept out", "target", x.Target.String(), "decision", string(x.Kind), "rule", x.Rule, "reason", x.Reason)
	}
	if n := len(all) - recordedMost; n > 0 {
		d.log.Info("others would have been kept out, too", "targets", n)
	}
}

// closeBook has all decided that was offered, and closes the Book. A disk or a firewall that hangs keeps the Book from
// being closed, but not the daemon from ending: what is in the journal is there, and what is in the firewall stays.
func (d *Daemon) closeBook(ctx context.Context) error {
	if d.opt.Book == nil {
		return nil
	}
	if d.kept != nil {
		select {
		case <-d.kept:
		case <-ctx.Done():
			return fmt.Errorf("the firewall does not answer: %w", ctx.Err())
		}
	}
	if err := d.responder.close(ctx); err != nil {
		return fmt.Errorf("the last decisions were not made in time: %w", err)
	}
	if d.opt.Simulated != "" {
		d.tellRecorded()
	}
	closed := make(chan error, 1)
	go func() { closed <- d.opt.Book.Close() }()
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the book of decisions could not be closed in time: %w", ctx.Err())
	}
}
