package literals

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// holds is what the package does, in the plain way.
func holds(l Literal, text []byte) bool {
	t, v := l.Text, string(text)
	if l.Fold {
		t, v = lower(t), lower(v)
	}
	switch l.At {
	case Start:
		return strings.HasPrefix(v, t)
	case End:
		return strings.HasSuffix(v, t)
	case Whole:
		return v == t
	}
	return strings.Contains(v, t)
}

func TestFind(t *testing.T) {
	apart := 0
	for seed := range uint64(300) { // few letters, so that much is found, and much nearly
		r := rand.New(rand.NewPCG(seed, 3))
		word := func(most int) string {
			letters := []string{"ab", "abAB.", "\x00\x20Kk.\xff\xe2"}[seed%3]
			b := make([]byte, 1+r.IntN(most))
			for i := range b {
				b[i] = letters[r.IntN(len(letters))]
			}
			return string(b)
		}
		var ls []Literal
		for range 1 + r.IntN(40) {
			if l := (Literal{word(1 + r.IntN(14)), Place(r.IntN(4)), r.IntN(2) == 0}); l.Fits() {
				ls = append(ls, l)
			}
		}
		if seed%7 == 0 {
			ls = append(ls, Literal{strings.Repeat("ab", 200), End, true}, Literal{strings.Repeat("ba", 200), Start, false}, Literal{strings.Repeat("a", 300), Whole, false})
		}
		x := New(ls)
		apart += len(x.rare)
		for range 60 {
			text := []byte(word(1 + r.IntN(60)))
			switch r.IntN(12) {
			case 0:
				text = text[:0]
			case 1:
				text = bytes.Repeat([]byte("ab"), 200+r.IntN(3))
			case 2:
				text = bytes.Repeat([]byte("a"), 300)
			}
			got := x.Find(nil, text)
			slices.Sort(got)
			got = slices.Compact(got)
			var want []int32
			for i, l := range ls {
				if holds(l, text) {
					want = append(want, int32(i))
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: %+v in %q: got %v, want %v", seed, ls, text, got, want)
			}
			if among := x.Find([]int32{0, 1, 2, 3}, text)[4:]; len(among) != len(x.Find(nil, text)) {
				t.Fatalf("seed %d: %+v in %q: what other searches found leaves %v", seed, ls, text, among)
			}
			if x.Has(text) != (len(want) > 0) {
				t.Fatalf("seed %d: Has is wrong for %+v in %q", seed, ls, text)
			}
		}
	}
	if apart < 20 {
		t.Errorf("%d literals are found by their rarest byte, so this test shows little of that", apart)
	}
}

// TestRun: a text full of one byte has literals of that byte at each of its places; they are appended a few times at most, and
// those that have a window of it are told from it without a look at all of them.
func TestRun(t *testing.T) {
	ls := []Literal{{Text: "\x00\x00\x00\x00"}, {Text: "\x00\x00\x00\x00\x00\x00"}, {Text: "\x00\x00\x00\x00\x00\x00\x00\x00x", Fold: true}}
	found := New(ls).Find(nil, make([]byte, 1400))
	if len(found) > 8 || !slices.Contains(found, 0) || !slices.Contains(found, 1) || slices.Contains(found, 2) {
		t.Errorf("found %v", found)
	}
}

// TestRuns: what begins, ends or goes through a run of one byte in a text is found, wherever the search looks at windows, though most of a
// long run is passed over.
func TestRuns(t *testing.T) {
	ls := []Literal{
		{Text: "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"}, {Text: "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}, {Text: strings.Repeat("\x00", 13)},
		{Text: strings.Repeat("\x00", 60)}, {Text: strings.Repeat("A", 20) + "bcd", Fold: true}, {Text: "x" + strings.Repeat("a", 19)}, {Text: "\x00 \x00 \x00 \x00 \x00 \x00 \x00 \x00 "},
	}
	looked := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 5))
		some := ls[:1+r.IntN(len(ls))]
		x := New(some)
		for range 300 {
			var text []byte
			for range 1 + r.IntN(4) {
				text = append(text, bytes.Repeat([]byte{"\x00\x00 aA"[r.IntN(5)]}, r.IntN(200))...)
				switch l := ls[r.IntN(len(ls))].Text; r.IntN(4) {
				case 0:
					text = append(text, l...)
				case 1:
					text = append(text, l[r.IntN(len(l)):]...)
				case 2:
					text = append(text, l[:r.IntN(len(l))]...)
				}
			}
			got := x.Find(nil, text)
			slices.Sort(got)
			got = slices.Compact(got)
			var want []int32
			for i, l := range some {
				if holds(l, text) {
					want = append(want, int32(i))
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: %+v in %q: got %v, want %v", seed, some, text, got, want)
			}
			looked += len(want)
		}
	}
	if looked < 1000 {
		t.Errorf("%d literals were found: this test shows little", looked)
	}
	long := make([]byte, 1<<20)
	run := span{}
	if next := New(ls).long.pass(&run, long, 128); run.to != len(long) || next != 128 { // at the beginning of a run nothing is left out
		t.Errorf("from 128 on to %d, run %v", next, run)
	}
	if next := New(ls).long.pass(&run, long, 512); next < len(long)-128 {
		t.Errorf("from 512 on to %d", next)
	}
}

// TestFilesApart: literals that share all their beginnings are not filed under the beginning.
func TestFilesApart(t *testing.T) {
	var ls []Literal
	for i := range 2000 {
		ls = append(ls, Literal{Text: fmt.Sprintf("GET /evil%04d", i)})
	}
	x := New(ls)
	most := 0
	windows := map[uint32]int{}
	for _, c := range x.long.table.values {
		windows[c.window]++
		most = max(most, windows[c.window])
	}
	if most > crowded {
		t.Errorf("%d literals are filed under one window", most)
	}
}

func BenchmarkFind(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	noise := make([]byte, 1460)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	page := bytes.Repeat([]byte("<div class=\"item\"><a href=\"/products/index.html?id=17\">More about this</a></div>\r\n"), 20)[:1460]
	for _, n := range []int{10, 1000, 10000} {
		for _, least := range []int{4, 6, 10} {
			var ls []Literal
			for range n {
				w := make([]byte, least+r.IntN(12))
				for i := range w {
					w[i] = "abcdefghijklmnopqrstuvwxyz/.-_=%0123456789"[r.IntN(42)]
				}
				ls = append(ls, Literal{Text: string(w)})
			}
			x := New(ls)
			for _, text := range []struct {
				name string
				data []byte
			}{{"noise", noise}, {"page", page}} {
				b.Run(fmt.Sprintf("n=%d/least=%d/%s", n, least, text.name), func(b *testing.B) {
					b.SetBytes(int64(len(text.data)))
					var found []int32
					for b.Loop() {
						found = x.Find(found[:0], text.data)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(text.data)), "ns/byte")
				})
			}
		}
	}
}

func BenchmarkNames(b *testing.B) {
	r := rand.New(rand.NewPCG(2, 2))
	var names [][]byte
	for range 4096 {
		names = append(names, fmt.Appendf(nil, "host%d.site%d.example", r.IntN(30), r.IntN(5000)))
	}
	for _, n := range []int{10, 2000, 20000} {
		var ls []Literal
		for i := range n {
			ls = append(ls, Literal{Text: fmt.Sprintf(".evil%d.example", i), At: End})
		}
		x := New(ls)
		b.Run(fmt.Sprint("n=", n), func(b *testing.B) {
			var found []int32
			for i := 0; b.Loop(); i++ {
				found = x.Find(found[:0], names[i%len(names)])
			}
		})
	}
}
