package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
)

// A ModelExplanation says what a model that a rule looks at has learned.
type ModelExplanation struct {
	Model    string   `json:"model"`
	Learning bool     `json:"learning"` // it gives no scores yet
	Samples  int      `json:"samples"`  // while it learns: so far
	Needs    int      `json:"needs"`    // samples at least, and
	Learns   string   `json:"learns"`   // so long at least
	Usual    []string `json:"usual"`    // the range of each feature, in words
	// Oddest are the samples that scored highest, the highest first.
	Oddest []OddSample `json:"oddest"`
}

// An OddSample is a sample that scored high.
type OddSample struct {
	Score  float64 `json:"score"`
	Top    string  `json:"top"`
	Bits   float64 `json:"bits"`
	Odd    string  `json:"odd"` // what was odd, in words
	Of     string  `json:"of"`  // the address that it is of, and of a login the account before it; "" for none
	Time   int64   `json:"time"`
	Packet uint64  `json:"packet"`

	raw float64
}

// UseModels gives the models of the plan what they have learned before.
func (x *Explainer) UseModels(models map[string]*model.Model) {
	for _, m := range models {
		x.engine.SetModel(m)
	}
}

// Models returns what the models of the plan are to learn.
func (x *Explainer) Models() []model.Spec { return x.engine.plan.Models() }

// seeSample notes the sample at hand, if it is among the oddest.
func (x *Explainer) seeSample(p *packet.Packet) {
	c := x.engine.current
	if c == nil || p.Class != packet.ClassModel {
		return
	}
	list := x.oddest[c.sampler.index]
	at, _ := slices.BinarySearchFunc(list, c.raw, func(o OddSample, raw float64) int {
		if o.raw >= raw {
			return -1
		}
		return 1
	})
	if at == closest {
		return
	}
	parts := c.explained()
	top := model.Top(parts)
	o := OddSample{Score: c.score, Top: top.Feature, Bits: round(top.Bits), Odd: odd(c.sampler.Model, parts), Time: p.Time, Packet: p.Number, raw: c.raw}
	if p.Has(packet.LayerIP) {
		o.Of = p.Src.String()
	}
	if p.Has(packet.LayerAuth) {
		o.Of = strings.TrimSpace(p.Attrs.User + " " + o.Of)
	}
	list = slices.Insert(list, at, o)
	x.oddest[c.sampler.index] = list[:min(len(list), closest)]
}

// explainModels says what the models that a rule looks at have learned.
func (x *Explainer) explainModels(r *rule) (out []ModelExplanation) {
	for i, s := range x.engine.plan.samplers {
		if !looksAt(r.Rule, s.Name) {
			continue
		}
		b := x.engine.state.brains[i]
		m := ModelExplanation{Model: s.Name, Needs: s.MinSamples, Learns: span(s.Learn), Usual: []string{}, Oddest: append([]OddSample{}, x.oddest[i]...)}
		m.Samples, _, m.Learning = b.Learning()
		for j, p := range b.Usual() {
			if p.Known {
				m.Usual = append(m.Usual, p.Feature+" "+RangeWords(s.Model, j, p.Low, p.High))
			}
		}
		out = append(out, m)
	}
	return out
}

// When returns the time of a sample in UTC.
func (o *OddSample) When() time.Time { return time.Unix(0, o.Time).UTC() }
