package main

import (
	"fmt"
	"testing"

	"github.com/ruleids/ruleids/engine"
)

// Rules that go by the order of packets, on what mixed traffic is made of.
var orderRules = []struct{ name, text string }{
	{"", ""},
	// One flight for each connection, which its first FIN ends.
	{"+sequence", `rule "opened_then_closed" {
  description = "A connection is opened, and closed from the same side."
  severity = "low"
  sequence "10m" {
    step "open" {
      where = "new_connection"
      by    = ["ip.src", "src.port"]
    }
    step "close" {
      where = "tcp.flags.fin and tcp.dstport < 1024"
      by    = ["ip.src", "src.port"]
    }
    unless "reset" {
      where = "tcp.flags.reset"
      by    = ["ip.src", "src.port"]
    }
  }
}`},
	// As many that wait for time to pass.
	{"+absent", `rule "never_closed" {
  description = "A connection that nobody closes."
  severity = "low"
  sequence "10s" {
    step "open" {
      where = "new_connection"
      by    = ["ip.src", "src.port"]
    }
    absent "close" {
      where = "tcp.flags.fin and tcp.dstport < 1024"
      by    = ["ip.src", "src.port"]
    }
  }
}`},
	// A rule writes at each answer of DNS; another reads at each connection.
	{"+track", `list "asked" {
  type = "ip"
  for  = "1h"
  max  = 1000000
}
rule "learn" {
  description = "Hosts that ask for names."
  severity = "low"
  silent = true
  where = "dns.flags.response"
  track "asked" { value = "ip.dst" }
}
rule "never_asked" {
  description = "A host that asked for no name opens a connection."
  severity = "low"
  where = "new_connection and ip.src not in list.asked"
  by = ["ip.src"]
}`},
}

// BenchmarkOrder measures sequences, and lists that rules fill, beside the shipped rules.
func BenchmarkOrder(b *testing.B) {
	onTraffic(b, mixedTraffic, *mixedPackets)
	file := captureOf(b, mixedTraffic, *mixedPackets)
	for _, x := range orderRules {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("rules=stdlib%s/workers=%d", x.name, workers), func(b *testing.B) {
				timed(b, rulesLoop(b, x.text, engine.Options{}, workers), file, 0)
			})
		}
	}
}
