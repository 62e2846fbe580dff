package engine

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// Options change how a plan is made.
type Options struct {
	// Escalate makes thresholds of rules with an escalate block depend on reputation. Without it
	// every indicator is clean and thresholds are constants.
	Escalate bool
}

// A Tuning turns optimisations off, so that tests can show that they change no alert. The zero value is
// the plan that users run.
type Tuning struct {
	NoSharing  bool // give each rule tables and predicates of its own
	NoDispatch bool // look at every rule for every packet

	condition func(*builder, rules.Expr) int32 // lowers conditions; nil for the builder's own way
}

// A Plan is a compiled rule set. It never changes and may be used by several engines.
type Plan struct {
	Digest string // of the rule set
	opt    Options
	tuning Tuning

	preds     []predicate
	memos     int // slots of opMemo
	keyIDs    int // different keys
	inquiries int // different ones
	groups    []*group
	stores    []*store
	rules     []*rule // sorted by name
	table     *table
	opaques   []string // what the expr VM evaluates, sorted

	needDNS   bool
	needFlow  bool
	needAlert bool // some rule looks at alerts
}

// Compile makes a plan of the enabled rules of a set that was loaded without errors.
func Compile(rs *rules.RuleSet, opt Options) (*Plan, hcl.Diagnostics) {
	return CompileTuned(rs, opt, Tuning{})
}

// CompileTuned is Compile with parts of the plan turned off.
func CompileTuned(rs *rules.RuleSet, opt Options, tuning Tuning) (*Plan, hcl.Diagnostics) {
	b := newBuilder(opt, tuning)
	b.expect(len(rs.Rules))
	p := &Plan{Digest: rs.Digest, opt: opt, tuning: tuning}
	byText, keyIDs := map[string]*group{}, map[string]int{}
	cells := map[*group]map[string]int{}
	for _, r := range rs.Rules {
		if !r.Enabled {
			continue
		}
		pr := &rule{Rule: r, index: len(p.rules), scaled: opt.Escalate && r.Escalate != nil && r.Threshold != nil, cooldown: int64(r.Cooldown)}
		b.scaled = nil
		if pr.scaled {
			b.scaled = pr
		}
		g := b.groupOf(pr, byText, keyIDs, p)
		if cells[g] == nil && len(r.Aggregates) > 0 {
			cells[g] = map[string]int{}
		}
		pr.group = g
		g.rules = append(g.rules, pr)
		b.addCells(g, pr, cells[g])
		pr.when, pr.enough = predTrue, true
		if r.When != nil {
			pr.when = b.condition(r.When)
			if (len(r.Aggregates) > 0 || pr.scaled) && tuning.condition == nil {
				pr.bars, pr.enough = b.bars(pr)
			} else {
				pr.enough = false
			}
		}
		if pr.inquiry = b.inquiry(r); pr.inquiry != nil && (len(pr.bars) > 0 || len(r.Windows) == 0) {
			pr.way = atThreshold
		}
		b.responses(pr)
		p.rules = append(p.rules, pr)
		p.note(r)
	}
	b.scaled = nil
	if b.diags.HasErrors() {
		return nil, diag.Sort(b.diags)
	}
	p.table = b.table(p.groups, p.needFlow)
	p.stores = b.stores(p)
	p.preds = b.preds
	for _, o := range b.opaques {
		p.opaques = append(p.opaques, o.source)
	}
	slices.Sort(p.opaques)
	p.opaques = slices.Compact(p.opaques)
	if !tuning.NoSharing {
		p.share()
	}
	p.keyIDs, p.inquiries = len(keyIDs), len(b.inquiries)
	if !tuning.NoDispatch {
		fuse(p.preds)
	}
	p.branches(func(br *branch) {
		for i := range br.always {
			br.always[i].steps = steps(p.preds, br.always[i].cond)
		}
		br.code = p.program(br.always, !tuning.NoDispatch)
		br.indexed = br.dport != nil || br.sport != nil || br.dst != nil || br.src != nil
	})
	return p, b.diags
}

