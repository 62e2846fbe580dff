package literals

// maxAnchored is how many bytes of a literal at the start or the end are hashed; those beyond are compared alone.
const maxAnchored = 255

// maxFirst is from how many bytes of a text on it is known that no literal stands at its end.
const maxFirst = 4

// An anchoredLiteral is a literal that stands at an end of the text.
type anchoredLiteral struct {
	number int32
	whole  bool // the text is the literal
}

// An anchored finds literals at one end of a text.
type anchored struct {
	least   int    // bytes that every literal has, up to maxFirst
	first   filter // of so many bytes at the end: most texts have none of them
	filter  filter
	table   table[anchoredCandidate]
	most    int     // bytes that are hashed
	lengths lengths // that are looked for wherever the text goes on
	dotted  lengths // of names below a domain, as ".evil.example": looked for at dots alone
	whole   lengths // looked for where the text is as long
}

type anchoredCandidate struct {
	anchoredLiteral
	hash uint64
}

// lengths is a set of the numbers up to maxAnchored.
type lengths [4]uint64

func (s *lengths) add(n int)      { s[n>>6] |= 1 << (n & 63) }
func (s *lengths) has(n int) bool { return s[n>>6&3]>>(n&63)&1 != 0 }

const (
	hashSeed  = 0xcbf29ce484222325
	hashPrime = 0x9e3779b97f4a7c15
)

// hashByte goes on with a hash. Letters of either case are the same to it, and so are a few pairs of other bytes.
func hashByte(h uint64, b byte) uint64 {
	h = (h ^ uint64(b|0x20)) * hashPrime
	return h ^ h>>29
}

func newAnchored(texts []string, literals []anchoredLiteral, backwards bool) *anchored {
	if len(literals) == 0 {
		return nil
	}
	a := &anchored{least: maxFirst, first: newFilter(len(literals)), filter: newFilter(len(literals))}
	for _, l := range literals {
		a.least = min(a.least, len(texts[l.number]))
	}
	hashes, candidates := make([]uint64, len(literals)), make([]anchoredCandidate, len(literals))
	for i, l := range literals {
		t := texts[l.number]
		n := min(len(t), maxAnchored)
		h := uint64(hashSeed)
		for j := range n {
			if backwards {
				h = hashByte(h, t[len(t)-1-j])
			} else {
				h = hashByte(h, t[j])
			}
			if j+1 == a.least {
				a.first.add(h)
			}
		}
		a.most = max(a.most, n)
		switch {
		case l.whole && len(t) <= maxAnchored:
			a.whole.add(n)
		case backwards && t[len(t)-n] == '.':
			a.dotted.add(n)
		default:
			a.lengths.add(n)
		}
		a.filter.add(h)
		hashes[i], candidates[i] = h, anchoredCandidate{l, h}
	}
	a.table = newTable(hashes, candidates)
	return a
}

func (a *anchored) find(x *Index, found []int32, text []byte) []int32 {
	h := uint64(hashSeed)
	for i, b := range text[:min(len(text), a.most)] {
		h = hashByte(h, b)
		if i+1 == a.least && !a.first.has(h) {
			return found
		}
		if !a.lengths.has(i+1) || !a.filter.has(h) {
			continue
		}
		for _, c := range a.table.of(h) {
			if n := len(x.texts[c.number]); c.hash == h && n <= len(text) && x.is(c.number, text[:n]) {
				found = append(found, c.number)
			}
		}
	}
	return found
}

func (a *anchored) findBackwards(x *Index, found []int32, text []byte) []int32 {
	h := uint64(hashSeed)
	for n := 1; n <= min(len(text), a.most); n++ {
		b := text[len(text)-n]
		h = hashByte(h, b)
		if n == a.least && !a.first.has(h) {
			return found
		}
		if !(b == '.' && a.dotted.has(n) || a.lengths.has(n) || n == len(text) && a.whole.has(n)) || !a.filter.has(h) {
			continue
		}
		for _, c := range a.table.of(h) {
			k := len(x.texts[c.number])
			if c.hash == h && k <= len(text) && (!c.whole || k == len(text)) && x.is(c.number, text[len(text)-k:]) {
				found = append(found, c.number)
			}
		}
	}
	return found
}
