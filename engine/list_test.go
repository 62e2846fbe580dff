package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/rules"
)

// listed loads a rule with a condition and the lists that it uses.
func listed(t *testing.T, where, rest string) *rules.RuleSet {
	t.Helper()
	src := "rule \"r\" {\n  description = \"d\"\n  severity = \"low\"\n  cooldown = \"0s\"\n  where = <<-E\n    " + where + "\n  E\n" + rest + "\n}\n" + `
list "bad" {
  type = "domain"
  file = "bad.txt"
}
list "few" {
  type = "domain"
  values = ["Evil.Example.", "a.b"]
}
list "feed" {
  type = "ip"
  file = "feed.csv"
  columns = ["indicator", "threat", "confidence", "share"]
}
list "ports" {
  type = "port"
  file = "ports.csv"
  columns = ["port", "what"]
}
list "names" {
  type = "domain"
  file = "names.csv"
  columns = ["name", "score"]
}
list "exact" {
  type = "string"
  file = "names.csv"
  columns = ["name", "score"]
}
list "tools" {
  type = "string"
  file = "tools.txt"
}
variable "words" { default = ["évil", "x"] }
variable "empty" { default = [] }
`
	rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(src),
		"bad.txt":   []byte("# names\nevil.example\nxn--bcher-kva.example\n\nTOP.\r\n"),
		"feed.csv":  []byte("Indicator,threat,confidence,share\n10.0.0.0/8,wide,10,0.5\n# a comment\n\"10.0.0.1\", \"C2, of a kind\", 90,1\n10.0.0.0/30,narrow,50,2\n2001:db8::/32,six,60,3\n10.0.0.1,again,1,1\n"),
		"ports.csv": []byte("1-1000,low\n80,http\n"),
		"names.csv": []byte("evil.example,5\nwww.evil.example,9\n"),
		"tools.txt": []byte("sqlmap\nnikto/\n(?i)^GET /[a-z]+$\n\\x90{3}\n"),
	}})
	if diags.HasErrors() {
		t.Fatalf("%s: %v", where, diags)
	}
	return rs
}

func TestLists(t *testing.T) {
	dns := func(name string) seg {
		return seg{src: "10.0.0.1", dst: "10.0.0.2", proto: 17, sport: 9, dport: 53, payload: question(name)}
	}
	from := func(src string) seg { return seg{src: src, dst: "192.0.2.1", flags: 16, dport: 80} }
	pay := func(text string) seg {
		return seg{src: "10.0.0.1", dst: "10.0.0.2", flags: 16, dport: 80, payload: text}
	}
	for _, c := range []struct {
		where string
		seg   seg
		want  bool
	}{
		{"dns.qry.name in list.bad", dns("evil.example"), true},
		{"dns.qry.name in list.bad", dns("a.b.EVIL.example"), true},
		{"dns.qry.name in list.bad", dns("devil.example"), false},
		{"dns.qry.name in list.bad", dns("example"), false},
		{"dns.qry.name in list.bad", dns("anything.top"), true},
		{"dns.qry.name in list.bad", from("10.0.0.1"), false},
		{"dns and dns.qry.name not in list.bad", dns("example"), true},
		{"dns.qry.name in list.few", dns("x.EVIL.example"), true},
		{"dns.qry.name in list.few", dns("evil.example"), true},
		{"dns.qry.name in list.few", dns("xevil.example"), false},
		{"list.feed[ip.src].confidence >= 50", from("10.0.0.1"), true},
		{"list.feed[ip.src].confidence == 90", from("10.0.0.1"), true}, // the first of equal ones
		{"list.feed[ip.src].confidence == 50", from("10.0.0.2"), true}, // the narrowest
		{"list.feed[ip.src].confidence == 10", from("10.0.0.4"), true},
		{"list.feed[ip.src].confidence >= 0", from("11.0.0.0"), false},
		{"list.feed[ip.src].confidence != 7", from("11.0.0.0"), false}, // it has no data
		{"not (list.feed[ip.src].confidence >= 50)", from("11.0.0.0"), true},
		{"list.feed[ip.src].confidence == 60", from("2001:db8::9"), true},
		{"list.feed[ip.src].share < 0.6", from("10.0.0.9"), true},
		{"list.feed[ip.src].threat == 'C2, of a kind'", from("10.0.0.1"), true},
		{"list.feed[ip.src].threat startsWith 'nar'", from("10.0.0.3"), true},
		{"list.feed['10.0.0.1'].confidence > ip.ttl - 64", from("10.0.0.3"), true},
		{"ip.src in list.feed", from("10.200.0.1"), true},
		{"list.ports[dst.port].what == 'http'", from("10.0.0.1"), true},
		{"list.ports[dst.port].what == 'low'", seg{src: "10.0.0.1", dst: "10.0.0.2", flags: 16, dport: 79}, true},
		{"list.ports[dst.port].what == 'low'", seg{src: "10.0.0.1", dst: "10.0.0.2", flags: 16, dport: 1001}, false},
		{"list.names[dns.qry.name].score == 9", dns("x.www.evil.example"), true},
		{"list.names[dns.qry.name].score == 5", dns("wwww.evil.example"), true},
		{"list.exact[dns.qry.name].score == 5", dns("evil.example"), true},
		{"list.exact[dns.qry.name].score == 5", dns("a.evil.example"), false},
		{"payload contains list.tools", pay("GET sqlmap/1"), true},
		{"payload contains list.tools", pay("GET sqlma"), false},
		{"lower(payload) contains list.tools", pay("GET SQLMAP/1"), true},
		{"payload startsWith list.tools", pay("nikto/2"), true},
		{"payload startsWith list.tools", pay(" nikto/2"), false},
		{"payload endsWith ['a', 'bc']", pay("xa"), true},
		{"payload endsWith ['a', 'bc']", pay("bc"), true},
		{"payload endsWith ['a', 'bc']", pay("ab"), false},
		{"payload contains ['\\x90\\x91', 'q']", pay("\x90\x91"), true},
		{"payload contains ['\\x90\\x91', 'q']", pay("q"), true},
		{"payload contains var.words", pay("\xc3\xa9vil"), true},
		{"payload matches list.tools", pay("get /ABC"), true},
		{"payload matches list.tools", pay("a\x90\x90\x90"), true},
		{"payload matches list.tools", pay("a\x90\x90"), false},
		{"payload matches ['^a.c$', '[0-9]{3}']", pay("a\xffc"), true},
		{"payload matches ['^a.c$', '[0-9]{3}']", pay("x123"), true},
		{"payload matches ['^a.c$', '[0-9]{3}']", pay("x12"), false},
		{"dns.qry.name matches ['(?i)evil', 'x$']", dns("EVIL.example"), true},
		{"dns.qry.name endsWith ['.top', '.gq']", dns("a.gq"), true},
		{"dns and not (dns.qry.name endsWith ['.top', '.gq'])", dns("a.gp"), true},
		{"dns and not (dns.qry.name endsWith ['.top', '.gq'])", dns("a.gq"), false},
		{"not (payload contains var.empty)", pay("x"), true},
	} {
		rs := listed(t, c.where, "")
		for _, tuning := range []Tuning{{}, {NoIndex: true}, {NoDispatch: true}, inVM} {
			p, diags := CompileTuned(rs, Options{}, tuning)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := len(run(New(p, Config{}), frames(c.seg))) > 0; got != c.want {
				t.Errorf("%s with %q from %s, %+v: %v", c.where, c.seg.payload, c.seg.src, tuning, got)
			}
		}
	}
}

