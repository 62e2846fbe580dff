package main

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/engine"
)

// followed are the shipped rules that follow conversations and are not about what these speak.
var followed = []string{"ack_scan", "failed_connections", "rdp_from_outside", "smb_from_outside"}

// shortTraffic is mixedTraffic whose conversations have 4 to 20 packets.
var shortTraffic = traffic{name: "short", tick: 12_000, write: func(w *writer, tick int64, n int) { mixed(w, tick, n, lengths{4, 17}, true) }}

// switched writes overrides that turn rules on or off.
func switched(on bool, names ...string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString("override \"" + name + "\" { enabled = ")
		if on {
			b.WriteString("true }\n")
		} else {
			b.WriteString("false }\n")
		}
	}
	return b.String()
}

// conversationRules are what is asked of conversations, besides the shipped rules that do not.
var conversationRules = []struct{ name, text string }{
	{"without", switched(false, followed...)},
	{"with", switched(true, followed...)},
	// Another that concerns UDP, too.
	{"datagrams", switched(true, append(followed, "long_connection")...)},
	// The fields of packets alone.
	{"fields", switched(false, followed...) + `rule "again" {
  description = "A host sends the same again and again."
  severity = "low"
  where = "conn.retransmission"
  by = ["ip.src"]
  window "10s" { n = "count()" }
  threshold = 1000
  when = "n >= threshold"
}`},
	{"flows", switched(false, followed...) + `rule "thick" {
  description = "A flow of many packets."
  severity = "low"
  where = "flow.packets >= 1000000"
}`},
}

// BenchmarkConversations measures rules on conversations, beside the shipped rules without: on mixed traffic, on conversations
// of a few packets each, and on SYN and UDP from forged sources.
func BenchmarkConversations(b *testing.B) {
	for _, x := range conversationRules {
		l := rulesLoop(b, x.text, engine.Options{}, 1)
		for _, t := range []struct {
			traffic
			packets int
		}{{mixedTraffic, *mixedPackets}, {shortTraffic, *shortPackets}, {spoofedTraffic, *spoofedPackets / 5}} {
			file := captureOf(b, t.traffic, t.packets)
			b.Run(t.name+"/rules="+x.name, func(b *testing.B) { timed(b, l, file, 0) })
		}
	}
}
