package conversation

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// read says that more is wanted until a head has so many bytes.
func (c *talk) read(p float64, seq uint32, payload string, want int) string {
	pk := c.tcp(p, "PA", 101+seq, 501, payload)
	h := c.table.Head(pk)
	got := string(h)
	switch {
	case len(h) >= want:
		c.table.Quiet()
	case len(h) > 0:
		c.table.Keep(h)
	}
	return got
}

func TestHead(t *testing.T) {
	c := newTalk(t, Heads, Limits{Pending: 4, Settled: 4, TCP: 4, UDP: 4, Heads: 4})
	c.handshake(0)
	if got := c.read(1, 0, "GET /", 100); got != "GET /" {
		t.Errorf("the first is %q", got)
	}
	if got := c.read(1, 0, "GET /", 100); got != "" {
		t.Errorf("again it is %q", got)
	}
	if got := c.read(1, 9, "HTTP", 100); got != "" {
		t.Errorf("after a gap it is %q", got)
	}
	if got := c.read(1, 3, " /a b", 100); got != "GET /a bHTTP"[:8] {
		t.Errorf("with an overlap it is %q", got)
	}
	if got := c.read(1, 8, " ", 10); got != "GET /a b HTTP" {
		t.Errorf("with the gap filled it is %q", got)
	}
	if got := c.read(1, 13, "/1.1", 10); got != "" {
		t.Errorf("after Quiet it is %q", got)
	}
	if c.table.heads.oldest != 0 {
		t.Error("a head is kept after Quiet")
	}
	// A head whose first part comes last.
	c.src = "10.0.0.1:40001"
	c.handshake(0)
	if got := c.read(1, 4, "efgh", 100); got != "" {
		t.Errorf("without its first bytes it is %q", got)
	}
	if got := c.read(1, 0, "abcd", 100); got != "abcdefgh" {
		t.Errorf("with them it is %q", got)
	}
	// What is longer than what is kept.
	if got := c.read(1, 8, strings.Repeat("x", 5000), 1<<20); len(got) != headSize {
		t.Errorf("of much, %d bytes", len(got))
	}
	c.table.Keep(make([]byte, headSize))
	if c.table.heads.oldest != 0 {
		t.Error("a head that is full is kept")
	}
}

// Segments in any order, with overlaps and repetitions, give the same bytes.
func TestHeadInAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 3000)
	for i := range text {
		text[i] = byte('a' + rnd.IntN(26))
	}
	for range 300 {
		c := newTalk(t, Heads, Limits{Pending: 4, Settled: 4, TCP: 4, UDP: 4, Heads: 4})
		c.handshake(0)
		longest := 0
		for range 400 {
			from := longest
			if rnd.IntN(4) > 0 {
				from = min(rnd.IntN(len(text)), longest+rnd.IntN(2000))
			}
			if from == len(text) {
				break
			}
			to := min(from+1+rnd.IntN(600), len(text))
			got := c.read(1, uint32(from), string(text[from:to]), len(text))
			if got != string(text[:len(got)]) {
				t.Fatal("bytes are in the wrong place")
			}
			longest = max(longest, len(got))
		}
		if longest != len(text) {
			t.Fatalf("%d bytes of %d", longest, len(text))
		}
	}
}

// Where there are more half-read heads than places, the one that was begun first is given up.
func TestTooManyHeads(t *testing.T) {
	c := newTalk(t, Heads, Limits{Pending: 4, Settled: 4, TCP: 40, UDP: 4, Heads: 8})
	for i := range 20 {
		c.src = fmt.Sprintf("10.0.0.1:%d", 41000+i)
		c.handshake(0)
		c.read(1, 0, "begun", 100)
	}
	for i := range 20 {
		c.src = fmt.Sprintf("10.0.0.1:%d", 41000+i)
		want := ""
		if i >= 12 {
			want = "begun, done"
		}
		if got := c.read(1, 5, ", done", 100); got != want {
			t.Errorf("head %d is %q, want %q", i, got, want)
		}
	}
	if s := c.table.Stats(); s.Heads != 12 || s.Bytes > uint64(Bound(Conversations|Heads, c.table.cfg.Limits)) {
		t.Errorf("%+v, bound %d", s, Bound(Conversations|Heads, c.table.cfg.Limits))
	}
}

func TestNote(t *testing.T) {
	c := newTalk(t, Heads, Limits{Pending: 4, Settled: 4, TCP: 4, UDP: 4, Heads: 4})
	c.udp(0, false, "one")
	c.table.SetNote([]byte("put aside"))
	c.udp(0, true, "two")
	if n := c.table.Note(); n != nil {
		t.Errorf("the other direction has %q", n)
	}
	p := c.udp(0, false, "three")
	if h, n := c.table.Head(p), c.table.Note(); string(h) != "three" || string(n) != "put aside" {
		t.Errorf("%q and %q", h, n)
	}
	c.table.Quiet()
	if p := c.udp(0, false, "four"); c.table.Head(p) != nil || c.table.Note() != nil {
		t.Error("there is something after Quiet")
	}
}
