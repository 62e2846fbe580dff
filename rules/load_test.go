package rules

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// sample is the rule file of the language's description.
const sample = `variable "port_scan_ports" {
  description = "Distinct destination ports from one source in 10 s that make a port scan."
  default     = 15
}

list "c2_ports" {
  description = "Ports that well-known backdoors and C2 frameworks listen on."
  type        = "port"
  values      = [4444, 31337, "6660-6669"]
}

list "scanners" {
  type   = "ip"
  values = ["192.0.2.1"]
}

list "vpn" {
  type   = "ip"
  values = ["192.0.2.128/25"]
}

macro "new_connection" {
  description = "A TCP connection attempt."
  expr        = "tcp.flags.syn and not tcp.flags.ack"
}

rule "port_scan" {
  description = "One source tries many destination ports."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046"]
  references  = ["https://attack.mitre.org/techniques/T1046/"]
  enabled     = true
  mode        = "enforce"

  where     = "new_connection"
  by        = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = var.port_scan_ports
  when      = "ports >= threshold"
  cooldown  = "15s"

  except "scanners" { where = "ip.src in list.scanners" }

  escalate "virustotal" { indicator = "ip.src" }
  quarantine {
    target = "ip.src"
    for    = "10m"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${ports} ports in 10 s"
  }
}

override "port_scan" {
  threshold = 40
  severity  = "medium"
  enabled   = true
  except "vpn" { where = "ip.src in list.vpn" }
  actions = []
}
`

// load loads one file from memory.
func load(t testing.TB, text string) (*RuleSet, hcl.Diagnostics) {
	t.Helper()
	return Load(Options{Sources: map[string][]byte{"a.hcl": []byte(text)}})
}

// rule returns a rule of a set.
func (rs *RuleSet) rule(name string) *Rule {
	for _, r := range rs.Rules {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func diagText(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		b.WriteString(diag.CodeOf(d) + ": " + d.Error() + "\n")
	}
	return b.String()
}

func TestLoadSample(t *testing.T) {
	rs, diags := load(t, sample)
	if len(diags) > 0 {
		t.Fatal(diagText(diags))
	}
	r := rs.rule("port_scan")
	if got, want := ast.Format(r.Where), "ip and (tcp and tcp.flags.syn) and not (tcp and tcp.flags.ack) and not (ip and ip.src in list.scanners) and not (ip and ip.src in list.vpn)"; got != want {
		t.Errorf("where\n got %s\nwant %s", got, want)
	}
	t.Log(ast.Format(r.When), r.Actions, r.Threshold, r.Severity)
}

func TestLoadFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.hcl", `rule "a" { where = "ip.src in list.bad" }`)
	write("deep/er/b.hcl", "list \"bad\" {\n  type = \"ip\"\n  file = \"../bad.txt\"\n}\n")
	write("deep/bad.txt", "# comment\n10.0.0.0/8   # more\n\n2001:db8::1\r\n")
	write("a_test.hcl", `test "x" { }`)
	write("ruleids.hcl", `nonsense { }`)
	write("notes.txt", `{{{`)
	write(".git/c.hcl", `{{{`)
	write(".#a.hcl", `{{{`) // the lock of an editor
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if rs, diags := Load(Options{Paths: []string{link}}); len(diags) > 0 || len(rs.Rules) != 1 {
		t.Errorf("through a link %d rules, %s", len(rs.Rules), diagText(diags))
	}
	rs, diags := Load(Options{Paths: []string{dir, filepath.Join(dir, "a.hcl")}})
	if len(diags) > 0 {
		t.Fatal(diagText(diags))
	}
	if len(rs.Rules) != 1 || len(rs.Lists) != 1 || len(rs.Sources) != 2 {
		t.Errorf("%d rules, %d lists, %d files", len(rs.Rules), len(rs.Lists), len(rs.Sources))
	}
	l := rs.Lists[0]
	if got := l.Set.String(); got != "['10.0.0.0/8', '2001:db8::1']" || l.Len != 2 || len(l.Files) != 1 || !strings.HasSuffix(l.Files[0], "deep/bad.txt") {
		t.Errorf("list %s of %d entries from %v", got, l.Len, l.Files)
	}
	if _, diags := Load(Options{Paths: []string{filepath.Join(dir, "none")}}); len(diags) != 1 || diag.CodeOf(diags[0]) != diag.UnreadableFile {
		t.Errorf("a missing path: %v", diags)
	}
	write("deep/bad.txt", "10.0.0.0/8\n10.0.0.0/33\n  home\n")
	_, diags = Load(Options{Paths: []string{dir}})
	if len(diags) != 2 || diags[0].Subject.Start.Line != 2 || diags[1].Subject.Start.Column != 3 || diags[1].Subject.End.Column != 7 || diag.CodeOf(diags[1]) != diag.BadListEntry {
		t.Errorf("bad entries: %v", diagText(diags))
	}
	write("deep/bad.txt", strings.Repeat("home\n", 100))
	if _, diags = Load(Options{Paths: []string{dir}}); len(diags) != 21 || !strings.Contains(diags[20].Detail, "80 more") {
		t.Errorf("100 bad entries: %v", diagText(diags))
	}
}

