package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/firewall"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
)

// decisions decides about actions of rules and requests of people, keeps the decisions, and looks after the firewall.
type decisions struct {
	d         *Daemon
	sshPorts  []uint16 // found while privileges allowed it
	store     *decision.Store
	queue     *decisionQueue
	firewall  repairer // nil where there is nothing to repair
	temporary string   // a directory that goes with the part; "" for none

	mu      sync.Mutex
	repairs uint64
	last    time.Time // of a repair
	fault   string    // why the last look at the firewall failed; "" where it did not
}

// A repairer is a firewall that others may have changed.
type repairer interface {
	// Repair puts back what should be there and is not, members left aside, and names it. It is quick where
	// nothing is missing.
	Repair(ctx context.Context) (missing []string, err error)
}

// Open restores the decisions. Those of a simulation are recorded in a directory of their own, and touch no firewall.
func (p *decisions) Open(ctx context.Context) error {
	d, settings, opt := p.d, p.d.running.Response, decision.Options{Log: p.d.log, SSHPorts: p.sshPorts}
	if d.opt.Simulate != "" {
		dir, err := os.MkdirTemp("", "ruleids-simulation-")
		if err != nil {
			return err
		}
		p.temporary = dir
		if settings.Mode == decision.Enforce {
			d.log.Info("decisions of a simulation are recorded and not done, whatever response says")
		}
		settings.Mode, settings.Journal, settings.Audit = decision.Monitor, filepath.Join(dir, "decisions.jsonl"), ""
	} else {
		kernel, err := firewall.Open(&d.running.Firewall, firewall.Options{Log: d.log})
		if err != nil {
			return fmt.Errorf("response: %w", err)
		}
		opt.Firewall, p.firewall = kernel, kernel
	}
	err := p.open(ctx, &settings, opt)
	if err != nil {
		_ = p.clear() // the first error is the one to tell
	}
	return err
}

func (p *decisions) open(ctx context.Context, settings *decision.Config, opt decision.Options) error {
	var report decision.Report
	var err error
	if p.store, report, err = decision.Open(ctx, settings, opt); err != nil {
		if errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("response: %w; or name another place with response { journal = …  audit = … }", err)
		}
		return fmt.Errorf("response: %w", err)
	}
	if report.Restored+report.Expired+len(report.Dropped) > 0 {
		p.d.log.Info("decisions restored", "hold", report.Restored, "expired", report.Expired, "dropped", len(report.Dropped), "journal", settings.Journal)
	}
	p.need(p.d.opt.Loaded)
	p.queue = newDecisionQueue(p.decide, p.d.log)
	return nil
}

// need keeps decisions clear of the hosts that the daemon talks to.
func (p *decisions) need(l *Loaded) {
	p.store.Need(Needed(l.Config, l.Rules.Lists, lookup(p.d.opt.Input.Settings.Environ)))
}

// clear removes what goes with the part.
func (p *decisions) clear() error {
	if p.temporary == "" {
		return nil
	}
	return removeFlat(p.temporary)
}

// decide has the Store decide, and logs what was decided.
func (p *decisions) decide(ctx context.Context, rs []decision.Request) []decision.Verdict {
	verdicts := p.store.DecideAll(ctx, rs)
	for i := range verdicts {
		v := &verdicts[i]
		x := v.Decision
		switch {
		case x == nil:
		case v.Outcome == decision.Released:
			p.d.log.Info("decision lifted", "target", x.Target.String(), "action", string(x.Kind), "by", rs[i].By.String())
		case v.Outcome == decision.Decided, v.Outcome == decision.Recorded:
			length := "until lifted"
			if !x.Until.IsZero() {
				length = x.Until.Sub(x.Since).Round(time.Millisecond).String()
			}
			p.d.log.Info("decision", "target", x.Target.String(), "action", string(x.Kind), "rule", x.Rule, "for", length, "outcome", string(v.Outcome), "by", x.Origin.String())
		}
		if v.Outcome == decision.Refused || v.Outcome == decision.Skipped {
			p.d.log.Debug("no decision", "target", rs[i].Target.String(), "action", string(rs[i].Kind), "outcome", string(v.Outcome), "detail", v.Detail)
		}
	}
	return verdicts
}

