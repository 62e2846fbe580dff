package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

func TestSummary(t *testing.T) {
	tally := newTally()
	for _, a := range []struct {
		rule     string
		severity scale.Severity
		src      byte
		layers   packet.Layer
	}{
		{"port_scan", scale.SeverityHigh, 7, packet.LayerIP},
		{"port_scan", scale.SeverityHigh, 9, packet.LayerIP},
		{"port_scan", scale.SeverityCritical, 7, packet.LayerIP}, // raised by reputation
		{"dns_tunnel", scale.SeverityMedium, 7, packet.LayerIP},
		{"arp_spoof", scale.SeverityCritical, 1, packet.LayerARPIPv4},
		{"stealth_scan", scale.SeverityHigh, 2, packet.LayerIP},
		{"odd", scale.SeverityLow, 0, packet.LayerEth}, // no address
	} {
		tally.add(&alert.Alert{Rule: a.rule, Severity: a.severity, Layers: a.layers, Src: packet.AddrFrom4([4]byte{198, 51, 100, a.src})})
	}
	s := summary{
		files: 2,
		stats: engine.Stats{Packets: 1000, Bytes: 64_000, Unknown: 1, Malformed: 2, Late: 11, Evictions: 3, Saturated: 1, Suppressed: 40,
			Rules: []engine.RuleStats{{Name: "port_scan", Suppressed: 39}, {Name: "stealth_scan", Suppressed: 1}}},
		elapsed: 10 * time.Millisecond,
		tally:   tally,
	}
	want := `2 captures, 1,000 packets, 64.0 kB in 0.010 s (100,000 packets/s)
3 packets undecodable: 1 of an unknown link type, 2 with a broken or cut layer
7 alerts: 2 critical, 3 high, 1 medium, 1 low (40 more in a cooldown)

  rule          severity  alerts  suppressed
  arp_spoof     critical       1           0
  port_scan     critical       1          39
  port_scan     high           2          39
  stealth_scan  high           1           1
  dns_tunnel    medium         1           0
  odd           low            1           0

  top sources   alerts  rules
  198.51.100.7       3  port_scan, dns_tunnel
  198.51.100.1       1  arp_spoof
  198.51.100.2       1  stealth_scan
  198.51.100.9       1  port_scan
`
	var out bytes.Buffer
	if err := s.write(&out, false); err != nil || out.String() != want {
		t.Errorf("error %v, got:\n%s\nwant:\n%s", err, &out, want)
	}
	out.Reset()
	if err := s.write(&out, true); err != nil {
		t.Fatal(err)
	}
	plain := out.String()
	for _, st := range []style{styleBold, styleDim, styleRed, styleGreen, styleYellow, styleCyan, styleAlarm, "\x1b[0m"} {
		plain = strings.ReplaceAll(plain, string(st), "")
	}
	if plain == out.String() || plain != want {
		t.Errorf("with colours taken out:\n%s\nwant:\n%s", plain, want)
	}
}

func TestSummaryOfNothing(t *testing.T) {
	s := summary{files: 1, tally: newTally(), interrupted: true}
	want := `1 capture, 0 packets, 0 B in 0.000 s (0 packets/s)
0 alerts
`
	var out bytes.Buffer
	if err := s.write(&out, false); err != nil || out.String() != want {
		t.Errorf("error %v, got:\n%s\nwant:\n%s", err, &out, want)
	}
}

func TestTopSourcesAreBounded(t *testing.T) {
	tally := newTally()
	for i := range 25 {
		tally.add(&alert.Alert{Rule: "r", Severity: scale.SeverityLow, Layers: packet.LayerIP, Src: packet.AddrFrom4([4]byte{10, 0, 0, byte(i)})})
	}
	s := summary{files: 1, tally: tally}
	var out bytes.Buffer
	if err := s.write(&out, false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "  and 15 more\n") || strings.Contains(out.String(), "10.0.0.10 ") {
		t.Errorf("got:\n%s", &out)
	}
}

// TestWarnings holds what is told of a replay even where there is no summary, and that a few late or broken packets are
// not worth a word.
func TestWarnings(t *testing.T) {
	s := summary{interrupted: true, stats: engine.Stats{Packets: 1000, Unknown: 1, Malformed: 11, Late: 11, Evictions: 3, Saturated: 1, CooldownsLost: 2, Failures: 1}}
	want := []string{
		"the replay was interrupted after 1,000 packets: what follows them was not looked at",
		"1 of 1,000 packets have a link type that cannot be decoded: no rule looked at what is in them",
		"11 of 1,000 packets have a broken or cut layer: rules see the layers before it and nothing behind",
		"11 of 1,000 packets are older than one before them, and windows do not go back in time; give captures in the order they were taken",
		"3 keys lost their state to make room; a larger max_keys, of a list max, keeps them",
		"windows dropped their oldest events 1 time for lack of memory",
		"2 cooldowns ended early for lack of room: their keys may alert again",
		"1 evaluation of an expression failed and had no value, so that comparisons on it were false",
	}
	if got := s.warnings(); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	s = summary{stats: engine.Stats{Packets: 1000, Malformed: 10, Late: 10}}
	if got := s.warnings(); got != nil {
		t.Errorf("got %q", got)
	}
}
