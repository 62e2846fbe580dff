package engine

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// An Explainer runs events past rules and keeps account of why they did not fire.
type Explainer struct {
	engine *Engine
	oddest map[int][]OddSample // by model
	probes []*probe            // by rule of the plan; nil for one that is there for its alerts alone
	scope  scope
}

// An Explanation says how far packets came with one rule.
type Explanation struct {
	Rule    string `json:"rule"`
	Enabled bool   `json:"enabled"` // a rule that is not is explained as if it were
	On      string `json:"on"`      // the kind of event that it looks at; of a sequence, its last step
	Silent  bool   `json:"silent"`  // it never alerts
	Packets uint64 `json:"packets"` // or other events, of the kind that the rule looks at
	Passed  uint64 `json:"passed"`  // those that matched: where held, the key was there, no exception applied
	Stops   []Stop `json:"stops"`   // what stopped the others, in the order of evaluation
	Alerts  uint64 `json:"alerts"`
	Quiet   uint64 `json:"suppressed"`       // firings in a cooldown
	Learnt  uint64 `json:"learnt,omitempty"` // values that were new while a memory learnt
	// Levels has the alerts by severity, of a rule with levels; nil of others.
	Levels map[rules.Severity]uint64 `json:"levels,omitempty"`
	When   string                    `json:"when,omitempty"`
	// Models are those that the rule looks at.
	Models   []ModelExplanation `json:"models,omitempty"`
	Closest  []Near             `json:"closest"` // the keys that came closest, the closest first
	NoWindow bool               `json:"no_window"`
	Steps    []StepCount        `json:"steps,omitempty"` // of the rule's sequence
	Failures uint64             `json:"failures"`        // evaluations of functions that failed while conditions were tested, as of int('abc')
}

// A Stop is a part of a rule's condition and the number of packets that it stopped, of those that the
// parts before it let pass.
type Stop struct {
	Text    string `json:"text"`
	Packets uint64 `json:"packets"`

	key bool // the presence of a value of by
}

// A Near is the moment when a key was closest to firing.
type Near struct {
	Key    []alert.Named `json:"key"`
	Values []alert.Named `json:"values"` // of the rule's aggregates
	// Aggregate is the one that was furthest from its bound; empty where when has no bound of the form
	// aggregate >= number, or all were reached and the rest of when was not.
	Aggregate string  `json:"aggregate"`
	Value     float64 `json:"value"`
	Bound     float64 `json:"bound"`
	// Memory says what Value and Bound are of an aggregate of a memory: "seen" for the seconds since the value came last,
	// of the span; "learning" for a new one that came so many seconds after the memory began to watch, of learn; "unasked"
	// where the packet has nothing that the memory is about.
	Memory string `json:"memory,omitempty"`
	Time   int64  `json:"time"` // nanoseconds since 1970, of the packet
	Packet uint64 `json:"packet"`

	Came *Came `json:"came,omitempty"` // in a sequence; nil for other rules

	ratio float64
	words []uint64
}

// closest is the number of keys that an Explanation lists.
const closest = 10

type probe struct {
	rule  *rule
	parts []part
	steps []stepProbe
	out   Explanation
}

type part struct {
	pred int32
	stop int  // place in Explanation.Stops
	not  bool // an exception: true stops
}

