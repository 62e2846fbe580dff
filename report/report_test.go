package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// of returns an alert of a rule.
func of(rule string, severity scale.Severity, after time.Duration, src string) *alert.Alert {
	return &alert.Alert{
		Time: start.Add(after).UnixNano(), Rule: rule, Severity: severity, Category: "recon", Description: "A description.", Message: "a message",
		Layers: packet.LayerFrame | packet.LayerIP, Src: packet.AddrFromNetip(netip.MustParseAddr(src)), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.1")), IPVersion: 4,
		Key: []alert.Named{{Name: "ip.src", Value: src}},
	}
}

// page writes the page, and parses it.
func page(t *testing.T, c *Collector, in Input) (string, *html.Node) {
	t.Helper()
	if in.Title == "" {
		in.Title, in.Made = "Test", start
	}
	var b bytes.Buffer
	if err := c.Write(&b, &in); err != nil {
		t.Fatal(err)
	}
	n, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), n
}

// Whatever strangers write is text: no element and no attribute comes of it, and the policy allows nothing but the page's own
// style and script.
func TestTextOfStrangersIsText(t *testing.T) {
	c := NewCollector()
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>'` + "\x00\u202e{{.}}</title></style>"
	a := of(evil, scale.SeverityHigh, 0, "198.51.100.7")
	a.Message, a.Description, a.Category = evil, evil, evil
	a.Key = []alert.Named{{Name: evil, Value: evil}}
	c.Alert(a)
	for _, result := range packet.AuthResults() {
		c.Login(&packet.Auth{Time: start.UnixNano(), User: evil, Service: evil, Host: evil, Method: evil, Reason: evil, Result: result, Src: netip.MustParseAddrPort("198.51.100.7:5")})
	}
	text, doc := page(t, c, Input{Title: evil, Made: start, Files: []string{evil}, Version: evil,
		Near: []engine.Explanation{{Rule: evil, Closest: []engine.Near{{Key: []alert.Named{{Name: "x", Value: evil}}, Aggregate: evil, Value: 1, Bound: 2}}}}})
	scripts, styles := 0, 0
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script":
				scripts++
			case "style":
				styles++
			case "img", "a", "iframe", "link", "object", "form":
				t.Errorf("an element %s", n.Data)
			}
			for _, at := range n.Attr {
				if strings.HasPrefix(at.Key, "on") || at.Key == "style" || at.Key == "src" || at.Key == "href" {
					t.Errorf("<%s %s=%q>", n.Data, at.Key, at.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	if scripts != 1 || styles != 1 {
		t.Errorf("%d scripts, %d styles", scripts, styles)
	}
	if strings.ContainsAny(text, "\x00\u202e") {
		t.Error("text that does not print is on the page")
	}
	for _, kind := range []string{"style", "script"} {
		m := regexp.MustCompile(`(?s)<` + kind + `>(.*?)</` + kind + `>`).FindStringSubmatch(text)
		sum := sha256.Sum256([]byte(m[1]))
		if want := kind + "-src &#39;sha256-" + base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(strings.ReplaceAll(text, "&#43;", "+"), want) {
			t.Errorf("the policy does not allow the page's own %s", kind)
		}
	}
	if !strings.Contains(text, "default-src &#39;none&#39;") || regexp.MustCompile(`https?://`).MatchString(strings.ReplaceAll(text, evil, "")) {
		t.Error("the page may ask for something, or names an address")
	}
}

func TestPages(t *testing.T) {
	for _, n := range []int{0, 1, 10, 100_000} {
		c := NewCollector()
		for i := range n {
			c.Alert(of(fmt.Sprintf("rule_%d", i%7), scale.Severity(1+i%4), time.Duration(i)*time.Second, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
		}
		text, _ := page(t, c, Input{})
		for _, want := range map[int][]string{
			0:       {"No rule fired.", "nothing was read"},
			1:       {"1 alert, none of high severity.", "rule_0", "10.0.0.0"},
			10:      {"2 alerts of 10 are critical.", "rule_6"},
			100_000: {"25,000 alerts of 100,000 are critical.", "The 1,000 most severe and newest of 100,000."},
		}[n] {
			if !strings.Contains(text, want) {
				t.Errorf("%d alerts: the page does not say %q", n, want)
			}
		}
		if rows := strings.Count(text, "<tr><td"); rows != min(n, rowsMost) {
			t.Errorf("%d alerts: %d rows", n, rows)
		}
		if bars := strings.Count(text, `<rect class="c-`); bars > binsMost*4 {
			t.Errorf("%d alerts: %d parts of columns", n, bars)
		}
		if len(text) > 1<<20 {
			t.Errorf("%d alerts: %d bytes", n, len(text))
		}
	}
}

// Every alert is in a column, whatever the span.
func TestColumnsAddUp(t *testing.T) {
	for _, span := range []time.Duration{0, time.Second, time.Hour, 24 * time.Hour, 400 * 24 * time.Hour} {
		c := NewCollector()
		for i := range 500 {
			c.Alert(of("r", scale.SeverityLow, span*time.Duration(i)/500, "10.0.0.1"))
		}
		c.See(start.Add(-span).UnixNano())
		v := c.view(&Input{Made: start})
		sum := 0
		for _, p := range v.Alerts.Parts {
			var n int
			if _, err := fmt.Sscanf(p.Title[strings.LastIndex(p.Title, ": ")+2:], "%d", &n); err != nil {
				t.Fatal(err)
			}
			sum += n
			if p.X < 0 || p.X+p.W > 1000.001 || p.Y < 0 || p.Y+p.H > 100.001 {
				t.Errorf("%v: a part outside of the chart: %+v", span, p)
			}
		}
		if sum != 500 {
			t.Errorf("%v: %d alerts in columns", span, sum)
		}
	}
}

func TestNearMissesAndLogins(t *testing.T) {
	c := NewCollector()
	for i := range 5 {
		c.Login(&packet.Auth{Time: start.Add(time.Duration(i) * time.Minute).UnixNano(), User: "alice", Result: packet.AuthFailure, Src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), 5)})
	}
	c.Login(&packet.Auth{Time: start.UnixNano(), User: "bob", Result: packet.AuthSuccess})
	c.Login(&packet.Auth{Time: start.UnixNano(), Result: packet.AuthProbe})
	near := engine.Explanation{Rule: "port_scan", Closest: []engine.Near{{Key: []alert.Named{{Name: "ip.src", Value: "10.0.0.9"}}, Aggregate: "ports", Value: 12, Bound: 15, Time: start.UnixNano()}}}
	fired := near
	fired.Rule, fired.Alerts = "fired", 1
	v := c.view(&Input{Made: start, Near: []engine.Explanation{fired, near}})
	if len(v.Near) != 1 || v.Near[0].Rule != "port_scan" || v.Near[0].Value != "ports 12 of 15" || v.Near[0].Width != 80 {
		t.Errorf("%+v", v.Near)
	}
	if len(v.Users) != 1 || v.Users[0].Name != "alice" || v.Users[0].Count != "5" || v.Users[0].Note != "5 addresses" || len(v.Addresses) != 5 || v.Addresses[0].Note != "1 account" {
		t.Errorf("%+v %+v", v.Users, v.Addresses)
	}
	if len(v.LoginRows) != 6 || v.LoginTiles[4].Value != "1" {
		t.Errorf("%d rows, %+v", len(v.LoginRows), v.LoginTiles)
	}
}
