package check

import (
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// golden are conditions with what they become.
var golden = []struct{ text, want string }{
	{"tcp", "tcp"},
	{"frame", "true"},
	{"tcp.flags.syn", "tcp and tcp.flags.syn"},
	{"tcp.flags.syn and not tcp.flags.ack", "(tcp and tcp.flags.syn) and not (tcp and tcp.flags.ack)"},
	{"tcp.flags.syn == true", "tcp and tcp.flags.syn"},
	{"tcp.flags.syn == false", "tcp and not tcp.flags.syn"},
	{"tcp.flags.syn != tcp.flags.ack", "tcp and tcp.flags.syn != tcp.flags.ack"},
	{"tcp.dstport == 80", "tcp and tcp.dstport == 80"},
	{"80 == tcp.dstport", "tcp and tcp.dstport == 80"},
	{"1024 > tcp.dstport", "tcp and tcp.dstport < 1024"},
	{"10 < ip.ttl < 20", "(ip and ip.ttl > 10) and (ip and ip.ttl < 20)"},
	{"frame.len > 100", "frame.len > 100"},
	{"frame.len > tcp.len", "tcp and frame.len > tcp.len"},
	{"tcp.srcport == udp.srcport or ip", "(tcp and udp) and tcp.srcport == udp.srcport or ip"},
	{"tcp.dstport in [80, 443, '8000-8010', 81]", "tcp and tcp.dstport in [80..81, 443, 8000..8010]"},
	{"tcp.dstport in 1..1024", "tcp and tcp.dstport in [1..1024]"},
	{"tcp.dstport not in [80]", "not (tcp and tcp.dstport in [80])"},
	{"not (tcp.dstport in [80])", "not (tcp and tcp.dstport in [80])"},
	{"tcp.dstport in [tcp.srcport, 53]", "tcp and tcp.dstport in [53] or tcp and tcp.dstport == tcp.srcport"},
	{"ip.src == '10.0.0.1'", "ip and ip.src == '10.0.0.1'"},
	{"'10.0.0.1' == ip.src", "ip and ip.src == '10.0.0.1'"},
	{"ip.src in ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1', '192.0.2.5-192.0.2.7']", "ip and ip.src in ['10.0.0.0/8', '192.0.2.1', '192.0.2.5-192.0.2.7', '2001:db8::/32']"},
	{"eth.src == '00-11-22-33-44-55'", "eth and eth.src == '00:11:22:33:44:55'"},
	{"eth.src in ['00:11:22:33:44:55']", "eth and eth.src in [73588229205]"},
	{"ip.src == (tcp ? '10.0.0.1' : '10.0.0.2')", "ip and ip.src == (tcp ? '10.0.0.1' : '10.0.0.2')"},
	{"dns.qry.name in ['a', 'b']", `has(dns question) and dns.qry.name in ["a", "b"]`},
	{"dns.qry.name contains 'x' and dns.qry.name startsWith 'y'", `(has(dns question) and dns.qry.name contains "x") and (has(dns question) and dns.qry.name startsWith "y")`},
	{"dns.qry.name matches '^a+$'", `has(dns question) and dns.qry.name matches "^a+$"`},
	{"len(dns.qry.name) > 50", "has(dns question) and len(dns.qry.name) > 50"},
	{"lower(dns.qry.name) == 'x'", `has(dns question) and lower(dns.qry.name) == "x"`},
	{"is_private(ip.src)", "ip and is_private(ip.src)"},
	{"not is_private(ip.src)", "not (ip and is_private(ip.src))"},
	{"is_private('10.0.0.1') and tcp", "tcp"},
	{"bitand(tcp.flags, 3) == 3", "tcp and bitand(tcp.flags, 3) == 3"},
	{"hour(frame.time_epoch) < 6", "hour(frame.time_epoch) < 6"},
	{"payload contains 'GET'", `has(payload) and payload contains "GET"`},
	{"payload[0] == 0x16", "has(payload) and len(payload) > 0 and payload[0] == 22"},
	{"payload[0:4] == 'GET '", `has(payload) and payload[0:4] == "GET "`},
	{"payload[4:] startsWith b'\\x00'", `has(payload) and payload[4:] startsWith "\x00"`},
	{"(tcp ? tcp.dstport : udp.dstport) == 53", "(tcp ? tcp : udp) and (tcp ? tcp.dstport : udp.dstport) == 53"},
	{"tcp ? tcp.flags.syn : udp.length > 8", "tcp ? tcp and tcp.flags.syn : udp and udp.length > 8"},
	{"ip.len - 40 > 2 * 10 + 5", "ip and ip.len - 40 > 25"},
	{"ip.len / 2 > 10", "ip and ip.len / 2 > 10"},
	{"-ip.len < -5 * (1 + 1)", "ip and -ip.len < -10"},
	{"(ip.len + 1) * 2 > 3", "ip and (ip.len + 1) * 2 > 3"},
	{"ip.len - (ip.ttl - 1) > 3", "ip and ip.len - (ip.ttl - 1) > 3"},
	{"flow.duration > 1", "has(flow) and flow.duration > 1"},
	{"tcp and (udp.length > 3 or ip) and not (not ip)", "tcp and (udp and udp.length > 3 or ip) and ip"},
	{"tcp || udp && ip", "tcp or udp and ip"},
	{"trim(dns.qry.name) == 'x'", `has(dns question) and has(trim(dns.qry.name)) and trim(dns.qry.name) == "x"`},
	{"split(dns.qry.name, '.')[0] == 'x'", `has(dns question) and has(split(dns.qry.name, '.')) and has(split(dns.qry.name, '.')[0]) and split(dns.qry.name, '.')[0] == "x"`},
	{"any([22, 23], # == tcp.dstport)", "tcp and tcp.dstport == 22 or tcp and tcp.dstport == 23"},
	{"let p = tcp.dstport; p * 2 == 10", "tcp and tcp.dstport * 2 == 10"},
	{"tcp.len ** 2 > 100", "tcp and has(tcp.len ** 2) and tcp.len ** 2 > 100"},
	{"max(tcp.len, 5) > min(10, 6.5)", "tcp and max(tcp.len, 5) > 6.5"},
	{"if tcp { tcp.len > 1 } else { udp }", "tcp ? tcp and tcp.len > 1 : udp"},
	{"dns.qry.name | lower() == 'x'", `has(dns question) and lower(dns.qry.name) == "x"`},
	{"src.port == 53 and eth.type == 0x0800", "(has(tcp or udp) and src.port == 53) and (has(eth (EtherType)) and eth.type == 2048)"},
}

func TestConditions(t *testing.T) {
	for _, c := range golden {
		e, diags := checkCondition(c.text)
		for _, d := range diags {
			if diag.CodeOf(d) != diag.NeverTrue && diag.CodeOf(d) != diag.AlwaysTrue {
				t.Errorf("%s: %v", c.text, d)
			}
		}
		if e == nil {
			continue
		}
		if got := ast.Format(e); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
		if e.Kind() != packet.KindBool {
			t.Errorf("%s is %v", c.text, e.Kind())
		}
	}
}

// TestRanges finds the text of conjuncts by their ranges, with the parentheses around them.
func TestRanges(t *testing.T) {
	text := "((tcp.dstport == 80) or len(payload) > 3) and not (ip.ttl in [1, 2]) and payload[ (0) ] == lower('x')[0] and ip.src not in ['10.0.0.0/8']"
	e, diags := checkCondition(text)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := []string{
		"((tcp.dstport == 80) or len(payload) > 3)",
		"not (ip.ttl in [1, 2])",
		"payload[ (0) ] == lower('x')[0]",
		"ip.src not in ['10.0.0.0/8']",
	}
	xs := e.(*ast.LogicExpr).Xs
	if len(xs) != len(want) {
		t.Fatalf("%d conjuncts: %s", len(xs), ast.Format(e))
	}
	for i, x := range xs {
		if i == 0 { // the disjunction itself, within its parentheses
			want[i] = want[i][1 : len(want[i])-1]
		}
		r := x.Range()
		if got := text[r.Start.Byte:r.End.Byte]; got != want[i] && got != "("+want[i]+")" {
			t.Errorf("conjunct %d is %q, want %q", i, got, want[i])
		}
	}
}

func TestPresence(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"ip.src", "ip"},
		{"frame.len", "<nil>"},
		{"tcp.len + frame.len", "tcp"},
		{"registered_domain(dns.qry.name)", "has(dns question)"},
		{"payload[3]", "has(payload) and len(payload) > 3"},
		{"payload[3:5]", "has(payload)"},
		{"tcp ? tcp.len : udp.length", "tcp ? tcp : udp"},
		{"tcp ? tcp.len : 0", "tcp ? tcp : true"},
		{"tcp.flags.syn", "tcp"},
		{"tcp.dstport == 80", "<nil>"},
		{"trim(dns.qry.name)", "has(dns question) and has(trim(dns.qry.name))"},
		{"5", "<nil>"},
	} {
		e, diags := checkValue(c.text)
		if len(diags) > 0 {
			t.Errorf("%s: %v", c.text, diags)
			continue
		}
		if got := ast.Format(ast.Presence(e)); got != c.want {
			t.Errorf("presence of %s is %s, want %s", c.text, got, c.want)
		}
	}
}

