package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// A Description shows what a plan does, for people and, as JSON, for programs.
type Description struct {
	Digest     string                `json:"digest"`
	Rules      int                   `json:"rules"`
	Classes    []ClassDescription    `json:"classes"`
	Shared     []SharedPredicate     `json:"shared_predicates"`
	Tables     []TableDescription    `json:"tables"`
	Memories   []MemoryDescription   `json:"memories"`
	Sequences  []SequenceDescription `json:"sequences"`
	Models     []ModelDescription    `json:"models"`
	Lists      []ListDescription     `json:"lists"`                // that rules fill
	Order      string                `json:"order"`                // how it is that rules see what packets before theirs wrote to lists: "any", "writers" or "packets"
	Cooldowns  int64                 `json:"cooldown_bytes_bound"` // bytes that the cooldowns of all rules can take at most
	Bound      int64                 `json:"bytes_bound"`          // bytes that all state can take at most
	VM         []string              `json:"vm"`                   // expressions that the expr VM evaluates
	Contents   []ContentDescription  `json:"contents"`             // fields whose literals are looked for in one search
	Unguarded  []Unguarded           `json:"unguarded"`            // conditions that read all of a text
	ParsesDNS  bool                  `json:"parses_dns"`
	KeepsFlows bool                  `json:"keeps_flows"`
	// Conversations is what is kept of TCP and UDP conversations, and of flows; nil where no rule asks for it.
	Conversations *ConversationDescription `json:"conversations,omitempty"`
}

// A ContentDescription is the literals of a field by which packets are found, those of rules behind a port or an address
// in searches of their own.
type ContentDescription struct {
	Field    string `json:"field"`
	Literals int    `json:"literals"`
	Searches int    `json:"searches"`
	Bytes    int64  `json:"bytes"` // that the indexes take, roughly
}

// An Unguarded is a condition on a text that no literal keeps from being evaluated for each packet that comes to it.
type Unguarded struct {
	Text        string   `json:"text"`
	Nanoseconds int      `json:"nanoseconds"` // for a payload of some hundred bytes, roughly
	Rules       []string `json:"rules"`
	By          string   `json:"found_by,omitempty"` // the field whose value leads to the rules; empty: it is evaluated always
}

// A ClassDescription is one kind of packet and the rules that look at it.
type ClassDescription struct {
	Class string  `json:"class"` // "udp", "tcp SYN", …
	Also  int     `json:"also"`  // how many other combinations of TCP flags are treated alike
	Rules []Visit `json:"rules"`
}

// A Visit is a rule that a class of packet may concern.
type Visit struct {
	Rule string `json:"rule"`
	By   string `json:"found_by,omitempty"` // the field whose value leads to the rule; empty: it is always looked at
	Left string `json:"left"`               // what is left to be tested; "true" for nothing
}

// A SharedPredicate is a condition that several groups of rules use.
type SharedPredicate struct {
	Text string `json:"text"`
	Used int    `json:"used"` // by so many groups
	Once bool   `json:"once"` // its value is remembered for the packet; cheaper ones are quicker tested again
}

// A TableDescription is the state that rules with one key share.
type TableDescription struct {
	Key          []string          `json:"key"`
	Rules        []string          `json:"rules"`
	Cells        []CellDescription `json:"windows"`
	MaxKeys      int               `json:"max_keys"`
	BytesPerKey  int64             `json:"bytes_per_key"`      // of a key with few events
	BytesKeyMost int64             `json:"bytes_per_key_most"` // of a key with as many as are kept
	Bound        int64             `json:"bytes_bound"`
}

// A CellDescription is one window's aggregate.
type CellDescription struct {
	Aggregate string `json:"aggregate"`
	Filter    string `json:"filter"` // which events it is over
	Span      string `json:"span"`
	Kind      string `json:"kind"` // "exact", "panes", "steps" or "estimate"
	UpTo      int    `json:"exact_up_to,omitempty"`
}

// Describe returns what the plan does. Lists are in a fixed order.
func (p *Plan) Describe() *Description {
	d := &Description{Digest: p.Digest, Rules: len(p.rules), VM: append([]string{}, p.opaques...), ParsesDNS: p.needDNS, KeepsFlows: p.need&conversation.Flows != 0,
		Shared: []SharedPredicate{}, Classes: []ClassDescription{}, Tables: []TableDescription{}, Memories: []MemoryDescription{}, Sequences: []SequenceDescription{}, Models: []ModelDescription{}, Lists: []ListDescription{}}
	p.describeClasses(d)
	p.describeShared(d)
	d.Unguarded = p.unguarded()
	d.Contents = p.describeContents()
	for _, s := range p.stores {
		if len(s.config.Cells) > 0 && s.groups[0].sampler == nil {
			t := describeTable(s)
			d.Tables = append(d.Tables, t)
			d.Bound += t.Bound
		}
	}
	p.describeMemories(d)
	p.describeOrder(d)
	p.describeModels(d)
	d.Cooldowns = coolBound(p.rules)
	d.Bound += d.Cooldowns
	if p.converses() {
		d.Conversations = describeConversations(p.need)
		d.Bound += d.Conversations.Bound
	}
	slices.SortStableFunc(d.Tables, func(x, y TableDescription) int {
		return cmp.Compare(strings.Join(x.Rules, " "), strings.Join(y.Rules, " "))
	})
	return d
}

