package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/rules"
)

// TestClosures shows that a condition in a closure, behind let or beside ?: means what it means outside.
func TestClosures(t *testing.T) {
	segs := []seg{
		{proto: 6, src: "10.0.0.1", dst: "198.51.100.7", sport: 1111, dport: 80, flags: 2, at: 1},
		{proto: 6, src: "192.0.2.9", dst: "10.0.0.1", sport: 80, dport: 443, flags: 18, at: 2},
		{proto: 17, src: "10.0.0.1", dst: "192.0.2.53", sport: 1000, dport: 53, payload: question("www.example.com"), at: 3},
		{proto: 17, src: "fd00::1", dst: "2001:db8::1", sport: 1000, dport: 4444, payload: "abc", at: 4},
		{proto: 1, src: "192.0.2.9", dst: "198.51.100.7", icmpType: 8, at: 5},
	}
	for _, c := range []struct{ closure, want string }{
		{"any([ip.src, ip.dst], # in ['10.0.0.0/8'])", "1 2 3"},
		{"all([ip.src, ip.dst], is_private(#))", ""},
		{"any([ip.src, ip.dst], # == '2001:DB8:0::1')", "4"},
		{"any([80, 53], # == tcp.dstport or # == udp.dstport)", "1 3"},
		{"any(['a'], ip.len > 60 or tcp.dstport == 80)", "1 3"},
		{"let big = ip.len > 60; big or tcp.dstport == 80", "1 3"},
		{"let a = tcp.dstport == 80; let b = udp.dstport == 53; a or b", "1 3"},
		{"none([80], # == tcp.dstport)", "2 3 4 5"},
		{"not any([80], # == tcp.dstport)", "2 3 4 5"},
		{"one([ip.src, ip.dst], is_private(#))", "1 2 3 4"},
		{"count([ip.src, ip.dst], is_private(#)) == 0", "5"},
		{"len(filter([src.port, dst.port], # in 1000..2000)) == 1", "1 3 4"},
		{"any(map([src.port, dst.port], # * 2), # == 160)", "1 2"},
		{"findIndex([22, 80], # == tcp.dstport) == 1", "1"},
		{"findIndex([22, 23], # == tcp.dstport) == 0", ""},
		{"find([22, 80], # == tcp.dstport) != 22", "1"},
		{"any(split(dns.qry.name, '.'), len(#) > 5 and entropy(#) > 1)", "3"},
		{"any(split(dns.qry.name, '.'), tcp.dstport == 80 or # == 'com')", "3"},
		{"any(split(dns.qry.name, '.'), int(#) == 0 or # == 'com')", "3"},
		{"none(split(dns.qry.name, '.'), # == 'org')", "3"},
		{"count(split(dns.qry.name, '.'), len(#) == 3) == 2", "3"},
		{"find(split(dns.qry.name, '.'), # startsWith 'e') == 'example'", "3"},
		{"find(split(dns.qry.name, '.'), # == 'x') != 'y'", ""},
		{"filter([22, 80], # == tcp.dstport)[0] == 80", "1"},
		{"filter([80, 22], # == tcp.dstport)[-1] != 22", "1"},
		{"filter([22, 23], # == tcp.dstport)[0] != 1", ""},
		{"map(split(dns.qry.name, '.'), len(#))[1] == 7", "3"},
		{"map(split(dns.qry.name, '.'), len(#))[7] != 1", ""},
		{"filter(split(dns.qry.name, '.'), len(#) == 3)[0] == 'www'", "3"},
		{"network(ip.src, 24) == '10.0.0.0'", "1 3"},
		{"network(ip.src, 24) != '10.0.0.0'", "2 4 5"},
		{"network(ip.src, 8, 16) in ['fd00::', '192.0.0.0']", "2 4 5"},
		{"network(ip.dst, 24, 32) == network('2001:db8::7', 24, 32)", "4"},
		{"any([ip.src, ip.dst], network(#, 24) == '198.51.100.0')", "1 5"},
		{"hour(frame.time_epoch, 'Asia/Tokyo') == 9", "1 2 3 4 5"},
		{"weekday(frame.time_epoch) == 4 and weekday(frame.time_epoch, 'America/New_York') == 3", "1 2 3 4 5"},
		{"'com' in split(dns.qry.name, '.')", "3"},
		{"any(split(dns.qry.name, '.'), any(['www', 'com'], # == 'www') and # == 'example')", "3"},
		{"int(split(dns.qry.name, '.')[0]) == 0", ""},
		{"int(split(dns.qry.name, '.')[0]) != 7", ""},
		{"split(dns.qry.name, '.')[7] != 'x'", ""},
		{"split(dns.qry.name, '.')[0] != 'x'", "3"},
		{"fromBase64(dns.qry.name) == ''", ""},
		{"bitshr(tcp.flags, -1) == 0", ""},
		{"(dns.qry.name ?? 'none') == 'none'", "1 2 4 5"},
		{"(tcp ? any([80], # == tcp.dstport) : any([53], # == udp.dstport))", "1 3"},
		{"tcp.dstport not in []", "1 2 3 4 5"},
		{"-1 not in [1]", "1 2 3 4 5"},
		{"tcp.dstport == 70000 or udp", "3 4"},
	} {
		for name, tuning := range map[string]Tuning{"plan": {}, "vm": inVM} {
			src := fmt.Sprintf("rule \"r\" {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n  cooldown = \"0s\"\n}\n", c.closure)
			var got []string
			for _, a := range run(New(compileTuned(t, src, Options{}, tuning), Config{}), frames(segs...)) {
				got = append(got, strings.TrimPrefix(strings.Fields(a)[1], "#"))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s: %s: fires on %q, want %q", name, c.closure, s, c.want)
			}
		}
	}
}

