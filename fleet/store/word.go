package store

import (
	"iter"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold writes a text as the index of words has it: in lower case, without diacritics.
func fold(s string) string {
	if !ascii(s) {
		s = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	}
	return strings.ToLower(s)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// wordsOf yields the words of a text, folded: letters, digits and the marks ._-, as the index of words has them.
func wordsOf(text string) iter.Seq[string] {
	return strings.FieldsFuncSeq(fold(text), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' || r > 127)
	})
}
