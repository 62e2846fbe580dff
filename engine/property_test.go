package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// grammar makes random rules and packets from a stream of numbers.
type grammar struct {
	*rand.Rand
	escalate bool // rules ask reputation
}

// graded is a Reputation that gives each indicator a tier of its own.
type graded struct{}

func (graded) Standing(_, indicator string, _ uint8) Standing {
	n := uint32(0)
	for _, c := range []byte(indicator) {
		n = n*31 + uint32(c)
	}
	return Standing{Tier: Tier(n % scale.NumTiers)}
}

func (graded) Version() uint64 { return 0 }

func (g grammar) one(of ...string) string { return of[g.IntN(len(of))] }

func (g grammar) port() string { return g.one("22", "80", "443", "4444", "53", "1000", "1001") }

func (g grammar) leaf() string {
	switch g.IntN(20) {
	case 17:
		return g.said()
	case 18:
		return g.said()
	case 19:
		return fmt.Sprintf("(%s ? %s : %s)", g.said(), g.said(), g.said())
	case 0:
		return g.one("tcp", "udp", "icmp", "ip", "dns", "arp", "icmpv6", "vlan")
	case 1:
		return g.one("tcp.flags.syn", "tcp.flags.ack", "tcp.flags.fin", "tcp.flags.reset", "dns.flags.response", "ip.flags.df")
	case 2:
		return fmt.Sprintf("%s %s %s", g.one("tcp.dstport", "dst.port", "src.port", "udp.dstport", "tcp.srcport"), g.one("==", "!=", "<", "<=", ">", ">="), g.port())
	case 3:
		return fmt.Sprintf("%s in [%s, %s, %s]", g.one("tcp.dstport", "dst.port", "src.port"), g.port(), g.port(), g.port())
	case 4:
		return fmt.Sprintf("%s in %d..%d", g.one("dst.port", "ip.ttl", "ip.len", "frame.len"), g.IntN(60), 60+g.IntN(1000))
	case 5:
		return fmt.Sprintf("%s %s '10.0.0.%d'", g.one("ip.src", "ip.dst"), g.one("==", "!="), g.IntN(4))
	case 6:
		return fmt.Sprintf("%s in ['10.0.0.%d/31', '%s', 'fd00::/%d']", g.one("ip.src", "ip.dst"), 2*g.IntN(2), g.one("192.0.2.0/24", "10.0.0.0/8", "198.51.100.7"), 64+g.IntN(60))
	case 7:
		return fmt.Sprintf("tcp.flags %s %d", g.one("==", "!=", "<", ">="), g.IntN(64))
	case 8:
		return fmt.Sprintf("payload %s '%s'", g.one("contains", "startsWith", "endsWith", "=="), g.one("GET", "a", "bc", ""))
	case 9:
		return fmt.Sprintf("%s %s '%s'", g.one("dns.qry.name", "lower(dns.qry.name)"), g.one("contains", "startsWith", "endsWith", "matches", "==", "!=", "<"), g.one("example", "www", "com", "evil", ".example.com"))
	case 10:
		return fmt.Sprintf("len(%s) %s %d", g.one("dns.qry.name", "payload"), g.one(">", "<=", "=="), g.IntN(16))
	case 11:
		return fmt.Sprintf("%s + %s * 2 %s %d", g.one("ip.len", "src.port"), g.one("ip.ttl", "dst.port"), g.one(">", "<", "!="), g.IntN(2000))
	case 12:
		return fmt.Sprintf("(%s ? ip.src : ip.dst) == '10.0.0.%d'", g.one("tcp", "udp", "tcp.flags.syn"), g.IntN(4))
	case 13:
		return fmt.Sprintf("entropy(%s) > %d.5", g.one("payload", "dns.qry.name"), g.IntN(4))
	case 14:
		return g.one("is_private(ip.src)", "tcp.srcport == tcp.dstport", "ip.src == ip.dst", "hour(frame.time_epoch) < 12", "network(ip.src, 30) == network(ip.dst, 30)", "weekday(frame.time_epoch, 'Asia/Tokyo') == 4",
			"registered_domain(dns.qry.name) == 'example.com'", "lower(dns.qry.name) == 'www.example.com'", "payload[0] == 71", "payload[1:3] == 'ET'", "payload[0] == 71 and payload[2] in 80..90", "not (payload[3] == 32)", "payload startsWith 'GET / HTTP'", "(dst.port == 80 and payload[0] == 71 or src.port == 53 and payload[1] != 98)",
			"max(src.port, dst.port) >= 1000", "ip.len % 7 == 3", "ip.len / 3 > 20.5", "abs(src.port - dst.port) < 100", "flow.packets > 3", "flow.packet_rate > 2.5")
	}
	if g.IntN(3) == 0 {
		return fmt.Sprintf("%s matches '%s'", g.one("payload", "dns.qry.name", "lower(payload)"), g.one("GET|HEAD", "(?i)get /", "^(www|a)[.]", "e+x?ample[.]com$", "[bc]{2}", "^abc$", "T.P"))
	}
	return fmt.Sprintf("%s == %s", g.one("ip.proto", "icmp.type", "ip.version", "dns.qry.type"), g.one("6", "17", "4", "8", "16"))
}