// TestPossible has conditions that can hold although they look odd: none may be called never true.
func TestPossible(t *testing.T) {
	for _, text := range []string{
		"tcp or udp",
		"not tcp and not udp",
		"not (tcp.dstport == 80) and not (tcp.dstport == 443)",
		"tcp.dstport != 80 and tcp.dstport != 443",
		"not (tcp.flags.syn) and udp",
		"(tcp or udp) and (vlan or dns)",
		"ip.src in ['10.0.0.0/8'] and ip.src == '10.1.2.3'",
		"ip.src in ['10.0.0.0/8'] and not (ip.src in ['10.0.0.0/9'])",
		"ip.src in ['10.0.0.0/8'] and ip.dst == '192.168.0.1'",
		"ip.version == 6 and ip.src == '::ffff:10.0.0.1'", // a mapped address
		"ip.proto == 6 and not tcp",                       // a later fragment
		"arp.src.proto_ipv4 != '0.0.0.0' and arp",
		"tcp.flags == 18 and tcp.flags.syn and tcp.flags.ack",
		"bitand(tcp.flags, 2) == 2 and not tcp.flags.ack and tcp.flags != 2",
		"ip.ttl > 5 and ip.ttl < 7",
		"flow.duration > 1 and flow.duration < 1.5",
		"dns.qry.name == 'a.b' and dns.qry.name contains '.'",
		"dns.qry.name in ['a', 'bb'] and len(dns.qry.name) > 1",
		"tcp.srcport == 53 and src.port == 53",
		"src.port == 53 and (tcp or udp)",
		"vlan and eth and ip",
		"icmp.type == 8 or icmpv6.type == 128",
		"(tcp ? tcp.dstport : udp.dstport) == 53 and udp",
		"tcp.len in 1..5 and tcp.len not in [1, 2, 3, 4]",
		"tcp.seq == tcp.ack and tcp.seq >= tcp.ack",
	} {
		if _, diags := checkCondition(text); len(diags) > 0 {
			t.Errorf("%s: %v", text, diags)
		}
	}
}

