package engine

import (
	"math"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// A Meter runs events past rules and notes, for each key, the largest value that was held against the rule's threshold: what
// the threshold would have had to be for the key to fire.
//
// It meters rules whose when has, among what all has to hold, one comparison with threshold of the form x >= threshold or
// x > threshold; moments at which the rest of when does not hold do not count.
type Meter struct {
	engine *Engine
	gauges []*gauge // by rule of the plan; nil for one that is not metered
	scope  scope
}

// MeterKeys bounds the keys of a rule that a Meter keeps. Of more, the first ones are kept, and Beyond counts the packets of
// others.
const MeterKeys = 1 << 20

// A gauge is what is metered of a rule.
type gauge struct {
	rule    *rule
	value   floatFunc
	present int32   // that there is a value
	others  []int32 // what else has to hold
	strict  bool
	peaks   map[string]*Peak
	beyond  uint64
}

// A Peak is the largest value of a key.
type Peak struct {
	Key    []alert.Named
	Value  float64
	Time   int64  // nanoseconds since 1970, of the packet
	Packet uint64 // its place in the input, from 1
}

// A Reading is what a Meter found for one rule.
type Reading struct {
	Rule   string
	Strict bool    // the rule fires above its threshold, not at it
	Peaks  []*Peak // one for each key, in no order
	Beyond uint64  // packets of keys for which there was no room
}

// NewMeter makes a Meter of the enabled rules of a set that was loaded without errors. What windows hold is exact up to the
// thresholds of the set, so a set with high ones (rules.Options.Thresholds) tells more.
func NewMeter(rs *rules.RuleSet, seed uint64) (*Meter, hcl.Diagnostics) {
	plan, diags := Compile(rs, Options{})
	if diags.HasErrors() {
		return nil, diags
	}
	m := &Meter{engine: New(plan, Config{Seed: seed}), gauges: make([]*gauge, len(plan.rules))}
	b := newBuilder(Options{}, Tuning{})
	b.geo = rs.Geo
	for i, r := range plan.rules {
		m.gauges[i] = b.gauge(r)
	}
	m.scope = scope{preds: b.preds, seed: seed}
	m.engine.watch = m.watch
	return m, diags
}

// gauge returns what is metered of a rule; nil where its when has no comparison with the threshold that all else stands beside.
func (b *builder) gauge(r *rule) *gauge {
	if r.Threshold == nil || r.When == nil || r.Silent {
		return nil
	}
	conjuncts := []ast.Expr{r.When}
	if l, ok := r.When.(*ast.LogicExpr); ok && !l.Or {
		conjuncts = l.Xs
	}
	g := &gauge{rule: r, peaks: map[string]*Peak{}}
	for _, x := range conjuncts {
		if value, strict := againstThreshold(x); value != nil && g.value == nil {
			g.value, g.present, g.strict = b.floatFunc(value), b.presence(value), strict
			continue
		}
		g.others = append(g.others, b.lower(x))
	}
	if g.value == nil {
		return nil
	}
	return g
}

// againstThreshold takes x >= threshold and x > threshold apart, from either side; nil for any other expression.
func againstThreshold(e ast.Expr) (x ast.Expr, strict bool) {
	c, ok := e.(*ast.CompareExpr)
	if !ok {
		return nil, false
	}
	x, y, o := c.X, c.Y, c.Op
	if _, first := x.(*ast.ThresholdExpr); first {
		x, y, o = y, x, o.Mirror()
	}
	if _, ok := y.(*ast.ThresholdExpr); !ok || o != ast.OpGe && o != ast.OpGt {
		return nil, false
	}
	return x, o == ast.OpGt
}

// Process runs frames past the rules.
func (m *Meter) Process(frames []packet.Frame) { m.engine.Process(frames, func(*alert.Alert) {}) }

// watch is called after a packet was counted in the windows of a rule.
func (m *Meter) watch(w *worker, r *rule, t *window.Table, row window.Row, key []uint64) {
	g := m.gauges[r.index]
	if g == nil {
		return
	}
	if t != nil {
		w.load(r, t, row)
	}
	s := &m.scope
	s.begin(w.p)
	s.values = w.values
	if !s.test(g.present) {
		return
	}
	v := g.value(s)
	if math.IsNaN(v) {
		return
	}
	id := keyText(key)
	p := g.peaks[id]
	if p != nil && p.Value >= v {
		return
	}
	for _, other := range g.others {
		if !s.test(other) {
			return
		}
	}
	if p == nil {
		if len(g.peaks) == MeterKeys {
			g.beyond++
			return
		}
		p = &Peak{}
		for i := range r.key {
			p.Key = append(p.Key, alert.Named{Name: r.key[i].name, Value: r.key[i].value(&w.scope)})
		}
		g.peaks[id] = p
	}
	p.Value, p.Time, p.Packet = v, w.p.Time, w.p.Number
}

// keyText makes a string of the words of a key, to be looked up by.
func keyText(words []uint64) string {
	b := make([]byte, 0, 8*len(words))
	for _, w := range words {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56))
	}
	return string(b)
}

// Readings returns what was found, sorted by rule; rules that are not metered are left out.
func (m *Meter) Readings() []Reading {
	var out []Reading
	for _, g := range m.gauges {
		if g == nil {
			continue
		}
		r := Reading{Rule: g.rule.Name, Strict: g.strict, Beyond: g.beyond}
		for _, p := range g.peaks {
			r.Peaks = append(r.Peaks, p)
		}
		out = append(out, r)
	}
	return out
}
