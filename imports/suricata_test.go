package imports

import (
	"encoding/csv"
	"strings"
	"testing"
)

// suricata translates one rule, and returns its conditions, joined, or the reason why there are none.
func suricata(text string) (where string, t *translation) {
	var s Set
	s.Suricata(File{"x.rules", []byte(text)})
	t = s.rules[0]
	if t.reason != "" {
		return "left out: " + t.reason, t
	}
	conds := t.conds
	if t.fold != nil {
		conds = append(conds, t.fold.text)
	}
	return strings.Join(conds, " AND "), t
}

func TestSuricata(t *testing.T) {
	for _, tc := range []struct{ rule, where, lost string }{
		// Headers.
		{`alert tcp $EXTERNAL_NET any -> $HOME_NET [22,2222:2224] (flags:S,12; sid:1;)`,
			"ip.src not in list.home_nets AND ip.dst in list.home_nets AND (tcp.dstport == 22 or tcp.dstport in 2222..2224) AND bitand(tcp.flags, 63) == 2", ""},
		{`alert udp any !53 -> any any (dsize:>100; sid:1;)`, "not (udp.srcport == 53) AND udp.length - 8 > 100", ""},
		{`alert ip [192.0.2.1,198.51.100.0/24,!198.51.100.9] any -> $HOME_NET any (sid:1;)`,
			"ip.src not in ['198.51.100.9'] AND ip.dst in list.home_nets AND ip.src in ['192.0.2.1', '198.51.100.0/24']", ""},
		{`alert tcp 192.0.2.1 any <> $HOME_NET 80 (flags:S+; sid:1;)`,
			"tcp AND (ip.src in ['192.0.2.1'] and ip.dst in list.home_nets and tcp.dstport == 80) or (ip.src in list.home_nets and tcp.srcport == 80 and ip.dst in ['192.0.2.1']) AND bitand(tcp.flags, 2) == 2", ""},
		{`alert icmp any any -> any any (itype:8; icode:0; ttl:<5; sid:1;)`, "icmp.type == 8 or icmpv6.type == 8 AND icmp.code == 0 or icmpv6.code == 0 AND ip.ttl < 5", ""},
		{`alert ip any any -> any any (ip_proto:gre; sid:1;)`, "ip.proto == 47", ""},
		// Contents.
		{`alert udp any any -> any any (content:"ab|00 ff|'\;"; sid:1;)`, `udp AND payload contains 'ab\x00\xff\';'`, ""},
		{`alert udp any any -> any any (content:"AB"; nocase; offset:4; depth:6; sid:1;)`, "udp AND lower(payload[4:10]) contains 'ab'", ""},
		{`alert udp any any -> any any (content:"ab"; depth:2; content:"cd"; distance:1; within:2; content:"ef"; distance:3; sid:1;)`,
			"udp AND payload startsWith 'ab' AND payload[3:5] == 'cd' AND payload[8:] contains 'ef'", ""},
		{`alert udp any any -> any any (content:"a."; content:"CD"; nocase; distance:1; within:5; content:!"x"; sid:1;)`,
			"udp AND not (payload contains 'x') AND payload matches `a\\.(?s:.{1,4})(?i:CD)`", ""},
		{`alert udp any any -> any any (content:"a"; pcre:"/^b[0-9]+/Ri"; sid:1;)`, "udp AND payload matches `a(?i-s:b[0-9]+)`", ""},
		{`alert udp any any -> any any (content:"end"; isdataat:!1,relative; sid:1;)`, "udp AND payload endsWith 'end'", ""},
		{`alert tcp any any -> any any (flow:established,to_client; content:"a"; sid:1;)`, "tcp AND conn.established AND not conn.to_server AND payload contains 'a'", "looked for in each segment, not in the stream"},
		{`alert udp any any -> any any (pcre:"/(?=a)b/"; sid:1;)`, "left out: pcre that RE2 has not", ""},
		{`alert udp any any -> any any (content:"a"; byte_test:1,>,1,0; sid:1;)`, "left out: keyword byte_test", ""},
		// Fields of applications, by old names and new ones.
		{`alert http any any -> any any (flow:established,to_server; http.method; content:"POST"; http.uri.raw; content:"/x"; startswith; http.user_agent; content:"Ab"; nocase; sid:1;)`,
			"http.request.method == 'POST' AND http.request.uri startsWith '/x' AND lower(http.user_agent) contains 'ab'", ""},
		{`alert http any any -> any any (content:"/x"; http_uri; content:"GET"; http_method; sid:1;)`, "http.request.uri contains '/x' AND http.request.method == 'GET'", "the URI as written, not decoded"},
		{`alert http any any -> any any (http.stat_code; content:"404"; sid:1;)`, "http.response.code == 404", ""},
		{`alert http any any -> any any (http.stat_code; content:"404"; http.method; content:"GET"; sid:1;)`, "left out: a request and its response in one rule", ""},
		{`alert dns any any -> any any (dns.query; content:"a.example"; nocase; bsize:9; sid:1;)`, "not dns.flags.response AND lower(dns.qry.name) == 'a.example'", ""},
		{`alert dns any any -> any any (dns_query; content:".a.example"; nocase; endswith; sid:1;)`,
			"not dns.flags.response AND lower(dns.qry.name) == 'a.example' or lower(dns.qry.name) endsWith '.a.example'", "the name itself counts too, not those below it alone"},
		{`alert dns any any -> any any (dns.query; dotprefix; content:".a.example"; endswith; sid:1;)`,
			"not dns.flags.response AND lower(dns.qry.name) == 'a.example' or lower(dns.qry.name) endsWith '.a.example'", ""},
		{`alert tls any any -> any any (tls.sni; content:"evil"; sid:1;)`, "tls.handshake.extensions_server_name contains 'evil'", ""},
		{`alert tls any any -> any any (ja3.hash; content:"0123456789abcdef0123456789abcdef"; sid:1;)`, "tls.handshake.ja3 == '0123456789abcdef0123456789abcdef'", ""},
		{`alert dns any any -> any any (dns.query; content:!"a.example"; sid:1;)`, "not dns.flags.response AND dns AND not (dns.qry.name contains 'a.example')", ""},
		// What is no rule.
		{`alert tcp any any -> any any sid:1`, "left out: not a rule: no options in brackets", ""},
		{`alert tcp any any any (sid:1;)`, "left out: not a rule: a header of 5 words, want 7", ""},
		{`pass ip any any -> any any (sid:1;)`, "left out: action pass", ""},
		{`alert tcp $SITE any -> any any (sid:1;)`, "left out: address variable $SITE", ""},
	} {
		where, got := suricata(tc.rule)
		if where != tc.where {
			t.Errorf("%s\n gives %s\n  want %s", tc.rule, where, tc.where)
		}
		if lost := strings.Join(got.lost, "; "); got.reason == "" && lost != tc.lost {
			t.Errorf("%s\n loses %q, want %q", tc.rule, lost, tc.lost)
		}
	}
}

