package alert

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

func TestAppendText(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Alert)
		want   string
	}{
		"plain": {func(a *Alert) {},
			"2026-11-20 12:00:01.400  HIGH      port_scan           198.51.100.7 → 192.0.2.10:1014       One source tries many destination ports.  ports=15/15  [quarantine 198.51.100.7 10m, notify ops]"},
		"longest flow of IPv4": {func(a *Alert) { a.Src, a.Dst, a.DstPort = addr("192.168.100.100"), addr("192.168.100.101"), 1 },
			"2026-11-20 12:00:01.400  HIGH      port_scan           192.168.100.100 → 192.168.100.101:1  One source tries many destination ports.  ip.src=198.51.100.7 ports=15/15  [quarantine 198.51.100.7 10m, notify ops]"},
		"shadow": {func(a *Alert) { a.Shadow = true },
			"2026-11-20 12:00:01.400  HIGH      port_scan           198.51.100.7 → 192.0.2.10:1014       One source tries many destination ports.  ports=15/15  [shadow, would quarantine 198.51.100.7 10m, notify ops]"},
		"shadow without actions": {func(a *Alert) { a.Shadow, a.Actions = true, nil },
			"2026-11-20 12:00:01.400  HIGH      port_scan           198.51.100.7 → 192.0.2.10:1014       One source tries many destination ports.  ports=15/15  [shadow]"},
		"several values, suppressed, reputation, agent": {func(a *Alert) {
			a.Values = []Named{{"syns", int64(1200)}, {"rate", 0.333333333}, {"mean", 1e6}}
			a.Suppressed, a.Agent, a.Actions = 12, "gate", nil
			a.Reputation = &Reputation{Source: "virustotal", Indicator: "198.51.100.7", Tier: scale.TierHigh, Malicious: 4, Engines: 90}
		},
			"2026-11-20 12:00:01.400  HIGH      port_scan           198.51.100.7 → 192.0.2.10:1014       One source tries many destination ports.  syns=1200 rate=0.333333 mean=1000000 threshold=15  virustotal: 198.51.100.7 is high (4/90)  +12 suppressed  @gate"},
		"an aggregate without a value": {func(a *Alert) { a.Values, a.Actions = []Named{{"n", int64(1)}, {"mean", math.NaN()}}, nil },
			"2026-11-20 12:00:01.400  HIGH      port_scan           198.51.100.7 → 192.0.2.10:1014       One source tries many destination ports.  n=1 mean=- threshold=15"},
		"UDP, key with more": {func(a *Alert) {
			*a = *flow(protoUDP, "10.0.0.1", "10.0.0.53", 4000, 53)
			a.Rule, a.Severity, a.Message = "dns_tunnel_volume", scale.SeverityCritical, "many names"
			a.Key = []Named{{"ip.src", "10.0.0.1"}, {"registered_domain(dns.qry.name)", "t.example"}, {"udp.dstport", int64(53)}}
		},
			"1970-01-01 00:00:00.000  CRITICAL  dns_tunnel_volume   10.0.0.1 → 10.0.0.53:53/udp          many names  registered_domain(dns.qry.name)=t.example"},
		"IPv6": {func(a *Alert) {
			*a = *flow(protoTCP, "2001:db8::1", "2001:db8::2", 4000, 22)
			a.Rule, a.Severity = "a_rule_with_a_name_that_is_long", scale.SeverityLow
			a.Actions = []Action{{Kind: "block", Target: netip.MustParseAddr("2001:db8::1")}}
		},
			"1970-01-01 00:00:00.000  LOW       a_rule_with_a_name_that_is_long  2001:db8::1 → [2001:db8::2]:22       [block 2001:db8::1]"},
		"ICMP": {func(a *Alert) {
			*a = *flow(protoICMP, "10.0.0.1", "10.0.0.2", 8, 0)
			a.Rule, a.Severity = "icmp_flood", scale.SeverityMedium
		},
			"1970-01-01 00:00:00.000  MEDIUM    icmp_flood          10.0.0.1 → 10.0.0.2 icmp"},
		"ARP": {func(a *Alert) { *a = *arpSpoof() },
			"2017-07-14 02:40:00.000  CRITICAL  arp_spoof           10.0.0.1 → 10.0.0.2 arp              macs=1"},
		"no addresses": {func(a *Alert) {
			*a = Alert{Layers: packet.LayerFrame, Rule: "r", Severity: scale.SeverityLow, Description: "D."}
		},
			"1970-01-01 00:00:00.000  LOW       r                   -                                    D."},
	} {
		a := portScan()
		c.change(a)
		if d := cmp.Diff(c.want, string(a.AppendText(nil, false))); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}