// Send implements taker.
func (p *decisions) Send(a *alert.Alert) { p.queue.offer(a) }

const (
	// repairEvery is the time between two looks at what others did to the firewall.
	repairEvery = 5 * time.Second
	// reconcileEvery is the time between two comparisons of all members, which take longer.
	reconcileEvery = 5 * time.Minute
	// repairWithin bounds a look.
	repairWithin = 10 * time.Second
)

// Run looks after the firewall.
func (p *decisions) Run(ctx context.Context) error {
	if p.firewall == nil {
		return nil
	}
	log := p.d.log
	compared, failing := time.Now(), false
	for range ticks(ctx, repairEvery) {
		if p.store.Status().Mode != decision.Enforce {
			p.note(false, nil) // what went wrong in enforce mode is over
			failing = false
			continue
		}
		looking, done := context.WithTimeout(ctx, repairWithin)
		missing, err := p.firewall.Repair(looking)
		done()
		p.note(len(missing) > 0, err)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			log.Error("the firewall cannot be looked after; it is tried again", "error", err)
		case err == nil && failing:
			log.Info("the firewall can be looked after again")
		}
		failing = err != nil
		if len(missing) > 0 {
			log.Warn("someone changed the firewall; it is put back", "missing", strings.Join(missing, "; "))
		}
		if len(missing) > 0 || time.Since(compared) >= reconcileEvery {
			compared = time.Now()
			added, removed, err := p.store.Reconcile(ctx) // the Store logs errors
			if err == nil && added+removed > 0 {
				log.Info("the firewall has all decisions again", "added", added, "removed", removed)
			}
		}
	}
	return nil
}

// note takes down how a look at the firewall went.
func (p *decisions) note(repaired bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if repaired {
		p.repairs++
		p.last = time.Now()
	}
	p.fault = ""
	if err != nil {
		p.fault = err.Error()
	}
}

// Close has all decided that was offered, and closes the Store. A disk or a firewall that hangs keeps the Store from being
// closed, but not the daemon from ending: what is in the journal is there, and what is in the firewall stays.
func (p *decisions) Close(ctx context.Context) error {
	return errors.Join(p.finish(ctx), p.clear())
}

func (p *decisions) finish(ctx context.Context) error {
	if err := p.queue.close(ctx); err != nil {
		return fmt.Errorf("the last decisions were not made in time: %w", err)
	}
	if p.d.opt.Simulate != "" {
		p.logRecorded()
	}
	closed := make(chan error, 1)
	go func() { closed <- p.store.Close() }()
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the store of decisions could not be closed in time: %w", ctx.Err())
	}
}

// maxRecorded is how many decisions the log tells of at the end of a simulation.
const maxRecorded = 100

// logRecorded logs whom a simulated capture would have had kept out: afterwards there is no daemon to ask.
func (p *decisions) logRecorded() {
	all := p.store.List()
	for i := range all[:min(len(all), maxRecorded)] {
		x := &all[i]
		p.d.log.Info("would have been kept out", "target", x.Target.String(), "decision", string(x.Kind), "rule", x.Rule, "reason", x.Reason)
	}
	if n := len(all) - maxRecorded; n > 0 {
		p.d.log.Info("others would have been kept out, too", "targets", n)
	}
}

// Reopen opens the audit log again.
func (p *decisions) Reopen() error { return p.store.ReopenAudit() }

// applyWithin is how long a reload waits for the Store: a disk or a firewall that hangs is not to keep new rules from
// running.
const applyWithin = 5 * time.Second

