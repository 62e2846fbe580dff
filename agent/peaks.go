package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/engine/snapshot"
)

const (
	// peakDays is for how many days peaks are kept, today among them.
	peakDays = 7
	// takeEvery is the time between two times that the engine is asked for peaks, and peaksSection where the file has them.
	takeEvery    = time.Minute
	peaksSection = "peaks"
)

// peaks keeps for seven days how large the values get that rules hold against their thresholds, over a restart: what thresholds
// are found by on this very network. A simulation keeps them in memory.
type peaks struct {
	d *Daemon

	mu    sync.Mutex
	rules map[string]*peakRule
	from  time.Time // since when packets are watched; of the file where there was one
	fault string    // why they cannot be kept; "" while they can
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
	return &peaks{d: d, rules: map[string]*peakRule{}, from: d.started}
}

// Name implements Part.
func (p *peaks) Name() string { return "peaks" }

// file returns where peaks are kept; "" for nowhere.
func (p *peaks) file() string {
	if p.d.opt.Simulate != "" {
		return ""
	}
	return p.d.running.Rules.Peaks
}

// Open makes the directory of the file and reads it. What is damaged is left out: counting starts over.
func (p *peaks) Open(context.Context) error {
	if p.file() == "" {
		return nil
	}
	if err := ownDirectory(p.file(), p.d.account); err != nil {
		return fmt.Errorf("rules: %w; name another place with rules { peaks = … }", err)
	}
	sections, err := snapshot.Read(p.file())
	var kept keptPeaks
	if err == nil {
		err = snapshot.ErrDamaged
		for _, s := range sections {
			if s.Name == peaksSection {
				err = json.Unmarshal(s.Data, &kept)
			}
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		p.d.log.Warn("the peaks that were kept cannot be read; counting starts over", "file", p.file(), "error", err)
	case kept.Rules != nil:
		p.rules, p.from = kept.Rules, kept.From
	}
	return nil
}

// Run takes peaks until ctx is done.
func (p *peaks) Run(ctx context.Context) error {
	if p.d.running.Rules.Peaks == "" {
		return nil
	}
	ticker := time.NewTicker(takeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			p.take(ctx)
			p.save()
		}
	}
}

// Close takes peaks for the last time. The loop has ended by then, but for a daemon that was never run.
func (p *peaks) Close(context.Context) error {
	if p.d.loop == nil || p.d.running.Rules.Peaks == "" {
		return nil
	}
	select {
	case <-p.d.loop.ended:
		p.add(p.d.loop.engine.TakePeaks())
		p.save()
	default:
	}
	return nil
}

// take has the loop hand out the peaks since the last time.
func (p *peaks) take(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var counts []engine.PeakCount
	if p.d.loop.do(ctx, func() { counts = p.d.loop.engine.TakePeaks() }) == nil { // or Close takes them
		p.add(counts)
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
			d.Tail = append(d.Tail, api.TuneTail{Key: keyMap(k.Key), Value: k.Value, Time: p.timeOf(k.Time)})
		}
		d.Tail = tailOf(d.Tail)
	}
	for name, r := range p.rules {
		if r.Days = slices.DeleteFunc(r.Days, func(d peakDay) bool { return d.Day <= newest-peakDays }); len(r.Days) == 0 {
			delete(p.rules, name)
		}
	}
}

// timeOf returns the time of a packet as clocks show it.
func (p *peaks) timeOf(at int64) time.Time {
	if t := p.d.loop.time; t != nil {
		at = t.real(at)
	}
	return time.Unix(0, at).UTC()
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
	if p.file() == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	text, err := json.Marshal(keptPeaks{p.from, p.rules})
	if err == nil {
		err = snapshot.Write(p.file(), []snapshot.Section{{Name: peaksSection, Data: text}})
	}
	if err == nil {
		p.fault = ""
		return
	}
	if p.fault == "" {
		p.d.log.Error("peaks cannot be kept", "file", p.file(), "error", err)
	}
	p.fault = err.Error()
}

// Report implements reporter.
func (p *peaks) Report(_ context.Context, s *api.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fails(s, "the values that thresholds are found by cannot be kept", p.fault)
}

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
