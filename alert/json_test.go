package alert

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

func number(x float64) *float64 { return &x }

// portScan is the alert of the contract's example.
func portScan() *Alert {
	a := flow(protoTCP, "198.51.100.7", "192.0.2.10", 40000, 1014)
	a.Time = time.Date(2026, 11, 20, 12, 0, 1, 400_000_000, time.UTC).UnixNano()
	a.Number = 15
	a.Rule, a.Description = "port_scan", "One source tries many destination ports."
	a.Category, a.Severity, a.Attack = "recon", scale.SeverityHigh, []string{"T1046"}
	a.Key = []Named{{"ip.src", "198.51.100.7"}}
	a.Values = []Named{{"ports", int64(15)}}
	a.Threshold = number(15)
	a.Message = "198.51.100.7 tried 15 ports in 10 s"
	a.Actions = []Action{
		{Kind: "quarantine", Target: netip.MustParseAddr("198.51.100.7"), Seconds: 600},
		{Kind: "notify", To: []string{"ops"}, Message: a.Message},
	}
	return a
}

func arpSpoof() *Alert {
	return &Alert{
		Time: 1_500_000_000_000_001_999, Number: 2,
		Layers: packet.LayerFrame | packet.LayerARP | packet.LayerARPIPv4, Src: addr("10.0.0.1"), Dst: addr("10.0.0.2"),
		Rule: "arp_spoof", Severity: scale.SeverityCritical, Key: []Named{{"arp.src.proto_ipv4", "10.0.0.1"}},
		Values: []Named{{"macs", int64(1)}},
	}
}

// everything is an alert with every part that an alert can have.
func everything() *Alert {
	a := flow(protoICMPv6, "2001:db8::1", "2001:db8::2", 128, 0)
	a.Time = -1_500_000_000
	a.Rule, a.Category, a.Severity = "icmp_flood", "flood", scale.SeverityLow
	a.Key = []Named{{"ip.src", "2001:db8::1"}, {"tcp.flags.syn", true}, {"n", int64(math.MinInt64)}}
	a.Values = []Named{{"mean", 2.0}, {"rate", 0.125}, {"big", 1e300}, {"tiny", -1e-9}, {"zero", 0.0}}
	a.Threshold = number(0.5)
	a.Actions = []Action{
		{Kind: "block", Target: netip.MustParseAddr("2001:db8::1")},
		{Kind: "notify", To: []string{"ops", "dev"}, Message: "first"},
		{Kind: "notify"},
		{Kind: "notify", Message: "other"},
	}
	a.Message = "first"
	a.Shadow, a.Suppressed = true, 7
	a.Reputation = &Reputation{Source: "virustotal", Indicator: "2001:db8::1", Tier: scale.TierMedium, Malicious: 2, Engines: 90}
	a.CaptureLoss = 12
	a.References = []string{"https://example.com/?a=1&b=<2>"}
	a.Agent = "sensor-1"
	return a
}