// groupOf finds or makes the group that a rule belongs to.
func (b *builder) groupOf(r *rule, byText map[string]*group, keyIDs map[string]int, p *Plan) *group {
	maxKeys := rules.DefaultMaxKeys
	for i, w := range r.Windows {
		if i == 0 || w.MaxKeys > maxKeys {
			maxKeys = w.MaxKeys
		}
	}
	filter := b.condition(r.Where)
	var key, text strings.Builder
	for _, k := range r.By {
		key.WriteByte(' ')
		key.WriteString(b.canon(k.Expr))
	}
	text.WriteString("on " + strconv.Itoa(int(r.On)) + " max " + strconv.Itoa(maxKeys) + " by" + key.String())
	keyed := text.String()
	text.WriteString(" windows " + strconv.FormatBool(len(r.Windows) > 0) + " where " + b.canon(r.Where))
	if b.tuning.NoSharing {
		text.WriteString(" for " + r.Name)
	}
	if g := byText[text.String()]; g != nil {
		return g
	}
	g := &group{index: len(p.groups), text: text.String(), keyed: keyed, on: r.On, filter: filter, maxKeys: maxKeys}
	for _, k := range r.By {
		g.key = append(g.key, b.keyPart(k))
		g.words = 1
	}
	if g.words == 0 {
		g.maxKeys = 1
	}
	id, ok := keyIDs[key.String()]
	if !ok {
		id = len(keyIDs)
		keyIDs[key.String()] = id
	}
	g.keyID = id
	byText[g.text] = g
	p.groups = append(p.groups, g)
	return g
}

// exactCount is the greatest threshold up to which counts are exact by contract.
const exactCount = 4096

// generalCount is up to where a count is exact that no constant is compared with, as in a > 3 * b.
const generalCount = 1024

// addCells gives a group the cells that a rule's aggregates need, shared where they are equal.
func (b *builder) addCells(g *group, r *rule, have map[string]int) {
	use := needs(r.Rule)
	for i, a := range r.Aggregates {
		n := use[i]
		span := int64(a.Window.Span)
		limit := n.limit
		if a.Func == rules.FuncRate {
			limit *= a.Window.Span.Seconds()
		}
		w := window.Cell{Span: span}
		// One more than the constant tells "more than" from "as many as".
		bounded := !n.general && limit >= 0 && limit < exactCount+1
		reach := int(math.Floor(limit)) + 1
		switch a.Func {
		case rules.FuncCount, rules.FuncRate:
			// A Count goes on in panes beyond what it is exact for, so general use needs no more.
			w.Kind, w.Need = window.Count, reach
			if n.general || limit <= 0 {
				w.Need = max(reach, generalCount)
			}
		case rules.FuncDistinct, rules.FuncChanges:
			w.Kind, w.Need = window.Distinct, reach
			if a.Func == rules.FuncChanges {
				w.Kind = window.Changes
			}
			if !bounded {
				w.Need = 0
			}
		case rules.FuncSum:
			w.Kind, w.Parts, w.NeedSum = window.Series, window.Total, max(limit, 0)
		case rules.FuncMean:
			w.Kind, w.Parts = window.Series, window.Total|window.Events
		case rules.FuncStddev:
			w.Kind, w.Parts = window.Series, window.Squares
		case rules.FuncMin, rules.FuncMax:
			w.Kind, w.Parts = window.Series, window.Extremes
		}
		c := cell{cond: predTrue}
		if a.Cond != nil {
			c.cond = b.assumeFilter(b.condition(a.Cond), g.filter)
		}
		c.text = fmt.Sprintf("kind %d span %d if %s of %s", w.Kind, span, b.canon(a.Cond), b.canon(a.Arg))
		at, ok := have[c.text]
		if !ok {
			switch w.Kind {
			case window.Distinct, window.Changes:
				c.value = b.observation(a.Arg)
			case window.Series:
				if a.Arg != nil {
					c.num = b.floatFunc(a.Arg)
				}
			}
			at = len(g.cells)
			have[c.text] = at
			c.state = w
			g.cells = append(g.cells, c)
		} else {
			g.cells[at].state = merge(g.cells[at].state, w)
		}
		f := ref{aggregate: i, cell: at, kind: w.Kind, fn: a.Func}
		if a.Func == rules.FuncRate {
			f.span = a.Window.Span.Seconds()
		}
		r.refs = append(r.refs, f)
	}
}

// merge makes one cell do for two uses of it. A Need of 0 asks for the most.
func merge(x, y window.Cell) window.Cell {
	if x.Need == 0 || y.Need == 0 {
		x.Need = 0
	} else {
		x.Need = max(x.Need, y.Need)
	}
	if x.NeedSum == 0 || y.NeedSum != 0 && y.NeedSum < x.NeedSum {
		x.NeedSum = y.NeedSum
	}
	if x.Parts != y.Parts {
		x.Parts |= y.Parts
	}
	return x
}