// NewExplainer compiles the named rules, or all of the set when there are no names, disabled ones
// too. Names that are not in the set are ignored. Where one of them looks at alerts, or reads a
// list that rules fill, the enabled rules of the set run besides.
func NewExplainer(rs *rules.RuleSet, names []string) (*Explainer, hcl.Diagnostics) {
	chosen := *rs
	chosen.Rules = nil
	enabled := map[string]bool{}
	named := func(r *rules.Rule) bool { return len(names) == 0 || slices.Contains(names, r.Name) }
	needOthers := slices.ContainsFunc(rs.Rules, func(r *rules.Rule) bool { return named(r) && needsOthers(r) })
	for _, r := range rs.Rules {
		if !named(r) {
			if needOthers && r.Enabled {
				chosen.Rules = append(chosen.Rules, r)
			}
			continue
		}
		enabled[r.Name] = r.Enabled
		on := *r
		on.Enabled = true
		chosen.Rules = append(chosen.Rules, &on)
	}
	// It looks at packets beside the engine, which must not be ahead.
	plan, diags := CompileTuned(&chosen, Options{}, Tuning{NoTurns: true})
	if diags.HasErrors() {
		return nil, diags
	}
	x := &Explainer{engine: New(plan, Config{Seed: 1}), oddest: map[int][]OddSample{}}
	b := newBuilder(Options{}, Tuning{})
	b.geo = rs.Geo
	for _, r := range plan.rules {
		if _, ok := enabled[r.Name]; !ok {
			x.probes = append(x.probes, nil)
			continue
		}
		p := &probe{rule: r, out: Explanation{Rule: r.Name, Enabled: enabled[r.Name], On: r.On.String(), Silent: r.Silent, NoWindow: len(r.Windows) == 0, Closest: []Near{}}}
		add := func(text string, e ast.Expr, not bool) {
			// A comparison and the presence of its field, which goes without saying, are one text and one stop.
			if n := len(p.out.Stops); n == 0 || p.out.Stops[n-1].Text != text {
				p.out.Stops = append(p.out.Stops, Stop{Text: text})
			}
			p.parts = append(p.parts, part{pred: b.lower(e), stop: len(p.out.Stops) - 1, not: not})
		}
		if r.SourceWhere != nil {
			parts := []ast.Expr{r.SourceWhere}
			if l, ok := r.SourceWhere.(*ast.LogicExpr); ok && !l.Or {
				parts = l.Xs
			}
			for _, e := range parts {
				add(written(rs, e), e, false)
			}
		}
		for _, k := range r.By {
			if e := ast.Presence(k.Expr); e != nil {
				add("has "+k.Text, e, false)
				p.out.Stops[len(p.out.Stops)-1].key = true
			}
		}
		for _, ex := range r.Excepts {
			add("except "+ex.Name, ex.Where, true)
		}
		if len(r.Levels) > 0 {
			p.out.Levels = map[rules.Severity]uint64{}
		}
		for _, s := range plan.sequences {
			if s.rule == r {
				p.sequence(b, s)
			}
		}
		if r.When != nil {
			p.out.When = written(rs, r.When)
		}
		x.probes = append(x.probes, p)
	}
	x.scope = scope{preds: b.preds, seed: 1}
	for _, l := range b.lists {
		for i, of := range plan.lists {
			if of.List == l.List {
				x.scope.lists = append(x.scope.lists, x.engine.state.lists[i])
			}
		}
	}
	x.engine.watch, x.engine.trace, x.engine.flew = x.watch, x.follow, x.flew
	return x, diags
}

// written returns an expression as its author wrote it.
func written(rs *rules.RuleSet, e ast.Expr) string {
	r := e.Range()
	if f := rs.Sources[r.Filename]; f != nil && r.Start.Byte < r.End.Byte && r.End.Byte <= len(f.Bytes) {
		return strings.Join(strings.Fields(string(f.Bytes[r.Start.Byte:r.End.Byte])), " ")
	}
	return ast.Format(e)
}

// Process runs frames past the rules.
func (x *Explainer) Process(frames []packet.Frame) {
	see := func(s *slot) {
		for i := range s.packets[:s.n] {
			x.follow(&s.packets[i])
		}
	}
	for len(frames) > 0 {
		frames = frames[x.engine.round(frames, see, x.count):]
	}
}

// Post runs an event that is not a frame past the rules, as Engine.Post does.
func (x *Explainer) Post(ev *packet.Packet) { x.engine.Post(ev, x.count) }

// count counts an alert of a rule with levels.
func (x *Explainer) count(a *alert.Alert) {
	for _, p := range x.probes {
		if p != nil && p.out.Levels != nil && p.out.Rule == a.Rule {
			p.out.Levels[a.Severity]++
		}
	}
}

