package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture/evidence"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/link"
)

// fleetLink is the daemon as an agent of a fleet: alerts go to the server, and decisions for all come from there.
type fleetLink struct {
	d    *Daemon
	link *link.Link // nil where the daemon belongs to no fleet
	// unread says why that could not be found out; "" where it could.
	unread string

	mu sync.Mutex
	// refused is the digest of the rule set that was not used, and refusal why.
	refused, refusal string
	at               time.Time // of the last heartbeat
	near             time.Time // of the last one that told how close keys came to thresholds
	last             counted
}

// counted is what rates of a heartbeat are worked out from.
type counted struct {
	packets, lost uint64
	cpu           time.Duration
}

// Open opens the queue of alerts, where ruleids join made this host an agent. A simulation belongs to no fleet.
func (f *fleetLink) Open(context.Context) (err error) {
	d := f.d
	if d.opt.Simulate != "" || d.running.Fleet.Directory == "" {
		return nil
	}
	f.link, err = link.Open(link.Options{Dir: d.running.Fleet.Directory, Room: int64(d.running.Fleet.Spool), Log: d.log, Host: f, Assets: d.assets.told()})
	if errors.Is(err, link.ErrNone) {
		return nil
	}
	if errors.Is(err, os.ErrPermission) && f.link == nil {
		// Most sensors belong to no fleet, and need not be able to look.
		f.unread = fmt.Sprintf("whether this host belongs to a fleet cannot be read: %v; give the directory to the daemon's account, or say fleet { directory = \"\" }", err)
		d.log.Warn(f.unread)
		return nil
	}
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	m := f.link.Member()
	d.log.Info("this is an agent of a fleet", "name", m.Name, "server", m.Server)
	return nil
}

// Run connects to the server.
func (f *fleetLink) Run(ctx context.Context) error {
	if f.link != nil {
		f.link.Run(ctx)
	}
	return nil
}

// Close puts what waits on the disk: it is sent after the next start.
func (f *fleetLink) Close(context.Context) error {
	if f.link == nil {
		return nil
	}
	return f.link.Close()
}

// Send implements taker.
func (f *fleetLink) Send(a *alert.Alert) {
	if f.link != nil {
		f.link.Send(a)
	}
}

// Beat implements link.Host.
func (f *fleetLink) Beat(ctx context.Context) *fleet.Beat {
	s := f.d.Status(ctx)
	b := &fleet.Beat{Started: s.Started, Version: s.Version, Healthy: s.Healthy, Trouble: s.Trouble, Rules: s.Rules.Loaded, Digest: s.Rules.Digest, Packets: s.Packets.Seen,
		Dropped: s.Capture.Dropped + s.Capture.Missed, Alerts: s.Alerts.Raised, Services: []string{}, Models: []fleet.Model{}}
	for _, i := range s.Interfaces {
		b.Services = append(b.Services, i.Name)
	}
	for _, m := range s.Models[:min(len(s.Models), fleet.MaxModels)] {
		b.Models = append(b.Models, m.Model)
	}
	if s.Responses != nil {
		b.Mode, b.Blocked = string(s.Responses.Mode), s.Responses.Blocks+s.Responses.Quarantines
	}
	if s.Rules.Broken {
		b.Reload = "the rule files have errors; the rules before run"
		for _, p := range s.Rules.Problems {
			b.Reload = fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Detail)
			break
		}
	}
	b.Logins = f.d.logins.told()
	f.mu.Lock()
	near := time.Since(f.near) > nearEvery
	if near {
		f.near = time.Now()
	}
	f.mu.Unlock()
	if near {
		b.Near = nearOf(f.d.peaks.tuning(ctx))
		if rules, err := f.d.Rules(ctx); err == nil {
			b.Costs = costsOf(rules)
		}
	}
	_, b.Set = link.RuleSet(f.d.running.Fleet.Directory)
	now, is := time.Now(), counted{s.Packets.Seen, b.Dropped, cpuTime()}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refusal != "" {
		b.Reload = f.refusal
	}
	if passed := now.Sub(f.at).Seconds(); !f.at.IsZero() && passed > 0 {
		b.Rate = float64(is.packets-f.last.packets) / passed
		if all := float64(is.packets - f.last.packets + is.lost - f.last.lost); all > 0 {
			b.Loss = float64(is.lost-f.last.lost) / all
		}
		b.CPU = (is.cpu - f.last.cpu).Seconds() / passed
	}
	if now.Sub(f.at) > time.Second { // what is asked for in between counts with the next
		f.at, f.last = now, is
	}
	return b
}