// TestListsAmongOthers: the search of a list runs while that which found its rule is under way.
func TestListsAmongOthers(t *testing.T) {
	var src strings.Builder
	for i, where := range []string{"matches ['(?i)kernel']", "matches ['(?i)passwd']", "contains ['passwd', 'kernel']", "matches '(?i)kernel'", "endsWith ['ssh', 'kernel']"} {
		fmt.Fprintf(&src, "rule \"r%d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"dns.qry.name %s\"\n}\n", i, where)
	}
	got := run(New(compile(t, src.String(), Options{}), Config{}), frames(seg{src: "10.0.0.1", dst: "10.0.0.2", proto: 17, dport: 53, payload: question("a.kernel")}))
	if len(got) != 4 {
		t.Errorf("%q", got)
	}
}

// TestColumnsInAlerts: keys, messages and when know columns; what is not in the list has no data.
func TestColumnsInAlerts(t *testing.T) {
	rs := listed(t, "tcp", `
  by = ["list.feed[ip.src].threat"]
  window "10s" { worst = "max(list.feed[ip.src].confidence)" }
  when = "worst >= 50"
  notify {
    to = ["ops"]
    message = "${ip.src} is ${list.feed[ip.src].threat}, ${list.feed[ip.src].confidence}%, ${list.feed[ip.dst].threat}"
  }`)
	p, diags := Compile(rs, Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got []string
	e := New(p, Config{})
	e.Process(frames(seg{src: "10.0.0.1", dst: "192.0.2.1", flags: 16}, seg{src: "192.0.2.1", dst: "10.0.0.1", flags: 16}, seg{src: "10.0.0.9", dst: "10.0.0.1", flags: 16}), func(a *alert.Alert) {
		got = append(got, fmt.Sprintf("%v %s", a.Key, a.Message))
	})
	if want := `[{list.feed[ip.src].threat C2, of a kind}] 10.0.0.1 is C2, of a kind, 90%, `; len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("%q", got)
	}
}

// TestColumnsAndReload: a list with another file is another condition after a reload.
func TestColumnsAndReload(t *testing.T) {
	set := func(csv string) *Plan {
		rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"f.csv": []byte(csv), "r.hcl": []byte(`
list "f" {
  type = "ip"
  file = "f.csv"
  columns = ["ip", "n"]
}
rule "r" {
  description = "d"
  severity = "low"
  where = "list.f[ip.src].n > 5"
  window "10s" { n = "count()" }
  when = "n >= 2"
}`)}})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		p, _ := Compile(rs, Options{})
		return p
	}
	e := New(set("10.0.0.1,6\n"), Config{})
	if r := e.Swap(set("10.0.0.1,6\n")); len(r.Kept) != 1 {
		t.Errorf("the same list: %+v", r)
	}
	if r := e.Swap(set("10.0.0.1,7\n")); len(r.Reset) != 1 {
		t.Errorf("another list: %+v", r)
	}
}