// Apply implements applier.
func (p *decisions) Apply(ctx context.Context, next *Loaded) error {
	is := next.Config.Response
	if p.d.opt.Simulate != "" {
		is.Mode = decision.Monitor
	}
	waiting, done := context.WithTimeout(ctx, applyWithin)
	defer done()
	before := p.store.Status().Mode
	p.need(next)
	_, err := p.store.Reconfigure(waiting, &is)
	if now := p.store.Status().Mode; now != before {
		p.d.log.Info("response mode changed", "mode", now, "before", before)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("settings of response are taken over once the journal and the firewall answer, which they did not for %v; the rules do not wait for that", applyWithin)
	case errors.Is(err, decision.ErrClosed):
		return nil
	}
	return err
}

func (p *decisions) status() *api.ResponseStatus {
	s := &api.ResponseStatus{Status: p.store.Status(), Lost: p.queue.lost.Load()}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Repairs = p.repairs
	if !p.last.IsZero() {
		last := p.last.UTC()
		s.LastRepair = &last
	}
	if p.fault != "" && s.Failing["firewall"] == "" {
		s.Failing["firewall"] = p.fault
	}
	return s
}

// Report implements reporter.
func (p *decisions) Report(_ context.Context, s *api.Status) {
	r := p.status()
	s.Responses = r
	trouble := func(format string, args ...any) {
		s.Trouble = append(s.Trouble, "responses: "+fmt.Sprintf(format, args...))
	}
	for _, what := range decision.Dependencies() {
		fails(s, "responses: "+what, r.Failing[what])
	}
	for _, what := range p.store.KeptOut() {
		trouble("%s", what)
	}
	if r.Blocks+r.Quarantines >= r.Limit {
		trouble("there are as many decisions as max_decisions allows, %d: rules cannot block more addresses", r.Limit)
	}
	if r.Recorded >= r.Limit {
		trouble("as many decisions as max_decisions allows, %d, are recorded: what else would be done is not", r.Limit)
	}
	if r.Lost > 0 {
		trouble("%d actions of alerts were left out because decisions took too long", r.Lost)
	}
}

// Metrics implements measured.
func (p *decisions) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	responseEnforcing := t.add("ruleids_response_enforcing", "1 where decisions are enforced, 0 where they are only recorded.")
	decisions := t.add("ruleids_decisions", "Decisions that hold, by kind: block or quarantine; recorded ones would hold but for the mode.", "kind")
	decisionsLimit := t.add("ruleids_decisions_limit", "Maximum number of decisions.")
	decisionRequests := t.add("ruleids_decision_requests_total", "Requests for decisions, of rules and of people, by outcome.", "outcome")
	decisionsExpired := t.add("ruleids_decisions_expired_total", "Decisions whose time was over.")
	decisionsGuarded := t.add("ruleids_decisions_guarded_total", "Decisions taken back because their target became protected.")
	actionsLost := t.add("ruleids_actions_lost_total", "Actions of alerts that were left out because decisions took too long.")
	responseFailing := t.add("ruleids_response_failing", "1 where a part of responses fails: journal, firewall, audit or host.", "part")
	firewallRepairs := t.add("ruleids_firewall_repairs_total", "Times that the firewall was repaired after another program had changed it.")
	return func(ch chan<- prometheus.Metric) {
		r := p.status()
		responseEnforcing(ch, one(r.Mode == decision.Enforce))
		decisions(ch, float64(r.Blocks), string(decision.Block))
		decisions(ch, float64(r.Quarantines), string(decision.Quarantine))
		decisions(ch, float64(r.Recorded), string(decision.Recorded))
		decisionsLimit(ch, float64(r.Limit))
		for outcome, n := range r.Outcomes {
			decisionRequests(ch, float64(n), string(outcome))
		}
		decisionsExpired(ch, float64(r.Expired))
		decisionsGuarded(ch, float64(r.Guarded))
		actionsLost(ch, float64(r.Lost))
		for _, what := range decision.Dependencies() {
			responseFailing(ch, one(r.Failing[what] != ""), what)
		}
		firewallRepairs(ch, float64(r.Repairs))
	}
}

// removeFlat removes a directory that has files and no directories in it.
func removeFlat(dir string) error {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		err = errors.Join(err, os.Remove(filepath.Join(dir, f.Name())))
	}
	return errors.Join(err, os.Remove(dir))
}