func TestStdlib(t *testing.T) {
	lib := fstest.MapFS{
		"base/base.hcl":     {Data: []byte("list \"home\" {\n  type = \"ip\"\n  file = \"home.txt\"\n}\nvariable \"n\" { default = 5 }\n")},
		"base/home.txt":     {Data: []byte("10.0.0.0/8\n")},
		"recon/scan.hcl":    {Data: []byte("rule \"scan\" {\n  where = \"ip.src in list.home and tcp.len > var.n\"\n}\n")},
		"recon/s_test.hcl":  {Data: []byte("test \"x\" { }")},
		"recon/broken.txt":  {Data: []byte("{{{")},
		"recon/another.hcl": {Data: []byte("rule \"other\" { where = \"tcp.dport == 1\" }\n")},
	}
	rs, diags := Load(Options{Stdlib: lib, Sources: map[string][]byte{"mine.hcl": []byte(`rule "scan" { where = "udp" }`)}})
	want := `duplicate-name: mine.hcl:1,6-12: Duplicate name; The rule "scan" is already declared in stdlib/recon/scan.hcl, line 1. To change the shipped rule write an override block.
unknown-field: stdlib/recon/another.hcl:1,25-34: Unknown field; There is no field "tcp.dport". Did you mean "tcp.dstport"?
`
	if got := diagText(diags); !strings.Contains(got, "stdlib/recon/another.hcl:1,25-34") || !strings.Contains(got, "override block") || len(diags) != 2 {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	r := rs.rule("scan")
	if r == nil || !r.Shipped || r.Broken || !rs.rule("other").Broken {
		t.Errorf("rule %+v", r)
	}
	if !rs.Lists[0].Used || !rs.Variables[0].Used || !rs.Lists[0].Shipped {
		t.Error("what the rule uses is not marked")
	}
}

func TestOverride(t *testing.T) {
	rs, diags := Load(Options{Sources: map[string][]byte{
		"b.hcl": []byte(`rule "r" {
  description = "Old."
  severity    = "low"
  where       = "tcp"
  by          = ["ip.src"]
  window "10s" {
    n = "count()"
  }
  threshold = 10
  when      = "n >= threshold"
  escalate "virustotal" { indicator = "ip.src" }
  block { target = "ip.src" }
  notify { to = ["ops"] }
  except "a" { where = "ip.ttl == 1" }
}
`),
		"c.hcl": []byte("override \"r\" {\n  threshold = 20\n  severity  = \"high\"\n  actions   = []\n  notify { to = [\"night\"] }\n}\n"),
		"d.hcl": []byte("override \"r\" {\n  threshold = 30\n  mode      = \"shadow\"\n  cooldown  = \"0s\"\n  escalate \"virustotal\" { indicator = \"ip.dst\" }\n  except \"b\" { where = \"ip.ttl == 2\" }\n  enabled = false\n}\n"),
	}})
	if len(diags) > 0 {
		t.Fatal(diagText(diags))
	}
	r := rs.rule("r")
	if r.Threshold.Value != 30 || r.Severity != scale.SeverityHigh || r.Mode != ModeShadow || r.Cooldown != 0 || r.Enabled || !r.Overridden {
		t.Errorf("%+v, threshold %v", r, r.Threshold)
	}
	if len(r.Actions) != 1 || r.Actions[0].To[0] != "night" || r.Description != "Old." {
		t.Errorf("actions %+v", r.Actions)
	}
	if r.Escalate.Text != "ip.dst" || len(r.Excepts) != 2 || len(rs.Overrides) != 2 || rs.Overrides[0].Range.Filename != "c.hcl" {
		t.Errorf("escalate %+v, exceptions %+v", r.Escalate, r.Excepts)
	}
	if got := r.When.(*ast.CompareExpr).Y.(*ast.ThresholdExpr).Value; got != 30 {
		t.Errorf("threshold in when is %v", got)
	}
	if want := "ip and tcp and not (ip and ip.ttl == 1) and not (ip and ip.ttl == 2)"; ast.Format(r.Where) != want {
		t.Errorf("where is %s, want %s", ast.Format(r.Where), want)
	}
	if !strings.HasPrefix(r.Body, "rule \"r\" {\n") || !strings.HasSuffix(r.Body, "}") || r.AttrRanges["threshold"].Filename != "d.hcl" {
		t.Errorf("body %q, ranges %v", r.Body, r.AttrRanges)
	}
}

// What the program found out is stronger than a default, and weaker than what anybody says; variables need not be there.
func TestFound(t *testing.T) {
	opt := Options{
		Sources: map[string][]byte{"a.hcl": []byte(`variable "own_nets" { default = [] }
list "home_nets" {
  type   = "ip"
  values = ["10.0.0.0/8"]
}
list "home_nets" {
  append = true
  values = var.own_nets
}
rule "r" { where = "is_local(ip.src)" }
rule "all" { where = "is_local(ip.src) or not is_local(dns.a)" }
`)},
		Found: map[string][]string{"own_nets": {"2001:db8:5::/64"}, "own_macs": {"02:00:00:00:00:01"}},
	}
	check := func(from, want string) {
		t.Helper()
		rs, diags := Load(opt)
		if len(diags) > 0 {
			t.Fatal(diagText(diags))
		}
		if v := rs.Variables[0]; v.From != from {
			t.Errorf("from %s, want %s", v.From, from)
		}
		if got := ast.Format(rs.rule("r").Where); got != "ip and ip.src in list.home_nets" {
			t.Errorf("condition %s", got)
		}
		for _, l := range rs.Lists {
			if a := netip.MustParseAddr(want); !l.Set.Addrs.Has(packet.AddrFromNetip(a)) {
				t.Errorf("%v is not in it", a)
			}
		}
	}
	check("this host", "2001:db8:5::9")
	opt.Set = map[string]string{"own_nets": "2001:db8:6::/64"}
	check("--set", "2001:db8:6::9")
	opt.Sources = map[string][]byte{"a.hcl": []byte(`rule "r" { where = "is_local(ip.src)" }`)}
	opt.Set = nil
	if _, diags := Load(opt); len(diags) != 1 || diag.CodeOf(diags[0]) != diag.UnknownList {
		t.Error(diagText(diags))
	}
}

func TestVariables(t *testing.T) {
	text := `variable "n" { default = 1 }
variable "s" { default = "5s" }
variable "b" { default = false }
variable "l" { default = ["10.0.0.1"] }
variable "f" { default = 0.5 }
variable "ports" { default = [80] }
list "l" {
  type   = "ip"
  values = var.l
}
rule "r" {
  where     = "tcp.len > var.n and (var.b or ip.src in list.l) and flow.duration > var.f and tcp.dstport in var.ports"
  cooldown  = var.s
  threshold = var.n * 2
  enabled   = !var.b
}
`
	env := map[string]string{"RULEIDS_VAR_n": "30", "RULEIDS_VAR_s": "30s", "RULEIDS_VAR_other": "x"}
	lookup := func(k string) (string, bool) { v, ok := env[k]; return v, ok }
	opt := Options{
		Sources: map[string][]byte{
			"a.hcl":       []byte(text),
			"ruleids.hcl": []byte("vars {\n  n = 20\n  l = [\"10.0.0.2\", \"10.0.0.3\"]\n  f = 2\n}\nother { x = 1 }\n"),
		},
	}
	type values struct {
		n        any
		from     string
		cooldown time.Duration
	}
	for i, want := range []values{{int64(1), "default", 5e9}, {int64(20), "ruleids.hcl", 5e9}, {int64(30), "environment", 30e9}, {int64(40), "--set", 30e9}} {
		switch i {
		case 1:
			opt.Settings = "ruleids.hcl"
		case 2:
			opt.LookupEnv = lookup
		case 3:
			opt.Set = map[string]string{"n": "40", "ports": "80,443", "b": "true"}
		}
		rs, diags := Load(opt)
		if len(diags) > 0 {
			t.Fatal(diagText(diags))
		}
		for _, v := range rs.Variables {
			if v.Name == "n" && (v.Value != want.n || v.From != want.from || !v.Used) {
				t.Errorf("step %d: %+v", i, v)
			}
		}
		r := rs.rule("r")
		if r.Cooldown != want.cooldown || r.Threshold.Value != float64(2*want.n.(int64)) || r.Enabled == (i == 3) {
			t.Errorf("step %d: cooldown %v, threshold %v, enabled %v", i, r.Cooldown, r.Threshold.Value, r.Enabled)
		}
		if i == 3 && ast.Format(r.Where) != "(tcp and tcp.len > 40) and (has(flow) and flow.duration > 2) and (tcp and tcp.dstport in [80, 443])" {
			t.Error(ast.Format(r.Where))
		}
		if i == 1 && rs.Lists[0].Len != 2 {
			t.Errorf("list %+v", rs.Lists[0])
		}
	}
	opt.Set = map[string]string{"n": "many", "b": "yes", "ns": "1", "l": `["::1"`}
	opt.Sources["ruleids.hcl"] = []byte("vars {\n  m = 1\n  s = 5\n}\n")
	_, diags := Load(opt)
	got := diagText(diags)
	for _, want := range []string{
		`--set n is "many", and the variable needs a number`,
		`--set b is "yes", and the variable needs true or false`,
		`--set l is "[\"::1\"", and the variable needs a list`,
		`--set ns: there is no variable "ns".`,
		`unknown-variable: ruleids.hcl:2,3-4: Unknown variable; There is no variable "m"`,
		`bad-variable: ruleids.hcl:3,7-8: Invalid variable value; The variable "s" needs a text`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if len(diags) != 6 {
		t.Errorf("%d diagnostics:\n%s", len(diags), got)
	}
}

// TestOrder loads the same files under names that turn their order round.
func TestOrder(t *testing.T) {
	texts := []string{
		`rule "a" { where = "m and ip.src in list.l and tcp.len > var.v" }`,
		`macro "m" { expr = "k and tcp" }`,
		`macro "k" { expr = "tcp.flags.syn" }`,
		"list \"l\" {\n  type   = \"ip\"\n  values = [\"10.0.0.1\"]\n}",
		`variable "v" { default = 5 }`,
		`override "a" { severity = "high" }`,
	}
	var first *RuleSet
	for turn := range 2 {
		files := map[string][]byte{}
		for i, s := range texts {
			name := fmt.Sprintf("x/%d.hcl", i)
			if turn == 1 {
				name = fmt.Sprintf("other/%d.hcl", len(texts)-i)
			}
			files[name] = []byte(s)
		}
		rs, diags := Load(Options{Sources: files})
		if len(diags) > 0 {
			t.Fatal(diagText(diags))
		}
		if turn == 0 {
			first = rs
			continue
		}
		if rs.Digest != first.Digest || ast.Format(rs.Rules[0].Where) != ast.Format(first.Rules[0].Where) || rs.Rules[0].Severity != scale.SeverityHigh {
			t.Errorf("%s %s", rs.Digest, ast.Format(rs.Rules[0].Where))
		}
		files["other/1.hcl"] = []byte(`override "a" { severity = "low" }`)
		if rs, _ := Load(Options{Sources: files}); rs.Digest == first.Digest {
			t.Error("another text has the same digest")
		}
		if rs, _ := Load(Options{Sources: files, Set: map[string]string{"v": "6"}}); rs.Digest == first.Digest {
			t.Error("another value has the same digest")
		}
	}
}

// TestSharedMacro holds the node of a macro against those in its users.
func TestSharedMacro(t *testing.T) {
	rs, diags := load(t, "macro \"m\" { expr = \"tcp.flags.syn or udp\" }\nrule \"a\" { where = \"m and ip.ttl > 3\" }\nrule \"b\" { where = \"m or ip.ttl > 3\" }\n")
	if len(diags) > 0 {
		t.Fatal(diagText(diags))
	}
	a, b := rs.rule("a").SourceWhere.(*ast.LogicExpr).Xs[0], rs.rule("b").SourceWhere.(*ast.LogicExpr).Xs[0]
	if a != b || a != rs.Macros[0].Expr {
		t.Error("the macro was copied")
	}
}

func TestMessage(t *testing.T) {
	rs, diags := load(t, `rule "r" {
  where = "tcp"
  window "1m" {
    n = "count()"
  }
  threshold = 2.5
  when = "n >= threshold"
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${n} of ${threshold}, \"${lower(dns.qry.name)}\" $${x}"
  }
  notify {
    to      = ["ops"]
    message = "${n}"
  }
  notify {
    to      = ["ops"]
    message = <<-EOT
      Line ${n}
      and ${tcp.dstport == 80 ? "web" : "other"}
    EOT
  }
}
`)
	if len(diags) > 0 {
		t.Fatal(diagText(diags))
	}
	var got []string
	for _, a := range rs.Rules[0].Actions {
		s := ""
		for _, p := range a.Message.Parts {
			if p.Expr != nil {
				s += "<" + ast.Format(p.Expr) + ">"
			} else {
				s += p.Literal
			}
		}
		got = append(got, s)
	}
	want := []string{`<ip.src> sent <n> of <threshold>, "<lower(dns.qry.name)>" ${x}`, "<n>", "Line <n>\nand <tcp and tcp.dstport == 80 ? \"web\" : \"other\">\n"}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Errorf("message %d is %q, want %q", i, got, want[i])
		}
	}
}

