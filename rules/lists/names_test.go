package lists

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestNameSet(t *testing.T) {
	var s NameSet
	for i, n := range []string{"evil.example", "a.b.evil.example", "top", "xn--bcher-kva.example", "evil.example"} {
		number, added, err := s.add(n)
		if want := []int{0, 1, 2, 3, 0}[i]; number != want || added != (i < 4) || err != nil {
			t.Errorf("%s: number %d, added %v, error %v", n, number, added, err)
		}
	}
	for name, want := range map[string]int{
		"evil.example": 0, "EVIL.example.": 0, "x.y.Evil.Example": 0, "b.evil.example": 0, "a.b.evil.example": 1, "z.a.B.evil.example.": 1,
		"devil.example": -1, "example": -1, "": -1, ".": -1, "..": -1, "anything.TOP": 2, "top": 2, "stop": -1, "evil.example..": -1, ".evil.example": 0, "evil..example": -1,
		"<Root>": -1,
	} {
		if got := s.Find([]byte(name)); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
		if s.Has([]byte(name)) != (want >= 0) {
			t.Errorf("Has(%q)", name)
		}
	}
	if (&NameSet{}).Has([]byte("a")) {
		t.Error("the empty set has a name")
	}
}

// TestNameSetIsASet holds a set that grows against a map of all its names and their parents.
func TestNameSetIsASet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	name := func() string {
		parts := make([]string, 1+r.IntN(4))
		for i := range parts {
			parts[i] = fmt.Sprintf("%c%d", 'a'+r.IntN(3), r.IntN(300))
		}
		return strings.Join(parts, ".")
	}
	var s NameSet
	all := map[string]bool{}
	for range 3000 {
		n := name()
		if _, added, _ := s.add(n); added == all[n] {
			t.Fatalf("%s: added %v", n, added)
		}
		all[n] = true
	}
	if s.Len() != len(all) {
		t.Errorf("%d names, want %d", s.Len(), len(all))
	}
	hits := 0
	for range 5000 {
		n := name()
		want, nearest := false, ""
		for rest := n; rest != "" && !want; {
			want, nearest = all[rest], rest
			_, rest, _ = strings.Cut(rest, ".")
		}
		if got := s.Find([]byte(strings.ToUpper(n))); (got >= 0) != want || want && string(s.Entry(got)) != nearest {
			t.Fatalf("%s: %d, want %v %s", n, got, want, nearest)
		}
		if want {
			hits++
		}
	}
	if hits < 1000 || hits > 4900 {
		t.Errorf("%d hits", hits)
	}
}
