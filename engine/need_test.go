package engine

import (
	"fmt"
	"testing"

	"github.com/ruleids/ruleids/alert"
)

// TestNeed: a number that a multiple of an aggregate is compared with bounds what is kept of it, and so does a choice of two; another
// aggregate does not. Whatever is kept, the rule fires at the same packet.
func TestNeed(t *testing.T) {
	const rule = `
rule "scan" {
  description = "d"
  severity    = "low"
  where       = "tcp"
  by          = ["ip.src"]
  window "60s" {
    ports = "distinct(tcp.dstport)"
    all   = "count()"
  }
  threshold = 50
  when      = %q
}
`
	var segs []seg
	for i := range 400 {
		segs = append(segs, syn(float64(i)/100, "10.0.0.1", uint16(1000+i)))
	}
	for _, tt := range []struct {
		when  string
		need  int
		first uint64
	}{
		{"ports >= 2 * threshold", 101, 100},
		{"4 * ports >= 3 * threshold", 38, 38},
		{"3 * threshold <= ports * 4", 38, 38},
		{"2 * ports > (tcp.srcport == 1 ? 4 : 2) * threshold", 101, 51},
		{"all >= threshold and not (6 * ports < threshold)", 9, 50},
		{"ports >= all and all >= 3", 0, 3},
		{"0.5 * ports >= threshold", 0, 100},
	} {
		p := compile(t, fmt.Sprintf(rule, tt.when), Options{})
		if got := p.rules[0].group.cells[p.rules[0].refs[0].cell].state.Need; got != tt.need {
			t.Errorf("%s: %d values are needed, not %d", tt.when, got, tt.need)
		}
		var first uint64
		New(p, Config{}).Process(frames(segs...), func(a *alert.Alert) {
			if first == 0 {
				first = a.Number
			}
		})
		if first != tt.first {
			t.Errorf("%s: packet %d fires, not %d", tt.when, first, tt.first)
		}
	}
}
