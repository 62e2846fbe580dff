package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
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
		maps.Copy(v.bySeverity, l.tally.bySeverity)
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
			v.hottest = append(v.hottest, api.TopKey{Rule: h.rule, Key: keyMap(h.key), Packets: h.count, Error: h.off()})
		}
	})
	return v, err
}

// topKeys is how many keys GET /top lists.
const topKeys = 20

// Status says how the daemon is. It always answers; where the loop is stuck, that is what it says.
func (d *Daemon) Status(ctx context.Context) *api.Status {
	s := &api.Status{
		Version: d.opt.Version, Agent: d.running.Agent, PID: os.Getpid(), Started: d.started, UptimeSeconds: time.Since(d.started).Seconds(),
		Trouble: []string{}, Interfaces: []api.InterfaceState{}, Healthy: true,
	}
	if err := d.Health(); err != nil {
		s.Healthy, s.Trouble = false, append(s.Trouble, err.Error())
	}
	for _, p := range d.parts {
		if r, ok := p.Part.(reporter); ok {
			r.Report(ctx, s)
		}
	}
	return s
}

// fails adds to the trouble why something fails; "" for what does not.
func fails(s *api.Status, what, why string) {
	if why != "" {
		s.Trouble = append(s.Trouble, what+": "+why)
	}
}

// lossLasts is for how long what was lost is trouble: whoever asks every few minutes is to learn of it.
const lossLasts = 10 * time.Minute

// loses adds to the trouble what something lost, where the last of it was lost of late.
func loses(s *api.Status, what, lost string, n uint64, last time.Time, why string) {
	if time.Since(last) < lossLasts {
		s.Trouble = append(s.Trouble, fmt.Sprintf("%s lost %s, %d so far, the last at %s: %s", what, lost, n, last.Local().Format(time.DateTime), why))
	}
}

// Health returns nil where packets are being read and rules are loaded, and what is wrong otherwise. Files that are
// broken now are no reason: the previous rules are kept.
func (d *Daemon) Health() error {
	if err := d.capture.health(); err != nil {
		return err
	}
	if enabled(d.loaded.Load().Rules) == 0 {
		return errors.New("there are no rules")
	}
	return nil
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
	t := &api.Top{Time: time.Now(), Packets: v.stats.Packets, Bytes: v.stats.Bytes, Dropped: d.capture.source.Stats().Dropped, Alerts: v.stats.Alerts,
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
