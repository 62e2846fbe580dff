package engine

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unicode"
)

// TestFoldedEnds holds what is told of the beginnings and ends of texts in other letters, without writing them so, against that: of
// texts with letters that become ASCII, and with bytes that are no letters.
func TestFoldedEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	pieces := []string{"a", "A", "k", "K", ".", "\u212a", "İ", "ß", "\xff", "\xe2"}
	text := func(n int) (v []byte) {
		for range r.IntN(n) {
			v = append(v, pieces[r.IntN(len(pieces))]...)
		}
		return v
	}
	var s scope
	told, held := 0, 0
	for range 50_000 {
		v, y := text(8), text(4)
		first, letter := byte('A'), unicode.ToLower
		if r.IntN(2) == 0 {
			first, letter = 'a', unicode.ToUpper
		}
		folded := bytes.Clone(s.fold(v, first, letter))
		for atEnd, want := range map[bool]bool{false: bytes.HasPrefix(folded, y), true: bytes.HasSuffix(folded, y)} {
			ok, known := foldedAt(v, y, first, atEnd)
			if known && ok != want {
				t.Fatalf("%q is %q: at the end %t, of %q: %t, want %t", v, folded, atEnd, y, ok, want)
			}
			if known {
				told++
			}
			if ok {
				held++
			}
		}
	}
	if told < 20_000 || held < 1000 {
		t.Fatalf("%d were told, %d of them held: this test shows little", told, held)
	}
}
