package engine

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// Options change how a plan is made.
type Options struct {
	// Escalate makes thresholds of rules with an escalate block depend on reputation. Without it
	// every indicator is clean and thresholds are constants.
	Escalate bool
	// AllModels runs the models that no rule looks at, too, so that they learn.
	AllModels bool
	// Peaks keeps how large the values get that rules hold against their thresholds, for Engine.TakePeaks.
	Peaks bool
}

// A Tuning turns optimisations off, so that tests can show that they change no alert. The zero value is
// the plan that users run.
type Tuning struct {
	NoSharing  bool // give each rule tables and predicates of its own
	NoDispatch bool // look at every rule for every packet
	NoIndex    bool // look for the literals of each condition apart
	NoTurns    bool // have one worker look at all packets where rules fill lists

	condition func(*builder, ast.Expr) int32 // lowers conditions; nil for the builder's own way
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
	visited   int // branches that are found by contents
	groups    []*group
	stores    []*store
	rules     []*rule // sorted by name
	sequences []*sequence
	samplers  []*sampler // models, sorted by name
	lists     []*trackedList
	table     *table
	opaques   []string // what the expr VM evaluates, sorted
	outside   *branch  // of datagrams that carry a tunnel; nil where no rule looks at them

	needDNS   bool
	need      conversation.Need
	says      packet.Layer // of packet.AllNeeds, what rules read
	asks      bool         // some rule looks at the map of hosts and services
	needAlert bool         // some rule looks at alerts
	closes    bool         // some model looks at conversations
	waits     bool         // some sequence fires when time has passed
	turns     bool         // some groups are looked at in turn
	serial    bool         // none is, though rules fill lists,
	ordered   bool         // and some do: packets are looked at in their order, by one worker,
	single    bool         // and each is done with before the next is looked at, since any may lead to a write
}

// Compile makes a plan of the enabled rules of a set that was loaded without errors.
func Compile(rs *rules.RuleSet, opt Options) (*Plan, hcl.Diagnostics) {
	return CompileTuned(rs, opt, Tuning{})
}

// CompileTuned is Compile with parts of the plan turned off.
func CompileTuned(rs *rules.RuleSet, opt Options, tuning Tuning) (*Plan, hcl.Diagnostics) {
	b := newBuilder(opt, tuning)
	b.expect(len(rs.Rules))
	b.geo = rs.Geo
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
		if r.Sequence != nil {
			s := b.sequence(pr, func(step *rule) *group { return b.groupOf(step, byText, keyIDs, p) })
			s.index = len(p.sequences)
			p.sequences = append(p.sequences, s)
		} else {
			g := b.groupOf(pr, byText, keyIDs, p)
			if cells[g] == nil && len(r.Aggregates) > 0 {
				cells[g] = map[string]int{}
			}
			pr.group = g
			g.rules = append(g.rules, pr)
			b.addCells(g, pr, cells[g])
		}
		pr.when, pr.enough = predTrue, true
		if r.When != nil {
			pr.when = b.condition(r.When)
			if (len(r.Aggregates) > 0 || pr.scaled) && tuning.condition == nil {
				pr.bars, pr.enough = b.bars(pr)
			} else {
				pr.enough = false
			}
		}
		if r.Sequence == nil {
			b.peak(pr.group, pr)
		}
		pr.levels = b.levels(r)
		if pr.inquiry = b.inquiry(r); pr.inquiry != nil && (len(pr.bars) > 0 || len(r.Windows) == 0) {
			pr.way = atThreshold
		}
		b.responses(pr)
		b.writers(pr)
		p.rules = append(p.rules, pr)
		p.note(r, b.meets(pr, packet.ClassUDP))
	}
	b.scaled = nil
	for _, g := range p.groups {
		g.idle()
	}
	b.samplers(rs, p, keyIDs)
	if b.diags.HasErrors() {
		return nil, diag.Sort(b.diags)
	}
	b.turns(p)
	p.table = b.table(p.groups, p.need)
	p.outside = b.outside(p.groups, p.need)
	p.stores = b.stores(p)
	p.preds, p.lists = b.preds, b.lists
	p.order()
	for _, o := range b.opaques {
		p.opaques = append(p.opaques, o.source)
	}
	slices.Sort(p.opaques)
	p.opaques = slices.Compact(p.opaques)
	if !tuning.NoSharing {
		p.share()
	}
	p.keyIDs, p.inquiries, p.visited = len(keyIDs), len(b.inquiries), b.visited
	if !tuning.NoDispatch {
		fuse(p.preds)
	}
	p.branches(func(br *branch) {
		br.code = p.program(br, !tuning.NoDispatch)
		br.indexed = br.dport != nil || br.sport != nil || br.dst != nil || br.src != nil || br.forks != nil || br.contents != nil
		br.only = br.onlyFork()
		for _, f := range br.forks {
			f.code = appendTests(p.preds, nil, f.test, false)
		}
	})
	return p, b.diags
}

