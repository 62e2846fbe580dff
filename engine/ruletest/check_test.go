package ruletest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
)

// fire makes an alert as an engine would.
func fire(rule string, severity alert.Severity, at time.Duration, number uint64, key ...any) *alert.Alert {
	a := &alert.Alert{Rule: rule, Severity: severity, Time: epoch + int64(at), Number: number}
	for i := 0; i < len(key); i += 2 {
		a.Key = append(a.Key, alert.Named{Name: key[i].(string), Value: key[i+1]})
	}
	return a
}

func TestCheck(t *testing.T) {
	scan := func(src string, at time.Duration) *alert.Alert {
		return fire("port_scan", scale.SeverityHigh, at, uint64(at/time.Second), "ip.src", src)
	}
	many := func(n int) (out []*alert.Alert) {
		for i := range n {
			out = append(out, fire([]string{"b", "a"}[i%2], scale.SeverityLow, time.Duration(i)*time.Second, uint64(i)))
		}
		return out
	}
	for name, c := range map[string]struct {
		test   string
		alerts []*alert.Alert
		want   []string
	}{
		"one is enough":       {`alert "port_scan" {}`, []*alert.Alert{scan("10.0.0.1", 1)}, nil},
		"two are too":         {`alert "port_scan" {}`, []*alert.Alert{scan("10.0.0.1", 1), scan("10.0.0.2", 1)}, nil},
		"none is not":         {`alert "port_scan" {}`, nil, []string{`line 2: alert "port_scan": want at least 1, got 0; the rule matched 7 of 14 packets; because`}},
		"count":               {"alert \"port_scan\" {\ncount = 1\n}", []*alert.Alert{scan("10.0.0.1", time.Second), scan("10.0.0.2", 2*time.Second)}, []string{`line 2: alert "port_scan": want 1, got 2: ip.src=10.0.0.1 at 1s (packet 1, high); ip.src=10.0.0.2 at 2s (packet 2, high)`}},
		"max":                 {"alert \"port_scan\" {\nmax = 1\n}", []*alert.Alert{scan("10.0.0.1", 0), scan("10.0.0.2", 0)}, []string{`line 2: alert "port_scan": want at most 1, got 2: ip.src=10.0.0.1 at 0s (high); ip.src=10.0.0.2 at 0s (high)`}},
		"range":               {"alert \"port_scan\" {\nmin = 2\nmax = 3\n}", []*alert.Alert{scan("10.0.0.1", 0)}, []string{`line 2: alert "port_scan": want 2 to 3, got 1: ip.src=10.0.0.1 at 0s (high)`}},
		"none and none":       {"alert \"port_scan\" {\ncount = 0\n}", nil, nil},
		"key, however spelt":  {"alert \"port_scan\" {\nkey = { \"ip.src\" = \"2001:DB8:0::1\" }\n}", []*alert.Alert{scan("2001:db8::1", 0)}, nil},
		"other key":           {"alert \"port_scan\" {\nkey = { \"ip.src\" = \"10.0.0.9\" }\n}", []*alert.Alert{scan("10.0.0.1", time.Second)}, []string{`line 2: alert "port_scan": want at least 1 with ip.src=10.0.0.9, got 0; closest: ip.src=10.0.0.1 at 1s (packet 1, high)`, `unexpected alert "port_scan": ip.src=10.0.0.1 at 1s (packet 1, high)`}},
		"a key of each":       {"alert \"port_scan\" {\ncount = 1\nkey = { \"ip.src\" = \"10.0.0.1\" }\n}\nalert \"port_scan\" {\ncount = 1\nkey = { \"ip.src\" = \"10.0.0.2\" }\n}", []*alert.Alert{scan("10.0.0.1", 0), scan("10.0.0.2", 0)}, nil},
		"numbers in keys":     {"alert \"r\" {\nkey = { \"tcp.dstport\" = 80, \"x\" = 0.5, \"tcp.flags.syn\" = true, \"eth.src\" = \"02-00-00-00-00-0A\" }\n}", []*alert.Alert{fire("r", scale.SeverityLow, 0, 1, "tcp.dstport", int64(80), "x", 0.5, "tcp.flags.syn", true, "eth.src", "02:00:00:00:00:0a")}, nil},
		"severity":            {"alert \"port_scan\" {\nseverity = \"critical\"\n}", []*alert.Alert{scan("10.0.0.1", 0)}, []string{`line 2: alert "port_scan": want at least 1 of severity critical, got 0; closest: ip.src=10.0.0.1 at 0s (high)`}},
		"at":                  {"alert \"port_scan\" {\nat = \"1s\"\n}", []*alert.Alert{scan("10.0.0.1", 1010*time.Millisecond), scan("10.0.0.1", 9*time.Second)}, nil},
		"before at":           {"alert \"port_scan\" {\nat = \"1s\"\n}", []*alert.Alert{scan("10.0.0.1", 989*time.Millisecond)}, []string{`line 2: alert "port_scan": want the first alert at 1s, got it at 989ms`}},
		"at of the key's own": {"alert \"port_scan\" {\nat = \"2s\"\nkey = { \"ip.src\" = \"10.0.0.2\" }\n}\nothers = \"allow\"", []*alert.Alert{scan("10.0.0.1", time.Second), scan("10.0.0.2", 2*time.Second)}, nil},
		"count and at":        {"alert \"port_scan\" {\ncount = 2\nat = \"5s\"\n}", []*alert.Alert{scan("10.0.0.1", 0)}, []string{`line 2: alert "port_scan": want 2, got 1: ip.src=10.0.0.1 at 0s (high)`, `line 2: alert "port_scan": want the first alert at 5s, got it at 0s`}},
		"unexpected":          {`alert "port_scan" {}`, []*alert.Alert{scan("10.0.0.1", 0), fire("dns_tunnel", scale.SeverityMedium, time.Second, 9, "ip.src", "10.0.0.1", "name", "evil; name\x1b")}, []string{`unexpected alert "dns_tunnel": ip.src=10.0.0.1 name="evil; name\x1b" at 1s (packet 9, medium)`}},
		"quiet":               {"quiet = true", []*alert.Alert{scan("10.0.0.1", 0)}, []string{`unexpected alert "port_scan": ip.src=10.0.0.1 at 0s (high)`}},
		"others":              {"alert \"x\" {\nmax = 0\n}\nothers = \"allow\"", []*alert.Alert{scan("10.0.0.1", 0)}, nil},
		"a flood": {"quiet = true", many(25), append(func() (out []string) {
			out = append(out, `unexpected alert "b": at 0s (low)`)
			for i := range 9 {
				i++
				out = append(out, []string{`unexpected alert "b": at `, `unexpected alert "a": at `}[i%2]+(time.Duration(i)*time.Second).String()+" (packet "+string(rune('0'+i))+", low)")
			}
			return out
		}(), "15 more unexpected alerts, of a, b")},
		"a list is cut": {"alert \"a\" {\ncount = 0\n}\nalert \"b\" {\ncount = 0\n}", many(10), []string{
			`line 2: alert "a": want 0, got 5: at 1s (packet 1, low); at 3s (packet 3, low); at 5s (packet 5, low); and 2 more`,
			`line 5: alert "b": want 0, got 5: at 0s (low); at 2s (packet 2, low); at 4s (packet 4, low); and 2 more`}},
	} {
		tests, diags := parse([]byte("test \"x\" {\n"+c.test+"\npcap = \"x\"\n}\n"), "x_test.hcl")
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		o := &outcome{start: epoch, packets: 14, alerts: c.alerts, matched: map[string]uint64{"port_scan": 7}, explain: func(string) string { return "because" }}
		if d := cmp.Diff(c.want, tests[0].check(o)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}

func TestSameValue(t *testing.T) {
	for _, c := range []struct {
		value any
		text  string
		want  bool
	}{
		{"10.0.0.1", "10.0.0.1", true}, {"10.0.0.1", "::ffff:10.0.0.1", false}, {"10.0.0.1", "10.0.0.2", false}, {"10.0.0.1", "10.0.0", false},
		{"aa:bb:cc:dd:ee:ff", "AA-BB-CC-DD-EE-FF", true}, {"Example.com", "example.com", false},
		{int64(80), "80", true}, {int64(80), "80.5", false}, {0.1, "0.1", true}, {1.0, "1", true}, {true, "true", true}, {true, "1", false}, {nil, "", false},
	} {
		if got := sameValue(c.value, c.text); got != c.want {
			t.Errorf("%v and %q: got %v", c.value, c.text, got)
		}
	}
}

// sample are results of every kind.
func sample() []Result {
	return []Result{
		{Name: "a fast SYN scan is caught", File: "recon/port_scan_test.hcl", Line: 1, Status: Pass, Seconds: 0.0031},
		{Name: "14 ports <stay> quiet", File: "recon/port_scan_test.hcl", Line: 11, Status: Fail, Seconds: 0.25,
			Problems: []string{`unexpected alert "port_scan": ip.src=198.51.100.7 at 1.4s (packet 15, high)`, `line 15: alert "syn_flood": want 1, got 0`}},
		{Name: "no capture", File: "spoof/arp_test.hcl", Line: 3, Status: Error, Problems: []string{"spoof/arp_test.hcl:4,10-20: Unreadable capture; open x.pcap: no such file or directory."}},
		{Name: "fine", File: "z_test.hcl", Line: 1, Status: Pass, Seconds: 1},
	}
}

func TestWriteText(t *testing.T) {
	const detail = `      FAIL  14 ports <stay> quiet (line 11, 0.25s)
            unexpected alert "port_scan": ip.src=198.51.100.7 at 1.4s (packet 15, high)
            line 15: alert "syn_flood": want 1, got 0
`
	for _, c := range []struct {
		results []Result
		opt     TextOptions
		want    string
	}{
		{sample(), TextOptions{}, `FAIL  recon/port_scan_test.hcl  1 passed, 1 failed  0.25s
` + detail + `ERROR spoof/arp_test.hcl  1 could not run  0.00s
      ERROR no capture (line 3, 0.00s)
            spoof/arp_test.hcl:4,10-20: Unreadable capture; open x.pcap: no such file or directory.
pass  z_test.hcl  1 passed  1.00s

2 passed, 1 failed, 1 could not run in 1.25s
`},
		{sample()[:2], TextOptions{Verbose: true}, `FAIL  recon/port_scan_test.hcl  1 passed, 1 failed  0.25s
      pass  a fast SYN scan is caught (line 1, 0.00s)
` + detail + `
1 passed, 1 failed in 0.25s
`},
		{sample()[3:], TextOptions{Color: true}, "\x1b[32mpass \x1b[0m z_test.hcl  1 passed  1.00s\n\n1 passed in 1.00s\n"},
		{nil, TextOptions{}, "no tests\n"},
	} {
		var b strings.Builder
		if err := WriteText(&b, c.results, c.opt); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, b.String()); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
}

func TestWriteJSON(t *testing.T) {
	var b strings.Builder
	if err := WriteJSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	want := `{"test":"a fast SYN scan is caught","file":"recon/port_scan_test.hcl","line":1,"status":"pass","seconds":0.0031,"problems":[]}
{"test":"14 ports <stay> quiet","file":"recon/port_scan_test.hcl","line":11,"status":"fail","seconds":0.25,"problems":["unexpected alert \"port_scan\": ip.src=198.51.100.7 at 1.4s (packet 15, high)","line 15: alert \"syn_flood\": want 1, got 0"]}
{"test":"no capture","file":"spoof/arp_test.hcl","line":3,"status":"error","seconds":0,"problems":["spoof/arp_test.hcl:4,10-20: Unreadable capture; open x.pcap: no such file or directory."]}
{"test":"fine","file":"z_test.hcl","line":1,"status":"pass","seconds":1,"problems":[]}
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWriteJUnit(t *testing.T) {
	var b strings.Builder
	if err := WriteJUnit(&b, sample()); err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1" time="1.253">
  <testsuite name="recon/port_scan_test.hcl" tests="2" failures="1" errors="0" time="0.253">
    <testcase name="a fast SYN scan is caught" classname="recon/port_scan" file="recon/port_scan_test.hcl" line="1" time="0.003"></testcase>
    <testcase name="14 ports &lt;stay&gt; quiet" classname="recon/port_scan" file="recon/port_scan_test.hcl" line="11" time="0.250">
      <failure message="unexpected alert &#34;port_scan&#34;: ip.src=198.51.100.7 at 1.4s (packet 15, high)">unexpected alert &#34;port_scan&#34;: ip.src=198.51.100.7 at 1.4s (packet 15, high)&#xA;line 15: alert &#34;syn_flood&#34;: want 1, got 0</failure>
    </testcase>
  </testsuite>
  <testsuite name="spoof/arp_test.hcl" tests="1" failures="0" errors="1" time="0.000">
    <testcase name="no capture" classname="spoof/arp" file="spoof/arp_test.hcl" line="3" time="0.000">
      <error message="spoof/arp_test.hcl:4,10-20: Unreadable capture; open x.pcap: no such file or directory.">spoof/arp_test.hcl:4,10-20: Unreadable capture; open x.pcap: no such file or directory.</error>
    </testcase>
  </testsuite>
  <testsuite name="z_test.hcl" tests="1" failures="0" errors="0" time="1.000">
    <testcase name="fine" classname="z" file="z_test.hcl" line="1" time="1.000"></testcase>
  </testsuite>
</testsuites>
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