func TestSuricataThreshold(t *testing.T) {
	_, limit := suricata(`alert tcp any any -> any 22 (flags:S; threshold:type limit, track by_src, count 1, seconds 60; sid:1;)`)
	if limit.cooldown != "60s" || limit.span != "" || len(limit.by) != 1 || len(limit.lost) > 0 {
		t.Errorf("a limit gives %+v", limit)
	}
	_, both := suricata(`alert tcp any any -> any 22 (flags:S; threshold:type both, track by_dst, count 5, seconds 120; sid:1;)`)
	if both.span != "120s" || both.threshold != 5 || both.when != "n >= threshold" || both.by[0] != "ip.dst" || len(both.lost) != 1 {
		t.Errorf("a threshold gives %+v", both)
	}
	_, filter := suricata(`alert tcp any any -> any 22 (flags:S; detection_filter:track by_both, count 5, seconds 10; sid:1;)`)
	if filter.threshold != 6 || len(filter.by) != 2 { // a filter passes what comes after its count
		t.Errorf("a detection_filter gives %+v", filter)
	}
}

func TestSuricataIdentity(t *testing.T) {
	_, r := suricata(`alert tcp any any -> any 22 (msg:"SITE a \"b\"\; c"; flags:S; reference:cve,2021-44228; reference:url,example.com/x; classtype:trojan-activity; metadata:mitre_technique_id T1046, signature_severity Critical; sid:7; rev:3;)`)
	if r.name != "sid_7" || r.Title != `SITE a "b"; c` || r.severity != "critical" || r.category != "trojan_activity" ||
		strings.Join(r.attack, " ") != "T1046" || strings.Join(r.references, " ") != "https://nvd.nist.gov/vuln/detail/CVE-2021-44228 https://example.com/x" {
		t.Errorf("identity %+v", r)
	}
}

