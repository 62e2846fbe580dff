package imports

import (
	"strings"
	"testing"
)

func TestSigma(t *testing.T) {
	for _, tc := range []struct{ source, detection, where string }{
		{"category: dns", "sel:\n    query|endswith: ['.A.example', '.b.example']\n  condition: sel",
			"not dns.flags.response AND lower(dns.qry.name) endsWith ['.a.example', '.b.example']"},
		{"category: dns", "sel:\n    query: '*.a.example'\n  f_1:\n    query: ok.a.example\n  f_2:\n    query|contains|all: [x, y]\n  condition: sel and not 1 of f_*",
			"not dns.flags.response AND dns AND lower(dns.qry.name) endsWith '.a.example' and not (lower(dns.qry.name) == 'ok.a.example' or (lower(dns.qry.name) contains 'x' and lower(dns.qry.name) contains 'y'))"},
		{"category: dns", "a:\n    record_type: TXT\n  b:\n    query|re: '^[0-9]+\\.'\n  condition: all of them",
			"not dns.flags.response AND dns.qry.type == 16 and dns.qry.name matches `^[0-9]+\\.`"},
		{"category: firewall", "sel:\n    dst_port: [21, 23]\n    dst_ip|cidr: 192.0.2.0/24\n  condition: sel", "new_connection AND (dst.port == 21 or dst.port == 23) and ip.dst in ['192.0.2.0/24']"},
		{"category: proxy", "sel:\n    - cs-method: POST\n    - c-useragent|contains: Odd\n  condition: sel", "http.request.method == 'POST' or lower(http.user_agent) contains 'odd'"},
		{"category: webserver", "sel:\n    cs-uri-query|contains: '/x?a='\n    sc-status: 200\n  condition: sel", "lower(http.request.uri) contains '/x?a='"},
		{"category: webserver", "a:\n    cs-method: GET\n    cs-uri-query|contains: '/x'\n  b:\n    sc-status: 404\n  condition: a and not b", "left out: a request and its response in one rule"},
		{"category: webserver", "a:\n    cs-uri-query|contains: '/x'\n  b_1:\n    cs-uri-query|contains: '/x/y'\n    sc-status: 404\n  condition: a and not 1 of b_*", "left out: a request and its response in one rule"},
		{"category: webserver", "a:\n    cs-uri-query|contains: '/x'\n    sc-status: 200\n  b:\n    cs-uri-query|contains: '/x/y'\n  condition: a and not b", "http AND lower(http.request.uri) contains '/x' and not (lower(http.request.uri) contains '/x/y')"},
		{"category: webserver", "a:\n    c-uri|contains: '/x'\n  b:\n    sc-status: 200\n  condition: a or b", "left out: a request and its response in one rule"},
		{"category: proxy", "sel:\n    c-useragent: 'Odd*/1.?'\n    c-uri|contains: '/a*b'\n  condition: sel",
			"http.user_agent matches `(?is)^Odd.*/1\\..$` and http.request.uri matches `(?is)/a.*b`"},
		{"category: proxy", "sel:\n    c-uri-extension: [exe, dll]\n  condition: sel", "lower(http.request.uri) contains ['.exe', '.dll']"},
		{"category: firewall", "sel:\n    dst_port: 23\n    action: accept\n  condition: sel", "new_connection AND dst.port == 23"},
		{"category: firewall", "sel:\n    dst_port: 23\n    action: deny\n  condition: sel", "left out: what a firewall keeps out"},
		{"category: dns", "sel:\n    answer|contains: Odd\n  condition: sel", "lower(dns.txt) contains 'odd'"},
		{"category: dns_query\n  product: windows", "sel:\n    QueryName|endswith: .a.example\n  condition: sel", "not dns.flags.response AND lower(dns.qry.name) endsWith '.a.example'"},
		{"category: dns_query\n  product: windows", "sel:\n    QueryName: a.example\n    Image: x\n  condition: sel", "left out: field Image"},
		{"category: dns", "sel:\n    query: '*'\n  condition: sel", "left out: a value that anything is"},
		{"category: webserver", "sel:\n    - word\n    - two\n  condition: sel",
			"lower(http.request.uri) contains ['word', 'two'] or lower(http.user_agent) contains ['word', 'two']"},
		{"category: webserver", "sel:\n    '|all': [word, two]\n  condition: sel",
			"(lower(http.request.uri) contains 'word' or lower(http.user_agent) contains 'word') and (lower(http.request.uri) contains 'two' or lower(http.user_agent) contains 'two')"},
		{"category: dns", "sel:\n    - word\n  condition: sel", "left out: keywords without a field"},
		{"product: zeek\n  service: rdp", "sel:\n    id.orig_h|cidr: 192.0.2.0/24\n  condition: not sel", "new_connection and tcp.dstport == 3389 AND not (ip.src in ['192.0.2.0/24'])"},
		{"category: process_creation\n  product: windows", "sel:\n    Image: x\n  condition: sel", "left out: log source windows/process_creation"},
		{"category: dns", "sel:\n    query: x\n  condition: sel | count() > 5", "left out: a condition with |"},
		{"category: dns", "sel:\n    query: x\n  condition: (sel", "left out: a condition with a bracket that is not closed"},
		{"category: dns", "sel:\n    query|base64: x\n  condition: sel", "left out: modifier base64"},
	} {
		var s Set
		s.Sigma(File{"a-rule.yml", []byte("title: T\nid: 1-2\nlevel: critical\ntags: [attack.t1071.004]\nlogsource:\n  " + tc.source + "\ndetection:\n  " + tc.detection + "\n")})
		r := s.rules[0]
		got := strings.Join(r.conds, " AND ")
		if r.reason != "" {
			got = "left out: " + r.reason
		}
		if got != tc.where {
			t.Errorf("%s\n gives %s\n  want %s", tc.detection, got, tc.where)
		}
		if r.severity != "critical" || r.name != "sigma_a_rule" || r.ID != "1-2" || len(r.attack) != 1 {
			t.Errorf("identity %+v", r)
		}
	}
}

func FuzzSigma(f *testing.F) {
	f.Add("title: T\nlogsource:\n  category: dns\ndetection:\n  a:\n    query|re: 'x'\n  condition: not (1 of a* or a)\n---\ntitle: U\n")
	f.Fuzz(func(_ *testing.T, text string) {
		var s Set
		s.Sigma(File{"x.yml", []byte(text)})
		s.Files()
		s.Report()
	})
}
