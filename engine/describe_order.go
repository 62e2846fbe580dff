package engine

import (
	"slices"
	"time"

	"github.com/ruleids/ruleids/rules/ast"
)

// A SequenceDescription is the sequence of a rule.
type SequenceDescription struct {
	Rule        string            `json:"rule"`
	Span        string            `json:"span"`
	Steps       []StepDescription `json:"steps"`
	MaxKeys     int               `json:"max_keys"`
	BytesPerKey int64             `json:"bytes_per_key"` // at most
	Bound       int64             `json:"bytes_bound"`
}

// A StepDescription is a part of a sequence.
type StepDescription struct {
	Kind  string   `json:"kind"` // "step", "absent" or "unless"
	Name  string   `json:"name"`
	On    string   `json:"on"`
	Where string   `json:"where"`
	Key   []string `json:"key"`
}

// A ListDescription is a list that rules fill.
type ListDescription struct {
	List          string   `json:"list"`
	Type          string   `json:"type"`
	For           string   `json:"for"`
	FilledBy      []string `json:"filled_by"`
	ReadBy        []string `json:"read_by"`
	Max           int      `json:"max"`
	BytesPerEntry int64    `json:"bytes_per_entry"`
	Bound         int64    `json:"bytes_bound"`
}

// The values of Description.Order.
const (
	OrderAny     = "any"     // no rule fills or reads a list: packets are looked at by all workers at once
	OrderTurns   = "turns"   // the same, but that rules that fill or read lists look at one after the other
	OrderWriters = "writers" // one worker; what follows a packet that may write is looked at when that is done with
	OrderPackets = "packets" // one worker; each packet is done with before the next is looked at
)

func (p *Plan) describeOrder(d *Description) {
	for _, q := range p.sequences {
		s := SequenceDescription{Rule: q.rule.Name, Span: time.Duration(q.span).String(), MaxKeys: q.maxKeys, BytesPerKey: q.flightBytes()}
		s.Bound = s.BytesPerKey * int64(s.MaxKeys)
		for _, part := range q.parts {
			st := StepDescription{Kind: part.Kind, Name: part.Name, On: part.On.String(), Where: ast.Plain(part.Where), Key: []string{}}
			for _, k := range part.By {
				st.Key = append(st.Key, k.Text)
			}
			s.Steps = append(s.Steps, st)
		}
		d.Sequences = append(d.Sequences, s)
		d.Bound += s.Bound
	}
	for _, l := range p.lists {
		x := ListDescription{List: l.Name, Type: l.Type.String(), For: l.For.String(), Max: l.Max, FilledBy: []string{}, ReadBy: []string{},
			BytesPerEntry: trackedBytes, Bound: trackedBytes * int64(l.Max)}
		for _, r := range p.rules {
			if slices.ContainsFunc(r.tracks, func(t writer) bool { return t.list == l }) {
				x.FilledBy = append(x.FilledBy, r.Name)
			}
			if slices.Contains(r.Reads(), l.List) {
				x.ReadBy = append(x.ReadBy, r.Name)
			}
		}
		d.Lists = append(d.Lists, x)
		d.Bound += x.Bound
	}
	slices.SortFunc(d.Lists, func(x, y ListDescription) int {
		if x.List < y.List {
			return -1
		}
		return 1
	})
	switch {
	case p.single:
		d.Order = OrderPackets
	case p.turns:
		d.Order = OrderTurns
	case p.ordered:
		d.Order = OrderWriters
	default:
		d.Order = OrderAny
	}
}

// names returns what the group's rules are called, and the steps of sequences.
func (g *group) names() []string {
	var out []string
	for _, r := range g.rules {
		out = append(out, r.Name)
	}
	if g.sampler != nil {
		out = append(out, "model "+g.sampler.Name)
	}
	for _, st := range g.steps {
		out = append(out, st.of.rule.Name+" ("+st.Kind+" "+st.Name+")")
	}
	return out
}
