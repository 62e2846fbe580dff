package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// A sampler is a model as the plan runs it: how samples come about. What is learned from them is apart, in a brain.
//
// A model on packets is a group like those of rules. Its table has a row for each key of the running period, which is cleared
// when the period ends: that is a multiple of every since 1970. Other models take a sample of each event.
type sampler struct {
	*rules.Model
	index    int
	text     string // canonical: what has to be the same for the state to go on
	group    *group
	every    int64 // nanoseconds
	features []floatFunc
	present  []int32 // by feature of an event that is a sample: that it has a value
	cells    []sampleCell
	aggs     []int // by aggregate of the model: its place in cells
	key      []*packet.Field
	keyWords int
	needTop  bool // some rule looks at what weighs most
}

// A sampleCell is one aggregate over a period. All but Distinct are words of the row's Raw cell, of which the first are those
// of the key.
type sampleCell struct {
	text  string
	fn    ast.Func
	cond  int32
	value func(*scope) uint64
	num   floatFunc
	at    int             // the first of its words, or the cell of a Distinct
	each  []*packet.Field // with several values, each of which counts
	per   int32           // what a choice of values of these must fulfil to count
}

// words is how many words of the row an aggregate takes.
func (c *sampleCell) words() int {
	switch c.fn {
	case ast.FuncDistinct:
		return 0
	case ast.FuncMean, ast.FuncMin, ast.FuncMax:
		return 2
	case ast.FuncStddev, ast.FuncChanges:
		return 3
	}
	return 1
}

// rawCell is the cell of the row that holds the key and the sums.
const rawCell = 0

// sampler compiles a model.
func (b *builder) sampler(m *rules.Model, p *Plan, keyIDs map[string]int) *sampler {
	s := &sampler{Model: m, index: len(p.samplers), every: int64(m.Every)}
	s.text = "model " + m.Name + " is " + m.Definition
	note := &rules.Rule{Name: m.Name, On: m.On, Where: m.Where, By: m.By, Aggregates: m.Aggregates}
	p.note(note, true)
	for _, f := range m.Features {
		s.features = append(s.features, b.floatFunc(f.Expr))
		s.present = append(s.present, b.presence(f.Expr))
		p.note(&rules.Rule{Where: f.Expr}, true)
	}
	for _, k := range m.By {
		f := k.Expr.(*ast.FieldExpr).Field
		s.key = append(s.key, f)
		s.keyWords += f.Words()
	}
	g := b.groupOf(&rule{Rule: &rules.Rule{Name: m.Name, On: m.On, Where: m.Where, By: m.By,
		Windows: []*ast.Window{{Span: m.Every, MaxKeys: m.MaxKeys}}}}, map[string]*group{}, keyIDs, p)
	g.text = s.text + " " + g.text
	g.sampler, s.group = s, g
	if m.On != packet.EventPacket {
		return s
	}
	words := s.keyWords
	distinct := 1
	byCell := map[string]int{}
	for _, a := range m.Aggregates {
		c := sampleCell{fn: a.Func, cond: predTrue, per: predTrue, text: fmt.Sprintf("%s if %s of %s", a.Func, b.canon(a.Cond), b.canon(a.Arg))}
		if at, ok := byCell[c.text]; ok {
			s.aggs = append(s.aggs, at)
			continue
		}
		if a.Cond != nil {
			c.cond = b.assumeFilter(b.condition(a.Cond), g.filter)
		}
		switch a.Func {
		case ast.FuncDistinct, ast.FuncChanges:
			c.value = b.observation(a.Arg)
		case ast.FuncSum, ast.FuncMean, ast.FuncStddev, ast.FuncMin, ast.FuncMax:
			c.num = b.floatFunc(a.Arg)
		}
		if a.Func == ast.FuncDistinct {
			c.at = distinct
			distinct++
		} else {
			c.at = words
			words += c.words()
		}
		if a.Func != ast.FuncChanges { // of which the first value counts
			c.each, c.per = b.several(a.Arg)
		}
		byCell[c.text] = len(s.cells)
		s.aggs = append(s.aggs, len(s.cells))
		s.cells = append(s.cells, c)
	}
	g.state = append(g.state, window.Cell{Kind: window.Raw, Words: words})
	for range distinct - 1 {
		g.state = append(g.state, window.Cell{Kind: window.Distinct, Span: 2 * s.every})
	}
	return s
}