// groupOf finds or makes the group that a rule belongs to.
func (b *builder) groupOf(r *rule, byText map[string]*group, keyIDs map[string]int, p *Plan) *group {
	maxKeys := ast.DefaultMaxKeys
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
	text.WriteString(" windows " + strconv.FormatBool(len(r.Windows) > 0) + " memories " + strconv.FormatBool(len(r.Memories) > 0) + " where " + b.canon(r.Where))
	if b.tuning.NoSharing {
		text.WriteString(" for " + r.Name)
	}
	if g := byText[text.String()]; g != nil {
		return g
	}
	g := &group{index: len(p.groups), text: text.String(), keyed: keyed, on: r.On, filter: filter, whole: filter, where: r.Where, maxKeys: maxKeys, last: -1, place: -1}
	if len(r.Memories) > 0 {
		stable := canon{byName: true}
		g.events = stable.text(r.Where)
	}
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

// meets reports whether packets of a class, or events about such packets, may pass a rule's filter.
func (b *builder) meets(r *rule, c packet.Class) bool {
	if r.group == nil { // the steps of a sequence have filters each
		return true
	}
	k := ofClass(c, conversation.All)
	if r.On == packet.EventConnection {
		proto := k.proto
		k = ofClass(packet.ClassConnection, 0)
		k.proto = proto
	}
	return b.assume(r.group.filter, k, map[int32]int32{}) != predFalse
}

// note records what a rule needs computed; udp says that it may concern UDP.
func (p *Plan) note(r *rules.Rule, udp bool) {
	p.needAlert = p.needAlert || r.Alerts()
	var need conversation.Need
	defer func() {
		if p.need |= need; need.Layers() != 0 && udp {
			p.need |= conversation.Datagrams
		}
	}()
	if r.On == packet.EventConnection {
		need |= conversation.Conversations | conversation.Events
	}
	look := func(e ast.Expr) {
		ast.Walk(e, func(x ast.Expr) bool {
			var l packet.Layer
			switch x := x.(type) {
			case *ast.FieldExpr:
				l = x.Field.Layer
				if x.Field.Store == packet.StoreService {
					need |= conversation.Services
				}
			case *ast.LayerExpr:
				l = x.Layers
			case *ast.ClosureExpr:
				if x.Field != nil {
					l = x.Field.Layer
				}
			}
			p.needDNS = p.needDNS || l&packet.DNSLayers != 0
			p.says |= l & packet.AllNeeds
			p.asks = p.asks || l&packet.AssetLayers != 0
			need |= tracking(l)
			return true
		})
	}
	look(r.Where)
	look(r.When)
	for _, l := range r.Levels {
		look(l.When)
	}
	if r.Sequence != nil {
		for _, st := range r.Sequence.Parts() {
			if st.On == packet.EventConnection {
				need |= conversation.Conversations | conversation.Events
			}
			look(st.Where)
			for _, k := range st.By {
				look(k.Expr)
			}
		}
	}
	for _, t := range r.Tracks {
		look(t.Value)
	}
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

// tracking returns what fields of a layer need of conversations.
func tracking(l packet.Layer) (n conversation.Need) {
	if l&packet.LayerFlow != 0 {
		n |= conversation.Flows
	}
	if l&packet.LayerConn != 0 {
		n |= conversation.Conversations
	}
	if l&packet.HeadLayers != 0 {
		n |= conversation.Heads
	}
	return n
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
		for _, f := range br.forks {
			visit(f.yes)
			visit(f.no)
		}
		if br.contents != nil {
			for _, k := range br.contents.branches {
				visit(k)
			}
		}
	}
	visit(p.outside)
	for said := range p.table {
		for _, br := range p.table[said] {
			visit(br)
		}
	}
}
