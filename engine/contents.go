package engine

import (
	"github.com/ruleids/ruleids/internal/literals"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// A contents finds branches by literals in the packet's fields: one search in each field finds those of all entries that
// need a literal, however many there are.
//
//	10,000 rules with dns.qry.name endsWith '.evilN.example'  ->  one look at the name, and the rules of the names found
type contents struct {
	fields   []fieldContents
	branches []*branch
	base     int // of its branches in worker.visited
}

// A fieldContents is the literals of one field, and which branches need each.
type fieldContents struct {
	field *packet.Field
	index *literals.Index
	first []int32 // by literal, and one more: where its branches begin in users
	users []int32 // numbers of branches
}

// contentFrom is the number of literals from which one search for all of them is quicker than to look for each.
const contentFrom = 4

// needOf returns the literals that predicate i needs; nil where it needs none that are known.
func (b *builder) needOf(i int32) *domain.Need {
	p := &b.preds[i]
	switch p.op {
	case opFunc, opWord:
		return p.need
	case opAnd, opOr:
	default:
		return nil
	}
	if n, ok := b.needs[i]; ok {
		return n
	}
	needs := make([]*domain.Need, len(p.kids))
	gated := true // each part tests a port or an address first, which is sooner done than any search
	for j, k := range p.kids {
		needs[j] = b.needOf(k)
		gated = gated && b.narrow(k)
	}
	var n *domain.Need
	if p.op == opOr {
		if !gated {
			n = domain.NeedOfAny(needs)
		}
	} else if best := domain.BestNeed(needs); best >= 0 {
		inexact := *needs[best]
		inexact.Exact = false
		n = &inexact
	}
	b.needs[i] = n
	return n
}

// leastPayload returns how many bytes the payload of a packet has at least for which one of some entries holds, by the literals and
// the bytes at fixed places that they need.
func (b *builder) leastPayload(entries []entry) int {
	least := maxLeast
	for i := 0; i < len(entries) && least > 0; i++ {
		least = min(least, b.payloadOf(entries[i].cond))
	}
	return least
}

// payloadOf is leastPayload for one condition.
func (b *builder) payloadOf(cond int32) (least int) {
	if b.tuning.NoIndex {
		return 0
	}
	p := &b.preds[cond]
	if n := b.needOf(cond); n != nil {
		least = leastOf(n, offPayload)
	}
	switch {
	case p.op == opWord && p.off == offPayload:
		return max(least, int(p.least))
	case p.op == opByte && p.off == offPayload:
		return max(least, int(p.at)+1)
	case p.op == opAnd, p.op == opMemo:
		for _, k := range p.kids {
			least = max(least, b.payloadOf(k))
		}
	case p.op == opOr:
		of := maxLeast
		for _, k := range p.kids {
			of = min(of, b.payloadOf(k))
		}
		least = max(least, of)
	}
	return least
}

// byPayload puts entries that need bytes of a payload behind the others, and returns how many these are.
func (b *builder) byPayload(entries []entry) (sorted []entry, without int) {
	needs := make([]entry, 0, len(entries))
	for _, e := range entries {
		if b.payloadOf(e.cond) > 0 {
			needs = append(needs, e)
		} else {
			sorted = append(sorted, e)
		}
	}
	return append(sorted, needs...), len(sorted)
}

// leastOf returns the bytes of the shortest literal of a need where all are of the bytes at an offset of a packet, or else 0.
func leastOf(n *domain.Need, off uintptr) int {
	least := maxLeast
	for _, l := range n.Literals {
		if l.Field.Kind != packet.KindBytes || l.Field.Offset != off {
			return 0
		}
		least = min(least, len(l.Text))
	}
	return least
}

// maxLeast bounds what leastPayload returns.
const maxLeast = 1 << 16

// needy returns the conjunct of cond by whose literals an index finds it, or predTrue.
func (b *builder) needy(cond int32) int32 {
	k, known := b.needies[cond]
	if !known {
		k = b.findNeedy(cond)
		b.needies[cond] = k
	}
	return k
}

func (b *builder) findNeedy(cond int32) int32 {
	p := &b.preds[cond]
	if p.op != opAnd {
		if b.needOf(cond) == nil {
			return predTrue
		}
		return cond
	}
	needs := make([]*domain.Need, len(p.kids))
	for j, k := range p.kids {
		needs[j] = b.needOf(k)
	}
	best := domain.BestNeed(needs)
	if best < 0 {
		return predTrue
	}
	if needs[best].Scans() {
		for j, n := range needs { // one look at the start spares most packets the search of all of them
			if n != nil && n.Exact && !n.Scans() {
				return p.kids[j]
			}
		}
	}
	return p.kids[best]
}

// contents makes the index of the entries that need literals, and returns the others; nil where those are too few.
func (b *builder) contents(entries []entry) (found *contents, rest []entry) {
	if b.tuning.NoIndex {
		return nil, entries
	}
	var by []int32 // the conjuncts, in the order of entries
	groups := map[int32][]entry{}
	n := 0
	for _, e := range entries {
		k := b.needy(e.cond)
		if k == predTrue {
			rest = append(rest, e)
			continue
		}
		if groups[k] == nil {
			by = append(by, k)
		}
		left := e.cond
		if b.needOf(k).Exact {
			left = b.without(e.cond, k)
		}
		groups[k] = append(groups[k], entry{cond: left, group: e.group})
		if n += len(b.needOf(k).Literals); left == e.cond {
			n++ // to look for it takes longer than to look for bytes as they are
		}
	}
	if n < contentFrom {
		return nil, entries
	}
	c := &contents{}
	type use struct{ literal, branch int32 }
	type collected struct {
		literals []literals.Literal
		numbers  map[literals.Literal]int32
		uses     []use
	}
	byField := map[*packet.Field]*collected{}
	var fields []*packet.Field
	for _, k := range by {
		es := groups[k]
		number := int32(len(c.branches))
		need := b.needOf(k)
		if need.Exact {
			c.branches = append(c.branches, b.branch(entriesKey(es), es))
		} else { // what is left needs the same again
			c.branches = append(c.branches, &branch{always: es})
		}
		for _, l := range need.Literals {
			f := byField[l.Field]
			if f == nil {
				f = &collected{numbers: map[literals.Literal]int32{}}
				byField[l.Field] = f
				fields = append(fields, l.Field)
			}
			at, ok := f.numbers[l.Literal]
			if !ok {
				at = int32(len(f.literals))
				f.numbers[l.Literal] = at
				f.literals = append(f.literals, l.Literal)
			}
			f.uses = append(f.uses, use{at, number})
		}
	}
	for _, field := range fields {
		f := byField[field]
		out := fieldContents{field: field, index: literals.New(f.literals), first: make([]int32, len(f.literals)+1), users: make([]int32, len(f.uses))}
		for _, u := range f.uses {
			out.first[u.literal+1]++
		}
		for i := range f.literals {
			out.first[i+1] += out.first[i]
		}
		at := append([]int32(nil), out.first...)
		for _, u := range f.uses {
			out.users[at[u.literal]] = u.branch
			at[u.literal]++
		}
		c.fields = append(c.fields, out)
	}
	c.base = b.visited
	b.visited += len(c.branches)
	return c, rest
}

// search visits the branches whose literals the packet at hand has, each once.
func (w *worker) search(c *contents, s *slot, place uint32) {
	base := len(w.reached)
	w.branchesIn(c)
	for i := base; i < len(w.reached); i++ {
		w.visit(c.branches[w.reached[i]], s, place)
	}
	w.reached = w.reached[:base]
}

// branchesIn appends the numbers of the branches whose literals the packet at hand has to w.reached, each once.
func (w *worker) branchesIn(c *contents) {
	for i := range c.fields {
		f := &c.fields[i]
		if !w.p.Has(f.field.Layer) {
			continue
		}
		w.numbers = w.numbers[:0]
		if f.field.Many() {
			v := w.borrow()
			for v.Begin(f.field, w.p); v.Next(); {
				w.find(f, v.Bytes)
			}
			w.giveBack(v)
		} else {
			w.find(f, f.field.Bytes(w.p))
		}
		for _, l := range w.numbers {
			for _, k := range f.users[f.first[l]:f.first[l+1]] {
				if v := &w.visited[c.base+int(k)]; *v != w.turn {
					*v = w.turn
					w.reached = append(w.reached, k)
				}
			}
		}
	}
}

// find appends the literals of a field that a value of it has.
func (w *worker) find(f *fieldContents, text []byte) {
	if len(text) == 0 {
		return
	}
	w.numbers = f.index.Find(w.numbers, text)
	if !f.index.Folds() || f.field.Kind == packet.KindBytes || w.plain.turn == w.turn && w.plain.at == &text[0] && w.plain.n == len(text) {
		return
	}
	if alike := domain.FoldAlike(text, w.room); &alike[0] != &text[0] {
		w.room = alike
		w.numbers = f.index.FindFolding(w.numbers, alike)
		return
	}
	w.plain = plainText{w.turn, &text[0], len(text)}
}

// A plainText is a text of a packet that was found to have no character that rules.FoldAlike replaces: several searches may
// look at it.
type plainText struct {
	turn uint64 // of the packet
	at   *byte
	n    int
}

// lookFor returns a test of a field of the packet at hand for the literals of a need, which are all of that field; nil where
// they are not.
func lookFor(n *domain.Need) func(*scope) bool {
	if n == nil {
		return nil
	}
	field := n.Literals[0].Field
	ls := make([]literals.Literal, len(n.Literals))
	for i, l := range n.Literals {
		if l.Field != field {
			return nil
		}
		ls[i] = l.Literal
	}
	index := literals.New(ls)
	return func(s *scope) bool {
		var text []byte
		if field.Many() {
			text = s.value(field).Bytes
		} else {
			text = field.Bytes(s.p)
		}
		if index.Has(text) {
			return true
		}
		if !index.Folds() || len(text) == 0 || field.Kind == packet.KindBytes {
			return false
		}
		alike := domain.FoldAlike(text, s.room)
		if &alike[0] == &text[0] {
			return false
		}
		s.room = alike
		return index.Has(alike)
	}
}

// matchFunc returns a function for a pattern, which is tried only where the literals that it needs are.
func (b *builder) matchFunc(e *ast.MatchExpr) (func(*scope) bool, uint16) {
	x, p := b.bytesFunc(e.X), e.Pattern
	match := func(s *scope) (ok bool) {
		ok, s.room = p.Match(x(s), s.room)
		return ok
	}
	need := domain.NeedOf(e)
	look := lookFor(need)
	switch {
	case look == nil || b.tuning.NoIndex:
		if p.Anchored() {
			return match, 300
		}
		if !p.OnBytes() { // names and the like are short
			return match, 1000
		}
		return match, slowCost
	case need.Exact:
		return look, 60
	}
	return func(s *scope) bool { return look(s) && match(s) }, 100
}

// maxCost bounds the costs that are added up.
const maxCost = 60000

// slowCost is the rough cost of a regular expression that is tried on every text: some hundred bytes at 3 MB/s.
const slowCost = 20000