func TestAppendJSON(t *testing.T) {
	for name, c := range map[string]struct {
		alert *Alert
		want  string
	}{
		"contract": {portScan(), `{"timestamp":"2026-11-20T12:00:01.400000+0000","event_type":"alert","src_ip":"198.51.100.7","src_port":40000,` +
			`"dest_ip":"192.0.2.10","dest_port":1014,"proto":"TCP","community_id":"` + portScan().CommunityID() + `","pcap_cnt":15,` +
			`"alert":{"action":"allowed","signature":"One source tries many destination ports.","category":"recon","severity":2},` +
			`"ruleids":{"rule":"port_scan","severity":"high","key":{"ip.src":"198.51.100.7"},"values":{"ports":15},"threshold":15,` +
			`"attack":["T1046"],"actions":["quarantine","notify"],"message":"198.51.100.7 tried 15 ports in 10 s",` +
			`"responses":[{"action":"quarantine","target":"198.51.100.7","seconds":600},{"action":"notify","to":["ops"]}]}}`},
		"ARP, no description, no message": {arpSpoof(), `{"timestamp":"2017-07-14T02:40:00.000001+0000","event_type":"alert","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","proto":"ARP","pcap_cnt":2,` +
			`"alert":{"action":"allowed","signature":"arp_spoof","category":"","severity":1},` +
			`"ruleids":{"rule":"arp_spoof","severity":"critical","key":{"arp.src.proto_ipv4":"10.0.0.1"},"values":{"macs":1},"attack":[],"actions":[]}}`},
		"everything": {everything(), `{"timestamp":"1969-12-31T23:59:58.500000+0000","event_type":"alert","src_ip":"2001:db8::1","dest_ip":"2001:db8::2","proto":"IPv6-ICMP","icmp_type":128,"icmp_code":0,` +
			`"community_id":"` + everything().CommunityID() + `","alert":{"action":"allowed","signature":"icmp_flood","category":"flood","severity":4},` +
			`"ruleids":{"rule":"icmp_flood","severity":"low","key":{"ip.src":"2001:db8::1","tcp.flags.syn":true,"n":-9223372036854775808},` +
			`"values":{"mean":2.0,"rate":0.125,"big":1e+300,"tiny":-1e-09,"zero":0.0},"threshold":0.5,"attack":[],"actions":["block","notify","notify","notify"],"message":"first",` +
			`"responses":[{"action":"block","target":"2001:db8::1"},{"action":"notify","to":["ops","dev"]},{"action":"notify","message":""},{"action":"notify","message":"other"}],` +
			`"suppressed":7,"mode":"shadow","reputation":{"source":"virustotal","indicator":"2001:db8::1","tier":"medium","malicious":2,"suspicious":0,"engines":90},"capture_loss":12,"references":["https://example.com/?a=1&b=<2>"],"agent":"sensor-1"}}`},
		"other protocol": {&Alert{Layers: packet.LayerFrame | packet.LayerIP, IPProto: 7, IPVersion: 4, Src: addr("0.0.0.0"), Dst: addr("1.1.1.1"), Rule: "r", Severity: scale.SeverityMedium},
			`{"timestamp":"1970-01-01T00:00:00.000000+0000","event_type":"alert","src_ip":"0.0.0.0","dest_ip":"1.1.1.1","proto":"007","community_id":"` +
				flow(7, "0.0.0.0", "1.1.1.1", 0, 0).CommunityID() + `","alert":{"action":"allowed","signature":"r","category":"","severity":3},` +
				`"ruleids":{"rule":"r","severity":"medium","key":{},"values":{},"attack":[],"actions":[]}}`},
		"frame without network layer": {&Alert{Layers: packet.LayerFrame | packet.LayerEth, Rule: "r", Severity: scale.SeverityHigh},
			`{"timestamp":"1970-01-01T00:00:00.000000+0000","event_type":"alert","alert":{"action":"allowed","signature":"r","category":"","severity":2},` +
				`"ruleids":{"rule":"r","severity":"high","key":{},"values":{},"attack":[],"actions":[]}}`},
	} {
		got := string(c.alert.AppendJSON(nil))
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%s: not JSON: %s", name, got)
		}
	}
}

func TestAppendJSONAppends(t *testing.T) {
	got := portScan().AppendJSON([]byte("before "))
	if !bytes.HasPrefix(got, []byte(`before {"timestamp"`)) {
		t.Errorf("got %.40s", got)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	fragment := flow(protoUDP, "10.0.0.1", "10.0.0.2", 0, 0)
	fragment.Layers = packet.LayerFrame | packet.LayerIP
	fragment.Rule = "r"
	honeypot := &Alert{Layers: packet.LayerFrame | packet.LayerIP | packet.LayerPorts, Src: addr("10.0.0.1"), Dst: addr("::1"), SrcPort: 1, DstPort: 2, Rule: "r"}
	ping := flow(protoICMP, "10.0.0.1", "10.0.0.2", 3, 1)
	ping.Rule = "r"
	gre := flow(47, "10.0.0.1", "10.0.0.2", 0, 0)
	gre.Rule = "r"
	for name, a := range map[string]*Alert{
		"port_scan": portScan(), "arp": arpSpoof(), "everything": everything(), "fragment": fragment,
		"honeypot": honeypot, "ping": ping, "gre": gre, "no layer": {Layers: packet.LayerFrame, Rule: "r"},
	} {
		data, err := json.Marshal(a) // through MarshalJSON, with HTML characters escaped
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got Alert
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, data)
		}
		want := *a
		want.Time = time.Unix(0, want.Time).Truncate(time.Microsecond).UnixNano()
		if d := cmp.Diff(&want, &got, cmpopts.EquateComparable(netip.Addr{})); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
		if again := got.AppendJSON(nil); !bytes.Equal(again, want.AppendJSON(nil)) {
			t.Errorf("%s: written again it differs:\n%s", name, again)
		}
	}
}

func TestJSONOfNumbersThatJSONLacks(t *testing.T) {
	a := &Alert{Rule: "r", Threshold: number(math.Inf(1)), Values: []Named{
		{"a", math.NaN()}, {"b", math.Inf(1)}, {"c", math.Inf(-1)}, {"d", struct{}{}}}}
	got := a.AppendJSON(nil)
	if !json.Valid(got) || !bytes.Contains(got, []byte(`"values":{"a":null,"b":null,"c":null,"d":null},"threshold":null`)) {
		t.Fatalf("got %s", got)
	}
	var back Alert
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if v, ok := back.Values[1].Value.(float64); !ok || !math.IsNaN(v) {
		t.Errorf("null came back as %v, want NaN", back.Values[1].Value)
	}
}

