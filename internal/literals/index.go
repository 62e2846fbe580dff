// Package literals finds which of many literals a text has, in one pass over it however many there are.
//
// Literals that may stand anywhere are found by windows of four bytes (two for the shortest): a bitmap says of a window
// whether some literal has it, and only then anything is compared. Of literals with n bytes the text is looked at at
// every n-3rd place alone, as each literal is filed under so many of its windows that one of them is met. Literals at the
// start or the end of the text are found by the hash of all bytes up to there, which is computed once for all lengths. A
// few that are so short that for them every place would be looked at are found by their rarest byte instead.
//
// Nothing is allocated by a search but room in the slice that the caller hands in, and no text makes one take longer than
// its length times the number of literals that share a window; literals are filed so that this is small.
package literals

import (
	"cmp"
	"slices"
)

// Place says where in a text a literal stands.
type Place uint8

// The places.
const (
	Anywhere Place = iota
	Start
	End
	Whole // the text is the literal
)

// A Literal is bytes to be found. With Fold the case of the letters A to Z does not matter; all other bytes are compared
// as they are.
type Literal struct {
	Text string
	At   Place
	Fold bool
}

// Fits reports whether an Index can hold the literal: it has a byte, or two where it may stand anywhere.
func (l Literal) Fits() bool { return len(l.Text) >= 2 || len(l.Text) == 1 && l.At != Anywhere }

// An Index finds literals. It does not change and may be used by several goroutines.
type Index struct {
	texts  []string // by literal; of those that fold in lower case
	folds  []bool
	start  *anchored // nil for none
	end    *anchored
	long   *windows
	short  *windows
	rare   []rare
	folded bool // some literal folds
}

// New returns an index of literals, each of which must fit; the number of one is its place in the slice.
func New(literals []Literal) *Index {
	x := &Index{texts: make([]string, len(literals)), folds: make([]bool, len(literals))}
	var start, end []anchoredLiteral
	var long, short []int32
	for i, l := range literals {
		x.texts[i], x.folds[i] = l.Text, l.Fold
		if l.Fold {
			x.texts[i], x.folded = lower(l.Text), true
		}
		n := int32(i)
		switch {
		case l.At == Start:
			start = append(start, anchoredLiteral{n, false})
		case l.At != Anywhere:
			end = append(end, anchoredLiteral{n, l.At == Whole})
		case len(l.Text) >= wide:
			long = append(long, n)
		default:
			short = append(short, n)
		}
	}
	x.start, x.end = newAnchored(x.texts, start, false), newAnchored(x.texts, end, true)
	byLength := func(a, b int32) int { return cmp.Compare(len(x.texts[a]), len(x.texts[b])) }
	slices.SortStableFunc(long, byLength)
	slices.SortStableFunc(short, byLength)
	x.long, x.short = newWindows(x.texts, x.apart(long, wide), wide), newWindows(x.texts, x.apart(short, narrow), narrow)
	return x
}

// Len returns the number of literals.
func (x *Index) Len() int { return len(x.texts) }

// Bytes returns about how much memory the index takes besides the bytes of the literals themselves.
func (x *Index) Bytes() int {
	n := len(x.texts) * 17
	for _, a := range []*anchored{x.start, x.end} {
		if a != nil {
			n += 8*(1+len(a.steps))*len(a.filter.bits) + 4*len(a.table.starts) + 16*len(a.table.values)
		}
	}
	for _, w := range []*windows{x.long, x.short} {
		if w != nil {
			n += 8*len(w.filter.bits) + 4*len(w.table.starts) + 20*len(w.table.values)
		}
	}
	return n
}

// Folds reports whether the case of some literal does not matter.
func (x *Index) Folds() bool { return x.folded }

// FindFolding is Find for the literals whose case does not matter.
func (x *Index) FindFolding(found []int32, text []byte) []int32 {
	n := len(found)
	found = x.Find(found, text)
	kept := found[:n]
	for _, l := range found[n:] {
		if x.folds[l] {
			kept = append(kept, l)
		}
	}
	return kept
}

