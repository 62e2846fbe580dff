package imports

import (
	"strings"
	"testing"
)

func TestCrowdSec(t *testing.T) {
	for _, tc := range []struct{ scenario, where, by, window string }{
		{"type: leaky\nfilter: evt.Meta.log_type == 'ssh_failed-auth'\nleakspeed: 10s\ncapacity: 5\ngroupby: evt.Meta.source_ip\nblackhole: 1m",
			"auth.service == 'sshd' AND auth.result == 'failure'", "ip.src", "50s count() > 5, quiet 60s"},
		{"type: leaky\nfilter: \"evt.Meta.service == 'odd' && evt.Meta.log_type == 'auth_failed'\"\nleakspeed: 500ms\ncapacity: 3\ngroupby: evt.Meta.source_ip\ndistinct: evt.Meta.username",
			"auth.service == 'odd' AND auth.result == 'failure'", "ip.src", "1500ms distinct(auth.user) > 3, quiet "},
		{"type: trigger\nfilter: \"evt.Meta.service == 'http' && Lower(PathUnescape(evt.Meta.http_path)) contains '/odd' and evt.Parsed.verb == 'POST'\"\ngroupby: evt.Meta.source_ip",
			"http.request.method != '' AND lower(http.request.uri) contains '/odd' and http.request.method == 'POST'", "ip.src", ""},
		{"type: leaky\nfilter: \"evt.Meta.service == 'http' && evt.Meta.http_status in ['404', '403']\"\nleakspeed: 1s\ncapacity: 10\ngroupby: \"evt.Meta.source_ip + '/' + evt.Parsed.target_fqdn\"",
			"http.response.code in [404, 403]", "ip.dst", "10s count() > 10, quiet "},
		{"type: trigger\nfilter: \"evt.Meta.service == 'http' && evt.Parsed.file_name == 'odd.php'\"\ngroupby: evt.Meta.source_ip",
			"http.request.method != '' AND http.request.uri contains 'odd.php'", "ip.src", ""},
		{"type: trigger\nfilter: \"evt.Meta.service == 'http' && evt.Meta.http_status in ['404'] && evt.Meta.http_path contains '/odd'\"\ngroupby: evt.Meta.source_ip",
			"http.request.method != '' AND http.request.uri contains '/odd'", "ip.src", ""},
		{"type: leaky\nfilter: \"evt.Meta.service == 'http' && evt.Meta.http_status in ['404']\"\ndistinct: evt.Meta.http_path\nleakspeed: 1s\ncapacity: 10\ngroupby: evt.Meta.source_ip",
			"left out: a request and its response in one rule", "", ""},
		{"type: leaky\nfilter: \"evt.Meta.service == 'odd' && evt.Meta.sub_type == 'user_enumeration'\"\nleakspeed: 10s\ncapacity: 2\ngroupby: evt.Meta.source_ip",
			"auth.service == 'odd' AND auth.result == 'failure'", "ip.src", "20s count() > 2, quiet "},
		{"type: leaky\nfilter: \"evt.Meta.log_type == 'odd_bad_mfa' || evt.Meta.log_type == 'odd_bad_user'\"\nleakspeed: 10s\ncapacity: 2\ngroupby: evt.Meta.source_ip + '-' + evt.Meta.log_type",
			"auth.service == 'odd' AND auth.result == 'failure'", "ip.src", "20s count() > 2, quiet "},
		{"type: leaky\nfilter: evt.Meta.log_type == 'odd-gui-failed-auth'\nleakspeed: 10s\ncapacity: 2\ngroupby: evt.Meta.source_ip\ndistinct: evt.Meta.source_user",
			"auth.service == 'odd-gui' AND auth.result == 'failure'", "ip.src", "20s distinct(auth.user) > 2, quiet "},
		{"type: leaky\nfilter: \"evt.Meta.service == 'odd' && evt.Meta.sub_type in ['door', 'gate'] && evt.Meta.success == 'false'\"\nleakspeed: 10s\ncapacity: 2\ngroupby: evt.Meta.source_ip",
			"auth.service == 'odd' AND auth.result == 'failure'", "ip.src", "20s count() > 2, quiet "},
		{"type: leaky\nfilter: \"evt.Meta.log_type == 'odd_auth' && evt.Meta.is_failed_login == 'true' && evt.Meta.status == '401'\"\nleakspeed: 10s\ncapacity: 2\ngroupby: evt.Meta.source_ip",
			"auth.service == 'odd' AND auth.result == 'failure'", "ip.src", "20s count() > 2, quiet "},
		{"type: trigger\nfilter: \"evt.Meta.log_type == 'ssh_failed-auth' && evt.Meta.target_user in ['root', 'o\\\\''x']\"\ngroupby: evt.Meta.source_ip",
			"left out: filter with evt.Meta.target_user", "", ""},
		{"type: trigger\nfilter: \"evt.Meta.log_type == 'ssh_failed-auth' && evt.Meta.target_user == 'nobody-here'\"\ngroupby: evt.Meta.source_ip",
			"auth.service == 'sshd' AND auth.result == 'failure' AND auth.user == 'nobody-here'", "ip.src", ""},
		{"type: trigger\nfilter: \"evt.Meta.log_type == 'odd_door' && evt.Meta.success == 'true'\"", "left out: filter on log_type 'odd_door'", "", ""},
		{"type: trigger\nfilter: \"evt.Meta.service == 'http' && evt.Meta.user == 'root'\"", "left out: filter on a user", "", ""},
		{"type: leaky\nfilter: \"evt.Meta.service == 'http' && evt.Meta.sub_type == 'auth_fail'\"\nleakspeed: 10s\ncapacity: 2\ngroupby: evt.Meta.source_ip",
			"http.response.code == 401", "ip.dst", "20s count() > 2, quiet "},
		{"type: leaky\nfilter: \"let asked = Lower(evt.Parsed.request); evt.Meta.service == 'http' && evt.Meta.http_status startsWith ('40') && (asked contains '/odd' or asked contains 'asked')\"\nleakspeed: 10s\ncapacity: 2\ndistinct: evt.Parsed.request\ngroupby: evt.Meta.source_ip",
			"http.request.method != '' AND (lower(http.request.uri) contains '/odd' or lower(http.request.uri) contains 'asked')", "ip.src", "20s distinct(http.request.uri) > 2, quiet "},
		{"type: trigger\nfilter: \"evt.Meta.service == 'http' && evt.Meta.http_path contains '${odd'\"\ngroupby: evt.Meta.source_ip",
			"http.request.method != '' AND http.request.uri contains '${odd'", "ip.src", ""},
		{"type: trigger\nfilter: \"evt.Meta.service == 'http' && any(File('x'), {evt.Parsed.request endsWith #})\"", "left out: filter with File", "", ""},
		{"type: trigger\nfilter: evt.Meta.log_type == 'execve'", "left out: filter on log_type 'execve'", "", ""},
		{"type: conditional\nfilter: evt.Meta.log_type == 'ssh_failed-auth'", "left out: type conditional", "", ""},
		{"type: leaky\nfilter: evt.Meta.log_type == 'ssh_failed-auth'\nleakspeed: 10s\ncapacity: -1", "left out: capacity or leakspeed that cannot be read, or none", "", ""},
	} {
		var s Set
		s.CrowdSec(File{"a.yaml", []byte("name: me/odd-bf\ndescription: D\n" + tc.scenario + "\nlabels:\n  classification: [attack.T1110, cve.CVE-2021-1]\n  confidence: 3\n")})
		r := s.rules[0]
		got, window := strings.Join(r.conds, " AND "), ""
		if r.reason != "" {
			got = "left out: " + r.reason
		} else if r.span != "" {
			window = r.span + " " + r.aggregates[0].text + " > " + string(rune('0'+r.threshold%10)) + ", quiet " + r.cooldown
			window = strings.Replace(window, "> 0,", "> 10,", 1)
		}
		if got != tc.where || window != tc.window || r.reason == "" && strings.Join(r.by, " ") != tc.by {
			t.Errorf("%s\n gives %s by %v, %s\n  want %s by %s, %s", tc.scenario, got, r.by, window, tc.where, tc.by, tc.window)
		}
		if r.name != "crowdsec_odd_bf" || r.severity != "high" || strings.Join(r.attack, " ") != "T1110" {
			t.Errorf("identity %+v", r)
		}
	}
}

func TestLets(t *testing.T) {
	doubled := "let a = b; " + strings.Repeat("let b = a + a; let a = b + b; ", 100) + "a"
	for text, want := range map[string]string{
		"let x = lower(y); x == 'x' and not xx":    "lower(y) == 'x' and not xx",
		"( let x = a.b; x contains 'let x = 1;' )": "( a.b contains 'let x = 1;' )",
		"outlet = 1; x": "outlet = 1; x",
	} {
		if got := lets(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := lets(doubled); len(got) > 4*maxFilter {
		t.Errorf("%d bytes", len(got))
	}
}

func FuzzCrowdSec(f *testing.F) {
	f.Add("type: leaky\nname: a/b\nfilter: \"evt.Meta.service == 'http' && PathUnescape(evt.Meta.http_path) contains '('\"\nleakspeed: 1s\ncapacity: 2\n---\n")
	f.Fuzz(func(_ *testing.T, text string) {
		var s Set
		s.CrowdSec(File{"x.yaml", []byte(text)})
		s.Files()
		s.Report()
	})
}
