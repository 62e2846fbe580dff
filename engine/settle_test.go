package engine

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// wrap puts a raw IP frame behind an outer IPv4 header, and for UDP a header with ports.
func wrap(f packet.Frame, src string, proto byte, port uint16, before ...byte) packet.Frame {
	inner := append(slices.Clone(before), f.Data...)
	if proto == 17 {
		h := make([]byte, 8)
		binary.BigEndian.PutUint16(h, 50000)
		binary.BigEndian.PutUint16(h[2:], port)
		binary.BigEndian.PutUint16(h[4:], uint16(8+len(inner)))
		inner = append(h, inner...)
	}
	h := make([]byte, 20)
	h[0], h[8], h[9] = 0x45, 64, proto
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(inner)))
	a := netip.MustParseAddr(src).As4()
	copy(h[12:], a[:])
	copy(h[16:], []byte{10, 0, 0, 2})
	f.Data = append(h, inner...)
	f.Length = uint32(len(f.Data))
	return f
}

// vxlan is a VXLAN header and an Ethernet header for IPv4.
var vxlan = []byte{8, 0, 0, 0, 0, 0, 42, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}

// checked writes the checksums of a raw IPv4 frame with TCP, or a wrong one.
func checked(s seg, wrong bool) packet.Frame {
	f := s.frame()
	sum := func(sum uint32, b []byte) uint16 {
		for ; len(b) > 1; b = b[2:] {
			sum += uint32(binary.BigEndian.Uint16(b))
		}
		sum = sum>>16 + sum&0xffff
		return ^uint16(sum>>16 + sum)
	}
	binary.BigEndian.PutUint16(f.Data[10:], sum(0, f.Data[:20]))
	tcp := sum(6+uint32(len(f.Data)-20), f.Data[12:])
	if wrong {
		tcp ^= 0x5555
	}
	binary.BigEndian.PutUint16(f.Data[36:], tcp)
	return f
}

// alerts runs frames through a plan with 1, 2 and 4 workers, which must agree, and returns the alerts.
func alerts(t *testing.T, src string, cfg Config, fs []packet.Frame) []*alert.Alert {
	t.Helper()
	var first []*alert.Alert
	var text string
	for i, workers := range []int{1, 2, 4} {
		c := cfg
		c.Workers, c.Seed = workers, 1
		e := New(compile(t, src, Options{}), c)
		var out []*alert.Alert
		e.Process(fs, func(a *alert.Alert) { out = append(out, a) })
		var lines string
		for _, a := range out {
			lines += string(a.AppendJSON(nil)) + "\n"
		}
		if i == 0 {
			first, text = out, lines
		} else if lines != text {
			t.Errorf("%d workers:\n%s\none:\n%s", workers, lines, text)
		}
	}
	return first
}

const scan = `
rule "scan" {
  description = "x"
  severity    = "high"
  where       = "tcp.flags.syn and not tcp.flags.ack"
  by          = ["ip.src"]
  window "10s" { ports = "distinct(tcp.dstport)" }
  threshold   = 5
  when        = "ports >= threshold"
  block {
    target = "ip.src"
    for    = "1h"
  }
}
`

// What an action keeps out is the outermost source, unless the tunnel ends here; the alert has both.
func TestTargetOfTunnels(t *testing.T) {
	var fs []packet.Frame
	for i := range 5 {
		fs = append(fs, wrap(syn(float64(i)/10, "203.0.113.9", uint16(1000+i)).frame(), "192.0.2.66", 17, 4789, vxlan...))
	}
	for _, c := range []struct {
		ends []TunnelEnd
		want string
	}{
		{nil, "192.0.2.66"},
		{[]TunnelEnd{{Tunnel: packet.TunnelGRE}}, "192.0.2.66"},
		{[]TunnelEnd{{Tunnel: packet.TunnelVXLAN}}, "203.0.113.9"},
		{[]TunnelEnd{{packet.TunnelVXLAN, netip.MustParsePrefix("192.0.2.0/24")}}, "203.0.113.9"},
		{[]TunnelEnd{{packet.TunnelVXLAN, netip.MustParsePrefix("198.51.100.0/24")}}, "192.0.2.66"},
	} {
		got := alerts(t, scan, Config{TunnelEnds: c.ends}, fs)
		if len(got) != 1 || got[0].Actions[0].Target.String() != c.want {
			t.Fatalf("%v: %+v, want the target %s", c.ends, got, c.want)
		}
		a := got[0]
		if a.Src.String() != "203.0.113.9" || a.Key[0].Value != "203.0.113.9" {
			t.Errorf("detection is by %v, want the inner source", a.Key)
		}
		if tu := a.Tunnel; tu == nil || tu.Type != packet.TunnelVXLAN || tu.Src.String() != "192.0.2.66" || tu.DstPort != 4789 || tu.Depth != 1 {
			t.Errorf("tunnel %+v", tu)
		}
	}
	// So it is where a rule on alerts acts.
	chain := scan + `
rule "chain" {
  description = "x"
  severity    = "critical"
  on          = "alert"
  where       = "alert.rule == 'scan'"
  by          = ["ip.src"]
  block {
    target = "ip.src"
    for    = "1h"
  }
}
`
	got := alerts(t, chain, Config{}, fs)
	if len(got) != 2 || got[1].Rule != "chain" || got[1].Actions[0].Target.String() != "192.0.2.66" {
		t.Errorf("%+v", got)
	}
}