// nearEvery is the time between two heartbeats that tell how close keys came to thresholds.
const nearEvery = 10 * time.Minute

// nearOf is what the server is told of the values that rules held against their thresholds.
func nearOf(t *api.Tuning) []fleet.Near {
	out := []fleet.Near{}
	for _, r := range t.Rules[:min(len(t.Rules), fleet.MaxNear)] {
		n := fleet.Near{Rule: r.Rule, Threshold: r.Threshold, Strict: r.Strict, Values: []fleet.NearValue{}}
		for _, v := range r.Values {
			n.Values = append(n.Values, fleet.NearValue(v))
		}
		out = append(out, n.Bounded())
	}
	return out
}

// costsOf is what the server is told of what rules cost, to a tenth of a nanosecond.
func costsOf(rules []api.RuleStatus) map[string]float64 {
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b api.RuleStatus) int { return cmp.Compare(b.Nanoseconds, a.Nanoseconds) })
	out := map[string]float64{}
	for _, r := range rules[:min(len(rules), fleet.MaxCosts)] {
		out[r.Name] = math.Round(10*r.Nanoseconds) / 10
	}
	return out
}

// Decide implements link.Host. What the server asks for goes through the same checks as what a rule asks for.
func (f *fleetLink) Decide(ctx context.Context, list []fleet.Decision, all bool) []fleet.Refusal {
	var refused []fleet.Refusal
	held := map[decision.Target]bool{} // decisions of the fleet
	for _, x := range f.d.decisions.store.List() {
		if x.Source == decision.SourceFleet {
			held[x.Target] = true
		}
	}
	var asks []decision.Request
	named := map[decision.Target]bool{}
	now := time.Now()
	for _, x := range list {
		t, err := decision.ParseTarget(x.Target)
		if err != nil {
			refused = append(refused, fleet.Refusal{Target: x.Target, Why: err.Error()})
			continue
		}
		q := decision.Request{Kind: decision.Kind(x.Kind), Target: t, Until: x.Until, Reason: x.Reason, Insist: true, By: decision.Origin{Source: decision.SourceFleet, Who: x.By}}
		if x.Lifted {
			if !held[t] {
				continue // the agent's own decisions are not the server's to lift
			}
			q.Kind, q.Until = decision.Release, time.Time{}
		} else if !x.Until.IsZero() && !x.Until.After(now) {
			continue
		} else {
			named[t] = true
		}
		asks = append(asks, q)
	}
	if all {
		for t := range held {
			if !named[t] {
				asks = append(asks, decision.Request{Kind: decision.Release, Target: t, By: decision.Origin{Source: decision.SourceFleet}, Reason: "the server does not have it any more"})
			}
		}
	}
	for i, v := range f.d.decisions.decide(ctx, asks) {
		if v.Outcome == decision.Refused || v.Outcome == decision.Failed || v.Outcome == decision.Skipped {
			why := v.Detail
			if v.Err != nil {
				why = v.Err.Error()
			}
			f.d.log.Warn("a decision for all is not carried out here", "target", asks[i].Target.String(), "why", why)
			refused = append(refused, fleet.Refusal{Target: asks[i].Target.String(), Why: why})
		}
	}
	return refused
}