// samplers compiles the models that rules look at; all of them where the options say so.
func (b *builder) samplers(rs *rules.RuleSet, p *Plan, keyIDs map[string]int) {
	for _, m := range rs.Models {
		if !p.opt.AllModels && !slices.ContainsFunc(p.rules, func(r *rule) bool { return looksAt(r.Rule, m.Name) }) {
			continue
		}
		s := b.sampler(m, p, keyIDs)
		s.needTop = slices.ContainsFunc(p.rules, func(r *rule) bool { return looksAt(r.Rule, m.Name) && readsTop(r.Rule) })
		p.samplers = append(p.samplers, s)
		p.closes = p.closes || m.On == packet.EventConnection
	}
}

// looksAt reports whether a rule may look at the samples of a model: it or a step of it.
func looksAt(r *rules.Rule, name string) bool {
	if r.Sequence != nil {
		return slices.ContainsFunc(r.Sequence.Parts(), func(st *rules.Step) bool { return st.On == packet.EventModel })
	}
	if r.On != packet.EventModel {
		return false
	}
	names := r.ModelNames()
	return names == nil || slices.Contains(names, name)
}

// readsTop reports whether a rule reads model.top or model.bits.
func readsTop(r *rules.Rule) bool {
	found := false
	look := func(e ast.Expr) {
		ast.Walk(e, func(x ast.Expr) bool {
			f, ok := x.(*ast.FieldExpr)
			found = found || ok && (f.Field.Name == "model.top" || f.Field.Name == "model.bits")
			return !found
		})
	}
	for _, e := range r.Exprs() {
		look(e)
	}
	return found
}

// spec is what the brain of a model is to learn.
func (s *sampler) spec() model.Spec {
	spec := model.Spec{Name: s.Name, Definition: s.Definition, Method: s.Method, Learn: s.Learn, MinSamples: s.MinSamples, Seed: s.Seed}
	for _, f := range s.Features {
		spec.Features = append(spec.Features, f.Name)
	}
	return spec
}

// sample counts the packet at hand in its sample. One of a period that is over is left out.
func (e *Engine) sample(w *worker, l *lane, ev *event) {
	s, t, p := ev.group.sampler, ev.table, w.p
	if t == nil {
		e.sampleEvent(w, l, s)
		return
	}
	if floorDiv(p.Time, s.every) != floorDiv(p.Clock, s.every) {
		return
	}
	row := t.Row(ev.key.check[:ev.group.words], ev.key.hash, p.Clock)
	raw := t.Words(row, rawCell)
	at := 0
	for _, f := range s.key {
		at += f.Put(p, raw[at:])
	}
	for i := range s.cells {
		c := &s.cells[i]
		if c.cond != predTrue && !w.test(c.cond) {
			continue
		}
		w.each(c.each, func() {
			switch {
			case c.per != predTrue && !w.test(c.per):
			case c.fn == ast.FuncDistinct:
				t.Observe(row, c.at, c.value(&w.scope), p.Time, p.Clock)
				raw = t.Words(row, rawCell)
			default:
				c.add(raw[c.at:], &w.scope)
			}
		})
	}
}

