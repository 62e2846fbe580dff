package engine

import (
	"slices"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A StepCount says how many events a part of a sequence let through.
type StepCount struct {
	Kind   string `json:"kind"` // "step", "absent" or "unless"
	Name   string `json:"name"`
	On     string `json:"on"`
	Events uint64 `json:"events"` // of the kind that the step looks at
	Passed uint64 `json:"passed"`
}

// A Came says how far a key came in a sequence.
type Came struct {
	Step  int    `json:"step"`            // that was taken last, from 1
	Of    int    `json:"of"`              // steps
	Name  string `json:"name"`            // of that step
	Next  string `json:"next,omitempty"`  // what did not come: "step NAME" or "absent NAME"; empty after the last
	Ended string `json:"ended,omitempty"` // what ended it: "unless NAME" or "absent NAME"
}

type stepProbe struct {
	part *stepRef
	pred int32
}

// sequence makes the probes of a rule's sequence.
func (p *probe) sequence(b *builder, s *sequence) {
	p.out.NoWindow = false
	for _, part := range s.parts {
		p.steps = append(p.steps, stepProbe{part, b.lower(part.Where)})
		p.out.Steps = append(p.out.Steps, StepCount{Kind: part.Kind, Name: part.Name, On: part.On.String()})
	}
}

// followSteps counts an event in the steps that look at its kind.
func (x *Explainer) followSteps(p *probe, on packet.Event) {
	for i, st := range p.steps {
		if st.part.On != on {
			continue
		}
		p.out.Steps[i].Events++
		if x.scope.test(st.pred) {
			p.out.Steps[i].Passed++
		}
	}
}

// flew is called for every event of a key that parts of a sequence let through.
func (x *Explainer) flew(s *sequence, m *match, bits uint64, came int) {
	pr := x.probes[s.rule.index]
	if pr == nil {
		return
	}
	words := []uint64{m.key.hash, m.key.check[0]}
	list := pr.out.Closest
	at := slices.IndexFunc(list, func(n Near) bool { return slices.Equal(n.words, words) })
	if at >= 0 && bits&(unlessBit|absentBit) != 0 && came == 0 {
		for _, part := range s.parts {
			if bits&part.bit != 0 && part.Kind != "step" && list[at].Came.Ended == "" {
				list[at].Came.Ended = part.Kind + " " + part.Name
			}
		}
	}
	if came == 0 || at < 0 && len(list) == closest && list[len(list)-1].Came.Step >= came || at >= 0 && list[at].Came.Step > came {
		return
	}
	if at < 0 {
		if len(list) < closest {
			list = append(list, Near{})
		}
		at = len(list) - 1
	}
	w := x.engine.poster
	w.begin(m.p)
	near := Near{Time: m.p.Time, Packet: m.number, words: words, Came: &Came{Step: came, Of: s.steps, Name: s.parts[came-1].Name}}
	for i := range m.part.key {
		near.Key = append(near.Key, alert.Named{Name: m.part.key[i].name, Value: m.part.key[i].value(&w.scope)})
	}
	if came < s.steps || s.absent {
		near.Came.Next = s.parts[came].Kind + " " + s.parts[came].Name
	}
	list[at] = near
	for ; at > 0 && list[at].Came.Step > list[at-1].Came.Step; at-- {
		list[at], list[at-1] = list[at-1], list[at]
	}
	pr.out.Closest = list
}

// needsOthers reports whether a rule finds something only where others run: it looks at their alerts, or reads what they
// write.
func needsOthers(r *rules.Rule) bool { return r.Alerts() || len(r.Reads()) > 0 }
