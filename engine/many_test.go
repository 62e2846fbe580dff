package engine

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// answers is a DNS response with records: an address is A or AAAA, "cname NAME" and "ns NAME" are names, all else is TXT.
func answers(name string, records ...string) string {
	b := []byte(question(name))
	b[2], b[3] = 0x81, 0x80
	binary.BigEndian.PutUint16(b[6:], uint16(len(records)))
	for i, r := range records {
		kind, data := uint16(16), append([]byte{byte(len(r))}, r...)
		if a, err := netip.ParseAddr(r); err == nil {
			if kind, data = 1, a.AsSlice(); a.Is6() {
				kind = 28
			}
		} else if w, n, ok := strings.Cut(r, " "); ok && (w == "cname" || w == "ns") {
			if kind = 5; w == "ns" {
				kind = 2
			}
			data = []byte(question(n))[12 : len(question(n))-4]
		}
		b = append(b, 0xc0, 12)
		for _, v := range []uint16{kind, 1, 0, uint16(60 * (i + 1)), uint16(len(data))} {
			b = binary.BigEndian.AppendUint16(b, v)
		}
		b = append(b, data...)
	}
	return string(b)
}

// clientHello is a record of TLS with a server name and ALPN names; of those that are empty there is none.
func clientHello(name string, alpn ...string) string {
	counted := func(n int, b []byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(b)))[4-n:], b...)
	}
	var ext []byte
	if name != "" {
		ext = append([]byte{0, 0}, counted(2, counted(2, append([]byte{0}, counted(2, []byte(name))...)))...)
	}
	if len(alpn) > 0 {
		var list []byte
		for _, a := range alpn {
			list = append(list, counted(1, []byte(a))...)
		}
		ext = append(append(ext, 0, 16), counted(2, counted(2, list))...)
	}
	m := append([]byte{3, 3}, make([]byte, 32)...)
	m = append(m, 0, 0, 4, 0x13, 1, 0x13, 2, 1, 0)
	m = append([]byte{1}, counted(3, append(m, counted(2, ext)...))...)
	return string(append([]byte{22, 3, 1}, counted(2, m)...))
}

// sayings are packets of applications, numbered from 1.
func sayings() []seg {
	return []seg{
		{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 1, payload: answers("www.example.com", "cname a.example.net", "198.51.100.1", "198.51.100.2", "2001:db8::1")},
		{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 2, payload: answers("t.example.com", "IEX x", "other", "ns ns1.example.org", "ns ns2.example.org")},
		{proto: 17, src: "10.0.0.1", dst: "192.0.2.53", sport: 1000, dport: 53, at: 3, payload: question("www.example.com")},
		{src: "10.0.0.1", dst: "192.0.2.80", sport: 1000, dport: 8080, flags: 24, at: 4, payload: "GET /admin?x=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Sqlmap/1.7\r\n\r\n"},
		{src: "192.0.2.80", dst: "10.0.0.1", sport: 8080, dport: 1000, flags: 24, at: 5, payload: "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n"},
		{src: "10.0.0.1", dst: "192.0.2.80", sport: 1001, dport: 8443, flags: 24, at: 6, payload: clientHello("c2.example.com", "h2", "http/1.1")},
		{src: "10.0.0.1", dst: "192.0.2.80", sport: 1002, dport: 8443, flags: 24, at: 7, payload: clientHello("")},
		{src: "10.0.0.1", dst: "192.0.2.80", sport: 1003, dport: 2222, flags: 24, at: 8, payload: "SSH-2.0-libssh_0.9.6\r\n"},
		{src: "10.0.0.1", dst: "192.0.2.80", sport: 1004, dport: 80, flags: 2, at: 9},
	}
}

