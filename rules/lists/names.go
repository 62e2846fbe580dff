package lists

import (
	"bytes"
	"fmt"
	"strings"
)

// A NameSet is a set of domain names. A name is in it when it or one of its parents is an entry; case and a final dot
// do not matter. It holds an entry in its bytes and some twelve more; to look for a name takes one look at memory for each
// of its labels.
type NameSet struct {
	text   []byte   // the entries one behind the other, in lower case
	starts []uint32 // by entry, and one more
	// slots is an open-addressed hash table: the place of an entry plus one below, the upper half of its hash above; 0 is free.
	slots []uint64
}

// maxNames bounds the entries, and maxNameText their bytes: places in them have 32 bits.
const (
	maxNames    = 1 << 28
	maxNameText = 1<<31 - 1
)

// Len returns the number of different entries.
func (s *NameSet) Len() int { return max(len(s.starts)-1, 0) }

// Entry returns the entry with a number below Len, in lower case. The caller must not change it.
func (s *NameSet) Entry(i int) []byte { return s.text[s.starts[i]:s.starts[i+1]] }

// add adds an entry that parseName returned, and returns its number; added is false where it was there before.
func (s *NameSet) add(name string) (number int, added bool, err error) {
	if len(s.starts) == 0 {
		s.starts = append(s.starts, 0)
	}
	if 2*len(s.starts) > len(s.slots) {
		s.grow()
	}
	h := uint64(nameSeed)
	for i := len(name) - 1; i >= 0; i-- {
		h = hashNameByte(h, name[i])
	}
	h = mixName(h)
	mask := uint64(len(s.slots) - 1)
	i := h & mask
	for ; s.slots[i] != 0; i = (i + 1) & mask {
		if e := uint32(s.slots[i]) - 1; s.slots[i]>>32 == h>>32 && string(s.Entry(int(e))) == name {
			return int(e), false, nil
		}
	}
	if len(s.starts) > maxNames || len(s.text)+len(name) > maxNameText {
		return 0, false, fmt.Errorf("the list is too long")
	}
	s.text = append(s.text, name...)
	s.starts = append(s.starts, uint32(len(s.text)))
	s.slots[i] = h>>32<<32 | uint64(len(s.starts)-1)
	return len(s.starts) - 2, true, nil
}

// reserve makes room for n entries of size bytes together.
func (s *NameSet) reserve(n, size int) {
	s.text, s.starts = make([]byte, 0, size), make([]uint32, 1, n+1)
	slots := 16
	for slots < 2*n {
		slots *= 2
	}
	s.slots = make([]uint64, slots)
}

func (s *NameSet) grow() {
	s.slots = make([]uint64, max(16, 2*len(s.slots)))
	mask := uint64(len(s.slots) - 1)
	for e := range s.Len() {
		h := uint64(nameSeed)
		name := s.Entry(e)
		for i := len(name) - 1; i >= 0; i-- {
			h = hashNameByte(h, name[i])
		}
		h = mixName(h)
		i := h & mask
		for s.slots[i] != 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = h>>32<<32 | uint64(e+1)
	}
}

const nameSeed = 0xcbf29ce484222325

func hashNameByte(h uint64, b byte) uint64 { return (h ^ uint64(b)) * 0x100000001b3 }

// mixName makes every bit of the hash depend on all bytes.
func mixName(h uint64) uint64 {
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// Has reports whether a name or one of its parents is an entry.
func (s *NameSet) Has(name []byte) bool { return s.find(name, false) >= 0 }

// Find returns the number of the entry that is the name, or else the nearest of its parents that is one; -1 for none.
func (s *NameSet) Find(name []byte) int { return s.find(name, true) }

func (s *NameSet) find(name []byte, nearest bool) int {
	if len(s.slots) == 0 {
		return -1
	}
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	found := -1
	h := uint64(nameSeed)
	mask := uint64(len(s.slots) - 1)
	for i := len(name) - 1; i >= 0; i-- {
		c := name[i]
		if c-'A' < 26 {
			c |= 0x20
		}
		h = hashNameByte(h, c)
		if i > 0 && name[i-1] != '.' || c == '.' {
			continue
		}
		k := mixName(h)
		for j := k & mask; s.slots[j] != 0; j = (j + 1) & mask {
			if e := int(uint32(s.slots[j]) - 1); s.slots[j]>>32 == k>>32 && bytes.EqualFold(s.Entry(e), name[i:]) {
				if found = e; !nearest {
					return found
				}
				break
			}
		}
	}
	return found
}

// parseName reads an entry of a list of domain names, and returns it in lower case without a final dot.
func parseName(s string) (string, error) {
	name := strings.TrimSuffix(s, ".")
	hint := ""
	switch {
	case strings.HasPrefix(name, "*."), strings.HasPrefix(name, "."):
		hint = "; the names below an entry are in the list, too"
	case strings.Contains(name, "/"):
		hint = "; an entry has no path and no scheme"
	}
	if hint == "" && len(name) > 0 && len(name) <= 253 {
		label, lower := 0, true
		for i := range len(name) {
			c := name[i]
			switch {
			case c == '.':
				if label == 0 {
					return "", notAName(s, hint)
				}
				label = 0
				continue
			case c <= ' ' || c == 0x7f:
				return "", notAName(s, hint)
			case c > 0x7f:
				return "", notAName(s, "; letters beyond ASCII are written as DNS has them, as \"xn--bcher-kva.example\" for bücher.example")
			case c-'A' < 26:
				lower = false
			}
			if label++; label > 63 {
				return "", notAName(s, "; a label has at most 63 letters")
			}
		}
		if label > 0 {
			if !lower {
				name = strings.ToLower(name)
			}
			return name, nil
		}
	}
	return "", notAName(s, hint)
}

func notAName(s, hint string) error {
	return fmt.Errorf("%q is not a domain name: write one as \"evil.example\"%s", s, hint)
}
