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

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
)

// Status is what GET /status answers: how the daemon is and what it has counted since it started.
type Status struct {
	Version       string           `json:"version"`
	Agent         string           `json:"agent"`
	PID           int              `json:"pid"`
	Started       time.Time        `json:"started"`
	UptimeSeconds float64          `json:"uptime_seconds"`
	Healthy       bool             `json:"healthy"`
	Trouble       []string         `json:"trouble"`   // what is not as it should be, for people
	Simulated     string           `json:"simulated"` // the capture that is replayed; empty for live interfaces
	Packets       PacketCounts     `json:"packets"`
	Capture       CaptureCounts    `json:"capture"`
	Interfaces    []InterfaceState `json:"interfaces"`
	Alerts        AlertCounts      `json:"alerts"`
	State         StateCounts      `json:"state"`
	Rules         RulesStatus      `json:"rules"`
	Outputs       []OutputStatus   `json:"outputs"`
	Responses     *ResponseStatus  `json:"responses"` // null where no decisions are kept
	// Reputation are the sources of reputation, sorted.
	Reputation []reputation.Status `json:"reputation"`
	Notifiers  []NotifierStatus    `json:"notifiers"`
	// Bots are those that take commands of administrators.
	Bots      []BotStatus      `json:"bots"`
	Honeypots []HoneypotStatus `json:"honeypots"`
	// LostEvents are events of honeypots for which the loop had no room.
	LostEvents uint64 `json:"lost_events"`
}

// PacketCounts are packets that came to the engine.
type PacketCounts struct {
	Seen      uint64 `json:"seen"`
	Bytes     uint64 `json:"bytes"`     // their lengths on the wire
	Unknown   uint64 `json:"unknown"`   // of a link type that cannot be decoded
	Malformed uint64 `json:"malformed"` // with a layer that is cut short or wrong
	Late      uint64 `json:"late"`      // older than one before them
	// NanosecondsEach is what a packet takes from its bytes to its last window, estimated from samples.
	NanosecondsEach float64 `json:"nanoseconds_each"`
}

// CaptureCounts are what the rings count, all interfaces together.
type CaptureCounts struct {
	Received uint64 `json:"received"` // packets that found room in a ring
	Dropped  uint64 `json:"dropped"`  // packets that found none: they are lost
	Stalls   uint64 `json:"stalls"`   // times that a ring was full
	// RecentlyDropped are packets that were lost in the last ten seconds, missed ones too; alerts say so meanwhile.
	RecentlyDropped uint64 `json:"recently_dropped"`
	// LosingSince is when packets began to be lost; null when none was lost for ten seconds. LosingLost is how many
	// were, since then.
	LosingSince *time.Time `json:"losing_since"`
	LosingLost  uint64     `json:"losing_lost"`
	// Missed are packets that cards and the kernel dropped before they came to the rings.
	Missed uint64 `json:"missed"`
}

// InterfaceState is one interface.
type InterfaceState struct {
	Name     string `json:"name"`
	Up       bool   `json:"up"`
	Error    string `json:"error,omitempty"`
	Received uint64 `json:"received"`
	Dropped  uint64 `json:"dropped"`
	Stalls   uint64 `json:"stalls"`
	Missed   uint64 `json:"missed"`
	Reopened uint64 `json:"reopened"` // times that it came back and its rings were opened anew
}

// AlertCounts are alerts that were raised.
type AlertCounts struct {
	Raised     uint64                    `json:"raised"`
	BySeverity map[alert.Severity]uint64 `json:"by_severity"`
	Suppressed uint64                    `json:"suppressed"` // in cooldowns
	// CooldownsLost are cooldowns that ended before their time for want of room.
	CooldownsLost      uint64 `json:"cooldowns_lost"`
	ExpressionFailures uint64 `json:"expression_failures"` // evaluations that failed and so had no value
	DuringLoss         uint64 `json:"during_loss"`         // raised while packets were being lost
}

// StateCounts are what windows hold.
type StateCounts struct {
	Keys      uint64 `json:"keys"`
	Bytes     uint64 `json:"bytes"`
	Evictions uint64 `json:"evictions"`
	Saturated uint64 `json:"saturated"`
}