// TestWhatApplicationsSay says of a condition for which packets it holds, by the plan and by the VM.
func TestWhatApplicationsSay(t *testing.T) {
	traffic := frames(sayings()...)
	for _, c := range []struct{ where, want string }{
		// Of several values one is enough, and for not none may be.
		{"dns.a == '198.51.100.1'", "1"},
		{"dns.a == '198.51.100.2'", "1"},
		{"dns.a == '198.51.100.3'", ""},
		{"dns.a != '198.51.100.1'", "1"},
		{"dns.a == '198.51.100.1' and dns.a == '198.51.100.2'", "1"},
		{"not (dns.a == '198.51.100.1')", "2 3 4 5 6 7 8 9"},
		{"dns.a in ['198.51.100.2/32', '10.0.0.0/8']", "1"},
		{"dns.a not in ['198.51.100.2/32']", "2 3 4 5 6 7 8 9"},
		{"dns.a not in ['203.0.113.0/24']", "1 2 3 4 5 6 7 8 9"},
		{"'198.51.100.2' in dns.a", "1"},
		{"'198.51.100.9' in dns.a", ""},
		{"is_private(dns.a)", ""},
		{"not is_private(dns.a)", "1 2 3 4 5 6 7 8 9"},
		{"is_private(dns.a) == false", "1"},
		{"network(dns.a, 24) == '198.51.100.0'", "1"},
		{"dns.aaaa in ['2001:db8::/32']", "1"},
		{"dns.cname endsWith '.example.net'", "1"},
		{"lower(dns.cname) matches '^A'", ""},
		{"upper(dns.cname) matches '^A[.]'", "1"},
		{"registered_domain(dns.cname) == 'example.net'", "1"},
		{"dns.cname == dns.ns", ""},
		{"dns.ns in ['x', 'ns2.example.org']", "2"},
		{"dns.ns != 'ns1.example.org'", "2"},
		{"dns.txt contains 'IEX'", "2"},
		{"dns.txt matches 'i?IEX|cmd[.]exe'", "2"},
		{"dns.txt[0] == 73", "2"},
		{"dns.txt[4] == 120", "2"},
		{"len(dns.txt) == 5", "2"},
		{"len(dns.txt) > 5", ""},
		{"dns.txt + '!' == 'other!'", "2"},
		{"dns.resp.ttl == 120", "1 2"},
		{"dns.resp.ttl < 60", ""},
		{"dns.resp.ttl <= 60 and dns.resp.ttl >= 240", "1 2"},
		{"dns.resp.ttl in 200..300", "1 2"},
		{"dns.resp.ttl * 2 == 480", "1 2"},
		{"dns.resp.len == 16", "1"},
		{"dns.resp.ttl == dns.resp.len", ""},
		{"dns.resp.ttl + dns.resp.len == 124", "1"},
		{"(dns.cname ?? 'none') == 'none'", "2 3 4 5 6 7 8 9"},
		{"(dns ? dns.cname : 'none') == 'none'", "4 5 6 7 8 9"},
		{"(dns.a == '198.51.100.2' ? dns.a : '10.0.0.1') == '198.51.100.1'", "1"},

		// All values.
		{"any(dns.a, # == '198.51.100.2')", "1"},
		{"any(dns.a, # in ['198.51.100.2', '198.51.100.3'] and dns.cname startsWith 'a')", "1"},
		{"all(dns.a, # in ['198.51.100.0/24'])", "1"},
		{"all(dns.a, # in ['198.51.100.1'])", ""},
		{"none(dns.a, # == '198.51.100.9')", "1"},
		{"one(dns.a, # == '198.51.100.1')", "1"},
		{"count(dns.a, # != '198.51.100.1') == 1", "1"},
		{"len(dns.a) == 2", "1"},
		{"len(dns.resp.ttl) == 4", "1 2"},
		{"first(dns.a) == '198.51.100.1'", "1"},
		{"first(dns.a) == '198.51.100.2'", ""},
		{"find(dns.a, # != '198.51.100.1') == '198.51.100.2'", "1"},
		{"find(dns.ns, # contains '2') == 'ns2.example.org'", "2"},
		{"find(dns.ns, # contains '3') != 'ns2.example.org'", ""},
		{"findIndex(dns.ns, # contains '2') == 1", "2"},
		{"len(filter(dns.ns, # endsWith 'org')) == 2", "2"},
		{"any(map(dns.resp.ttl, # / 60), # == 4.0)", "1 2"},
		{"any(dns.ns, any(dns.txt, # == 'other') and # == 'ns2.example.org')", "2"},
		{"all(dns.txt, len(#) == 5)", "2"},
		{"any(dns.cname, any(split(#, '.'), # == 'net'))", "1"},
		{"any(split(dns.cname, '.'), # == 'net')", "1"},

		// Heads.
		{"http", "4 5"},
		{"tls", "6 7"},
		{"ssh", "8"},
		{"quic or dhcp", ""},
		{"http.request.method == 'GET'", "4"},
		{"http.request.method != 'GET'", ""},
		{"http.request.uri startsWith '/admin' and http.host endsWith '.example.com'", "4"},
		{"lower(http.user_agent) contains 'sqlmap'", "4"},
		{"http.user_agent matches '(?i)sqlmap|nikto'", "4"},
		{"http.response.code in [404, 403]", "5"},
		{"http.response.code >= 400", "5"},
		{"http.content_type startsWith 'text/'", "5"},
		{"tls.handshake.type == 1", "6 7"},
		{"tls.handshake.version == 0x0303", "6 7"},
		{"tls.handshake.extensions_server_name == 'c2.example.com'", "6"},
		{"tls.handshake.extensions_server_name != ''", "6"},
		{"tls and not (tls.handshake.extensions_server_name != '')", "7"},
		{"tls.handshake.extensions_alpn_str == 'h2'", "6"},
		{"tls.handshake.extensions_alpn_str in ['http/1.1']", "6"},
		{"tls.handshake.ja3 == 'c8446f59cca2149cb5f56ced4b448c8d' or len(tls.handshake.ja3) == 32", "6 7"},
		{"tls.handshake.ja4 startsWith 't12d0202h2_62ed6f6ca7ad_'", "6"},
		{"ssh.protocol contains 'libssh'", "8"},
		{"tcp.flags.syn", "9"},
	} {
		for name, tuning := range map[string]Tuning{"plan": {}, "no index": {NoIndex: true}, "no dispatch": {NoDispatch: true}, "vm": inVM} {
			src := fmt.Sprintf("rule \"r\" {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n  cooldown = \"0s\"\n}\n", c.where)
			var got []string
			for _, a := range run(New(compileTuned(t, src, Options{}, tuning), Config{}), traffic) {
				got = append(got, strings.TrimPrefix(strings.Fields(a)[1], "#"))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s: %s: fires on %q, want %q", name, c.where, s, c.want)
			}
		}
	}
}

