package literals

import "bytes"

// A rare is a literal that is found by the byte of it that texts have least, many bytes at a time. It is quicker than
// windows for a few literals alone: those that are so short that for their sake a text would be looked at at every place.
type rare struct {
	number int32
	offset int // of the byte
	value  byte
}

// Of a text of so many bytes, usualBytes says how often one has each byte, besides the one time that noise would.
const usualSize = 2 * len(everyday)

var usualBytes = func() (n [256]int) {
	for i := range len(everyday) {
		n[everyday[i]]++
	}
	for c := 'a'; c <= 'z'; c++ { // everyday is in lower case
		n[c-0x20] += (n[c] + 3) / 4
	}
	n[0], n[0xff] = n[0]+usualSize/8, n[0xff]+usualSize/32
	return n
}()

// What a search takes for a byte of a text, roughly, in hundredths of a nanosecond.
const (
	windowCost = 120 // for each window
	byteCost   = 5   // to look for a byte
	hitCost    = 500 // where it is found
)

// maxRare is how many literals are looked for apart.
const maxRare = 8

// newRare returns how to find a literal by its rarest byte, and what that takes for a byte of a text.
func newRare(text string, number int32) (r rare, cost int) {
	r.number = number
	for i := range len(text) {
		if usualBytes[text[i]] < usualBytes[text[r.offset]] {
			r.offset = i
		}
	}
	r.value = text[r.offset]
	return r, byteCost + (usualBytes[r.value]+2)*hitCost/usualSize
}

// apart takes the literals that are better looked for by their rarest byte from those for windows of some size, which are sorted by
// length, the shortest first.
func (x *Index) apart(literals []int32, size int) (rest []int32) {
	best, taken := windowCost, 0
	if len(literals) > 0 {
		best = windowCost / stride(len(x.texts[literals[0]]), size)
	}
	var found []rare
	cost := 0
	for i, l := range literals[:min(len(literals), maxRare)] {
		if x.folds[l] {
			break
		}
		r, c := newRare(x.texts[l], l)
		found, cost = append(found, r), cost+c
		total := cost
		if i+1 < len(literals) {
			total += windowCost / stride(len(x.texts[literals[i+1]]), size)
		}
		if total < best {
			best, taken = total, i+1
		}
	}
	x.rare = append(x.rare, found[:taken]...)
	return literals[taken:]
}

// find appends the literal where a text has it.
func (r *rare) find(x *Index, found []int32, text []byte) []int32 {
	t := x.texts[r.number]
	if len(text) < len(t) {
		return found
	}
	last := len(text) - len(t) + r.offset // the last place of the byte
	for i := r.offset; i <= last; i++ {
		at := bytes.IndexByte(text[i:last+1], r.value)
		if at < 0 {
			return found
		}
		i += at
		if from := i - r.offset; string(text[from:from+len(t)]) == t {
			return append(found, r.number)
		}
	}
	return found
}