// RulesStatus says which rules run and how loading them went.
type RulesStatus struct {
	Loaded        int           `json:"loaded"`   // rules that run
	Disabled      int           `json:"disabled"` // rules that do not, by enabled = false
	Digest        string        `json:"digest"`
	Since         time.Time     `json:"since"` // when they were loaded
	Reloads       uint64        `json:"reloads"`
	FailedReloads uint64        `json:"failed_reloads"`
	Broken        bool          `json:"broken"` // the files as they are now have errors; the rules before run
	Last          *ReloadReport `json:"last"`
	// Problems are the errors of the files as they are now, as `lint --format json` prints them.
	Problems []diag.Finding `json:"problems"`
}

// OutputStatus is one output of alerts.
type OutputStatus struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Target   string `json:"target"` // path or address
	Written  uint64 `json:"written"`
	Lost     uint64 `json:"lost"`     // alerts that it could not take, or could not write
	Filtered uint64 `json:"filtered"` // alerts that its settings keep away
	Queued   int    `json:"queued"`
	Errors   uint64 `json:"errors"`          // failures so far
	Error    string `json:"error,omitempty"` // why it does not write now
}

// A RuleStatus is one rule that runs, as GET /rules answers.
type RuleStatus struct {
	Name        string         `json:"name"`
	Severity    alert.Severity `json:"severity"`
	Category    string         `json:"category"`
	Matched     uint64         `json:"matched"` // packets that passed where
	Alerts      uint64         `json:"alerts"`
	Suppressed  uint64         `json:"suppressed"`
	Nanoseconds float64        `json:"nanoseconds_per_packet"` // for each packet that came, estimated from samples
	Keys        uint64         `json:"keys"`
	Evictions   uint64         `json:"evictions"`
	LastAlert   *time.Time     `json:"last_alert"` // in packet time; null for none
	LastKey     map[string]any `json:"last_key"`   // of that alert
}

// A Top is what GET /top answers: counts so far, of which a client makes rates, and the busiest keys.
type Top struct {
	Time    time.Time `json:"time"`
	Packets uint64    `json:"packets"`
	Bytes   uint64    `json:"bytes"`
	Dropped uint64    `json:"dropped"`
	Alerts  uint64    `json:"alerts"`
	Keys    uint64    `json:"keys"`
	Rules   []TopRule `json:"rules"` // those with alerts, most first
	Hottest []TopKey  `json:"hottest"`
}

// TopRule is a rule with its alerts.
type TopRule struct {
	Rule    string `json:"rule"`
	Alerts  uint64 `json:"alerts"`
	Matched uint64 `json:"matched"`
}

// A TopKey is a key with the packets of it that passed the rule's where, estimated from samples; packets of long
// ago count less.
type TopKey struct {
	Rule    string         `json:"rule"`
	Key     map[string]any `json:"key"`
	Packets float64        `json:"packets"`
}

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
	hottest    []TopKey
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
			v.hottest = append(v.hottest, TopKey{Rule: h.rule, Key: keyMap(h.key), Packets: h.count})
		}
	})
	return v, err
}

// topKeys is how many keys GET /top lists.
const topKeys = 20