// said is a condition on what applications say.
func (g grammar) said() string {
	text := g.one("dns.cname", "dns.txt", "dns.ns", "tls.handshake.extensions_alpn_str", "http.host", "http.request.uri", "http.user_agent", "http.request.method", "tls.handshake.extensions_server_name", "ssh.protocol", "lower(dns.cname)", "upper(http.host)", "registered_domain(dns.ns)")
	word := g.one("example", ".example.com", "a", "IEX", "GET", "h2", "SSH-2.0", "www.example.com", "")
	number := g.one("dns.resp.ttl", "dns.resp.len", "http.response.code", "tls.handshake.type", "dns.resp.ttl + dns.resp.len", "len(dns.txt)", "dns.txt[1]")
	address := g.one("dns.a", "dns.aaaa", "network(dns.a, 30)")
	switch g.IntN(12) {
	case 0:
		return g.one("http", "tls", "ssh", "dns", "is_private(dns.a)", "not is_private(dns.a)")
	case 1, 2:
		return fmt.Sprintf("%s %s '%s'", text, g.one("contains", "startsWith", "endsWith", "==", "!=", "<", "matches"), word)
	case 3:
		return fmt.Sprintf("%s in ['%s', 'a.example.com', 'h2']", text, word)
	case 4:
		return fmt.Sprintf("%s %s %s", number, g.one("==", "!=", "<", ">="), g.one("4", "60", "120", "404", "1"))
	case 5:
		return fmt.Sprintf("%s in %d..%d", number, g.IntN(60), 60+g.IntN(200))
	case 6:
		return fmt.Sprintf("%s %s '10.0.0.%d'", g.one("dns.a", "network(dns.a, 31)"), g.one("==", "!="), g.IntN(4))
	case 7:
		return fmt.Sprintf("%s in ['10.0.0.0/30', '2001:db8::/64', '198.51.100.%d']", address, g.IntN(9))
	case 8:
		return fmt.Sprintf("%s == %s", g.one("dns.a", "ip.src"), g.one("ip.dst", "dns.a", "first(dns.a)"))
	case 9:
		return fmt.Sprintf("%s(%s, # %s '10.0.0.%d')", g.one("any", "all", "none", "one"), g.one("dns.a"), g.one("==", "!="), g.IntN(4))
	case 10:
		return fmt.Sprintf("%s(%s, len(#) > %d or # == %s)", g.one("any", "all", "none"), g.one("dns.cname", "dns.txt", "tls.handshake.extensions_alpn_str"), g.IntN(8), g.one("'h2'", "dns.ns", "'IEX'"))
	}
	return fmt.Sprintf("%s %s %d", g.one("len(dns.a)", "len(filter(dns.resp.ttl, # > 60))", "len(filter(dns.ns, # != 'x'))", "len(dns.qry.name)"), g.one(">", "==", "<="), g.IntN(4))
}

