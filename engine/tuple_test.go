package engine

import (
	"fmt"
	"testing"
)

// A pair counts once however often it comes, and two pairs whose texts could be joined to one are two: ports 180 of
// 10.0.0.1 and 80 of 10.0.0.11. IPv6 addresses are whole.
func TestDistinctOfTuples(t *testing.T) {
	const rule = `rule "doors" {
  where = "tcp"
  by = ["ip.src"]
  window "10s" { n = "distinct([ip.dst, dst.port])" }
  when = "n >= 4"
  cooldown = "0s"
}`
	to := func(at float64, dst string, port uint16) seg {
		s := syn(at, "192.0.2.1", port)
		s.dst = dst
		return s
	}
	expect(t, fire(t, rule,
		to(0, "10.0.0.1", 180), to(1, "10.0.0.11", 80), to(2, "10.0.0.1", 180), to(3, "10.0.0.1", 80), to(4, "10.0.0.1", 80),
		to(5, "10.0.0.11", 180)), "doors #6 192.0.2.1 n=4")

	// As exact as any distinct: 4,096 pairs, and the window moves on.
	const many = `rule "doors" {
  where = "tcp"
  window "10s" { n = "distinct([ip.dst, dst.port])" }
  when = "n >= 4096"
}`
	var segs []seg
	for i := range 4096 {
		segs = append(segs, to(float64(i)/1000, fmt.Sprintf("10.0.%d.1", i/64), uint16(i%64)))
	}
	expect(t, fire(t, many, segs[:4095]...))
	expect(t, fire(t, many, segs...), "doors #4096 n=4096")
}

// A silent rule counts and says nothing, to rules on alerts neither.
func TestSilentRuleNeverAlerts(t *testing.T) {
	const rules = `rule "seen" {
  where = "tcp"
  silent = %t
}
rule "chain" {
  on = "alert"
  where = "alert.rule == 'seen'"
}`
	expect(t, fire(t, fmt.Sprintf(rules, false), syn(0, "192.0.2.1", 22)), "seen #1", "chain #1")
	expect(t, fire(t, fmt.Sprintf(rules, true), syn(0, "192.0.2.1", 22)))
}
