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
	steps   []step // ascending; the first is at the bytes that every literal has, up to maxFirst
	filter  filter
	table   table[anchoredCandidate]
	most    int     // bytes that are hashed
	ends    lengths // the outermost bytes of literals, as hashByte sees them: most texts have another there
	lengths lengths // that are looked for wherever the text goes on
	dotted  lengths // of names below a domain, as ".evil.example": looked for at dots alone
	whole   lengths // looked for where the text is as long
}

// A step is a number of bytes at the end of a text behind which most texts are known to have none of the literals that long.
type step struct {
	bytes int
	begun filter // the hashes of so many bytes of literals
}

// further reports whether a text may have a literal of n bytes and more, the first n of which have hash h.
func (a *anchored) further(steps *int, n int, h uint64) bool {
	if *steps == len(a.steps) || a.steps[*steps].bytes != n {
		return true
	}
	*steps++
	return a.steps[*steps-1].begun.has(h)
}

type anchoredCandidate struct {
	anchoredLiteral
	hash uint64
}

// lengths is a set of the numbers up to maxAnchored, which a byte is, too.
type lengths [4]uint64

func (s *lengths) add(n int)      { s[n>>6] |= 1 << (n & 63) }
func (s *lengths) has(n int) bool { return s[n>>6&3]>>(n&63)&1 != 0 }

const (
	hashSeed  = 0xcbf29ce484222325
	hashPrime = 0x9e3779b97f4a7c15
	foldMask  = 0x20
)

// hashByte goes on with a hash. Letters of either case are the same to it, and so are a few pairs of other bytes.
func hashByte(h uint64, b byte) uint64 {
	h = (h ^ uint64(b|foldMask)) * hashPrime
	return h ^ h>>29
}

func newAnchored(texts []string, literals []anchoredLiteral, backwards bool) *anchored {
	if len(literals) == 0 {
		return nil
	}
	a := &anchored{filter: newFilter(len(literals))}
	least, most := maxFirst, 0
	for _, l := range literals {
		least, most = min(least, len(texts[l.number])), max(most, len(texts[l.number]))
	}
	for n := least; n <= min(most, maxAnchored); n *= 2 {
		a.steps = append(a.steps, step{n, newFilter(len(literals))})
	}
	hashes, candidates := make([]uint64, len(literals)), make([]anchoredCandidate, len(literals))
	for i, l := range literals {
		t := texts[l.number]
		n := min(len(t), maxAnchored)
		h, steps := uint64(hashSeed), 0
		for j := range n {
			b := t[j]
			if backwards {
				b = t[len(t)-1-j]
			}
			h = hashByte(h, b)
			if j == 0 {
				a.ends.add(int(b | foldMask))
			}
			if steps < len(a.steps) && a.steps[steps].bytes == j+1 {
				a.steps[steps].begun.add(h)
				steps++
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
	if len(text) == 0 || !a.ends.has(int(text[0]|foldMask)) {
		return found
	}
	h, steps := uint64(hashSeed), 0
	for i, b := range text[:min(len(text), a.most)] {
		h = hashByte(h, b)
		if !a.further(&steps, i+1, h) {
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
	if len(text) == 0 || !a.ends.has(int(text[len(text)-1]|foldMask)) {
		return found
	}
	h, steps := uint64(hashSeed), 0
	for n := 1; n <= min(len(text), a.most); n++ {
		b := text[len(text)-n]
		h = hashByte(h, b)
		if !a.further(&steps, n, h) {
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
