package agent

import (
	"time"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

const (
	// sampleEvery is the number of packets of which one is timed when there are many.
	sampleEvery = 1024
	// sampleRate is how many packets a second are timed at least, where so many come, and sampleBurst how many of
	// one batch: on a quiet link one in sampleEvery would tell nothing.
	sampleRate  = 1000
	sampleBurst = 16
	// interrupted is how many nanoseconds make a sample one in the midst of which the scheduler did something else.
	// Its times are left out.
	interrupted = 100_000
)

// A profile estimates from samples what rules cost and which keys are the busiest. A sampled packet stands for
// those around it.
type profile struct {
	sampler *engine.Sampler
	left    float64   // samples that sampleRate still allows
	last    time.Time // when left was counted
	passed  float64   // packets since the last sample, for which the next one stands too
	packets float64   // that samples with good times stand for
	total   float64   // nanoseconds that those packets took
	byRule  map[string]*ruleCost
	seen    []engine.Sighting // of the sample at hand
	keys    sketch
}

// ruleCost is what a rule cost.
type ruleCost struct {
	nanos float64 // of all packets that samples stand for
	since float64 // profile.packets when the rule came
}

func (p *profile) init(e *engine.Engine) {
	p.sampler = engine.NewSampler(e)
	p.byRule = map[string]*ruleCost{}
	p.keys.init()
}

// samples returns how many of n packets are to be timed.
func (p *profile) samples(n int, now time.Time) int {
	p.left = min(sampleBurst, p.left+now.Sub(p.last).Seconds()*sampleRate)
	p.last = now
	k := max(min(n, int(p.left)), n/sampleEvery)
	p.left = max(0, p.left-float64(k))
	if k == 0 {
		p.passed += float64(n)
	}
	return k
}

// sample runs a frame through the engine and takes the time of each rule on it.
func (p *profile) sample(f packet.Frame, weight float64, emit engine.Emit) {
	weight, p.passed = weight+p.passed, 0
	p.seen = p.seen[:0]
	total := p.sampler.Process(f, emit, func(s *engine.Sighting) {
		p.seen = append(p.seen, *s)
		if s.Key != nil {
			p.keys.add(s.Rule, s.Key, weight)
		}
	})
	if total > interrupted {
		return
	}
	for i := range p.seen {
		s := &p.seen[i]
		c := p.byRule[s.Rule]
		if c == nil {
			c = &ruleCost{since: p.packets}
			p.byRule[s.Rule] = c
		}
		c.nanos += weight * s.Nanoseconds
	}
	p.packets += weight
	p.total += weight * total
}

// cost returns the nanoseconds of a rule for each packet that came, whether it looked at it or not.
func (p *profile) cost(rule string) float64 {
	c := p.byRule[rule]
	if c == nil || p.packets <= c.since {
		return 0
	}
	return max(0, c.nanos/(p.packets-c.since))
}