// TestFailuresAreCounted shows that what an expression could not compute is told, also of a rule that is explained.
func TestFailuresAreCounted(t *testing.T) {
	const src = `rule "r" {
  description = "d"
  severity    = "low"
  where       = "int(dns.qry.name) == 0"
}
`
	traffic := frames(seg{proto: 17, src: "10.0.0.1", dst: "192.0.2.53", sport: 1000, dport: 53, payload: question("www.example.com")}, syn(1, "10.0.0.1", 1))
	e := New(compile(t, src, Options{}), Config{})
	run(e, traffic)
	if n := e.Stats().Failures; n != 1 {
		t.Errorf("%d failures, want 1", n)
	}
	rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(src)}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	x, diags := NewExplainer(rs, nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	x.Process(traffic)
	if ex := x.Explanations(); len(ex) != 1 || ex[0].Failures != 1 || ex[0].Passed != 0 {
		t.Errorf("explained: %+v", ex)
	}
}

// TestClosuresInAggregates: count and sum are aggregates also where something in them speaks of elements, and expr-lang would take
// them for its own.
func TestClosuresInAggregates(t *testing.T) {
	answer := func(at float64, addrs ...string) seg {
		return seg{at: at, src: "10.0.0.53", dst: "10.0.0.1", sport: 53, dport: 7, proto: 17, payload: answers("x", addrs...)}
	}
	got := fire(t, `rule "r" {
  description = "d"
  severity = "low"
  where = "dns"
  window "10s" {
    inside = "sum(count(dns.a, is_private(#)))"
    many   = "count(count(dns.a, is_private(#)) > 1)"
    ports  = "sum(udp.dstport, count(dns.a, is_private(#)) > 1)"
  }
  when = "inside >= 3"
}`, answer(0, "10.0.0.1", "198.51.100.7", "10.0.0.2"), answer(1, "10.0.0.3", "198.51.100.7"))
	expect(t, got, "r #2 inside=3 many=1 ports=7")
	for _, bad := range []string{"sum(dns.resp.ttl, # > 3)", "count(dns.a, is_private(#))"} {
		_, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte("rule \"r\" {\n  where = \"dns\"\n  window \"10s\" { n = \"" + bad + "\" }\n  when = \"n > 3\"\n}\n")}})
		if !diags.HasErrors() || !strings.Contains(diags.Error(), "An aggregate is needed") {
			t.Errorf("%s: %v", bad, diags)
		}
	}
}