func describeTable(s *store) TableDescription {
	t := TableDescription{Key: []string{}, MaxKeys: s.config.MaxKeys * s.shards, Bound: s.config.Bound() * int64(s.shards)}
	t.BytesPerKey, t.BytesKeyMost = s.config.BytesPerKey()
	for _, k := range s.groups[0].key {
		t.Key = append(t.Key, k.text)
	}
	for _, g := range s.groups {
		filter := ast.Plain(g.rules[0].Where)
		texts := make([]string, len(g.cells))
		for _, r := range g.rules {
			t.Rules = append(t.Rules, r.Name)
			for i, f := range r.refs {
				if f.fn != ast.FuncFirst && texts[f.cell] == "" {
					texts[f.cell] = r.Aggregates[i].Text
				}
			}
		}
		for i, c := range g.cells {
			switch i {
			case g.last:
				texts[i] = "gap()"
			case g.place:
				texts[i] = "moved()"
			}
			t.Cells = append(t.Cells, c.describe(texts[i], filter))
		}
	}
	slices.Sort(t.Rules)
	return t
}

func (c *cell) describe(text, filter string) CellDescription {
	d := CellDescription{Aggregate: text, Filter: filter, Span: time.Duration(c.state.Span).String(), Kind: "exact"}
	switch w := c.state; {
	case w.Kind == window.Raw:
	case w.Kind == window.Quantile:
		d.Kind = "steps"
	case w.Kind == window.Series, w.Kind != window.Distinct && w.Need > exactCount+1:
		d.Kind = "panes"
	case w.Kind == window.Distinct && w.Need == 0:
		d.Kind = "estimate"
	default:
		d.UpTo = w.Need
	}
	return d
}

func (p *Plan) describeShared(d *Description) {
	users := make([]map[int]bool, len(p.preds))
	var mark func(i int32, g int)
	mark = func(i int32, g int) {
		if users[i] == nil {
			users[i] = map[int]bool{}
		}
		if users[i][g] {
			return
		}
		users[i][g] = true
		for _, k := range p.preds[i].kids {
			mark(k, g)
		}
	}
	p.branches(func(br *branch) {
		for _, e := range br.always {
			mark(e.cond, e.group.index)
		}
	})
	memo := map[int32]bool{} // what an opMemo stands for is shown once
	for i := range p.preds {
		if p.preds[i].op == opMemo {
			memo[p.preds[i].kids[0]] = true
		}
	}
	for i := range p.preds {
		if len(users[i]) > 1 && int32(i) > predTrue && !memo[int32(i)] {
			d.Shared = append(d.Shared, SharedPredicate{Text: p.show(int32(i)), Used: len(users[i]), Once: p.preds[i].op == opMemo})
		}
	}
	slices.SortStableFunc(d.Shared, func(x, y SharedPredicate) int {
		return cmp.Or(cmp.Compare(y.Used, x.Used), cmp.Compare(x.Text, y.Text))
	})
}

func (p *Plan) describeClasses(d *Description) {
	for said, suffix := range [numSaid]string{"", ", DNS question", ", message head"} {
		for _, c := range packet.PlainClasses() {
			br := p.table[said][c]
			if said != saidNone && (c != packet.ClassUDP || br == p.table[saidNone][c]) || br == nil {
				continue
			}
			d.Classes = append(d.Classes, ClassDescription{Class: c.String() + suffix, Rules: p.visits(br)})
		}
		first := map[*branch]int{}
		for _, f := range flagOrder() {
			br := p.table[said][packet.ClassTCP+packet.Class(f)]
			if br == nil || said != saidNone && br == p.table[saidNone][packet.ClassTCP+packet.Class(f)] {
				continue
			}
			if at, ok := first[br]; ok {
				d.Classes[at].Also++
				continue
			}
			first[br] = len(d.Classes)
			d.Classes = append(d.Classes, ClassDescription{Class: "tcp " + flagNames(f) + suffix, Rules: p.visits(br)})
		}
		if br := p.table[said][packet.ClassTCPReserved]; br != nil && (said == saidNone || br != p.table[saidNone][packet.ClassTCPReserved]) {
			d.Classes = append(d.Classes, ClassDescription{Class: "tcp with reserved flags" + suffix, Also: 255, Rules: p.visits(br)})
		}
	}
}