// assumeFilter drops from an aggregate's condition what the group's filter has made sure of.
//
//	where tcp.flags.syn, distinct(tcp.dstport) if tcp  ->  distinct(tcp.dstport)
func (b *builder) assumeFilter(cond, filter int32) int32 {
	sure := []int32{filter}
	if b.preds[filter].op == opAnd {
		sure = b.preds[filter].kids
	}
	kids := []int32{cond}
	if b.preds[cond].op == opAnd {
		kids = b.preds[cond].kids
	}
	var layers packet.Layer
	for _, k := range sure {
		if p := &b.preds[k]; p.op == opLayers {
			layers |= packet.Layer(p.lo)
		}
	}
	layers = layers.Needs()
	var left []int32
	for _, k := range kids {
		switch p := &b.preds[k]; {
		case slices.Contains(sure, k):
		case p.op == opLayers:
			left = append(left, b.layers(packet.Layer(p.lo)&^layers))
		default:
			left = append(left, k)
		}
	}
	return b.and(left)
}

// note records what a rule needs computed.
func (p *Plan) note(r *rules.Rule) {
	if r.On == packet.EventAlert {
		p.needAlert = true
	}
	look := func(e rules.Expr) {
		rules.Walk(e, func(x rules.Expr) bool {
			var l packet.Layer
			switch x := x.(type) {
			case *rules.FieldExpr:
				l = x.Field.Layer
			case *rules.LayerExpr:
				l = x.Layers
			}
			p.needDNS = p.needDNS || l&(packet.LayerDNS|packet.LayerDNSQuery|packet.LayerDNSResponse) != 0
			p.needFlow = p.needFlow || l&packet.LayerFlow != 0
			return true
		})
	}
	look(r.Where)
	look(r.When)
	for _, k := range r.By {
		look(k.Expr)
	}
	for _, a := range r.Aggregates {
		look(a.Arg)
		look(a.Cond)
	}
	if r.Escalate != nil {
		look(r.Escalate.Indicator)
	}
	for _, a := range r.Actions {
		look(a.Target)
		if a.Message != nil {
			for _, part := range a.Message.Parts {
				look(part.Expr)
			}
		}
	}
}

// memoCost is the cost in nanoseconds from which a predicate that several groups test is remembered
// for the packet; cheaper ones are quicker evaluated again.
const memoCost = 8

// share makes predicates that several groups test evaluate at most once a packet.
func (p *Plan) share() {
	users := make([]map[int]struct{}, len(p.preds))
	var mark func(i int32, g int)
	mark = func(i int32, g int) {
		n := &p.preds[i]
		if n.cost < memoCost {
			return
		}
		if users[i] == nil {
			users[i] = map[int]struct{}{}
		}
		if _, seen := users[i][g]; seen {
			return
		}
		users[i][g] = struct{}{}
		for _, k := range n.kids {
			mark(k, g)
		}
	}
	p.branches(func(br *branch) {
		for _, e := range br.always {
			mark(e.cond, e.group.index)
		}
	})
	for i := range users {
		if len(users[i]) < 2 || p.preds[i].op == opAnd || p.preds[i].op == opNot {
			continue // of a conjunction the parts are shared, and its first part mostly decides
		}
		p.preds = append(p.preds, p.preds[i])
		moved := &p.preds[i]
		*moved = predicate{op: opMemo, cost: moved.cost, slot: int32(p.memos), kids: []int32{int32(len(p.preds) - 1)}, text: moved.text, field: moved.field}
		p.memos++
	}
}

// branches calls f once for every branch of the plan.
func (p *Plan) branches(f func(*branch)) {
	seen := map[*branch]bool{}
	var visit func(*branch)
	visit = func(br *branch) {
		if br == nil || seen[br] {
			return
		}
		seen[br] = true
		f(br)
		for _, x := range []*portIndex{br.dport, br.sport} {
			if x != nil {
				for _, k := range x.branches {
					visit(k)
				}
			}
		}
		for _, x := range []*addrIndex{br.dst, br.src} {
			if x != nil {
				for _, k := range x.branches {
					visit(k)
				}
			}
		}
	}
	for dns := range p.table {
		for _, br := range p.table[dns] {
			visit(br)
		}
	}
}

