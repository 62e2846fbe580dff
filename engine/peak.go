package engine

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/rules/ast"
)

// Peaks are what thresholds are found by on a sensor that runs: how large the values get that rules hold against their thresholds. Of
// each spell of a key, which lasts until its windows are empty and at most to the end of the hour, the largest counts. The row of the
// key has a word that says which that is, so that an event costs a look at the word, and more only where the value is larger.
//
// Values are kept in classes of 1/32 of a power of two: integers up to 64 by themselves, others within 3%.

const (
	peakSteps = 5                        // bits of a value behind its highest that tell its class
	peakFirst = (1023 - 10) << peakSteps // the class of 2 to the power of -10, and of all below
	peakSpan  = 54 << peakSteps          // classes, up to 2 to the power of 44
	peakShift = 52 - peakSteps           // of the bits of a float64
	peakHour  = int64(time.Hour)         // nanoseconds
	peakDay   = 24                       // hours
	peakReach = 4                        // so many times its threshold a window is kept exact
	// peakPart is the part of a threshold up to which values are of no interest, as are those of 1: a flood of keys with one event each
	// would be all there is to see.
	peakPart = 16
	// PeakTail is how many keys with the largest values are told of a rule and day.
	PeakTail = 10
)

// PeakClass returns the class of a value.
func PeakClass(v float64) int {
	if !(v > 0) {
		return 0
	}
	return min(max(int(math.Float64bits(v)>>peakShift)-peakFirst, 0), peakSpan-1)
}

// PeakValue returns the least value of a class.
func PeakValue(class int) float64 {
	if class <= 0 {
		return 0
	}
	return math.Float64frombits(uint64(class+peakFirst) << peakShift)
}

// A peakGauge is how peaks of a rule are found.
type peakGauge struct {
	ref    ref
	cell   int     // of the row, behind the cells of the group: a word with the hour, and the classes of up to three rules, of which
	shift  uint    // tells this one's
	now    bool    // counting tells the value
	whole  bool    // it is an integer that grows by 1
	least  float64 // greater values are of interest
	strict bool
	others []int32 // what else has to hold
	of     string  // canonical: what is measured
}

// A peakTable has the peaks of one rule in one shard since they were taken last.
type peakTable struct {
	day    int64   // since 1970
	counts []int32 // by class
	lo, hi int     // where there are some
	tail   []tailKey
	before []PeakCount // of days that are over
}

// A tailKey is a key with a large value.
type tailKey struct {
	hash uint64
	Peak
}

// A PeakCount is how many spells of keys of a rule had their largest value in a class, on a day, since the peaks were taken
// last. Counts of a day add up; one may be less than 0, where a spell that was taken before went on to a higher class.
type PeakCount struct {
	Rule   string
	Of     string // what is measured: the same as long as counts may be added
	Day    int64  // since 1970
	Strict bool   // the rule fires above its threshold, not at it
	Counts map[int]int64
	Tail   []Peak // the largest first
}

// peak gives a rule its gauge, where its when has one comparison of an aggregate with the threshold that all else stands beside.
func (b *builder) peak(g *group, r *rule) {
	if !b.opt.Peaks || r.Threshold == nil || r.When == nil || r.Silent || r.Sequence != nil || len(g.cells) == 0 || g.words == 0 {
		return
	}
	conjuncts := []ast.Expr{r.When}
	if l, ok := r.When.(*ast.LogicExpr); ok && !l.Or {
		conjuncts = l.Xs
	}
	k := &peakGauge{cell: -1}
	stable, of := canon{byName: true}, fnv.New64a()
	write := func(what string, x ast.Expr) { fmt.Fprintf(of, "%s %s\n", what, stable.text(x)) }
	write("where", r.Where)
	for _, x := range r.By {
		write("by", x.Expr)
	}
	for _, x := range conjuncts {
		value, strict := againstThreshold(x)
		if a, ok := value.(*ast.AggregateExpr); ok && k.cell < 0 && a.Aggregate.Memory == nil {
			f := r.refs[a.Aggregate.Index]
			k.ref, k.strict, k.cell, k.least = f, strict, 0, max(1, r.Threshold.Value/peakPart)
			k.now = f.fn == ast.FuncSum || f.kind != window.Series && f.kind != window.Quantile && f.span == 0
			k.whole = k.now && f.fn != ast.FuncSum
			fmt.Fprintf(of, "%s in %s\n", f.fn, a.Aggregate.Window.Span)
			for _, x := range []ast.Expr{a.Aggregate.Cond, a.Aggregate.Arg} {
				write("of", x)
			}
			continue
		}
		write("and", x)
		k.others = append(k.others, b.lower(x))
	}
	if k.cell < 0 {
		return
	}
	span := int64(0)
	for _, w := range r.Windows {
		span = max(span, int64(w.Span))
	}
	k.of = strconv.FormatUint(of.Sum64(), 16)
	n := g.peaks
	g.peaks++
	if k.shift = uint(n%3) * 16; n%3 == 0 {
		g.state = append(g.state, window.Cell{Kind: window.Raw, Words: 1})
	}
	last := len(g.state) - 1
	g.state[last].Span, k.cell = max(g.state[last].Span, span), last
	r.peak = k
}

