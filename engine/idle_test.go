package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// TestIdleCells: aggregates whose value is told only where another one is large enough have the value then that they would have had if they
// had been asked for each time.
func TestIdleCells(t *testing.T) {
	const rule = `
rule "flood" {
  description = "d"
  severity    = "low"
  where       = "tcp"
  by          = ["ip.dst"]
  window "10s" {
    all     = "count()"
    sources = "distinct(ip.src)"
    moves   = "changes(ip.src)"
    low     = "count(tcp.dstport < 100)"
    asked   = "count(payload startsWith 'GET ')"
  }
  threshold = 40
  when      = "all >= threshold and sources >= 2 and low >= 1"
  cooldown  = "1h"
}
`
	p := compile(t, rule, Options{})
	var idle []bool
	for _, c := range p.rules[0].group.cells {
		idle = append(idle, c.idle)
	}
	if want := []bool{false, true, true, true, true}; !slices.Equal(idle, want) {
		t.Errorf("idle %v, not %v", idle, want)
	}
	var segs []seg
	for i := range 60 { // one in a second, then 40 within a second: of the first 20 the last nine are in the window
		at := float64(i)
		if i >= 20 {
			at = 20 + float64(i-20)/40
		}
		s := seg{at: at, src: fmt.Sprintf("10.0.0.%d", i%7), dst: "192.0.2.1", sport: 40000, dport: uint16(90 + i%20), flags: packet.FlagACK}
		if i%10 == 0 {
			s.payload = "GET / HTTP/1.1\r\n\r\n"
		}
		segs = append(segs, s)
	}
	expect(t, fire(t, rule, segs...), "flood #51 192.0.2.1 all=40 sources=7 moves=39 low=20 asked=4")
}
