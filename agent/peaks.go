package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/engine/snapshot"
)

const (
	// peakDays is for how many days peaks are kept, today among them; peaksSection is where the file has them, in the form
	// of peaksVersion.
	peakDays     = 7
	peaksSection = "peaks"
	peaksVersion = 1
)

// peaks keeps for seven days how large the values get that rules hold against their thresholds, over a restart: what thresholds
// are found by on this very network. A simulation keeps them in memory.
type peaks struct {
	stateFile

	mu    sync.Mutex // over what follows
	rules map[string]*peakRule
	from  time.Time // since when packets are watched; of the file where there was one
}

// peakRule is what is kept of one rule.
type peakRule struct {
	Of     string    `json:"of"` // what is measured, by engine.PeakCount
	Strict bool      `json:"strict"`
	Days   []peakDay `json:"days"` // ascending
}

// peakDay is what is kept of one day.
type peakDay struct {
	Day    int64          `json:"day"` // since 1970
	Counts map[int]int64  `json:"counts"`
	Tail   []api.TuneTail `json:"tail"`
}

// keptPeaks is what the file has.
type keptPeaks struct {
	From  time.Time            `json:"from"`
	Rules map[string]*peakRule `json:"rules"`
}

func newPeaks(d *Daemon) *peaks {
	return &peaks{rules: map[string]*peakRule{}, from: d.started, stateFile: stateFile{d: d, part: "peaks", what: "the record of how large values get",
		setting: "rules { peaks = … }", every: time.Minute, path: func() string { return d.running.Rules.Peaks }}}
}

// Open makes the directory of the file and reads it.
func (p *peaks) Open(context.Context) error {
	if err := p.open(); err != nil {
		return err
	}
	p.restore(func(sections []snapshot.Section) error {
		data, err := snapshot.Find(sections, peaksSection, peaksVersion)
		if err != nil {
			return err
		}
		var was keptPeaks
		err = json.Unmarshal(data, &was)
		if err == nil && was.Rules != nil {
			p.rules, p.from = was.Rules, was.From
		}
		return err
	})
	return nil
}

// Run takes peaks until ctx is done.
func (p *peaks) Run(ctx context.Context) error {
	if p.path() == "" {
		return nil
	}
	return p.run(ctx, func(ctx context.Context) {
		p.take(ctx)
		p.save()
	})
}

// Close takes peaks for the last time.
func (p *peaks) Close(context.Context) error {
	if p.d.ended() && p.path() != "" {
		p.add(p.d.loop.engine.TakePeaks().Counts())
		p.save()
	}
	return nil
}

// take has the loop hand out the peaks since the last time.
func (p *peaks) take(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var taken engine.TakenPeaks
	if p.d.loop.do(ctx, func() { taken = p.d.loop.engine.TakePeaks() }) == nil { // or Close takes them
		p.add(taken.Counts())
	}
}

// add adds counts, and forgets days that are over for a week. Days are those of packets.
func (p *peaks) add(counts []engine.PeakCount) {
	p.mu.Lock()
	defer p.mu.Unlock()
	newest := int64(0) // of packets: those of a replay are of another time
	for _, r := range p.rules {
		newest = max(newest, r.Days[len(r.Days)-1].Day)
	}
	for _, c := range counts {
		newest = max(newest, c.Day)
		r := p.rules[c.Rule]
		if r == nil || r.Of != c.Of {
			r = &peakRule{Of: c.Of}
			p.rules[c.Rule] = r
		}
		r.Strict = c.Strict
		i, found := slices.BinarySearchFunc(r.Days, c.Day, func(d peakDay, day int64) int { return cmp.Compare(d.Day, day) })
		if !found {
			r.Days = slices.Insert(r.Days, i, peakDay{Day: c.Day, Counts: map[int]int64{}})
		}
		d := &r.Days[i]
		for class, n := range c.Counts {
			if d.Counts[class] += n; d.Counts[class] == 0 {
				delete(d.Counts, class)
			}
		}
		for _, k := range c.Tail {
			d.Tail = append(d.Tail, api.TuneTail{Key: keyMap(k.Key), Value: k.Value, Time: time.Unix(0, p.d.loop.real(k.Time)).UTC()})
		}
		d.Tail = tailOf(d.Tail)
	}
	for name, r := range p.rules {
		if r.Days = slices.DeleteFunc(r.Days, func(d peakDay) bool { return d.Day <= newest-peakDays }); len(r.Days) == 0 {
			delete(p.rules, name)
		}
	}
}

// tailOf keeps the largest value of each key, and the keys with the largest values.
func tailOf(all []api.TuneTail) []api.TuneTail {
	slices.SortStableFunc(all, func(x, y api.TuneTail) int { return cmp.Compare(y.Value, x.Value) })
	out, seen := all[:0], map[string]bool{}
	for _, t := range all {
		text := fmt.Sprint(t.Key)
		if !seen[text] && len(out) < engine.PeakTail {
			out = append(out, t)
		}
		seen[text] = true
	}
	return out
}

// save writes the file.
func (p *peaks) save() {
	p.mu.Lock()
	text, err := json.Marshal(keptPeaks{p.from, p.rules})
	p.mu.Unlock()
	if err == nil { // always: they are numbers that are finite
		p.write([]snapshot.Section{{Name: fmt.Sprint(peaksSection, " ", peaksVersion), Data: text}})
	}
}

// Report implements reporter.
func (p *peaks) Report(_ context.Context, s *api.Status) { p.report(s) }

// tuning returns what is known of all rules that run.
func (p *peaks) tuning(ctx context.Context) *api.Tuning {
	p.take(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	out := &api.Tuning{From: p.from, To: now.UTC(), Rules: []api.TuneRule{}}
	if oldest := now.Truncate(24*time.Hour).AddDate(0, 0, 1-peakDays); out.From.Before(oldest) {
		out.From = oldest.UTC()
	}
	for _, r := range p.d.loaded.Load().Rules.Rules {
		have := p.rules[r.Name]
		if have == nil || r.Threshold == nil || !r.Enabled {
			continue
		}
		sum := map[int]int64{}
		x := api.TuneRule{Rule: r.Name, Threshold: r.Threshold.Value, Strict: have.Strict, Values: []api.TuneValue{}, Tail: []api.TuneTail{}}
		for _, d := range have.Days {
			for class, n := range d.Counts {
				sum[class] += n
			}
			x.Tail = append(x.Tail, d.Tail...)
		}
		for class, n := range sum {
			if n > 0 {
				x.Values = append(x.Values, api.TuneValue{Value: engine.PeakValue(class), Keys: n})
			}
		}
		slices.SortFunc(x.Values, func(a, b api.TuneValue) int { return cmp.Compare(a.Value, b.Value) })
		x.Tail = tailOf(x.Tail)
		out.Rules = append(out.Rules, x)
	}
	return out
}
