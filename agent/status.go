package agent

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
)

// view is what the loop knows, copied by its goroutine.
type view struct {
	stats      engine.Stats
	rules      []engine.RuleState
	bySeverity map[alert.Severity]uint64
	lossy      uint64
	recent     uint64
	losing     time.Time // when losses began; zero where there are none
	losingLost uint64
	last       map[string]lastAlert
	costs      map[string]float64
	each       float64
	hottest    []api.TopKey
}

// askWithin is how long the loop has to answer.
const askWithin = 2 * time.Second

// view asks the loop for what it knows.
func (d *Daemon) view(ctx context.Context, detail bool) (*view, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	v := &view{bySeverity: map[alert.Severity]uint64{}, last: map[string]lastAlert{}, costs: map[string]float64{}}
	err := d.loop.do(ctx, func() {
		l := d.loop
		v.stats = l.engine.Stats()
		for k, n := range l.tally.bySeverity {
			v.bySeverity[k] = n
		}
		v.lossy, v.recent = l.tally.lossy, l.loss.recent()
		v.losing, v.losingLost = l.loss.since, l.loss.lost
		if l.profile.packets > 0 {
			v.each = max(0, l.profile.total/l.profile.packets)
		}
		if !detail {
			return
		}
		v.rules = l.engine.RuleStates()
		for _, r := range v.stats.Rules {
			v.costs[r.Name] = l.profile.cost(r.Name)
			if a, ok := l.tally.last[r.Name]; ok {
				v.last[r.Name] = a
			}
		}
		for _, h := range l.profile.keys.top(topKeys) {
			v.hottest = append(v.hottest, api.TopKey{Rule: h.rule, Key: keyMap(h.key), Packets: h.count})
		}
	})
	return v, err
}

// topKeys is how many keys GET /top lists.
const topKeys = 20

// Status says how the daemon is. It always answers; where the loop is stuck, that is what it says.
func (d *Daemon) Status(ctx context.Context) *api.Status {
	v, err := d.view(ctx, false)
	loaded := d.loaded.Load()
	s := &api.Status{
		Version: d.opt.Version, Agent: d.running.Agent, PID: os.Getpid(), Started: d.started, UptimeSeconds: time.Since(d.started).Seconds(),
		Trouble: []string{}, Simulated: d.opt.Simulated,
		Packets: api.PacketCounts{Seen: v.stats.Packets, Bytes: v.stats.Bytes, Unknown: v.stats.Unknown, Malformed: v.stats.Malformed,
			Late: v.stats.Late, NanosecondsEach: v.each},
		Alerts:     api.AlertCounts{Raised: v.stats.Alerts, BySeverity: v.bySeverity, Suppressed: v.stats.Suppressed, CooldownsLost: v.stats.CooldownsLost, ExpressionFailures: v.stats.Failures, DuringLoss: v.lossy},
		State:      api.StateCounts{Keys: v.stats.Keys, Bytes: v.stats.StateBytes, Evictions: v.stats.Evictions, Saturated: v.stats.Saturated},
		Interfaces: []api.InterfaceState{}, Outputs: d.outputs(), Responses: d.responseStatus(), Reputation: d.reputationStatus(),
		Notifiers: d.notifierStatus(), Bots: d.botStatus(), Honeypots: d.honeypotStatus(), LostEvents: d.loop.trap.lost.Load(),
	}
	c := d.opt.Source.Stats()
	s.Capture = api.CaptureCounts{Received: c.Received, Dropped: c.Dropped, Stalls: c.Stalls, RecentlyDropped: v.recent, LosingLost: v.losingLost, Missed: c.Missed}
	if !v.losing.IsZero() {
		since := v.losing.UTC()
		s.Capture.LosingSince = &since
	}
	for _, i := range c.Interfaces {
		state := api.InterfaceState{Name: i.Name, Up: i.Up, Received: i.Received, Dropped: i.Dropped, Stalls: i.Stalls, Missed: i.Missed, Reopened: i.Reopened}
		if i.Err != nil {
			state.Error = i.Err.Error()
		}
		s.Interfaces = append(s.Interfaces, state)
	}
	s.Rules = d.rulesStatus(loaded)
	trouble(s, err)
	s.Healthy = d.Health() == nil
	return s
}

// lossLasts is for how long alerts that an output lost are trouble.
const lossLasts = 10 * time.Minute