// flagOrder lists the values of the low eight TCP flags, the usual ones first.
func flagOrder() []int {
	usual := []int{packet.FlagSYN, packet.FlagSYN | packet.FlagACK, packet.FlagACK, packet.FlagACK | packet.FlagPSH,
		packet.FlagFIN | packet.FlagACK, packet.FlagRST, packet.FlagRST | packet.FlagACK}
	for f := range 256 {
		if !slices.Contains(usual[:7], f) {
			usual = append(usual, f)
		}
	}
	return usual
}

func flagNames(f int) string {
	if f == 0 {
		return "no flags"
	}
	var names []string
	for i, n := range []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if f>>i&1 != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, "+")
}

// visits lists the rules below a branch.
func (p *Plan) visits(br *branch) []Visit {
	var out []Visit
	seen := map[Visit]bool{}
	var visit func(br *branch, by string)
	visit = func(br *branch, by string) {
		if br == nil {
			return
		}
		for _, e := range br.always {
			for _, name := range e.group.names() {
				if v := (Visit{Rule: name, By: by, Left: p.show(e.cond)}); !seen[v] {
					seen[v] = true
					out = append(out, v)
				}
			}
		}
		below := func(name string, brs []*branch) {
			if by != "" {
				name = by + ", " + name
			}
			done := map[*branch]bool{}
			for _, k := range brs {
				if !done[k] {
					done[k] = true
					visit(k, name)
				}
			}
		}
		if br.dport != nil {
			below("dst.port", br.dport.branches)
		}
		if br.sport != nil {
			below("src.port", br.sport.branches)
		}
		if br.dst != nil {
			below("ip.dst", br.dst.branches)
		}
		if br.src != nil {
			below("ip.src", br.src.branches)
		}
		for _, f := range br.forks {
			visit(f.yes, by)
			visit(f.no, by)
		}
		if br.contents != nil {
			var names []string
			for i := range br.contents.fields {
				names = append(names, br.contents.fields[i].field.Name)
			}
			below(strings.Join(names, " and "), br.contents.branches)
		}
	}
	visit(br, "")
	slices.SortFunc(out, func(x, y Visit) int {
		return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.By, y.By), cmp.Compare(x.Left, y.Left))
	})
	return out
}

// show writes a predicate in the words of the language.
func (p *Plan) show(i int32) string {
	n := &p.preds[i]
	joined := func(word string) string {
		parts := make([]string, len(n.kids))
		for j, k := range n.kids {
			parts[j] = p.show(k)
			if o := p.preds[k].op; o == opAnd || o == opOr {
				parts[j] = "(" + parts[j] + ")"
			}
		}
		return strings.Join(parts, " "+word+" ")
	}
	switch n.op {
	case opTrue:
		return "true"
	case opFalse:
		return "false"
	case opLayers:
		return strings.ReplaceAll(packet.Layer(n.lo).String(), ", ", " and ")
	case opBits:
		return n.field.Name
	case opRange8, opRange16, opRange32, opRange64:
		return showRange(n)
	case opBitmap:
		var parts []string
		n.bitmap.ranges(func(lo, hi uint16) {
			if lo == hi {
				parts = append(parts, fmt.Sprint(lo))
			} else {
				parts = append(parts, fmt.Sprintf("%d..%d", lo, hi))
			}
		})
		if len(parts) > 16 {
			parts = append(parts[:16], fmt.Sprintf("… %d ports", n.lo))
		}
		return n.field.Name + " in [" + strings.Join(parts, ", ") + "]"
	case opAddr:
		return n.field.Name + " == " + n.addr.String()
	case opAnd:
		return joined("and")
	case opOr:
		return joined("or")
	case opNot:
		if k := &p.preds[n.kids[0]]; k.op == opAnd || k.op == opOr || len(k.kids) == 0 && k.op != opBits {
			return "not (" + p.show(n.kids[0]) + ")"
		}
		return "not " + p.show(n.kids[0])
	case opMemo:
		return p.show(n.kids[0])
	}
	return n.source
}

func showRange(n *predicate) string {
	value := func(v uint64) string {
		if n.field.Kind == packet.KindMAC {
			return packet.MAC(v).String()
		}
		return fmt.Sprint(v)
	}
	top := map[op]uint64{opRange8: 1<<8 - 1, opRange16: 1<<16 - 1, opRange32: 1<<32 - 1, opRange64: 1<<63 - 1}[n.op]
	switch {
	case n.field.Kind == packet.KindBool:
		return n.field.Name
	case n.lo == n.hi:
		return n.field.Name + " == " + value(n.lo)
	case n.lo == 0:
		return n.field.Name + " <= " + value(n.hi)
	case n.hi == top:
		return n.field.Name + " >= " + value(n.lo)
	}
	return n.field.Name + " in " + value(n.lo) + ".." + value(n.hi)
}