// What text becomes is shown by the test of package printable: decoded, the string is that, whatever it was.
func TestJSONOfHostileText(t *testing.T) {
	for in, want := range map[string]string{
		`say "hi" \ /`:          `say \"hi\" \\ /`,
		"a\x00b\n\x7f\xff":      `a\\x00b\\n\\x7f\\xff`,
		"\u009b31m\u202e\u2066": `\\u009b31m\\u202e\\u2066`,
		"\U000e0001":            `\\U000e0001`,
		"<b>&'é日本😀":             `<b>&'é日本😀`,
		"":                      ``,
	} {
		got := string(appendString(nil, in))
		if got != `"`+want+`"` {
			t.Errorf("%q: got %s, want %q", in, got, want)
		}
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil || back != printable.Text(in) {
			t.Errorf("%q reads back as %q: %v", in, back, err)
		}
	}
}

func TestUnmarshalJSONErrors(t *testing.T) {
	good := string(portScan().AppendJSON(nil))
	for name, c := range map[string]struct{ in, want string }{
		"not JSON":       {`{`, "unexpected end"},
		"other event":    {`{"event_type":"flow"}`, `event_type is "flow"`},
		"not ours":       {`{"event_type":"alert","timestamp":"2026-11-20T12:00:01.400000+0000"}`, "no ruleids.rule"},
		"timestamp":      {strings.Replace(good, "2026-11-20T", "yesterday ", 1), "timestamp"},
		"far future":     {strings.Replace(good, "2026-", "9026-", 1), "9026"},
		"address":        {strings.Replace(good, `"192.0.2.10"`, `"192.0.2"`, 1), "192.0.2"},
		"port":           {strings.Replace(good, `:40000`, `:70000`, 1), "70000"},
		"protocol":       {strings.Replace(good, `"TCP"`, `"CARRIER PIGEON"`, 1), "CARRIER PIGEON"},
		"nested value":   {strings.Replace(good, `{"ports":15}`, `{"ports":[15]}`, 1), `"ports" must be`},
		"values a list":  {strings.Replace(good, `{"ports":15}`, `[15]`, 1), "must be objects"},
		"value too long": {strings.Replace(good, `{"ports":15}`, `{"ports":1e999}`, 1), "1e999"},
	} {
		a := Alert{Rule: "kept"}
		err := a.UnmarshalJSON([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
		if a.Rule != "kept" || a.Time != 0 {
			t.Errorf("%s: the alert was changed: %+v", name, a)
		}
	}
}

func FuzzJSONRoundTrip(f *testing.F) {
	f.Add("rule", "tunnel.example.com", 1.5, int64(3), int64(1))
	f.Add("\xff\x00\u202e", "\"\\", math.Inf(1), int64(-1), int64(math.MinInt64+1000))
	f.Fuzz(func(t *testing.T, rule, name string, x float64, n, at int64) {
		a := &Alert{Time: max(at, math.MinInt64+1000), Rule: rule + "r", Description: name, Key: []Named{{name, name}}, Values: []Named{{rule, x}, {name, n}}, Message: name}
		data := a.AppendJSON(nil)
		if !json.Valid(data) || !utf8.Valid(data) || bytes.ContainsAny(data, "\n\x00\x1b") {
			t.Fatalf("not one clean line of JSON: %q", data)
		}
		var back Alert
		if err := back.UnmarshalJSON(data); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if again := back.AppendJSON(nil); !bytes.Equal(again, data) {
			t.Fatalf("written again it differs:\n%s\n%s", data, again)
		}
	})
}

func TestAppendJSONAllocations(t *testing.T) {
	a, buf := portScan(), make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { buf = a.AppendJSON(buf[:0]) }); n > 0 {
		t.Errorf("AppendJSON allocates %v times", n)
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	a, buf := portScan(), make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = a.AppendJSON(buf[:0])
	}
}

// What came of a login without a destination has none in any form, and comes back so.
func TestNoDestination(t *testing.T) {
	p := (&packet.Auth{Src: netip.MustParseAddrPort("198.51.100.7:40000"), Result: packet.AuthFailure}).Event()
	a := &Alert{Rule: "r", Severity: scale.SeverityLow, Layers: p.Layers, Src: p.Src, Dst: p.Dst, SrcPort: p.SrcPort}
	line := string(a.AppendJSON(nil))
	if strings.Contains(line, "dest_") || !strings.Contains(line, `"src_ip":"198.51.100.7","src_port":40000,"alert"`) {
		t.Errorf("JSON: %s", line)
	}
	if text := string(a.AppendText(nil, false)); strings.Contains(text, "0.0.0.0") || !strings.Contains(text, "198.51.100.7") {
		t.Errorf("text: %s", text)
	}
	if record := string(NewCSV().Append(nil, a)); strings.Contains(record, "0.0.0.0") || !strings.Contains(record, ",198.51.100.7,40000,,,") {
		t.Errorf("CSV: %s", record)
	}
	var back Alert
	if err := json.Unmarshal([]byte(line), &back); err != nil {
		t.Fatal(err)
	}
	if again := string(back.AppendJSON(nil)); again != line {
		t.Errorf("read back: %s", again)
	}
}
