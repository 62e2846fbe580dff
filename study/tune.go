package study

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/rules"
)

// A Loader loads and compiles a rule set with thresholds in the place of those of some rules.
type Loader func(thresholds map[string]float64) (*rules.RuleSet, *engine.Plan, error)

// A Tuning is what thresholds of a rule would do on captures.
type Tuning struct {
	Rule      string   `json:"rule"`
	Threshold float64  `json:"threshold"` // as it is
	Keys      int      `json:"keys"`      // that have a value
	Beyond    uint64   `json:"beyond"`    // packets of keys for which there was no room
	P50       float64  `json:"p50"`       // percentiles of the largest value of each key
	P90       float64  `json:"p90"`
	P99       float64  `json:"p99"`
	P999      float64  `json:"p99_9"`
	Max       float64  `json:"max"`
	Tail      []Tail   `json:"tail"` // the keys with the largest values, largest first
	Now       Choice   `json:"now"`
	Choices   []Choice `json:"choices"` // one for each budget
	strict    bool
}

// Tail is a key with a large value.
type Tail struct {
	Key     map[string]any `json:"key"`
	Value   float64        `json:"value"`
	Capture string         `json:"capture"`
	Time    time.Time      `json:"time,omitzero"` // of what a sensor has watched
	Packet  uint64         `json:"pcap_cnt"`
}

// A Choice is a threshold with what it does.
type Choice struct {
	PerDay    float64 `json:"per_day"` // alerts a day that it is to keep to; of Tuning.Now, those that there are
	Threshold float64 `json:"threshold"`
	Alerts    int     `json:"alerts"` // on the captures
	Caught    int     `json:"caught"` // of the captures of attacks, those in which the rule fires
}

// A Study is the tuning of rules on captures.
type Study struct {
	Live     bool      `json:"live"` // of what a sensor has watched, not of captures
	Captures int       `json:"captures"`
	Attacks  int       `json:"attacks"` // captures of attacks
	Packets  uint64    `json:"packets"`
	Days     float64   `json:"days"` // of traffic: all captures together, gaps of more than an hour as an hour
	Rules    []*Tuning `json:"rules"`
	Faults   []error   `json:"-"` // what is wrong with captures
}

// tailKeys is how many keys of the tail are kept, and meterLimit the least threshold with which values are metered: a window
// holds as much as its rule's threshold needs.
const (
	tailKeys   = 10
	meterLimit = 1000
)

// Tune finds for the rules that choose accepts the distribution of the largest value per key on captures of ordinary traffic,
// and for each budget (alerts a day) the lowest threshold that keeps to it. attacks are captures in which rules ought to fire.
// Rules that are not metered (see engine.Meter) are left out.
func Tune(ctx context.Context, load Loader, choose func(*rules.Rule) bool, captures, attacks []string, budgets []float64) (*Study, error) {
	set, plan, err := load(nil)
	if err != nil {
		return nil, err
	}
	high := map[string]float64{}
	for _, r := range set.Rules {
		if r.Enabled && r.Threshold != nil && choose(r) {
			high[r.Name] = max(meterLimit, 4*r.Threshold.Value)
		}
	}
	s := &Study{Captures: len(captures), Attacks: len(attacks), Rules: []*Tuning{}}
	peaks, err := s.meter(ctx, load, high, captures)
	if err != nil {
		return nil, err
	}
	now := map[string]float64{}
	for _, r := range set.Rules {
		if t := peaks[r.Name]; t != nil && high[r.Name] > 0 {
			t.Threshold = r.Threshold.Value
			now[r.Name] = t.Threshold
			s.Rules = append(s.Rules, t.Tuning)
		}
	}
	runs, err := Replay(ctx, plan, captures)
	if err != nil {
		return nil, err
	}
	before := count(runs)
	for _, t := range s.Rules {
		t.Now = Choice{Threshold: t.Threshold, Alerts: before[t.Rule]}
		if s.Days > 0 {
			t.Now.PerDay = float64(t.Now.Alerts) / s.Days
		}
	}
	for _, budget := range budgets {
		if err := s.search(ctx, load, peaks, captures, budget); err != nil {
			return nil, err
		}
	}
	if len(attacks) > 0 {
		if err := s.judge(ctx, load, attacks); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(s.Rules, func(x, y *Tuning) int { return cmp.Compare(x.Rule, y.Rule) })
	return s, nil
}

// A spread is a Tuning with the different largest values, ascending.
type spread struct {
	*Tuning
	values []float64
}

// meter finds the largest value of each key.
func (s *Study) meter(ctx context.Context, load Loader, high map[string]float64, captures []string) (map[string]*spread, error) {
	set, _, err := load(high)
	if err != nil {
		return nil, err
	}
	readings := make([][]engine.Reading, len(captures))
	place := map[string]int{}
	for i, c := range captures {
		place[c] = i
	}
	runs, err := each(ctx, captures, func(r *Run) (process, func()) {
		m, diags := engine.NewMeter(set, seed)
		if diags.HasErrors() { // it was compiled before
			return func(*capture.Batch) {}, func() {}
		}
		return func(b *capture.Batch) { m.Process(b.Frames) }, func() { readings[place[r.Capture]] = m.Readings() }
	})
	if err != nil {
		return nil, err
	}
	out, all := map[string]*spread{}, map[string][]float64{}
	for i := range runs {
		s.Packets += runs[i].Packets
		s.Days += runs[i].Traffic.Hours() / 24
		if runs[i].Fault != nil {
			s.Faults = append(s.Faults, runs[i].Fault)
		}
		for _, r := range readings[i] {
			t := out[r.Rule]
			if t == nil {
				t = &spread{Tuning: &Tuning{Rule: r.Rule, strict: r.Strict, Tail: []Tail{}, Choices: []Choice{}}}
				out[r.Rule] = t
			}
			t.Keys += len(r.Peaks)
			t.Beyond += r.Beyond
			for _, p := range r.Peaks {
				all[r.Rule] = append(all[r.Rule], p.Value)
				key := make(map[string]any, len(p.Key))
				for _, k := range p.Key {
					key[k.Name] = k.Value
				}
				t.Tail = append(t.Tail, Tail{Key: key, Value: p.Value, Capture: runs[i].Capture, Packet: p.Packet})
			}
			slices.SortFunc(t.Tail, func(x, y Tail) int {
				return cmp.Or(cmp.Compare(y.Value, x.Value), cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.Packet, y.Packet), cmp.Compare(KeyText(x.Key), KeyText(y.Key)))
			})
			t.Tail = t.Tail[:min(len(t.Tail), tailKeys)]
		}
	}
	for name, t := range out {
		values := all[name]
		slices.Sort(values)
		t.P50, t.P90, t.P99, t.P999 = at(values, 0.5), at(values, 0.9), at(values, 0.99), at(values, 0.999)
		if len(values) > 0 {
			t.Max = values[len(values)-1]
		}
		t.values = slices.Compact(values)
	}
	return out, nil
}

