package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	s := sample{read: 500_000, size: 2_000_000, packets: 30_000, alerts: 1, elapsed: 2 * time.Second}
	for _, c := range []struct {
		s     sample
		width int
		want  string
	}{
		{s, 200, "[======                  ]  25%  500 kB of 2.00 MB  30,000 packets (15,000/s)  1 alert  6s left"},
		{s, 40, "[======                  ]  25%  500 kB "},
		{s, 0, ""},
		{sample{read: 500, packets: 3, elapsed: time.Second}, 200, "500 B  3 packets (3/s)  0 alerts"},
		// A file that grows while it is read must not draw past the bar's end.
		{sample{read: 30, size: 20, elapsed: time.Second}, 200, "[========================] 100%  30 B of 20 B  0 packets (0/s)  0 alerts"},
		{sample{}, 200, "0 B  0 packets (0/s)  0 alerts"},
	} {
		if got := progressLine(c.s, c.width); got != c.want {
			t.Errorf("%+v:\n got %q\nwant %q", c.s, got, c.want)
		}
	}
}

func TestProgressPace(t *testing.T) {
	var out bytes.Buffer
	start := time.Unix(0, 0)
	p := &progress{out: &out, fd: -1, start: start}
	for ms := range 1000 {
		p.update(start.Add(time.Duration(ms)*time.Millisecond), sample{})
	}
	if n := strings.Count(out.String(), "\r"); n != 7 {
		t.Errorf("%d drawings in the first second, want 7: none for 300 ms, then ten a second", n)
	}
	out.Reset()
	p.clear()
	p.clear()
	if got := out.String(); got != "\r\x1b[K" {
		t.Errorf("clear wrote %q", got)
	}
	out.Reset()
	quiet := newProgress(&out, start)
	quiet.update(start.Add(time.Hour), sample{})
	quiet.clear()
	if out.Len() > 0 {
		t.Errorf("drawn on what is no terminal: %q", out.String())
	}
}