// follow finds what stops an event in each rule that looks at its kind.
func (x *Explainer) follow(p *packet.Packet) {
	x.seeSample(p)
	x.scope.p = p
	on := p.Class.Event()
	for _, pr := range x.probes {
		if pr == nil {
			continue
		}
		x.followSteps(pr, on)
		if pr.rule.On != on {
			continue
		}
		pr.out.Packets++
		failures := x.scope.failures
		stop := slices.IndexFunc(pr.parts, func(part part) bool { return x.scope.test(part.pred) == part.not })
		pr.out.Failures += x.scope.failures - failures
		if stop < 0 {
			pr.out.Passed++
		} else {
			pr.out.Stops[pr.parts[stop].stop].Packets++
		}
	}
}

// watch is called after a packet was counted in the windows of a rule.
func (x *Explainer) watch(w *worker, r *rule, t *window.Table, row window.Row, key []uint64) {
	if t == nil && len(r.Memories) == 0 || x.probes[r.index] == nil {
		return
	}
	for i := range r.refs {
		if f := &r.refs[i]; f.fn == ast.FuncFirst && w.sightings[f.cell].first && w.sightings[f.cell].learns(f, w.p.Clock) {
			x.probes[r.index].out.Learnt++
		}
	}
	near := Near{Time: w.p.Time, Packet: w.p.Number}
	if len(r.bars) > 0 {
		near.ratio = -1
		for i := range r.bars {
			b := &r.bars[i]
			v, bound, memory := b.ref.read(w, t, row, r.group.base), b.min, ""
			if b.ref.fn == ast.FuncFirst && v == 0 {
				v, bound, memory = r.almostFirst(w, &b.ref)
			}
			ratio := v / max(bound, 1e-9)
			if near.ratio < 0 || ratio < near.ratio {
				near.ratio, near.Value, near.Bound, near.Aggregate, near.Memory = ratio, v, bound, r.Aggregates[b.ref.aggregate].Name, memory
			}
		}
		if near.ratio >= 1 && !r.enough {
			near.Value, near.Bound, near.Aggregate, near.Memory = 0, 0, "", "" // something else in when is not met
		}
	} else if len(r.refs) > 0 {
		near.ratio = r.refs[0].read(w, t, row, r.group.base)
	}
	list := x.probes[r.index].out.Closest
	at := slices.IndexFunc(list, func(n Near) bool { return slices.Equal(n.words, key) })
	switch {
	case at >= 0:
		if near.ratio <= list[at].ratio {
			return
		}
	case len(list) < closest:
		list = append(list, Near{})
		at = len(list) - 1
	default:
		if at = len(list) - 1; near.ratio <= list[at].ratio {
			return
		}
	}
	w.load(r, t, row)
	near.words = slices.Clone(key)
	for i := range r.key {
		near.Key = append(near.Key, alert.Named{Name: r.key[i].name, Value: r.key[i].value(&w.scope)})
	}
	for i := range r.values {
		near.Values = append(near.Values, alert.Named{Name: r.values[i].name, Value: r.values[i].value(&w.scope)})
	}
	list[at] = near
	for ; at > 0 && list[at].ratio > list[at-1].ratio; at-- {
		list[at], list[at-1] = list[at-1], list[at]
	}
	x.probes[r.index].out.Closest = list
}

// Explanations returns what was found, sorted by rule.
func (x *Explainer) Explanations() []Explanation {
	stats := x.engine.Stats()
	out := make([]Explanation, 0, len(x.probes))
	for i, p := range x.probes {
		if p == nil {
			continue
		}
		ex := p.out
		// That a packet has the values of by goes without saying where the conditions ask for their layer.
		ex.Stops = slices.DeleteFunc(slices.Clone(p.out.Stops), func(s Stop) bool { return s.key && s.Packets == 0 })
		ex.Alerts, ex.Quiet = stats.Rules[i].Alerts, stats.Rules[i].Suppressed
		ex.Models = x.explainModels(p.rule)
		out = append(out, ex)
	}
	return out
}

// almostFirst says how near a value that is not new came to being so.
func (r *rule) almostFirst(w *worker, f *ref) (value, bound float64, memory string) {
	s := &w.sightings[f.cell]
	if s.first {
		return float64(w.p.Clock-s.since) / 1e9, float64(f.learn) / 1e9, "learning"
	}
	if s.age < 0 {
		return 0, float64(r.group.memories[f.cell].span) / 1e9, "unasked"
	}
	return float64(s.age) / 1e9, float64(r.group.memories[f.cell].span) / 1e9, "seen"
}