// at returns the value below or at which a share of sorted values is; 0 where there are none.
func at(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return values[min(len(values)-1, int(math.Ceil(share*float64(len(values))))-1)]
}

// search finds for each rule the lowest threshold that keeps to a budget of alerts a day. Only the largest values of keys
// matter: between two of them the keys that fire are the same. Each step halves what is left for all rules at once.
func (s *Study) search(ctx context.Context, load Loader, peaks map[string]*spread, captures []string, budget float64) error {
	allowed := int(budget * s.Days)
	low, high, alerts := map[string]int{}, map[string]int{}, map[string]int{}
	for _, t := range s.Rules {
		low[t.Rule], high[t.Rule] = 0, len(peaks[t.Rule].values) // the threshold above all values keeps to any budget
	}
	for {
		try, middle := map[string]float64{}, map[string]int{}
		for _, t := range s.Rules {
			if low[t.Rule] < high[t.Rule] {
				middle[t.Rule] = (low[t.Rule] + high[t.Rule]) / 2
				try[t.Rule] = peaks[t.Rule].threshold(middle[t.Rule])
			}
		}
		if len(try) == 0 {
			break
		}
		_, plan, err := load(try)
		if err != nil {
			return err
		}
		runs, err := Replay(ctx, plan, captures)
		if err != nil {
			return err
		}
		found := count(runs)
		for name, m := range middle {
			if found[name] <= allowed {
				high[name], alerts[name] = m, found[name]
			} else {
				low[name] = m + 1
			}
		}
	}
	for _, t := range s.Rules {
		t.Choices = append(t.Choices, Choice{PerDay: budget, Threshold: peaks[t.Rule].threshold(high[t.Rule]), Alerts: alerts[t.Rule]})
	}
	return nil
}

// threshold returns the threshold at which the keys with value i and greater ones fire, and no others.
func (t *spread) threshold(i int) float64 {
	switch {
	case len(t.values) == 0:
		return t.Threshold
	case i == len(t.values) && !t.strict:
		return next(t.values[i-1])
	case i == len(t.values):
		return t.values[i-1]
	case t.strict && i == 0:
		return max(0, below(t.values[0]))
	case t.strict:
		return t.values[i-1]
	}
	return t.values[i]
}

// next returns a round number above v: the next integer, or for what is no integer a little more in the third digit.
func next(v float64) float64 {
	if v == math.Trunc(v) {
		return v + 1
	}
	digit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-2)
	return math.Ceil(v/digit)*digit + digit
}

// below returns a round number below v.
func below(v float64) float64 {
	if v == math.Trunc(v) {
		return v - 1
	}
	return math.Floor(v)
}

// judge counts in how many captures of attacks each rule fires, with each choice.
func (s *Study) judge(ctx context.Context, load Loader, attacks []string) error {
	of := func(t *Tuning, i int) *Choice {
		if i < 0 {
			return &t.Now
		}
		return &t.Choices[i]
	}
	budgets := 0
	if len(s.Rules) > 0 {
		budgets = len(s.Rules[0].Choices)
	}
	for i := -1; i < budgets; i++ {
		try := map[string]float64{}
		for _, t := range s.Rules {
			try[t.Rule] = of(t, i).Threshold
		}
		_, plan, err := load(try)
		if err != nil {
			return err
		}
		runs, err := Replay(ctx, plan, attacks)
		if err != nil {
			return err
		}
		caught := map[string]int{}
		for r := range runs {
			fired := map[string]bool{}
			for _, a := range runs[r].Alerts {
				fired[a.Rule] = true
			}
			for name := range fired {
				caught[name]++
			}
			if i < 0 && runs[r].Fault != nil {
				s.Faults = append(s.Faults, runs[r].Fault)
			}
		}
		for _, t := range s.Rules {
			of(t, i).Caught = caught[t.Rule]
		}
	}
	return nil
}

// count counts the alerts of each rule.
func count(runs []Run) map[string]int {
	out := map[string]int{}
	for i := range runs {
		for _, a := range runs[i].Alerts {
			out[a.Rule]++
		}
	}
	return out
}