// TestLargeList bounds time and memory of a long list; the benchmark has the million.
func TestLargeList(t *testing.T) {
	files := map[string][]byte{"a.hcl": []byte(listRules), "bad.txt": addresses(100_000)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rs, diags := Load(Options{Sources: files})
	runtime.ReadMemStats(&after)
	if len(diags) > 0 {
		t.Fatal(diagText(diags))
	}
	if l := rs.Lists[0]; l.Len != 100_000 || l.Set.Addrs.Empty() {
		t.Errorf("%d entries", l.Len)
	}
	// A range is 32 bytes while the list is read and 8 in the set: a million take under 100 MiB.
	if n := after.TotalAlloc - before.TotalAlloc; n > 10<<20 {
		t.Errorf("%d bytes allocated for 100,000 networks", n)
	}
}

// TestManyRules checks rules on several goroutines: the outcome must not tell.
func TestManyRules(t *testing.T) {
	files := manyRules(600, 7)
	files["bad.hcl"] = []byte(`rule "bad" { where = "tcp.dport == 1" }`)
	rs, diags := Load(Options{Sources: files})
	if len(diags) != 1 || !rs.rule("bad").Broken || len(rs.Rules) != 601 {
		t.Fatalf("%d rules, %v", len(rs.Rules), diags)
	}
	if !slices.IsSortedFunc(rs.Rules, func(a, b *Rule) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("rules are not sorted")
	}
	if !rs.Macros[0].Used || !rs.Lists[0].Used {
		t.Error("what the rules use is not marked")
	}
	for _, r := range rs.Rules {
		if r.Name != "bad" && r.Broken {
			t.Errorf("%s is broken", r.Name)
		}
	}
}

// TestNesting holds what would overflow the stack of a parser.
func TestNesting(t *testing.T) {
	for _, text := range []string{
		"rule \"r\" {\n  by = " + strings.Repeat("[", 1e5) + "\n}\n",
		"rule \"r\" {\n  where = \"" + strings.Repeat("(", 1e5) + "\"\n}\n",
		"rule \"r\" {\n  where = \"" + strings.Repeat("not ", 5000) + "tcp\"\n}\n",
		"rule \"r\" {\n  where = \"" + strings.Repeat("tcp and ", 4000) + "tcp\"\n}\n",
		strings.Repeat("rule \"r\" {\n", 1e4),
	} {
		if rs, _ := load(t, text); rs == nil {
			t.Error("no rule set")
		}
	}
	brackets := "rule \"r\" {\n  description = \"" + strings.Repeat("[", 1e4) + "\"\n  where = \"tcp\"\n}\n"
	if _, diags := load(t, brackets); len(diags) > 0 {
		t.Errorf("brackets in a text: %v", diags)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(sample)
	raw, err := os.ReadFile("testdata/bad.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range strings.Split(string(raw), "\n== ") {
		_, c, _ = strings.Cut(c, "\n")
		text, _, _ := strings.Cut(c, "\n=>\n")
		f.Add(text)
	}
	for _, where := range []string{"10 < ip.ttl < 20 and not (tcp.dstport in [80, '8000-8010', tcp.srcport])", "any(split(dns.qry.name, '.'), len(#) > 40 and entropy(#) > 4)"} {
		f.Add("rule \"r\" {\n  where = <<EOT\n" + where + "\nEOT\n}\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		rs, diags := Load(Options{Sources: map[string][]byte{"a.hcl": []byte(text)}})
		for _, d := range diags {
			if diag.CodeOf(d) == "" || d.Detail == "" {
				t.Errorf("%v has no code or no detail", d)
			}
			if s := d.Subject; s != nil && (s.Start.Byte > s.End.Byte || s.End.Byte > len(text) || s.Start.Line < 1 || s.Start.Column < 1) {
				t.Errorf("%v has the range %v", d, s)
			}
		}
		for _, r := range rs.Rules {
			if r.Where == nil {
				t.Errorf("rule %s has no where", r.Name)
			}
			ast.Format(r.Where)
		}
	})
}

// TestDigestIsOfRulesAlone changes what a settings file has besides values of variables.
func TestDigestIsOfRulesAlone(t *testing.T) {
	digest := func(settings string) string {
		t.Helper()
		opt := Options{Settings: SettingsName, Sources: map[string][]byte{
			"a.hcl":      []byte("variable \"v\" { default = 5 }\nlist \"l\" {\n  type = \"ip\"\n  file = \"l.txt\"\n}\nrule \"a\" { where = \"ip.src in list.l and tcp.len > var.v\" }"),
			"l.txt":      []byte("10.0.0.1\n"),
			SettingsName: []byte(settings),
		}}
		if settings == "" {
			opt.Settings = ""
		}
		rs, diags := Load(opt)
		if len(diags) > 0 {
			t.Fatal(diagText(diags))
		}
		return rs.Digest
	}
	plain := digest("")
	for _, same := range []string{"# a sensor\n", "agent = \"one\"\n", "capture {\n  interfaces = [\"eth0\"]\n}\n", "vars {\n  v = 5\n}\n"} {
		if digest(same) != plain {
			t.Errorf("settings %q give the rules another digest", same)
		}
	}
	if digest("vars {\n  v = 6\n}\n") == plain {
		t.Error("another value has the same digest")
	}
}
