package engine_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// Rules are loaded, compiled to a plan, and run by an engine. Frames come in batches, from a capture or
// from anywhere else; here they are made on the spot.
func Example() {
	set, diags := rules.Load(rules.Options{Sources: map[string][]byte{"scan.hcl": []byte(`
rule "scan" {
  description = "One source tries many TCP ports."
  severity    = "high"

  where = "tcp.flags.syn and not tcp.flags.ack"
  by    = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = 3
  when      = "ports >= threshold"

  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${ports} ports"
  }
}
`)}})
	if diags.HasErrors() {
		fmt.Println(diags)
		return
	}
	plan, diags := engine.Compile(set, engine.Options{})
	if diags.HasErrors() {
		fmt.Println(diags)
		return
	}

	e := engine.New(plan, engine.Config{})
	start := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	var frames []packet.Frame
	for i, port := range []uint16{22, 80, 22, 443, 8080} {
		data := syn("198.51.100.7", "192.0.2.10", port)
		frames = append(frames, packet.Frame{
			Data:   data,
			Length: uint32(len(data)),
			Time:   start.Add(time.Duration(i) * time.Second).UnixNano(),
			Link:   packet.LinkRaw,
		})
	}
	e.Process(frames, func(a *alert.Alert) {
		fmt.Println(time.Unix(0, a.Time).UTC().Format(time.TimeOnly), a.Severity, a.Rule, a.Key[0].Value)
		fmt.Println("packet", a.Number, "to port", a.DstPort, a.Values[0].Name, a.Values[0].Value)
		fmt.Println(a.Message)
	})

	// The fifth packet would have fired too, but the rule was in its cooldown.
	stats := e.Stats()
	fmt.Println(stats.Packets, "packets,", stats.Alerts, "alert,", stats.Suppressed, "suppressed")
	// Output:
	// 12:00:03 high scan 198.51.100.7
	// packet 4 to port 443 ports 3
	// 198.51.100.7 tried 3 ports
	// 5 packets, 1 alert, 1 suppressed
}

// syn returns an IPv4 packet with a TCP header that asks for a connection.
func syn(src, dst string, port uint16) []byte {
	b := make([]byte, 40)
	b[0], b[8], b[9] = 0x45, 64, 6 // version and header length, time to live, TCP
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	copy(b[12:], netip.MustParseAddr(src).AsSlice())
	copy(b[16:], netip.MustParseAddr(dst).AsSlice())
	binary.BigEndian.PutUint16(b[20:], 40000)
	binary.BigEndian.PutUint16(b[22:], port)
	b[32], b[33] = 5<<4, packet.FlagSYN
	return b
}
