package main

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// TestByHandRaisesTheSameAlerts holds the detectors by hand to those that are rules: the same ones fire, at the same
// packets, and each of them does.
func TestByHandRaisesTheSameAlerts(t *testing.T) {
	rs, err := ruleSet("", base...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// At twelve times the time from packet to packet windows pass, keys come and go, and cooldowns end.
	slow := mixedTraffic
	slow.tick *= 12
	for name, tr := range map[string]traffic{"mixed": mixedTraffic, "slow": slow, "spoofed": spoofedTraffic} {
		t.Run(name, func(t *testing.T) {
			n := 300_000
			if name == "slow" {
				n = 600_000
			}
			_, fs := made(t, tr, n)
			if name == "mixed" {
				fs = append(fs, toBackdoor(t, fs))
			}
			var want outcome
			var fired []string
			engine.New(plan, engine.Config{Seed: 1}).Process(fs, func(a *alert.Alert) {
				want.alert(ruleID(a.Rule), a.Number)
				fired = append(fired, a.Rule)
			})
			d := newDetectors()
			d.process(fs)
			if d.found != want {
				t.Errorf("by hand %+v, by rules %+v", d.found, want)
			}
			slices.Sort(fired)
			fired = slices.Compact(fired)
			if name == "slow" {
				// Rates fall with the traffic's, but for those of long windows.
				for _, must := range []string{"port_scan", "suspicious_port", "arp_spoof", "dns_tunnel", "brute_force"} {
					if !slices.Contains(fired, must) {
						t.Errorf("%s did not fire", must)
					}
				}
			}
			t.Logf("%d alerts of %v", want.alerts, fired)
		})
	}
}

// toBackdoor returns the last answer of a DNS server in fs once more, to a port that backdoors listen on: the exception of
// suspicious_port.
func toBackdoor(t *testing.T, fs []packet.Frame) packet.Frame {
	t.Helper()
	d := packet.Decoder{}
	for _, f := range slices.Backward(fs) {
		var p packet.Packet
		if d.Decode(&p, &f); p.Layers&packet.LayerUDP == 0 || p.SrcPort != 53 || p.IPVersion != 4 {
			continue
		}
		f.Data = slices.Clone(f.Data)
		const udp = 14 + 20 // behind Ethernet and IPv4
		binary.BigEndian.PutUint16(f.Data[udp+2:], 4444)
		binary.BigEndian.PutUint16(f.Data[udp+6:], 0) // no checksum
		return f
	}
	t.Fatal("there is no answer of a DNS server")
	return packet.Frame{}
}