func (g grammar) cond(depth int) string {
	if depth == 0 || g.IntN(3) == 0 {
		if g.IntN(4) == 0 {
			return "not (" + g.leaf() + ")"
		}
		return g.leaf()
	}
	if g.IntN(8) == 0 {
		return "not (" + g.cond(depth-1) + ")"
	}
	return "(" + g.cond(depth-1) + g.one(" and ", " or ") + g.cond(depth-1) + ")"
}

// sequence is a rule with a sequence of packets: each step by a key of one kind, now and then with an exception or an absence.
func (g grammar) sequence(name string) string {
	key := g.one(`["ip.src"] ["ip.dst"]`, `["ip.src", "dst.port"] ["ip.dst", "src.port"]`, `["lower(dns.qry.name)"] ["registered_domain(dns.qry.name)"]`, `[] []`)
	one, other, _ := strings.Cut(key, "] [")
	by := func() string { return g.one(one+"]", "["+other) }
	var b strings.Builder
	fmt.Fprintf(&b, "rule %q {\n  description = \"d\"\n  severity = \"low\"\n  cooldown = %q\n  sequence %q {\n", name, g.one("0s", "0s", "1s"), g.one("1s", "3s", "10s"))
	step := func(kind string, i int) {
		fmt.Fprintf(&b, "    %s \"s%d\" {\n      where = %q\n      by = %s\n    }\n", kind, i, g.cond(2), by())
	}
	steps := 1 + g.IntN(3)
	for i := range steps {
		step("step", i)
	}
	if g.IntN(3) == 0 {
		step("unless", 8)
	}
	if steps == 1 || g.IntN(4) == 0 {
		step("absent", 9)
	}
	b.WriteString("  }\n")
	if g.escalate {
		fmt.Fprintf(&b, "  escalate \"list\" { indicator = %q }\n", g.one("ip.src", "ip.dst"))
	}
	b.WriteString("}\n")
	return b.String()
}

func (g grammar) rule(name string) string {
	if g.IntN(6) == 0 {
		return g.sequence(name)
	}
	by := g.one(`[]`, `["ip.src"]`, `["ip.src", "dst.port"]`, `["ip.dst"]`, `["dns.qry.name"]`, `["tcp.flags.syn"]`, `["is_private(ip.src)", "ip.len % 3"]`, `["registered_domain(dns.qry.name)"]`, `["ip.src == ip.dst", "lower(dns.qry.name)"]`, `["network(ip.src, 31)"]`, `["tcp ? tcp.dstport : 0"]`, `["dns.a"]`, `["http.host"]`, `["dns.qry.name", "dns.resp.ttl"]`, `["lower(dns.cname)"]`)
	agg := func() string {
		return g.one("count()", "distinct(dst.port)", "distinct(ip.src)", "sum(ip.len)", "count("+g.leaf()+")", "changes(ip.ttl)", "max(ip.len)", "mean(ip.len)", "rate()", "distinct(dns.qry.name, "+g.leaf()+")",
			"distinct(is_private(ip.src))", "distinct(network(ip.dst, 31))", "changes(is_private(ip.dst))", "distinct(tcp.flags.syn)", "sum(max(src.port, dst.port))", "max(entropy(payload))", "min(ip.len / 2)",
			"distinct(dst.port in [22, 80])", "changes(payload startsWith 'a')", "sum(tcp ? tcp.len : 0)", "stddev(len(payload))", "distinct(payload[0])", "mean(flow.duration)",
			"cv(gap())", "median(gap())", "percentile(ip.len, 90)", "count(gap() < 0.5)", "max(gap())", "percentile(abs(gap() - 1), 25, "+g.leaf()+")", "distinct([tcp.flags.syn, gap() > 1])",
			"distinct(dns.a)", "distinct(lower(dns.cname), "+g.said()+")", "sum(dns.resp.ttl)", "max(dns.resp.len)", "distinct([dns.a, dns.resp.ttl])", "distinct(http.request.uri)", "changes(dns.txt)", "distinct(dns.txt[2])", "mean(len(dns.ns))",
			"distinct([ip.dst, dst.port])", "changes([ip.ttl, lower(dns.qry.name)])", "distinct([ip.src, tcp.flags.syn, payload], "+g.leaf()+")")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "rule %q {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n  by = %s\n  cooldown = %q\n", name, g.cond(3), by, g.one("0s", "0s", "1s", "15s"))
	if g.escalate {
		fmt.Fprintf(&b, "  escalate \"list\" { indicator = %q }\n", g.one("ip.src", "ip.dst", "registered_domain(dns.qry.name)", "tcp ? ip.src : ip.dst"))
	}
	if g.IntN(3) == 0 {
		if g.escalate {
			fmt.Fprintf(&b, "  threshold = %d\n  when = %q\n", 1+g.IntN(100), g.one("ip.len > threshold", "len(payload) >= threshold", "threshold <= ip.ttl and ip.len > threshold", "src.port < threshold"))
		}
		b.WriteString("}\n")
		return b.String()
	}
	fmt.Fprintf(&b, "  window %q {\n    a = %q\n    b = %q\n  }\n", g.one("1s", "3s", "10s"), agg(), agg())
	if g.IntN(3) == 0 {
		fmt.Fprintf(&b, "  level \"critical\" { when = %q }\n  level \"high\" { when = %q }\n", g.one("a >= 2 * threshold", "b > a + 1", "a >= 9 and "+g.leaf()), g.one("a + b >= threshold + 1", g.leaf()))
	}
	fmt.Fprintf(&b, "  threshold = %d\n  when = %q\n}\n", 1+g.IntN(6), g.one("a >= threshold", "a > threshold and b >= 2", "a > b", "a >= threshold or b > 3", "a * 2 > b + 1 and "+g.leaf(), "a == threshold", "a < threshold", "threshold <= b", "a >= 2 and a > 3 * b", "a >= 1 and b * 2 < a"))
	return b.String()
}

