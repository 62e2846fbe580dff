package engine

import (
	"fmt"
	"testing"
)

// TestAimOfGeneralUse: a rule that compares a count with a threshold and with another count besides keeps its keys that are some way on in a
// flood of keys that are not, as one that compares it with the threshold alone does.
func TestAimOfGeneralUse(t *testing.T) {
	const rule = `
rule "scan" {
  description = "d"
  severity    = "low"
  where       = "tcp"
  by          = ["ip.src"]
  window "60s" {
    max_keys = %d
    ports = "distinct(tcp.dstport)"
    peers = "distinct(ip.dst, tcp.dstport >= 1024)"
  }
  when     = %q
  cooldown = "1h"
}
`
	var segs []seg
	for i := range 40_000 {
		s := seg{at: float64(i) / 1000, src: fmt.Sprintf("10.%d.%d.1", 1+i>>8, i&255), dst: "192.0.2.1", dport: 80, flags: 2}
		if i%1000 == 999 { // a port a second
			s.src, s.dport = "198.51.100.7", uint16(2000+i/1000)
		}
		segs = append(segs, s)
	}
	fs := frames(segs...)
	first := func(keys int, when string) string {
		for _, line := range run(New(compile(t, fmt.Sprintf(rule, keys, when), Options{}), Config{Seed: 1}), fs) {
			return line
		}
		return ""
	}
	for _, when := range []string{"ports >= 15", "ports >= 15 and 5 * peers < 4 * ports"} {
		want, got := first(1<<16, when), first(256, when)
		if want == "" || got != want {
			t.Errorf("%s: %q where tables are full, %q where they are not", when, got, want)
		}
	}
}