// A named is an expression whose value an alert shows.
type named struct {
	name string
	kind packet.Kind
	num  intFunc
	flt  floatFunc
	addr addrFunc
	str  bytesFunc
	time bool // it is a time in seconds since 1970, which microseconds are a part of
}

func (b *builder) named(name string, e rules.Expr) named {
	n := named{name: name, kind: e.Kind()}
	switch n.kind {
	case packet.KindIP:
		n.addr = b.addrFunc(e)
	case packet.KindString, packet.KindBytes:
		n.str = b.bytesFunc(e)
	case packet.KindFloat:
		n.flt = b.floatFunc(e)
		f, ok := e.(*rules.FieldExpr)
		n.time = ok && f.Field.Store == packet.StoreTime
	default:
		if hasAggregate(e) {
			n.flt = b.floatFunc(e) // the least of nothing is no integer
		} else {
			n.num = b.intFunc(e)
		}
	}
	return n
}

// value returns what an alert shows: int64, float64, string or bool.
func (n *named) value(s *scope) any {
	switch {
	case n.addr != nil:
		return n.addr(s).String()
	case n.str != nil:
		return string(n.str(s))
	case n.time:
		return math.Round(n.flt(s)*1e6) / 1e6
	case n.kind == packet.KindFloat:
		return round(n.flt(s))
	case n.kind == packet.KindMAC:
		return packet.MAC(n.num(s)).String()
	case n.kind == packet.KindBool:
		return n.num(s) != 0
	case n.flt != nil:
		if v := n.flt(s); v == math.Trunc(v) {
			return int64(v)
		}
		return math.NaN()
	}
	return n.num(s)
}

// round returns v to twelve digits. Sums of fractions depend in the last of theirs on when events that had
// left a window were taken away, which no reader of an alert should see.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// text returns the value as messages show it.
func (n *named) text(s *scope) string {
	switch {
	case n.addr != nil:
		return n.addr(s).String()
	case n.str != nil:
		return string(n.str(s))
	case n.time:
		return strconv.FormatFloat(n.flt(s), 'f', 6, 64)
	}
	switch v := n.value(s).(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case string: // a MAC address
		return v
	}
	return ""
}

// A hole is an expression in a message: what it reads may be missing from a packet.
type hole struct {
	literal string
	present int32
	named
	filled bool
}

type template struct{ parts []hole }

// An action is a response that alerts list.
type action struct {
	kind      string
	target    addrFunc // nil of notify
	present   int32    // of the target
	spoofable bool
	seconds   float64
	to        []string
	message   *template
}

// presence lowers the condition that an expression has a value.
func (b *builder) presence(e rules.Expr) int32 {
	if p := rules.Presence(e); p != nil {
		return b.lower(p)
	}
	return predTrue
}

// responses lowers what an alert of a rule shows and asks for.
func (b *builder) responses(r *rule) {
	for _, k := range r.By {
		r.key = append(r.key, b.named(k.Text, k.Expr))
	}
	for _, a := range r.Aggregates {
		r.values = append(r.values, b.named(a.Name, &rules.AggregateExpr{Aggregate: a}))
	}
	for _, a := range r.Actions {
		out := action{kind: a.Kind, seconds: a.For.Seconds(), to: a.To, present: predTrue}
		if a.Target != nil {
			out.target, out.present, out.spoofable = b.addrFunc(a.Target), b.presence(a.Target), a.Spoofable
		}
		if a.Message != nil {
			out.message = new(template)
			for _, part := range a.Message.Parts {
				h := hole{literal: part.Literal, present: predTrue}
				if part.Expr != nil {
					h.named, h.present, h.filled = b.named("", part.Expr), b.presence(part.Expr), true
				}
				out.message.parts = append(out.message.parts, h)
			}
			if r.message == nil {
				r.message = out.message
			}
		}
		r.actions = append(r.actions, out)
	}
}

// render fills a message in; what the packet lacks is shown as "-".
func (t *template) render(s *scope) string {
	var out strings.Builder
	for i := range t.parts {
		switch h := &t.parts[i]; {
		case !h.filled:
			out.WriteString(h.literal)
		case !s.test(h.present):
			out.WriteByte('-')
		default:
			out.WriteString(h.text(s))
		}
	}
	return out.String()
}
