package ast

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// TestFirstBytes: a look at the first byte of a text changes no match, and spares most texts the search.
func TestFirstBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	letters := []string{"1", "9", "a", "K", "k", "\u212a", "é", ".", "\n", "\xff"}
	for pattern, known := range map[string]bool{
		`^[0-9]{1,3}\.`: true, `^(?:1|9)+a`: true, `^(?i:k)`: true, `^[^0-9]a`: true, `^é`: true, `^(a|b)`: true, `^(1.)`: true, `^a|^9`: false,
		`^`: false, `^.a`: false, `^a?9`: false, `^a*`: false, `a`: false, `(?m:^)a`: false, `^(?:)a`: false,
	} {
		p, err := NewPattern(pattern, false)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.first != nil; got != known {
			t.Errorf("%s: the first bytes are known: %t", pattern, got)
		}
		re := regexp.MustCompile(pattern)
		for range 2000 {
			var text []byte
			for range r.IntN(5) {
				text = append(text, letters[r.IntN(len(letters))]...)
			}
			if got, _ := p.Match(text, nil); got != re.Match(text) {
				t.Fatalf("%s on %q: %t", pattern, text, got)
			}
		}
	}
}