// peak notes the value of the event at hand where it is the largest of its key's spell.
func (e *Engine) peak(w *worker, r *rule, t *window.Table, row window.Row, ev *event) {
	k := r.peak
	v := w.now[k.ref.cell]
	if !k.now {
		v = k.ref.read(w, t, row, r.group.base)
	}
	if k.whole && math.Float64bits(v)<<(64-peakShift) != 0 { // it was in the class of the one before already
		return
	}
	if w.p.Clock-w.hourFrom >= peakHour || w.p.Clock < w.hourFrom {
		n := w.p.Clock / peakHour
		w.hourFrom, w.hour = n*peakHour, uint64(n)%0xffff+1 // a new row has 0
	}
	class, hour := PeakClass(v), w.hour
	word := &t.Words(row, r.group.base+len(r.group.cells)+k.cell)[0]
	have, same := int(*word>>k.shift&0xffff), *word>>48 == hour
	if same && class <= have {
		return
	}
	if len(k.others) > 0 {
		w.load(r, t, row)
		for _, other := range k.others {
			if !w.test(other) {
				return
			}
		}
	}
	if !same {
		*word, have = hour<<48, 0
	}
	*word = *word&^(0xffff<<k.shift) | uint64(class)<<k.shift
	at := &e.state.peaks[r.index][r.group.store.shard(ev.key.hash)]
	if *at == nil {
		*at = &peakTable{counts: make([]int32, peakSpan), lo: peakSpan, hi: -1}
	}
	p := *at
	if day := w.p.Clock / peakHour / peakDay; day != p.day {
		p.close(r)
		p.day = day
	}
	if have > 0 {
		p.add(have, -1)
	}
	p.add(class, 1)
	if n := len(p.tail); n < PeakTail || v > p.tail[n-1].Value {
		p.note(w, r, v, ev.key.hash)
	}
}

func (p *peakTable) add(class int, n int32) {
	p.counts[class] += n
	p.lo, p.hi = min(p.lo, class), max(p.hi, class)
}

// note puts a key among those with the largest values, which are sorted.
func (p *peakTable) note(w *worker, r *rule, v float64, hash uint64) {
	i := slices.IndexFunc(p.tail, func(t tailKey) bool { return t.hash == hash })
	switch {
	case i >= 0 && p.tail[i].Value >= v:
		return
	case i >= 0:
		p.tail[i].Value, p.tail[i].Time = v, w.p.Time
	default:
		if len(p.tail) == PeakTail {
			p.tail = p.tail[:PeakTail-1]
		}
		key := make([]alert.Named, len(r.key))
		for j := range r.key {
			key[j] = alert.Named{Name: r.key[j].name, Value: r.key[j].value(&w.scope)}
		}
		i = len(p.tail)
		p.tail = append(p.tail, tailKey{hash, Peak{Key: key, Value: v, Time: w.p.Time}})
	}
	for ; i > 0 && p.tail[i].Value > p.tail[i-1].Value; i-- {
		p.tail[i], p.tail[i-1] = p.tail[i-1], p.tail[i]
	}
}

// close moves what there is of a day to before.
func (p *peakTable) close(r *rule) {
	if p.hi < p.lo {
		return
	}
	c := PeakCount{Rule: r.Name, Of: r.peak.of, Day: p.day, Strict: r.peak.strict, Counts: map[int]int64{}}
	for i := p.lo; i <= p.hi; i++ {
		if n := p.counts[i]; n != 0 {
			c.Counts[i] = int64(n)
			p.counts[i] = 0
		}
	}
	for _, t := range p.tail {
		c.Tail = append(c.Tail, t.Peak)
	}
	p.before = append(p.before, c)
	p.lo, p.hi, p.tail = peakSpan, -1, p.tail[:0]
}

// TakePeaks takes the peaks since it was called last, of the rules of plans that were compiled with Options.Peaks. It is called between two
// calls of Process, and does little: what takes longer is left to Counts of what it returns.
func (e *Engine) TakePeaks() TakenPeaks {
	e.leavePeaks(new(planPeaks))
	out := TakenPeaks{e.peaks}
	e.peaks, e.state.peaks = nil, newPeaks(e.plan)
	return out
}

// leavePeaks puts the peaks of the plan that runs among those to be taken, in a record that is given. It is followed by a change
// of the engine's state.
func (e *Engine) leavePeaks(p *planPeaks) {
	if e.state.peaks != nil {
		p.rules, p.tables, p.before = e.plan.rules, e.state.peaks, e.peaks
		e.peaks = p
	}
}

// TakenPeaks are peaks that were taken out of an engine.
type TakenPeaks struct{ last *planPeaks }

// planPeaks are those of rules of one plan, by rule, by shard, until they are counted.
type planPeaks struct {
	once   sync.Once
	rules  []*rule
	tables [][]*peakTable
	counts []PeakCount
	before *planPeaks
}

// count returns the peaks as counts. It may be called again, by any goroutine.
func (p *planPeaks) count() []PeakCount {
	p.once.Do(func() {
		for i, shards := range p.tables {
			for _, t := range shards {
				if t != nil {
					t.close(p.rules[i])
					p.counts = append(p.counts, t.before...)
				}
			}
		}
		p.rules, p.tables = nil, nil // they hold all of the plan
	})
	return p.counts
}

// Counts returns the peaks as counts, those of older plans first. It may be called beside the engine's work.
func (t TakenPeaks) Counts() (out []PeakCount) {
	for p := t.last; p != nil; p = p.before {
		out = append(slices.Clone(p.count()), out...)
	}
	return out
}

// newPeaks makes room for the peaks of the rules of a plan.
func newPeaks(p *Plan) [][]*peakTable {
	if !p.opt.Peaks {
		return nil
	}
	n := 0
	for _, r := range p.rules {
		if r.peak != nil {
			n += r.group.store.shards
		}
	}
	out, tables := make([][]*peakTable, len(p.rules)), make([]*peakTable, n)
	for i, r := range p.rules {
		if r.peak != nil {
			out[i], tables = tables[:r.group.store.shards], tables[r.group.store.shards:]
		}
	}
	return out
}
