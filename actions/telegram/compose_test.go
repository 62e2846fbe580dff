package telegram

import (
	"html"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

func addr(s string) packet.Addr { return packet.AddrFromNetip(netip.MustParseAddr(s)) }

// scan is an alert of a port scan.
func scan() *alert.Alert {
	threshold := 15.0
	return &alert.Alert{
		Time: 1_795_176_001_000_000_000, Number: 12, Layers: packet.LayerIP | packet.LayerTCP | packet.LayerPorts, IPVersion: 4, IPProto: 6,
		Src: addr("198.51.100.7"), Dst: addr("192.0.2.10"), SrcPort: 40000, DstPort: 1014,
		Rule: "port_scan", Severity: scale.SeverityHigh, Agent: "fw1", Key: []alert.Named{{Name: "ip.src", Value: "198.51.100.7"}},
		Values: []alert.Named{{Name: "ports", Value: int64(15)}}, Threshold: &threshold,
		Actions:    []alert.Action{{Kind: "notify", To: []string{"ops"}}, {Kind: "quarantine", Target: netip.MustParseAddr("198.51.100.7"), Seconds: 600}},
		Reputation: &alert.Reputation{Source: "virustotal", Indicator: "198.51.100.7", Tier: scale.TierHigh}, Suppressed: 4,
	}
}

func TestComposeGroup(t *testing.T) {
	m := message(37)
	m.MoreKeys = 2
	got, target := composer{text: true}.compose(m)
	const want = `🟠 <b>HIGH</b> <code>port_scan</code> × 37
<pre>A scan.</pre>
source: <code>198.51.100.7:40000</code>
target: <code>192.0.2.10:1014</code>
protocol: <code>TCP</code>
key: <code>ip.src=198.51.100.7</code>
values: <code>ports=15, threshold 15</code>
suppressed: <code>4</code>
reputation: <code>high of 198.51.100.7 by virustotal</code>
response: <code>quarantine 198.51.100.7 for 10m0s</code>
alerts: <code>37 from 2026-11-20 12:00:01 to 2026-11-20 12:00:01 UTC</code>
keys:
<code>ip.src=198.51.100.7</code>
and 2 more
sensor: <code>fw1</code>
newest, which buttons are for: <code>198.51.100.7</code>`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	if target.String() != "198.51.100.7" {
		t.Errorf("target %s", target)
	}
}

func TestComposeTest(t *testing.T) {
	got, target := composer{}.compose(&notify.Message{Notifier: "ops", Agent: "fw1", Severity: scale.SeverityLow, Title: "Test message", Text: "It works."})
	if want := "🔵 <code>Test message</code>\n<pre>It works.</pre>\nsensor: <code>fw1</code>"; got != want || target.IsValid() {
		t.Errorf("got %s, %v", got, target)
	}
}

// Whatever attackers put into names, there is no tag but ours, and never more text than Telegram takes.
func TestComposeHostile(t *testing.T) {
	for _, evil := range []string{"<b>&amp;</code></pre>\"'>", "\x00\x1b[31m\u202e", "\xff\xfe", "𝔘💥", "a\nb\r\nc", "</pre>", "@admin /unblock https://evil.example"} {
		long := strings.Repeat(evil, 5000/len(evil)+1)
		a := scan()
		a.Key = []alert.Named{{Name: "dns.qry.name", Value: long}}
		a.Values = []alert.Named{{Name: long, Value: long}}
		a.Actions = []alert.Action{{Kind: "block", Target: netip.MustParseAddr("198.51.100.7")}}
		a.Reputation = &alert.Reputation{Source: long, Indicator: long, Tier: scale.TierCritical}
		m := &notify.Message{Notifier: long, Agent: long, Rule: long, Severity: scale.SeverityCritical, Title: long, Text: long, Count: 3, Keys: []string{long, long}, MoreKeys: 1, Alert: a}
		for _, c := range []composer{{}, {true, true}} {
			got, target := c.compose(m)
			text := regexp.MustCompile(`</?(b|code|pre)>`).ReplaceAllString(got, "")
			if strings.ContainsAny(text, "<>") {
				t.Errorf("%q: a tag is left in %s", evil, text)
			}
			if n := units(html.UnescapeString(text)); n > maxAlertText {
				t.Errorf("%q: %d units", evil, n)
			}
			if strings.ContainsAny(text, "\x00\x1b\u202e\r") {
				t.Errorf("%q: control characters", evil)
			}
			if target.String() != "198.51.100.7" {
				t.Errorf("%q: target %s", evil, target)
			}
		}
	}
}

func TestOffender(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*alert.Alert)
		want   string
	}{
		"action":         {func(a *alert.Alert) { a.Actions[1].Target = netip.MustParseAddr("2001:db8::7") }, "2001:db8::7"},
		"key":            {func(a *alert.Alert) { a.Actions = nil; a.Key[0].Value = "203.0.113.9" }, "203.0.113.9"},
		"source":         {func(a *alert.Alert) { a.Actions, a.Key = nil, nil }, "198.51.100.7"},
		"no packet":      {func(a *alert.Alert) { a.Actions, a.Key, a.Layers = nil, nil, 0 }, "none"},
		"no target":      {func(a *alert.Alert) { a.Actions[1].Target, a.Key = netip.Addr{}, nil }, "198.51.100.7"},
		"notify is none": {func(a *alert.Alert) { a.Actions[0].Target = netip.MustParseAddr("192.0.2.1") }, "198.51.100.7"},
	} {
		a := scan()
		c.change(a)
		if got := offender(a).String(); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestPageCuts(t *testing.T) {
	p := newPage(5).plain("a&").code("💥b<more").plain("not there")
	if got := p.String(); got != "a&amp;<code>💥…</code>" {
		t.Errorf("%s", got)
	}
	if s, whole := fit("💥💥", 2); s != "…" || whole {
		t.Errorf("%q", s)
	}
}