// TestImpossible has conditions that cannot hold; the count is how many places are reported.
func TestImpossible(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
	}{
		{"tcp and not ip", 1},
		{"dns and icmp", 1},
		{"src.port == 1 and icmp", 1},
		{"dns.qry.name == 'a' and not dns", 1},
		{"tcp and ip.proto == 17", 1},
		{"ip.version == 4 and ip.src in ['2001:db8::/32']", 1},
		{"ip.version == 6 and ip.src == '10.0.0.1'", 1},
		{"ip.src == '10.0.0.1' and ip.src != '10.0.0.1'", 1},
		{"ip.src == ip.dst and ip.src != ip.dst", 1},
		{"tcp.seq < tcp.ack and tcp.seq >= tcp.ack", 1},
		{"tcp.flags.syn and not tcp.flags.syn", 1},
		{"bitand(tcp.flags, 2) == 2 and tcp.flags == 16", 1},
		{"dns.qry.name == 'a' and dns.qry.name in ['b', 'c']", 1},
		{"dns.qry.name == 'abc' and dns.qry.name startsWith 'x'", 1},
		{"dns.qry.name == 'abc' and dns.qry.name matches '^x'", 1},
		{"dns.qry.name matches 'x' and not (dns.qry.name matches 'x')", 1},
		{"flow.duration > 2 and flow.duration < 1", 1},
		{"tcp.len in 1..5 and tcp.len in 6..9", 1},
		{"tcp.dstport == 80 and udp.dstport == 80", 1},
		{"(tcp and udp) or (icmp and tcp) or ip", 2},
		{"tcp and (udp or icmp)", 2},
		{"ip and (arp or tcp)", 1},
		{"tcp ? false : false", 0},
		{"ip.ttl > 5 and (ip.ttl < 3 or ip.ttl == 6)", 1},
		{"eth.src == '00:11:22:33:44:55' and eth.src == '00:11:22:33:44:56'", 1},
		{"5 == 6 or ip", 1},
		{"ip.version == 5", 1},
		{"tcp.len == 1.5", 1},
		{"entropy(payload) > 8", 1},
		{"len(dns.qry.name) > 300", 1},
		{"hour(frame.time_epoch) == 24", 1},
		{"weekday(frame.time_epoch) == 7", 1},
		{"network(ip.src, 24) == '10.0.0.5'", 1},
		{"network(ip.src, 24) == '10.0.0.0'", 0},
		{"arp.src.proto_ipv4 == '::1'", 1},
	} {
		_, diags := checkCondition(c.text)
		n := 0
		for _, d := range diags {
			if diag.CodeOf(d) != diag.NeverTrue {
				t.Errorf("%s: %v", c.text, d)
			}
			n++
		}
		if n != c.n {
			t.Errorf("%s: %d diagnostics, want %d: %v", c.text, n, c.n, diags)
		}
	}
}

// TestZoneNames holds every zone that an unknown one is compared with to be known.
func TestZoneNames(t *testing.T) {
	for _, name := range strings.Fields(zoneNames) {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
}

func FuzzCondition(f *testing.F) {
	for _, g := range golden {
		f.Add(g.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, diags := checkCondition(text)
		if e == nil && !diags.HasErrors() {
			t.Error("no tree, and no error")
		}
		for _, d := range diags {
			if s := d.Subject; diag.CodeOf(d) == "" || d.Detail == "" || s == nil || s.Start.Byte > s.End.Byte || s.End.Byte > len(text) {
				t.Errorf("%v at %v", d, d.Subject)
			}
		}
	})
}