// trouble notes what people should know first.
func trouble(s *api.Status, loop error) {
	if loop != nil {
		s.Trouble = append(s.Trouble, loop.Error())
	}
	for _, i := range s.Interfaces {
		if !i.Up {
			s.Trouble = append(s.Trouble, strings.TrimSuffix(fmt.Sprintf("interface %s is not up: %s", i.Name, i.Error), ": "))
		}
	}
	if s.Rules.Broken {
		s.Trouble = append(s.Trouble, "the rule files have errors; the rules loaded before run on")
	}
	if c := &s.Capture; c.LosingSince != nil {
		s.Trouble = append(s.Trouble, fmt.Sprintf("losing packets since %s: %d so far, %d in the last %d s",
			c.LosingSince.Local().Format(time.DateTime), c.LosingLost, c.RecentlyDropped, lossSeconds))
	} else if c.RecentlyDropped > 0 {
		s.Trouble = append(s.Trouble, fmt.Sprintf("%d packets were lost in the last %d s", c.RecentlyDropped, lossSeconds))
	}
	for _, o := range s.Outputs {
		if o.Error != "" {
			s.Trouble = append(s.Trouble, fmt.Sprintf("output %s %q: %s", o.Kind, o.Name, o.Error))
		}
		if o.LastLost != nil && time.Since(*o.LastLost) < lossLasts {
			s.Trouble = append(s.Trouble, fmt.Sprintf("output %s %q lost alerts, %d so far, the last at %s: what it writes to is too slow for its queue",
				o.Kind, o.Name, o.Lost, o.LastLost.Local().Format(time.DateTime)))
		}
	}
	responseTrouble(s)
}

func (d *Daemon) rulesStatus(loaded *Loaded) api.RulesStatus {
	d.reloads.mu.Lock()
	defer d.reloads.mu.Unlock()
	n := enabled(loaded.Rules)
	return api.RulesStatus{
		Loaded: n, Disabled: len(loaded.Rules.Rules) - n, Digest: loaded.Rules.Digest, Since: d.reloads.since,
		Reloads: d.reloads.good, FailedReloads: d.reloads.failed, Broken: len(d.reloads.problems) > 0,
		Last: d.reloads.last, Problems: slices.Clone(d.reloads.problems),
	}
}

// Rules lists the rules that run, sorted by name.
func (d *Daemon) Rules(ctx context.Context) ([]api.RuleStatus, error) {
	v, err := d.view(ctx, true)
	if err != nil {
		return nil, err
	}
	out := []api.RuleStatus{}
	byName := map[string]int{}
	loaded := d.loaded.Load().Rules
	for i, r := range loaded.Rules {
		byName[r.Name] = i
	}
	states := map[string]engine.RuleState{}
	for _, s := range v.rules {
		states[s.Name] = s
	}
	for _, s := range v.stats.Rules {
		r := api.RuleStatus{Name: s.Name, Matched: s.Matched, Alerts: s.Alerts, Suppressed: s.Suppressed, Nanoseconds: v.costs[s.Name],
			Keys: states[s.Name].Keys, Evictions: states[s.Name].Evictions}
		if i, ok := byName[s.Name]; ok {
			r.Severity, r.Category = loaded.Rules[i].Severity, loaded.Rules[i].Category
		}
		if a, ok := v.last[s.Name]; ok {
			at := time.Unix(0, a.Time).UTC()
			r.LastAlert, r.LastKey = &at, keyMap(a.Key)
		}
		out = append(out, r)
	}
	return out, nil
}

// Top lists what is busiest.
func (d *Daemon) Top(ctx context.Context) (*api.Top, error) {
	v, err := d.view(ctx, true)
	if err != nil {
		return nil, err
	}
	t := &api.Top{Time: time.Now(), Packets: v.stats.Packets, Bytes: v.stats.Bytes, Dropped: d.opt.Source.Stats().Dropped, Alerts: v.stats.Alerts,
		Keys: v.stats.Keys, Rules: []api.TopRule{}, Hottest: v.hottest}
	if t.Hottest == nil {
		t.Hottest = []api.TopKey{}
	}
	for _, r := range v.stats.Rules {
		if r.Alerts > 0 {
			t.Rules = append(t.Rules, api.TopRule{Rule: r.Name, Alerts: r.Alerts, Matched: r.Matched})
		}
	}
	slices.SortStableFunc(t.Rules, func(a, b api.TopRule) int { return cmp.Compare(b.Alerts, a.Alerts) })
	return t, nil
}

// keyMap is a key as JSON has it. Numbers that JSON cannot write are null.
func keyMap(key []alert.Named) map[string]any {
	out := make(map[string]any, len(key))
	for _, n := range key {
		out[n.Name] = n.Value
		if x, ok := n.Value.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			out[n.Name] = nil
		}
	}
	return out
}

// keyText writes a key so that no other key gives the same text.
func keyText(key []alert.Named) string {
	var b strings.Builder
	for _, n := range key {
		fmt.Fprintf(&b, "%s=%#v\x00", n.Name, n.Value)
	}
	return b.String()
}

// outputs returns the counts of the outputs.
func (d *Daemon) outputs() []api.OutputStatus {
	out := []api.OutputStatus{}
	if d.opt.OutputStats == nil {
		return out
	}
	for _, s := range d.opt.OutputStats() {
		o := api.OutputStatus{Kind: s.Kind, Name: s.Name, Target: s.Target, Written: s.Written, Lost: s.Dropped, Filtered: s.Filtered, Queued: s.Queued, Errors: s.Errors}
		if !s.DropTime.IsZero() {
			at := s.DropTime.UTC()
			o.LastLost = &at
		}
		if s.Failing {
			o.Error = s.LastError
		}
		out = append(out, o)
	}
	return out
}