func (g grammar) seg(at float64) seg {
	hosts := []string{"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "192.0.2.9", "198.51.100.7"}
	if g.IntN(6) == 0 {
		hosts = []string{"fd00::1", "fd00::2", "2001:db8::1"}
	}
	ports := []uint16{22, 80, 443, 4444, 53, 1000, 1001}
	s := seg{at: at, src: hosts[g.IntN(len(hosts))], dst: hosts[g.IntN(len(hosts))], sport: ports[g.IntN(len(ports))], dport: ports[g.IntN(len(ports))]}
	switch g.IntN(4) {
	case 0:
		s.proto, s.payload = 17, g.one("", "GET", "abc")
		if g.IntN(2) == 0 {
			s.dport, s.payload = 53, question(g.one("www.example.com", "evil.test", "a.b.example.com", "WWW.Example.COM"))
		} else if g.IntN(2) == 0 {
			var records []string
			for range g.IntN(5) {
				records = append(records, g.one("10.0.0.1", "10.0.0.2", "10.0.0.9", "198.51.100.7", "2001:db8::1", "fd00::2", "cname a.example.com", "cname b.example.com", "ns x", "ns www.example.com", "IEX", "other text", ""))
			}
			s.sport, s.payload = 53, answers(g.one("www.example.com", "x"), records...)
		}
	case 1:
		s.proto, s.icmpType, s.payload = 1, byte(g.IntN(10)), g.one("", "abc")
		if strings.Contains(s.src, ":") {
			s.proto = 58
		}
	default:
		s.flags, s.payload = byte(g.IntN(64)), g.one("", "", "GET / HTTP", "bc")
		if g.IntN(3) == 0 {
			s.payload = g.one("GET /a?example HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: a\r\n\r\n", "POST / HTTP/1.0\r\nHost: evil.example.com\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: a\r\n\r\n",
				"SSH-2.0-OpenSSH\r\n", clientHello("www.example.com", "h2", "http/1.1"), clientHello("", "h2"), clientHello("a.example.com"))
		}
	}
	return s
}

func (g grammar) traffic(n int) []packet.Frame {
	segs := make([]seg, n)
	at := 0.0
	for i := range segs {
		at += float64(g.IntN(400)) / 1000
		segs[i] = g.seg(at)
		if g.IntN(20) == 0 {
			segs[i].at -= float64(g.IntN(3000)) / 1000 // late
		}
	}
	return frames(segs...)
}

// TestPlansAgree holds the plan against itself with optimizations off, against the expr VM, and
// against several workers, on random rules and random traffic.
func TestPlansAgree(t *testing.T) {
	rounds := 24
	if testing.Short() {
		rounds = 10
	}
	for seed := range uint64(rounds) {
		agree(t, seed, false)
		if seed%3 == 0 {
			agree(t, seed, true)
		}
	}
}

func FuzzPlansAgree(f *testing.F) {
	f.Add(uint64(1 << 40))
	f.Fuzz(func(t *testing.T, seed uint64) { agree(t, seed, seed%2 != 0) })
}

// runGraded is run with the severity of each alert.
func runGraded(e *Engine, fs []packet.Frame) []string {
	var out []string
	e.Process(fs, func(a *alert.Alert) { out = append(out, line(a)+" "+a.Severity.String()) })
	return out
}

func agree(t *testing.T, seed uint64, escalate bool) {
	t.Helper()
	g := grammar{rand.New(rand.NewPCG(seed, 7)), escalate}
	var src strings.Builder
	n := 0
	for i := range 24 {
		r := g.rule(fmt.Sprintf("r%02d", i))
		// Random conditions contradict themselves at times, which is an error of its own.
		if _, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(r)}}); diags.HasErrors() {
			for _, d := range diags {
				if c := diag.CodeOf(d); c != "never-true" && c != "always-true" {
					t.Fatalf("seed %d: %v\n%s", seed, d, r)
				}
			}
			continue
		}
		src.WriteString(r)
		n++
	}
	if n == 0 {
		return
	}
	rs := load(t, src.String())
	traffic := g.traffic(1500)
	var want []string
	plain, _ := Compile(rs, Options{Escalate: escalate})
	for i, c := range []struct {
		name string
		opt  Tuning
		cfg  Config
	}{
		{"default", Tuning{}, Config{Seed: 1}},
		{"no sharing", Tuning{NoSharing: true}, Config{}},
		{"no dispatch", Tuning{NoDispatch: true}, Config{}},
		{"no index", Tuning{NoIndex: true}, Config{}},
		{"vm", inVM, Config{}},
		{"3 workers", Tuning{}, Config{Workers: 3}},
	} {
		c.cfg.Reputation = graded{}
		p, diags := CompileTuned(rs, Options{Escalate: escalate}, c.opt)
		if diags.HasErrors() {
			t.Fatalf("seed %d, %s: %v", seed, c.name, diags)
		}
		var got []string
		if c.opt.condition == nil {
			got = runGraded(New(p, c.cfg), traffic)
		}
		if i == 0 {
			want = got
			continue
		}
		want := want
		if c.opt.condition != nil { // a thousand times slower: the beginning has to do
			beginning := traffic[:300]
			got, want = runGraded(New(p, c.cfg), beginning), runGraded(New(plain, Config{Seed: 1, Reputation: graded{}}), beginning)
		}
		for j := range max(len(got), len(want)) {
			if j >= len(got) || j >= len(want) || got[j] != want[j] {
				at := func(s []string) string {
					if j < len(s) {
						return s[j]
					}
					return "(end)"
				}
				name, _, _ := strings.Cut(at(got)+at(want), " ")
				body := src.String()
				if k := strings.Index(body, fmt.Sprintf("rule %q", name)); k >= 0 {
					body, _, _ = strings.Cut(body[k:], "\n}\n")
				}
				t.Fatalf("seed %d: %s differs from default at alert %d:\n  got  %s\n  want %s\n%s", seed, c.name, j, at(got), at(want), body)
			}
		}
	}
}