// Three rules that differ in a name become a list of three and one rule; the fourth, with another header, stays.
func TestFold(t *testing.T) {
	var s Set
	for i, name := range []string{"a.example", "b.example", "c.example"} {
		s.Suricata(File{"n.rules", []byte(strings.NewReplacer("NAME", name, "SID", string(rune('1'+i))).Replace(
			`alert dns any any -> any any (msg:"SITE NAME"; dns.query; dotprefix; content:".NAME"; endswith; priority:SID; reference:url,example.com; sid:10SID;)`))})
	}
	s.Suricata(File{"n.rules", []byte(`alert dns any any -> any any (dns.query; content:"other"; sid:5;)` + "\n#alert tcp any any -> any any (sid:6;)")})
	var rules, list string
	for _, f := range s.Files() {
		switch f.Name {
		case "folded.hcl":
			rules = string(f.Data)
		case "lists/suricata_dns_names.csv":
			list = string(f.Data)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(list)).ReadAll()
	if err != nil || len(rows) != 4 || strings.Join(rows[1], "|") != "a.example|101|SITE a.example|high|https://example.com" {
		t.Errorf("the list is %v, %v", rows, err)
	}
	for _, want := range []string{`dns.qry.name in list.suricata_dns_names"`, `severity = "low"`, `level "high"`, `mode = "shadow"`, "# import: exact"} {
		if !strings.Contains(rules, want) {
			t.Errorf("no %s in\n%s", want, rules)
		}
	}
	r := s.Report()
	if r.Read != 4 || r.Off != 1 || r.Exact != 4 || r.Folded != 3 || r.Rules != 2 || r.Lists != 1 {
		t.Errorf("report %+v", r)
	}
	if !s.Drop("sid_5", "for a test") || s.Drop("sid_5", "again") {
		t.Error("a rule is not dropped once")
	}
	if r = s.Report(); r.LeftOut != 1 || r.Reasons[0].Text != "for a test" {
		t.Errorf("after a drop: %+v", r)
	}
}

// With Exact a rule that loses something is left out, and says what.
func TestExact(t *testing.T) {
	s := Set{Exact: true}
	s.Suricata(File{"x.rules", []byte(`alert tcp any any -> any 80 (content:"a"; sid:1;)`)})
	if r := s.Report(); r.LeftOut != 1 || r.Reasons[0].Text != "loose: looked for in each segment, not in the stream" {
		t.Errorf("report %+v", r)
	}
}

func FuzzSuricata(f *testing.F) {
	f.Add(`alert tcp $HOME_NET any -> [192.0.2.1,!192.0.2.2] [80,!81:90] (msg:"x"; content:!"|00|a"; depth:3; pcre:"/a|^b/Ri"; threshold:type both,track by_src,count 1,seconds 1; sid:1;)`)
	f.Add("alert http any any <> any any (http.uri; content:\"a\"; distance:-1; within:1; isdataat:!1,relative; bsize:>1;)\n\\")
	f.Fuzz(func(_ *testing.T, text string) {
		var s Set
		s.Suricata(File{"x.rules", []byte(text)})
		s.Files()
		s.Report()
	})
}