func TestAppendTextColor(t *testing.T) {
	for severity, sgr := range map[Severity]string{scale.SeverityCritical: "1;97;41", scale.SeverityHigh: "1;31", scale.SeverityMedium: "38;5;136", scale.SeverityLow: "36"} {
		a := portScan()
		a.Severity = severity
		got := string(a.AppendText(nil, true))
		want := "\x1b[2m2026-11-20 12:00:01.400\x1b[0m  \x1b[" + sgr + "m" + strings.ToUpper(severity.String()) + "\x1b[0m" +
			strings.Repeat(" ", 10-len(severity.String())) + "\x1b[1mport_scan\x1b[0m           198.51.100.7"
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want it to begin %q", severity, got, want)
		}
		if !strings.HasSuffix(got, "\x1b[2m[quarantine 198.51.100.7 10m, notify ops]\x1b[0m") {
			t.Errorf("%s: got %q", severity, got)
		}
	}
}

func TestTextDatesOnce(t *testing.T) {
	var b []byte
	var w Text
	for _, at := range []string{"1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2026-11-20T12:00:00Z", "2026-11-20T23:59:59.9999Z", "2026-11-21T00:00:00Z"} {
		tm, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		b = w.Append(b, &Alert{Time: tm.UnixNano(), Rule: "r", Severity: scale.SeverityHigh})
	}
	want := "" +
		"1969-12-31 23:59:59.000  HIGH      r                   -\n" +
		"1970-01-01 00:00:00.000  HIGH      r                   -\n" +
		"2026-11-20 12:00:00.000  HIGH      r                   -\n" +
		"           23:59:59.999  HIGH      r                   -\n" +
		"2026-11-21 00:00:00.000  HIGH      r                   -\n"
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Whatever a packet or a rule file holds, a line is one line of printing characters.
func TestAppendTextIsSafeForTerminals(t *testing.T) {
	evil := "\x1b[2J\x07\r\n\x9b31m\u009b\u202e\xff\x00"
	a := portScan()
	a.Rule, a.Description, a.Agent = "r"+evil, evil, evil
	a.Key = []Named{{evil, evil}}
	a.Values = []Named{{evil, evil}, {"v", "a b [x]"}}
	a.Reputation = &Reputation{Source: evil, Indicator: evil}
	a.Actions = []Action{{Kind: evil, To: []string{evil}}}
	got := string(a.AppendText(nil, false))
	for _, r := range got {
		if !unicode.IsPrint(r) {
			t.Fatalf("%q (%U) reached the terminal: %q", r, r, got)
		}
	}
	if !strings.Contains(got, `v="a b [x]"`) {
		t.Errorf("text with spaces is not quoted: %s", got)
	}
	if !strings.Contains(got, `="\x1b[2J\a\r\n\x9b31m\u009b\u202e\xff\x00"`) {
		t.Errorf("control characters are not shown: %s", got)
	}
}

func TestAppendValue(t *testing.T) {
	long := strings.Repeat("é", 60)
	for _, c := range []struct {
		in   any
		want string
	}{
		{int64(-5), "-5"}, {2.5, "2.5"}, {1e20, "1e+20"}, {true, "true"}, {"", `""`}, {"a=b", `"a=b"`}, {"日本", "日本"},
		{long, long[:96] + "…"}, {"x" + long, "x" + long[:94] + "…"}, {nil, "?"},
	} {
		if got := string(appendValue(nil, c.in)); got != c.want {
			t.Errorf("%v: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestSpanText(t *testing.T) {
	for in, want := range map[float64]string{600: "10m", 3600: "1h", 5400: "1h30m", 90: "1m30s", 0.25: "250ms", 86400: "24h", 1e300: "forever"} {
		if got := spanText(in); got != want {
			t.Errorf("%v seconds: got %s, want %s", in, got, want)
		}
	}
}

// TestTextFitsItsWidth folds a line below its severity, and leaves one that fits alone.
func TestTextFitsItsWidth(t *testing.T) {
	wide := Text{Width: 400}
	if got, want := string(wide.Append(nil, portScan())), string(portScan().AppendText(nil, false))+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	narrow := Text{Width: 100}
	want := "2026-11-20 12:00:01.400  HIGH      port_scan           198.51.100.7 → 192.0.2.10:1014\n" +
		"                         One source tries many destination ports.  ports=15/15\n" +
		"                         [quarantine 198.51.100.7 10m, notify ops]\n"
	if d := cmp.Diff(want, string(narrow.Append(nil, portScan()))); d != "" {
		t.Error(d)
	}
}