// Rules implements link.Host: the daemon runs the rule set of the server beside its own rules. One that was not signed by the
// operator, or does not load, is not run; the heartbeats say so until the server names another.
func (f *fleetLink) Rules(ctx context.Context, digest string, fetch func(context.Context) ([]byte, error)) bool {
	dir := f.d.running.Fleet.Directory
	_, have := link.RuleSet(dir)
	f.mu.Lock()
	known := digest == have || f.refusal != "" && digest == f.refused
	if digest == have {
		f.refused, f.refusal = "", ""
	}
	f.mu.Unlock()
	if known {
		return false
	}
	refuse := func(err error) {
		f.d.log.Error("the rule set of the server is not used", "digest", digest, "error", err)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.refused, f.refusal = digest, err.Error()
	}
	undo, err := f.link.Member().TakeRuleSet(ctx, dir, digest, fetch)
	if err != nil {
		refuse(err)
		return true
	}
	report, err := f.d.rules.demand(ctx, request{reason: "rule set of the fleet"})
	if err == nil && !report.OK {
		err = errors.New("it does not load")
		for _, p := range report.Problems {
			err = fmt.Errorf("it does not load: %s:%d: %s", filepath.Base(p.File), p.Line, p.Detail)
			break
		}
	}
	if err != nil {
		refuse(errors.Join(err, undo()))
		if _, err := f.d.rules.demand(ctx, request{reason: "the rule set before"}); err != nil {
			f.d.log.Error("the rule set before cannot be loaded again", "error", err)
		}
		return true
	}
	f.mu.Lock()
	f.refused, f.refusal = "", ""
	f.mu.Unlock()
	link.TidyRuleSets(dir, have)
	f.d.log.Info("rule set of the server", "digest", digest, "before", have)
	return true
}

// Evidence implements link.Host.
func (f *fleetLink) Evidence(file string, most int64) ([]byte, error) {
	dir := f.d.running.Evidence.Dir
	if dir == "" {
		return nil, errors.New("this agent keeps no evidence; its settings name no directory for it")
	}
	return evidence.Read(dir, file, most)
}

// Report implements reporter.
func (f *fleetLink) Report(_ context.Context, s *api.Status) {
	fails(s, "fleet", f.unread)
	if f.link == nil {
		return
	}
	x := f.link.Status()
	s.Fleet = &x
	fails(s, "fleet", x.Error)
	fails(s, "fleet: the queue of alerts", x.Queue.Failed)
	for severity, n := range x.Queue.Dropped {
		if n > 0 {
			s.Trouble = append(s.Trouble, fmt.Sprintf("fleet: the queue was full: %d alerts of severity %s were given up", n, severity))
		}
	}
	if n := x.Queue.Damaged; n > 0 {
		s.Trouble = append(s.Trouble, fmt.Sprintf("fleet: the disk lost %d alerts of the queue; look after it", n))
	}
	if x.Lost > 0 {
		s.Trouble = append(s.Trouble, fmt.Sprintf("fleet: %d alerts did not come into the queue", x.Lost))
	}
}

// Metrics implements measured.
func (f *fleetLink) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	connected := t.add("ruleids_fleet_connected", "1 while the daemon is connected to the server of its fleet.")
	queued := t.add("ruleids_fleet_queued", "Alerts that wait for the server of the fleet.")
	queuedBytes := t.add("ruleids_fleet_queued_bytes", "Bytes of the queue for the server of the fleet.")
	dropped := t.add("ruleids_fleet_dropped_total", "Alerts that a full queue gave up, by severity.", "severity")
	limited := t.add("ruleids_fleet_limited_total", "Alerts above the limit of an agent, which came as counts.")
	lost := t.add("ruleids_fleet_lost_total", "Alerts that did not come into the queue for the server of the fleet.")
	return func(ch chan<- prometheus.Metric) {
		if f.link == nil {
			return
		}
		x := f.link.Status()
		connected(ch, one(x.Connected))
		queued(ch, float64(x.Queue.Alerts))
		queuedBytes(ch, float64(x.Queue.Bytes))
		limited(ch, float64(x.Queue.Limit))
		lost(ch, float64(x.Lost))
		for severity, n := range x.Queue.Dropped {
			dropped(ch, float64(n), severity.String())
		}
	}
}