// Status says how the daemon is. It always answers; where the loop is stuck, that is what it says.
func (d *Daemon) Status(ctx context.Context) *Status {
	v, err := d.view(ctx, false)
	loaded := d.loaded.Load()
	s := &Status{
		Version: d.opt.Version, Agent: d.running.Agent, PID: os.Getpid(), Started: d.started, UptimeSeconds: time.Since(d.started).Seconds(),
		Trouble: []string{}, Simulated: d.opt.Simulated,
		Packets: PacketCounts{Seen: v.stats.Packets, Bytes: v.stats.Bytes, Unknown: v.stats.Unknown, Malformed: v.stats.Malformed,
			Late: v.stats.Late, NanosecondsEach: v.each},
		Alerts:     AlertCounts{Raised: v.stats.Alerts, BySeverity: v.bySeverity, Suppressed: v.stats.Suppressed, CooldownsLost: v.stats.CooldownsLost, ExpressionFailures: v.stats.Failures, DuringLoss: v.lossy},
		State:      StateCounts{Keys: v.stats.Keys, Bytes: v.stats.StateBytes, Evictions: v.stats.Evictions, Saturated: v.stats.Saturated},
		Interfaces: []InterfaceState{}, Outputs: d.outputs(), Responses: d.responseStatus(), Reputation: d.reputationStatus(),
		Notifiers: d.notifierStatus(), Bots: d.botStatus(), Honeypots: d.honeypotStatus(), LostEvents: d.loop.trap.lost.Load(),
	}
	c := d.opt.Source.Stats()
	s.Capture = CaptureCounts{Received: c.Received, Dropped: c.Dropped, Stalls: c.Stalls, RecentlyDropped: v.recent, LosingLost: v.losingLost, Missed: c.Missed}
	if !v.losing.IsZero() {
		since := v.losing.UTC()
		s.Capture.LosingSince = &since
	}
	for _, i := range c.Interfaces {
		state := InterfaceState{Name: i.Name, Up: i.Up, Received: i.Received, Dropped: i.Dropped, Stalls: i.Stalls, Missed: i.Missed, Reopened: i.Reopened}
		if i.Err != nil {
			state.Error = i.Err.Error()
		}
		s.Interfaces = append(s.Interfaces, state)
	}
	s.Rules = d.rulesStatus(loaded)
	s.trouble(err)
	s.Healthy = d.Health() == nil
	return s
}

// trouble notes what people should know first.
func (s *Status) trouble(loop error) {
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
	}
	s.responseTrouble()
}

func (d *Daemon) rulesStatus(loaded *Loaded) RulesStatus {
	d.reloads.mu.Lock()
	defer d.reloads.mu.Unlock()
	n := enabled(loaded.Rules)
	return RulesStatus{
		Loaded: n, Disabled: len(loaded.Rules.Rules) - n, Digest: loaded.Rules.Digest, Since: d.reloads.since,
		Reloads: d.reloads.good, FailedReloads: d.reloads.failed, Broken: len(d.reloads.problems) > 0,
		Last: d.reloads.last, Problems: slices.Clone(d.reloads.problems),
	}
}

// Rules lists the rules that run, sorted by name.
func (d *Daemon) Rules(ctx context.Context) ([]RuleStatus, error) {
	v, err := d.view(ctx, true)
	if err != nil {
		return nil, err
	}
	out := []RuleStatus{}
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
		r := RuleStatus{Name: s.Name, Matched: s.Matched, Alerts: s.Alerts, Suppressed: s.Suppressed, Nanoseconds: v.costs[s.Name],
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
func (d *Daemon) Top(ctx context.Context) (*Top, error) {
	v, err := d.view(ctx, true)
	if err != nil {
		return nil, err
	}
	t := &Top{Time: time.Now(), Packets: v.stats.Packets, Bytes: v.stats.Bytes, Dropped: d.opt.Source.Stats().Dropped, Alerts: v.stats.Alerts,
		Keys: v.stats.Keys, Rules: []TopRule{}, Hottest: v.hottest}
	if t.Hottest == nil {
		t.Hottest = []TopKey{}
	}
	for _, r := range v.stats.Rules {
		if r.Alerts > 0 {
			t.Rules = append(t.Rules, TopRule{r.Name, r.Alerts, r.Matched})
		}
	}
	slices.SortStableFunc(t.Rules, func(a, b TopRule) int { return cmp.Compare(b.Alerts, a.Alerts) })
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
func (d *Daemon) outputs() []OutputStatus {
	out := []OutputStatus{}
	if d.opt.OutputStats == nil {
		return out
	}
	for _, s := range d.opt.OutputStats() {
		o := OutputStatus{Kind: s.Kind, Name: s.Name, Target: s.Target, Written: s.Written, Lost: s.Dropped, Filtered: s.Filtered, Queued: s.Queued, Errors: s.Errors}
		if s.Failing {
			o.Error = s.LastError
		}
		out = append(out, o)
	}
	return out
}
