package engine

import (
	"bytes"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// A trackedList is a list that rules fill, as the plan runs it.
type trackedList struct {
	*lists.List
	index int
}

// id names the list from one plan to the next, and in files: a shipped one and one of the user's may have one name.
func (l *trackedList) id() string { return listID(l.List) }

func listID(l *lists.List) string {
	if l.Shipped {
		return rules.StdlibPrefix + l.Name
	}
	return l.Name
}

// An entryFunc makes of a value of the packet at hand what a list keeps of it; ok is false for what it cannot hold.
type entryFunc func(s *scope) (entry [2]uint64, ok bool)

// A writer is a track of a rule.
type writer struct {
	list    *trackedList
	present int32
	entry   entryFunc
	each    []*packet.Field // with several values, each of which is written
	per     int32           // what a choice of values of these must fulfil to be
}

// trackedBytes is what one entry of a list takes.
const trackedBytes = keyIndexBytes + linkBytes + 8

// A listTable is the entries of a list: addresses and ports as they are, two hashes of texts.
type listTable struct {
	typ   lists.Type
	span  int64 // that an entry lasts
	max   int
	keys  keyIndex
	queue agedQueue // by when they were written last
	at    []int64   // by place: the newest time at which it was written
	// pushed counts the entries that made room for others before their time.
	pushed uint64
}

func newListTable(l *trackedList, seed uint64) *listTable {
	return &listTable{typ: l.Type, span: int64(l.For), max: l.Max, keys: keyIndex{seed: seed}, queue: newAgedQueue()}
}

// has reports whether an entry is there at a time.
func (t *listTable) has(k [2]uint64, now int64) bool {
	place := t.keys.find(k)
	return place >= 0 && now-t.at[place] < t.span
}

// maxDrops is how many entries one write takes out at most: after a reload with a lower max there are many.
const maxDrops = 64

// write enters a value that an event of a time has, at a time of the clock.
func (t *listTable) write(k [2]uint64, at, now int64) {
	if now-at >= t.span {
		return
	}
	place := t.keys.find(k)
	if place >= 0 {
		t.at[place] = max(t.at[place], at)
		t.queue.pull(place)
		t.queue.push(place)
		return
	}
	for range maxDrops {
		old := t.queue.oldest
		over := old >= 0 && now-t.at[old] >= t.span
		if !over && t.keys.n < t.max {
			break
		}
		if !over {
			t.pushed++
		}
		t.drop(old)
	}
	place = t.keys.add(k)
	if int(place) == len(t.at) {
		t.at = append(t.at, 0)
	}
	t.at[place] = at
	t.queue.push(place)
}

func (t *listTable) drop(place int32) {
	t.queue.pull(place)
	t.keys.remove(place)
}

// bytes is what the table takes.
func (t *listTable) bytes() int64 {
	return t.keys.bytes() + linkBytes*int64(cap(t.queue.links)) + 8*int64(cap(t.at))
}

// list returns the list of the plan that a list of the rule set is.
func (b *builder) list(l *lists.List) *trackedList {
	for _, x := range b.lists {
		if x.List == l {
			return x
		}
	}
	x := &trackedList{List: l, index: len(b.lists)}
	b.lists = append(b.lists, x)
	return x
}

// entry returns how a value becomes an entry of a list.
func (b *builder) entry(l *trackedList, e ast.Expr) entryFunc {
	index := l.index
	switch e.Kind() {
	case packet.KindIP:
		x := b.addrFunc(e)
		return func(s *scope) ([2]uint64, bool) {
			a := x(s)
			return [2]uint64{a.Hi, a.Lo}, true
		}
	case packet.KindInt:
		x := b.intFunc(e)
		return func(s *scope) ([2]uint64, bool) {
			v := x(s)
			return [2]uint64{uint64(v)}, v >= 0 && v <= 65535
		}
	case packet.KindMAC:
		x := b.intFunc(e)
		return func(s *scope) ([2]uint64, bool) { return s.lists[index].text([]byte(packet.MAC(x(s)).String())), true }
	}
	x := b.bytesFunc(e)
	if l.Type == lists.Domain {
		return func(s *scope) ([2]uint64, bool) {
			var buf [packet.MaxName + 1]byte
			name := domainName(buf[:0], x(s))
			return s.lists[index].text(name), len(name) > 0
		}
	}
	return func(s *scope) ([2]uint64, bool) { return s.lists[index].text(x(s)), true }
}

// text is the entry of a text.
func (t *listTable) text(v []byte) [2]uint64 {
	return [2]uint64{hashBytes(t.keys.seed, v), hashBytes(^t.keys.seed, v)}
}

// domainName appends a domain name as lists compare it: in lower case, without the final dot.
func domainName(dst, name []byte) []byte {
	for _, c := range bytes.TrimSuffix(name, []byte(".")) {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// hasDomain reports whether a name or one of its parents is there at a time.
func (t *listTable) hasDomain(name []byte, now int64) bool {
	if t.keys.n == 0 {
		return false
	}
	var buf [packet.MaxName + 1]byte
	for rest := domainName(buf[:0], name); len(rest) > 0; {
		if t.has(t.text(rest), now) {
			return true
		}
		_, rest, _ = bytes.Cut(rest, []byte("."))
	}
	return false
}

// listed returns a function for whether a value is in a list that rules fill.
func (b *builder) listed(e *ast.ListedExpr) func(*scope) bool {
	l := b.list(e.List)
	if l.Type == lists.Domain {
		x, index := b.bytesFunc(e.X), l.index
		return func(s *scope) bool { return s.lists[index].hasDomain(x(s), s.p.Clock) }
	}
	entry, index := b.entry(l, e.X), l.index
	return func(s *scope) bool {
		k, ok := entry(s)
		return ok && s.lists[index].has(k, s.p.Clock)
	}
}

// writers lowers what a rule writes to lists.
func (b *builder) writers(r *rule) {
	for _, t := range r.Tracks {
		l := b.list(t.List)
		each, per := b.several(t.Value)
		r.tracks = append(r.tracks, writer{list: l, present: b.presence(t.Value), entry: b.entry(l, t.Value), each: each, per: per})
	}
}

// A write is one that waits until the event that it is of is done with: rules see what events before theirs wrote.
type write struct {
	list    int
	entry   [2]uint64
	at, now int64
}

// track notes what a rule that fires writes. It is called where there is no other worker.
func (e *Engine) track(w *worker, r *rule) {
	for i := range r.tracks {
		t := &r.tracks[i]
		if !w.test(t.present) {
			continue
		}
		w.each(t.each, func() {
			if t.per != predTrue && !w.test(t.per) {
				return
			}
			if k, ok := t.entry(&w.scope); ok {
				e.writes = append(e.writes, write{t.list.index, k, w.p.Time, w.p.Clock})
			}
		})
	}
}

// write makes what was tracked visible.
func (e *Engine) write() {
	for _, x := range e.writes {
		e.state.lists[x.list].write(x.entry, x.at, x.now)
	}
	e.writes = e.writes[:0]
}