// Find appends the numbers of the literals that a text has to found. A literal that stands in several places may be
// there more than once.
func (x *Index) Find(found []int32, text []byte) []int32 {
	if x.start != nil {
		found = x.start.find(x, found, text)
	}
	if x.end != nil {
		found = x.end.findBackwards(x, found, text)
	}
	if x.long != nil {
		found = x.long.findWide(x, found, text, false)
	}
	if x.short != nil {
		found = x.short.findNarrow(x, found, text, false)
	}
	for i := range x.rare {
		found = x.rare[i].find(x, found, text)
	}
	return found
}

// Has reports whether a text has one of the literals.
func (x *Index) Has(text []byte) bool {
	var room [4]int32
	found := room[:0]
	if x.start != nil {
		if found = x.start.find(x, found, text); len(found) > 0 {
			return true
		}
	}
	if x.end != nil {
		if found = x.end.findBackwards(x, found, text); len(found) > 0 {
			return true
		}
	}
	if x.long != nil {
		if found = x.long.findWide(x, found, text, true); len(found) > 0 {
			return true
		}
	}
	if x.short != nil {
		if found = x.short.findNarrow(x, found, text, true); len(found) > 0 {
			return true
		}
	}
	for i := range x.rare {
		if len(x.rare[i].find(x, found, text)) > 0 {
			return true
		}
	}
	return false
}

// is reports whether a literal is what part of a text is; both have one length.
func (x *Index) is(literal int32, part []byte) bool {
	t := x.texts[literal]
	if !x.folds[literal] {
		return string(part) == t
	}
	for i, b := range part {
		if b-'A' < 26 {
			b |= 0x20
		}
		if b != t[i] {
			return false
		}
	}
	return true
}

// lower maps A to Z.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c-'A' < 26 {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// A filter is a bitmap in front of a hash table: most of what is looked for is not there, and it tells so in one look at
// memory that stays in the first cache.
type filter struct {
	bits  []uint64
	shift uint8 // of a hash of 64 bits, to a place in bits
}

// newFilter makes a filter for n keys, in which one of 32 other keys or fewer passes; of 128, as long as that takes a
// quarter of the first cache.
func newFilter(n int) filter {
	log := uint8(9)
	for 1<<log < 32*n && log < 21 || 1<<log < 128*n && log < 16 {
		log++
	}
	return filter{make([]uint64, 1<<log/64), 64 - log}
}

func (f *filter) add(hash uint64) {
	at := hash >> f.shift
	f.bits[at>>6] |= 1 << (at & 63)
}

func (f *filter) has(hash uint64) bool {
	at := hash >> f.shift
	return f.bits[at>>6]>>(at&63)&1 != 0
}

// A table holds values by hash. Values of one hash stand in a row.
type table[T any] struct {
	shift  uint8
	starts []uint32 // by the upper bits of the hash: the first of its values; one more than there are
	values []T
}

// newTable makes a table of values with their hashes.
func newTable[T any](hashes []uint64, values []T) table[T] {
	log := uint8(4)
	for 1<<log < len(values) && log < 24 {
		log++
	}
	t := table[T]{shift: 64 - log, starts: make([]uint32, 1<<log+1), values: make([]T, len(values))}
	for _, h := range hashes {
		t.starts[h>>t.shift+1]++
	}
	for i := 1; i < len(t.starts); i++ {
		t.starts[i] += t.starts[i-1]
	}
	at := slices.Clone(t.starts)
	for i, h := range hashes {
		k := h >> t.shift
		t.values[at[k]] = values[i]
		at[k]++
	}
	return t
}

// of returns the values whose hashes have the upper bits of one.
func (t *table[T]) of(hash uint64) []T {
	k := hash >> t.shift
	return t.values[t.starts[k]:t.starts[k+1]]
}