// TestSeveralValuesInWindows counts each value, and shows all in a message.
func TestSeveralValuesInWindows(t *testing.T) {
	const src = `rule "r" {
  description = "d"
  severity    = "low"
  where       = "dns"
  by          = ["dns.a"]
  cooldown    = "0s"
  window "10s" {
    a     = "distinct(dns.a)"
    names = "distinct(lower(dns.ns))"
    most  = "max(dns.resp.ttl)"
    least = "min(dns.resp.ttl)"
    all   = "sum(dns.resp.len)"
    mean  = "mean(dns.resp.ttl)"
    pairs = "distinct([dns.a, dns.resp.ttl])"
    fifth = "distinct(dns.ns[2])"
    half  = "median(dns.resp.ttl)"
    other = "changes(dns.a)"
  }
  when = "a >= 0"
  notify {
    to      = ["ops"]
    message = "$${dns.a} / $${upper(dns.ns)} / $${dns.ns[2]} / $${dns.txt} / $${ip.src}"
  }
}
`
	packets := frames(
		seg{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 1, payload: answers("a.example", "198.51.100.1", "198.51.100.2", "ns ns1.x", "ns NS1.x", "ns nst.x")},
		seg{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 2, payload: answers("a.example", "198.51.100.1", "198.51.100.3", "ns n")},
	)
	want := []string{
		"map[a:2 all:29 fifth:2 half:180 least:60 mean:180 most:300 names:2 other:0 pairs:10] 198.51.100.1 198.51.100.1, 198.51.100.2 / NS1.X, NS1.X, NST.X / 49, 49, 116 / - / 192.0.2.53",
		"map[a:3 all:40 fifth:2 half:150 least:60 mean:157.5 most:300 names:3 other:0 pairs:13] 198.51.100.1 198.51.100.1, 198.51.100.3 / N / - / - / 192.0.2.53",
	}
	for _, workers := range []int{1, 3} {
		var got []string
		e := New(compile(t, strings.ReplaceAll(src, "$${", "${"), Options{}), Config{Workers: workers})
		e.Process(packets, func(a *alert.Alert) {
			values := map[string]any{}
			for _, v := range a.Values {
				values[v.Name] = v.Value
			}
			got = append(got, fmt.Sprint(values, " ", a.Key[0].Value, " ", a.Message))
		})
		if !slices.Equal(got, want) {
			t.Errorf("%d workers:\n got %s\nwant %s", workers, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
}

// TestSeveralValuesInLists writes each value to a list.
func TestSeveralValuesInLists(t *testing.T) {
	got := fire(t, `list "resolved" {
  type = "ip"
  for  = "1h"
}
rule "learn" {
  silent = true
  where  = "dns.flags.response"
  track "resolved" { value = "dns.a" }
}
rule "known" {
  where    = "tcp.flags.syn and ip.dst in list.resolved"
  by       = ["ip.dst"]
  cooldown = "0s"
}`,
		seg{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 1, payload: answers("a.example", "198.51.100.1", "198.51.100.2")},
		syn(2, "198.51.100.1", 80), seg{src: "10.0.0.1", dst: "198.51.100.2", flags: 2, at: 3}, seg{src: "10.0.0.1", dst: "198.51.100.3", flags: 2, at: 4},
		seg{src: "10.0.0.1", dst: "198.51.100.1", flags: 2, at: 5})
	expect(t, got, "known #3 198.51.100.2", "known #5 198.51.100.1")
}

// TestSeveralValuesInMemories remembers each value.
func TestSeveralValuesInMemories(t *testing.T) {
	got := fire(t, `rule "fresh" {
  where    = "dns.flags.response"
  by       = ["ip.dst"]
  cooldown = "0s"
  memory "1h" { fresh = "first(dns.a)" }
  when = "fresh"
}`,
		seg{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 1, payload: answers("a.example", "198.51.100.1", "198.51.100.2")},
		seg{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 2, payload: answers("a.example", "198.51.100.2")},
		seg{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 3, payload: answers("a.example", "198.51.100.1", "198.51.100.3", "198.51.100.2")},
		seg{proto: 17, src: "192.0.2.53", dst: "10.0.0.1", sport: 53, dport: 1000, at: 4, payload: answers("a.example")})
	expect(t, got, "fresh #1 10.0.0.1 fresh=true", "fresh #3 10.0.0.1 fresh=true")
}

// TestHeadsAreDispatched shows that packets without a head visit no rule about heads.
func TestHeadsAreDispatched(t *testing.T) {
	p := compile(t, `rule "r" {
  description = "d"
  severity    = "low"
  where       = "http.request.uri contains 'x' or tls"
}
`, Options{})
	for f := range 256 {
		class := packet.ClassTCP + packet.Class(f)
		if p.table[saidNone][class] != nil || p.table[saidDNS][class] != nil || p.table[saidHead][class] == nil {
			t.Fatalf("flags %x: %v, %v, %v", f, p.table[saidNone][class], p.table[saidDNS][class], p.table[saidHead][class])
		}
	}
	if classes, _ := p.Interest(); !slices.Contains(classes, packet.ClassTCP+packet.FlagSYN) {
		t.Error("who looks for heads is not given the packets before them")
	}
}

// TestHeadsAllocateNothing counts allocations for packets with heads that no rule fires on.
func TestHeadsAllocateNothing(t *testing.T) {
	p := compile(t, `rule "r" {
  description = "d"
  severity    = "low"
  where       = "http.request.uri contains 'xyzzy' or tls.handshake.ja3 == 'x' or tls.handshake.ja4 == 'x' or dns.cname endsWith '.xyzzy' or any(dns.a, # == '10.9.9.9') or dns.txt == 'x' or ssh.protocol == 'x' or tls.handshake.extensions_alpn_str == 'x'"
  window "10s" { a = "distinct(dns.a)" }
  when = "a > 5"
}
`, Options{})
	e := New(p, Config{})
	fs := frames(sayings()...)
	none := func(*alert.Alert) { t.Fatal("an alert") }
	e.Process(fs, none)
	if n := testing.AllocsPerRun(20, func() { e.Process(fs, none) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
