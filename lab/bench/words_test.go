package main

import (
	"testing"

	"github.com/ruleids/ruleids/engine"
)

// Rules that remember, that go by rhythm, and that count tuples, on the connections of mixed traffic.
var wordRules = []struct{ name, text string }{
	{"", ""},
	{"+distinct", wordRule("distinct", `  window "1m" { n = "distinct(ip.dst)" }`)},
	{"+tuple", wordRule("tuple", `  window "1m" { n = "distinct([ip.dst, dst.port])" }`)},
	{"+count", wordRule("count", `  window "1m" { n = "count()" }`)},
	{"+gap", wordRule("gap", `  window "1m" { n = "cv(gap())" }`)},
	{"+median", wordRule("median", `  window "1m" { n = "median(gap())" }`)},
	{"+levels", wordRule("levels", `  window "1m" { n = "count()" }
  level "critical" { when = "n >= 1000000000" }`)},
	{"+memory", `rule "memory" {
  description = "A pair that was not there before."
  severity = "low"
  where = "new_connection"
  by = ["ip.src"]
  memory "5d" {
    fresh = "first([ip.src, ip.dst])"
    learn = "1d"
    max_keys = 1000000
  }
  when = "fresh"
}`},
}

// wordRule is a rule that never fires.
func wordRule(name, blocks string) string {
	return `rule "` + name + `" {
  description = "Never."
  severity = "low"
  where = "new_connection"
  by = ["ip.src", "dst.port"]
` + blocks + `
  when = "n >= 100000000"
}`
}

// BenchmarkWords measures memories, rhythm, tuples and levels beside the shipped rules.
func BenchmarkWords(b *testing.B) {
	onTraffic(b, mixedTraffic, *mixedPackets)
	file := captureOf(b, mixedTraffic, *mixedPackets)
	for _, x := range wordRules {
		b.Run("rules=stdlib"+x.name, func(b *testing.B) {
			timed(b, rulesLoop(b, x.text, engine.Options{}, 1), file, 0)
		})
	}
}
