package output

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// parseMessage reads a message by the grammar of RFC 5424, strictly, and holds it to what this package
// promises besides.
func parseMessage(t *testing.T, text []byte) *rfc5424.SyslogMessage {
	t.Helper()
	m, err := rfc5424.NewParser(rfc5424.WithCompliantMsg()).Parse(text)
	if err != nil {
		t.Fatalf("%v in\n%q", err, text)
	}
	for _, c := range text {
		if c < 0x20 || c == 0x7f {
			t.Fatalf("control character %q in\n%q", c, text)
		}
	}
	if !utf8.Valid(text) {
		t.Fatalf("no UTF-8: %q", text)
	}
	return m.(*rfc5424.SyslogMessage)
}

func render(c *SyslogConfig, a *alert.Alert) []byte {
	return newMessage(c, "sensor.example").append(nil, newEvent(a))
}

func TestMessage(t *testing.T) {
	want := fmt.Sprintf(`<27>1 2026-11-20T12:00:01.400000Z sensor.example ruleids %d port_scan `, os.Getpid()) +
		`[ruleids@32473 rule="port_scan" severity="high" category="recon" src_ip="198.51.100.7" dest_ip="192.0.2.10" src_port="40000" dest_port="1014" ` +
		`proto="TCP" community_id="` + numbered(1).CommunityID() + `" threshold="15" attack="T1046"][key@32473 ip.src="198.51.100.7"][values@32473 ports="15"] ` +
		`port_scan: One source tries many destination ports. 198.51.100.7 -> 192.0.2.10:1014  ports=15/15  [quarantine 198.51.100.7 10m]`
	got := render(setting.New[SyslogConfig](), numbered(1))
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	m := parseMessage(t, got)
	if *m.Facility != 3 || *m.Severity != 3 || !m.Timestamp.Equal(time.Date(2026, 11, 20, 12, 0, 1, 400_000_000, time.UTC)) ||
		(*m.StructuredData)["key@32473"]["ip.src"] != "198.51.100.7" || (*m.StructuredData)["ruleids@32473"]["threshold"] != "15" {
		t.Errorf("read back: %+v", m)
	}
}

func TestMessageSeverity(t *testing.T) {
	c := setting.New[SyslogConfig]()
	c.Facility = "local5"
	for severity, want := range map[scale.Severity]uint8{scale.SeverityCritical: 2, scale.SeverityHigh: 3, scale.SeverityMedium: 4, scale.SeverityLow: 5, 0: 4} {
		a := numbered(1)
		a.Severity = severity
		if m := parseMessage(t, render(c, a)); *m.Facility != 21 || *m.Severity != want {
			t.Errorf("%q: facility %d, severity %d, want 21, %d", severity, *m.Facility, *m.Severity, want)
		}
	}
}

func TestMessageJSON(t *testing.T) {
	c := setting.New[SyslogConfig]()
	c.Format = "json"
	a := numbered(1)
	a.Message = "größer \U0001F600 日本 \xff"
	m := parseMessage(t, render(c, a))
	for _, r := range *m.Message {
		if r >= utf8.RuneSelf {
			t.Errorf("%q in %s", r, *m.Message)
		}
	}
	var got, want any
	if err := json.Unmarshal([]byte(*m.Message), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.AppendJSON(nil), &want); err != nil {
		t.Fatal(err)
	}
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func TestMessageBOM(t *testing.T) {
	a := numbered(1)
	a.Description = "Größe"
	if text := render(setting.New[SyslogConfig](), a); !strings.Contains(string(text), "] \ufeffport_scan: Größe") {
		t.Errorf("no byte order mark before text that is not ASCII: %q", text)
	}
	if text := render(setting.New[SyslogConfig](), numbered(1)); strings.Contains(string(text), "\ufeff") {
		t.Errorf("a byte order mark before ASCII: %q", text)
	}
}

// hostile is text that an attacker could send, and some that no attacker can.
func hostile(rng *rand.Rand) string {
	parts := []string{"a", "]", `"`, `\`, "=", " ", "\n", "\r\n", "\x00", "\x1b[31m", "é", "\u202e", "\U0001F600", "\xff", "\ufeff", "1 2", strings.Repeat("x", 40), "<13>1 - - - - - -"}
	var b strings.Builder
	for range rng.IntN(8) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

func hostileAlert(rng *rand.Rand) *alert.Alert {
	a := numbered(1)
	a.Rule, a.Description, a.Category, a.Message, a.Agent = "r"+hostile(rng), hostile(rng), hostile(rng), hostile(rng), hostile(rng)
	a.Severity = scale.Severity(rng.IntN(5))
	for range rng.IntN(4) {
		a.Key = append(a.Key, alert.Named{Name: hostile(rng), Value: hostile(rng)})
	}
	a.Values = append(a.Values, alert.Named{Name: hostile(rng), Value: rng.NormFloat64()}, alert.Named{Name: "b", Value: true})
	a.Actions = append(a.Actions, alert.Action{Kind: hostile(rng)})
	a.Attack = []string{hostile(rng)}
	a.Reputation = &alert.Reputation{Source: hostile(rng), Tier: scale.Tier(rng.IntN(scale.NumTiers))}
	return a
}

// TestHostileMessage holds every message to the grammar, whatever is in it and wherever it is cut.
func TestHostileMessage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 424))
	for range 3000 {
		c := setting.New[SyslogConfig]()
		c.Hostname, c.AppName = hostile(rng), hostile(rng)
		c.Format = []string{"text", "json"}[rng.IntN(2)]
		c.MaxMessage = 480 + rng.IntN(1500)
		a := hostileAlert(rng)
		text := render(c, a)
		if len(text) > c.MaxMessage {
			t.Fatalf("%d bytes, want at most %d", len(text), c.MaxMessage)
		}
		m := parseMessage(t, text)
		if len(text) < c.MaxMessage-100 && len(a.Key) == 1 { // nothing was cut
			if got := (*m.StructuredData)["key@32473"]["ip.src"]; got != "198.51.100.7" {
				t.Fatalf("key: %q in %q", got, text)
			}
		}
	}
}

func TestParamRoundTrip(t *testing.T) {
	a := numbered(1)
	a.Key = []alert.Named{{Name: `a=b]c"d e`, Value: `x]y"z\`}}
	m := parseMessage(t, render(setting.New[SyslogConfig](), a))
	got, ok := (*m.StructuredData)["key@32473"]["a_b_c_d_e"]
	if want := `x]y"z\`; !ok || got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