// Rules on UDP see the datagram that carries a tunnel, too; others see the inner packet alone.
func TestOutermostDatagram(t *testing.T) {
	const rules = `
rule "flood" {
  description = "x"
  severity    = "high"
  where       = "udp"
  by          = ["ip.src", "ip.dst"]
  window "5s" { packets = "count()" }
  threshold   = 100
  when        = "packets >= threshold"
}
rule "every" {
  description = "x"
  severity    = "low"
  by          = []
  where       = "ip"
  window "5s" { packets = "count()" }
  threshold   = 151
  when        = "packets >= threshold"
}
`
	var fs []packet.Frame
	for i := range 150 {
		s := seg{at: float64(i) / 100, src: fmt.Sprintf("203.0.113.%d", i), dst: "10.9.9.9", sport: 1, dport: 9, proto: 17}
		fs = append(fs, wrap(s.frame(), "192.0.2.66", 17, 4789, vxlan...))
	}
	got := alerts(t, rules, Config{}, fs)
	if len(got) != 1 || got[0].Rule != "flood" || got[0].Src.String() != "192.0.2.66" || got[0].DstPort != 4789 || got[0].Number != 100 {
		t.Errorf("%+v", got)
	}
	if got := alerts(t, rules, Config{TunnelEnds: []TunnelEnd{{Tunnel: packet.TunnelVXLAN}}}, fs); len(got) != 0 {
		t.Errorf("of a tunnel that ends here: %+v", got)
	}
}

// A scan in fragments is a scan, in whichever part of a batch they come.
func TestFragments(t *testing.T) {
	var fs []packet.Frame
	for i := range 1500 {
		f := syn(float64(i)/1000, "203.0.113.9", uint16(1000+i%5)).frame()
		if i%300 != 0 { // among packets of others
			fs = append(fs, seg{at: float64(i) / 1000, src: "10.0.0.7", dst: "10.0.0.8", sport: 1, dport: 2, flags: 16}.frame())
			continue
		}
		f = syn(float64(i)/1000, "203.0.113.9", uint16(1000+i/300)).frame()
		for at := 20; at < len(f.Data); at += 8 {
			end := min(at+8, len(f.Data))
			b := append(slices.Clone(f.Data[:20]), f.Data[at:end]...)
			binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
			binary.BigEndian.PutUint16(b[4:], uint16(i))
			offset := uint16(at-20) / 8
			if end < len(f.Data) {
				offset |= 0x2000
			}
			binary.BigEndian.PutUint16(b[6:], offset)
			fs = append(fs, packet.Frame{Data: b, Time: f.Time, Length: uint32(len(b)), Link: f.Link})
		}
	}
	got := alerts(t, scan, Config{}, fs)
	if len(got) != 1 || got[0].Number != 1211 {
		t.Errorf("%+v", got)
	}
	// Flows count packets in their order.
	if got := alerts(t, scan+`
rule "flows" {
  description = "x"
  severity    = "low"
  where       = "flow.packets > 100000"
}
`, Config{}, fs); len(got) != 1 || got[0].Number != 1211 {
		t.Errorf("with flows: %+v", got)
	}
}

// Packets with a wrong checksum do not count, but where offload explains that.
func TestChecksums(t *testing.T) {
	const rules = `
rule "open" {
  description = "x"
  severity    = "high"
  where       = "tcp"
  by          = ["ip.src"]
  window "10s" {
    syns  = "count(tcp.flags.syn)"
    ends  = "count(tcp.flags.reset)"
  }
  threshold = 5
  when      = "syns >= threshold and ends == 0"
}
`
	frames := func(sum packet.Sum, right bool) (fs []packet.Frame) {
		for i := range 5 {
			f := checked(syn(float64(i)/10, "203.0.113.9", 80), !right)
			rst := checked(seg{at: float64(i) / 10, src: "203.0.113.9", dst: "10.0.0.2", sport: 1, dport: 80, flags: 4}, true)
			f.Sum, rst.Sum = sum, sum
			fs = append(fs, f, rst)
		}
		return fs
	}
	for _, c := range []struct {
		name   string
		mode   Checksums
		sum    packet.Sum
		right  bool // the checksums of SYNs; those of RSTs are wrong
		alerts int
	}{
		{"a file, of a source with right ones", ChecksumsAuto, packet.SumUnknown, true, 1},
		{"a file, of a source that offloads", ChecksumsAuto, packet.SumUnknown, false, 0},
		{"a file, without exception", ChecksumsOn, packet.SumUnknown, true, 1},
		{"a file, not looked at", ChecksumsOff, packet.SumUnknown, true, 0},
		{"a wire", ChecksumsAuto, packet.SumWire, true, 1},
		{"a wire, all wrong", ChecksumsAuto, packet.SumWire, false, 0},
		{"this host", ChecksumsAuto, packet.SumPending, true, 0},
	} {
		if got := alerts(t, rules, Config{Checksums: c.mode}, frames(c.sum, c.right)); len(got) != c.alerts {
			t.Errorf("%s: %d alerts, want %d", c.name, len(got), c.alerts)
		}
	}
	e := New(compile(t, rules, Options{}), Config{Seed: 1})
	e.Process(frames(packet.SumWire, false), func(*alert.Alert) {})
	if st := e.Stats(); st.Refused != 10 || st.Faults[1] != 10 || st.Rules[0].Matched != 0 {
		t.Errorf("refused %d for %v, matched %d", st.Refused, st.Faults, st.Rules[0].Matched)
	}
}