// add counts an event in the words of an aggregate.
func (c *sampleCell) add(raw []uint64, s *scope) {
	plus := func(i int, x float64) { raw[i] = math.Float64bits(math.Float64frombits(raw[i]) + x) }
	switch c.fn {
	case ast.FuncCount, ast.FuncRate:
		raw[0]++
		return
	case ast.FuncChanges:
		v := c.value(s)
		if raw[0] != 0 && raw[1] != v {
			raw[2]++
		}
		raw[0], raw[1] = 1, v
		return
	}
	x := c.num(s)
	if x-x != 0 {
		return
	}
	switch c.fn {
	case ast.FuncSum:
		plus(0, x)
	case ast.FuncMean, ast.FuncStddev:
		raw[0]++
		plus(1, x)
		if c.fn == ast.FuncStddev {
			plus(2, x*x)
		}
	case ast.FuncMin, ast.FuncMax:
		if have := math.Float64frombits(raw[1]); raw[0] == 0 || c.fn == ast.FuncMin && x < have || c.fn == ast.FuncMax && x > have {
			raw[1] = math.Float64bits(x)
		}
		raw[0] = 1
	}
}

// read returns the value of an aggregate at the end of a period; NaN where there is none.
func (c *sampleCell) read(t *window.Table, row window.Row, raw []uint64, every, end int64) float64 {
	if c.fn == ast.FuncDistinct {
		return float64(t.Value(row, c.at, end))
	}
	raw = raw[c.at:]
	switch c.fn {
	case ast.FuncCount:
		return float64(raw[0])
	case ast.FuncRate:
		return float64(raw[0]) / (float64(every) / 1e9)
	case ast.FuncChanges:
		return float64(raw[2])
	case ast.FuncSum:
		return math.Float64frombits(raw[0])
	}
	if raw[0] == 0 {
		return math.NaN()
	}
	n, sum := float64(raw[0]), math.Float64frombits(raw[1])
	switch c.fn {
	case ast.FuncMean:
		return sum / n
	case ast.FuncStddev:
		mean := sum / n
		return math.Sqrt(max(0, math.Float64frombits(raw[2])/n-mean*mean))
	}
	return sum // the least, the greatest
}

// floorDiv is a/b rounded down, for b above 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// A ModelDescription is what a model takes.
type ModelDescription struct {
	Model       string   `json:"model"`
	On          string   `json:"on"`
	Where       string   `json:"where"`
	Key         []string `json:"key"`
	Every       string   `json:"every,omitempty"`
	Features    []string `json:"features"`
	Method      string   `json:"method"`
	Learn       string   `json:"learn"`
	MaxKeys     int      `json:"max_keys,omitempty"`
	BytesPerKey int64    `json:"bytes_per_key,omitempty"`
	// Nanoseconds is the rough cost of a sample that is scored.
	Nanoseconds int   `json:"nanoseconds_per_sample"`
	Bound       int64 `json:"bytes_bound"`
}

// describeModels describes the models of the plan.
func (p *Plan) describeModels(d *Description) {
	for _, s := range p.samplers {
		x := ModelDescription{Model: s.Name, On: s.On.String(), Where: ast.Plain(s.Where), Key: []string{}, Method: s.Method.String(), Learn: span(s.Learn)}
		for _, f := range s.Features {
			x.Features = append(x.Features, f.Name+" = "+f.Text)
		}
		for _, k := range s.By {
			x.Key = append(x.Key, k.Text)
		}
		x.Bound = model.Bytes(s.Method, len(s.Features))
		x.Nanoseconds = model.Nanoseconds(s.Method, len(s.Features))
		if g := s.group; len(g.state) > 0 {
			c, n := g.store.config, int64(g.store.shards)
			x.Every, x.MaxKeys = span(s.Model.Every), c.MaxKeys*int(n)
			least, _ := c.BytesPerKey()
			// At the end of a period each key has its sample besides.
			x.BytesPerKey = least + s.sampleBytes()
			x.Bound += c.Bound()*n + s.sampleBytes()*int64(x.MaxKeys)
		}
		d.Models = append(d.Models, x)
		d.Bound += x.Bound
	}
}

// sampleBytes is what a sample takes that waits to be scored.
func (s *sampler) sampleBytes() int64 { return int64(8*(s.keyWords+len(s.Features)) + 48) }

// span writes a time as a rule does.
func span(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// Models returns what the models of the plan learn, sorted by name.
func (p *Plan) Models() []model.Spec {
	var out []model.Spec
	for _, s := range p.samplers {
		out = append(out, s.spec())
	}
	return out
}
