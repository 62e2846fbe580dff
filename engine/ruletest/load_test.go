package ruletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
)

// oneLine writes diagnostics as "line:column-column summary: detail", one a line.
func oneLine(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		s := d.Subject
		end := fmt.Sprint(s.End.Column)
		if s.End.Line != s.Start.Line {
			end = fmt.Sprintf("%d:%d", s.End.Line, s.End.Column)
		}
		fmt.Fprintf(&b, "%d:%d-%s %s: %s\n", s.Start.Line, s.Start.Column, end, d.Summary, d.Detail)
	}
	return b.String()
}

// packet is a packets block that is right, in one line's worth of lines.
const aPacket = `
  packets {
    tcp {
      src     = "10.0.0.1"
      dst     = "10.0.0.2"
      dstport = 80
    }
  }`

func TestMistakesInTestFiles(t *testing.T) {
	tcp := func(attr string) string {
		return "test \"x\" {\n packets {\n  tcp {\n   src = \"10.0.0.1\"\n   dst = \"10.0.0.2\"\n   dstport = 80\n   " + attr + "\n  }\n }\n quiet = true\n}\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"syntax": {`test "x" {`, "1:10-11 Unclosed configuration block: There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.\n"},
		"other block": {`tests "x" {}
rule "y" {}`, "1:1-6 Unknown block: A test file has no block \"tests\". Did you mean \"test\"?\n" +
			"2:1-5 Unknown block: A test file has no block \"rule\". It can have test.\n"},
		"attribute in the file":   {`x = 1`, "1:1-2 Unknown attribute: A test file has no attribute \"x\".\n"},
		"no name":                 {"test {" + aPacket + "\n quiet = true\n}", "1:1-5 Invalid name: The name of a test block is one text in quotes, what it shows.\n"},
		"two names":               {`test "x" "y" {` + aPacket + "\n quiet = true\n}", "1:10-13 Invalid name: The name of a test block is one text in quotes, what it shows.\n"},
		"empty name":              {`test " " {` + aPacket + "\n quiet = true\n}", "1:6-9 Invalid name: The name of a test block says what it shows; it cannot be empty.\n"},
		"same name":               {"test \"x\" {" + aPacket + "\n quiet = true\n}\ntest \"x\" {" + aPacket + "\n quiet = true\n}", "11:6-9 Duplicate name: There is a test \"x\" in line 1 already; a report names tests by their names.\n"},
		"nothing":                 {`test "x" {}`, "1:1-11 Missing attribute: The test has nothing to replay; add pcap = \"…\", a packets block, or a log block.\n1:1-11 Missing attribute: The test says nothing of alerts; add an alert block, or quiet = true where none may come.\n"},
		"both":                    {"test \"x\" {\n pcap = \"a.pcap\"" + aPacket + "\n quiet = true\n}", "2:2-6 Invalid value: A test replays either a capture or packets and log blocks; remove one of them, or make two tests.\n"},
		"misspelt attributes":     {"test \"x\" {" + aPacket + "\n qiet = true\n sett = {}\n}", "9:2-6 Unknown attribute: A test block has no attribute \"qiet\". Did you mean \"quiet\"?\n10:2-6 Unknown attribute: A test block has no attribute \"sett\". Did you mean \"set\"?\n1:1-11 Missing attribute: The test says nothing of alerts; add an alert block, or quiet = true where none may come.\n"},
		"block as attribute":      {"test \"x\" {\n packets = 3\n pcap = \"a\"\n quiet = true\n}", "2:2-9 Unknown attribute: A test block has no attribute \"packets\". Write it as a block: packets { … }.\n"},
		"attribute as block":      {"test \"x\" {\n pcap = \"a\"\n quiet = true\n set {\n }\n}", "4:2-5 Unknown block: A test block has no block \"set\". Write it as an attribute: set = ….\n"},
		"quiet and an alert":      {"test \"x\" {\n pcap = \"a\"\n quiet = true\n alert \"r\" {\n }\n}", "4:8-11 Invalid value: The test is quiet, which is no alert at all, and waits for an alert of \"r\"; remove quiet or the block.\n"},
		"quiet and others":        {"test \"x\" {\n pcap = \"a\"\n quiet = true\n others = \"allow\"\n}", "4:2-8 Invalid value: A quiet test allows no alert; remove quiet or others.\n"},
		"others":                  {"test \"x\" {\n pcap = \"a\"\n others = \"deny\"\n alert \"r\" {\n }\n}", "3:11-17 Invalid value: others can only be \"allow\": alerts that no alert block names do not fail the test.\n"},
		"quiet is no boolean":     {"test \"x\" {\n pcap = \"a\"\n quiet = \"so\"\n alert \"r\" {\n }\n}", "3:10-14 Invalid value: quiet must be a bool.\n"},
		"standard input":          {"test \"x\" {\n pcap = \"-\"\n quiet = true\n}", "2:9-12 Invalid value: A test cannot read standard input; name a file.\n"},
		"i outside of packets":    {"test \"x\" {\n pcap = \"a${i}\"\n quiet = true\n}", "2:13-14 Invalid value: Variables may not be used here.\n"},
		"set is no object":        {"test \"x\" {\n pcap = \"a\"\n set = 3\n quiet = true\n}", "3:8-9 Invalid value: set must be an object, as { port_scan_ports = 15 }.\n"},
		"set twice":               {"test \"x\" {\n pcap = \"a\"\n set = { a = 1, a = 2 }\n quiet = true\n}", "3:17-18 Duplicate name: set has \"a\" twice.\n"},
		"count and min":           {"test \"x\" {\n pcap = \"a\"\n alert \"r\" {\n  count = 1\n  min = 1\n }\n}", "5:3-6 Invalid value: count is the exact number of alerts; remove it or min.\n"},
		"min over max":            {"test \"x\" {\n pcap = \"a\"\n alert \"r\" {\n  min = 3\n  max = 2\n }\n}", "4:9-10 Invalid value: min is above max; no number of alerts is both at least 3 and at most 2.\n"},
		"negative count":          {"test \"x\" {\n pcap = \"a\"\n alert \"r\" {\n  count = -1\n }\n}", "4:11-13 Invalid value: count must be a whole number from 0 to 100000000.\n"},
		"at of nothing":           {"test \"x\" {\n pcap = \"a\"\n alert \"r\" {\n  count = 0\n  at = \"1s\"\n }\n}", "5:3-5 Invalid value: There is no alert for at to be the time of; remove at, or let an alert come.\n"},
		"at without unit":         {"test \"x\" {\n pcap = \"a\"\n alert \"r\" {\n  at = \"14\"\n }\n}", "4:8-12 Invalid value: at: \"14\" is not a duration: write a number with a unit, as \"250ms\", \"10s\", \"5m\", \"24h\" or \"7d\".\n"},
		"severity":                {"test \"x\" {\n pcap = \"a\"\n alert \"r\" {\n  severity = \"hihg\"\n }\n}", "4:14-20 Invalid value: \"hihg\" is not valid: use low, medium, high or critical. Did you mean \"high\"?\n"},
		"alert without rule":      {"test \"x\" {\n pcap = \"a\"\n alert {\n }\n}", "3:2-7 Invalid name: The name of an alert block is one text in quotes, the rule that fires.\n"},
		"key of a list":           {"test \"x\" {\n pcap = \"a\"\n alert \"r\" {\n  key = { \"ip.src\" = [1] }\n }\n}", "4:22-25 Invalid value: The value of \"ip.src\" must be text, a number or a boolean.\n"},
		"no kind":                 {"test \"x\" {\n packets {\n }\n quiet = true\n}", "2:2-11 Missing attribute: The block does not say what packets there are; add one of tcp, udp, icmp, ip, arp, dns, http, tls, dhcp, honeypot, auth, connection, alert { … }.\n"},
		"two kinds":               {"test \"x\" {\n packets {\n  arp {\n   src_ip = \"1.1.1.1\"\n   dst_ip = \"1.1.1.1\"\n  }\n  arp {\n   src_ip = \"1.1.1.1\"\n   dst_ip = \"1.1.1.1\"\n  }\n }\n quiet = true\n}", "7:3-6 Invalid value: A packets block has packets of one kind; put this one in a packets block of its own.\n"},
		"unknown kind":            {"test \"x\" {\n packets {\n  tpc {\n  }\n }\n quiet = true\n}", "3:3-6 Unknown block: A packets block has no block \"tpc\". Did you mean \"tcp\"?\n2:2-11 Missing attribute: The block does not say what packets there are; add one of tcp, udp, icmp, ip, arp, dns, http, tls, dhcp, honeypot, auth, connection, alert { … }.\n"},
		"too long":                {"test \"x\" {\n packets {\n  count = 1000000\n  every = \"1h\"\n  arp {\n   src_ip = \"1.1.1.1\"\n   dst_ip = \"1.1.1.1\"\n  }\n }\n quiet = true\n}", "4:11-15 Invalid value: 1000000 packets every 1h0m0s take more than a hundred years.\n"},
		"missing":                 {"test \"x\" {\n packets {\n  tcp {\n   src = \"1.1.1.1\"\n  }\n }\n quiet = true\n}", "3:3-6 Missing attribute: A tcp packet needs dst.\n3:3-6 Missing attribute: A tcp packet needs dstport.\n"},
		"unknown in kind":         {tcp(`dst_port = 80`), "7:4-12 Unknown attribute: A tcp packet has no attribute \"dst_port\". Did you mean \"dstport\"?\n"},
		"flags":                   {tcp(`flags = "SYN"`), "7:12-17 Invalid value: flags must be letters of FSRPAUEC (FIN SYN RST PSH ACK URG ECE CWR), or \"\" for none; it is \"SYN\".\n"},
		"port":                    {tcp(`srcport = 65536`), "7:14-19 Invalid value: srcport must be from 0 to 65535; it is 65536.\n"},
		"port is a fraction":      {tcp(`srcport = 1.5`), "7:14-17 Invalid value: srcport must be a whole number; it is 1.5.\n"},
		"negative payload":        {tcp(`payload = -1`), "7:14-16 Invalid value: payload must be from 0 to 65535; it is -1.\n"},
		"payload does not fit":    {tcp(`payload = 65500`), "3:3-6 Invalid value: payload has 65500 bytes; an IP packet has room for 65495.\n"},
		"payload_hex":             {tcp(`payload_hex = "abc"`), "7:18-23 Invalid value: payload_hex must be pairs of hexadecimal digits; it is \"abc\".\n"},
		"null":                    {tcp(`seq = null`), "7:10-14 Invalid value: seq cannot be null.\n"},
		"unknown variable":        {tcp(`seq = j`), "7:10-11 Invalid value: There is no variable named \"j\". Did you mean \"i\"?\n"},
		"unknown function":        {tcp(`seq = flor(i)`), "7:10-14 Invalid value: There is no function named \"flor\". Did you mean \"floor\"?\n"},
		"families":                {strings.Replace(tcp(""), `dst = "10.0.0.2"`, `dst = "::1"`, 1), "3:3-6 Invalid value: src 10.0.0.1 and dst ::1 must both be IPv4 or both IPv6.\n"},
		"address":                 {strings.Replace(tcp(""), `"10.0.0.2"`, `"10.0.0"`, 1), "5:10-18 Invalid value: dst must be an IPv4 or IPv6 address; it is \"10.0.0\".\n"},
		"hardware address":        {tcp(`src_mac = "02:00"`), "7:14-21 Invalid value: src_mac must be a hardware address such as 02:00:00:00:00:01; it is \"02:00\".\n"},
		"ARP of IPv6":             {"test \"x\" {\n packets {\n  arp {\n   src_ip = \"::1\"\n   dst_ip = \"1.1.1.1\"\n  }\n }\n quiet = true\n}", "3:3-6 Invalid value: ARP is for IPv4; src_ip and dst_ip must be IPv4 addresses.\n"},
		"label too long":          {dns(`repeat("a", 64)`), "6:3-6 Invalid value: qname \"" + strings.Repeat("a", 64) + "\" has a label of 64 bytes; from 1 to 63 are allowed.\n"},
		"empty label":             {dns(`"a..b"`), "6:3-6 Invalid value: qname \"a..b\" has a label of 0 bytes; from 1 to 63 are allowed.\n"},
		"name too long":           {dns(`repeat("a.", 128)`), "6:3-6 Invalid value: qname takes 257 bytes; 255 are allowed, which is a name of 253 characters.\n"},
		"wrong in the last":       {dns(`format("%s.b", repeat("a", i))`), "6:3-6 Invalid value: qname \".b\" has a label of 0 bytes; from 1 to 63 are allowed, for i = 0.\n"},
		"reply code":              {strings.Replace(dns(`"a"`), "qtype = 1", `rcode = "NXDOMAN"`, 1), "10:12-21 Invalid value: rcode must be a code from 0 to 15, or its name, such as \"NXDOMAIN\".\n"},
		"query type":              {strings.Replace(dns(`"a"`), "qtype = 1", `qtype = "TEXT"`, 1), "10:12-18 Invalid value: qtype must be a type's number, or its name, such as \"TXT\".\n"},
		"out of range at the end": {strings.Replace(tcp("srcport = 65534 + i"), "packets {", "packets {\n  count = 3", 1), "8:14-23 Invalid value: srcport must be from 0 to 65535; it is 65536, for i = 2.\n"},
		"cidrhost":                {strings.Replace(tcp(""), `"10.0.0.2"`, `cidrhost("10.0.0.0/30", 4)`, 1), "5:34-35 Invalid value: Invalid value for \"n\" parameter: 10.0.0.0/30 has no address number 4.\n"},
	} {
		tests, diags := parse([]byte(c.text), "x_test.hcl")
		for _, x := range tests {
			diags = append(diags, x.Mistakes...)
		}
		if d := cmp.Diff(c.want, oneLine(diags)); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
		for _, d := range diags {
			if name != "syntax" && diag.CodeOf(d) == "" {
				t.Errorf("%s: no code in %v", name, d)
			}
		}
	}
}

// dns is a test of one query with a name, and i for which packet it is.
func dns(qname string) string {
	return "test \"x\" {\n quiet = true\n packets {\n  count = 2\n  every = \"1s\"\n  dns {\n   src = \"10.0.0.1\"\n   dst = \"10.0.0.2\"\n   qname = " + qname + "\n   qtype = 1\n  }\n }\n}\n"
}

// What HCL's parser, which recurses without a bound, would overflow the stack with is an error.
func TestDeepNesting(t *testing.T) {
	text := "test \"x\" {\n  set = { a = " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + " }\n}\n"
	if tests, diags := parse([]byte(text), "x_test.hcl"); len(tests) > 0 || len(diags) != 1 || !strings.Contains(diags[0].Detail, "nested more than 500 deep") {
		t.Errorf("%d tests, %v", len(tests), diags)
	}
}

func TestAllMistakesAreReported(t *testing.T) {
	tests, diags := parse([]byte(`
test "a" {
  pcap = 3
  qiet = true
  alert "r" {
    sevrity = "high"
    count   = "many"
  }
}
test "b" {
  packets {
    every = "often"
    tcp {
      src   = "10.0.0.256"
      dst   = 1
      flags = "X"
    }
  }
  quiet = true
}
`), "x_test.hcl")
	for _, x := range tests {
		diags = append(diags, x.Mistakes...)
	}
	if len(diags) != 8 {
		t.Errorf("%d diagnostics, want 8 (3 is the text \"3\", which may be a file):\n%s", len(diags), oneLine(diags))
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	quiet := func(name string) string {
		return "test \"" + name + "\" {\n  pcap  = \"pcap/x.pcap\"\n  quiet = true\n}\n"
	}
	write("b/b_test.hcl", quiet("b1")+quiet("b2"))
	write("a_test.hcl", quiet("a"))
	write("rule.hcl", "this is no test file {")
	write(".git/hidden_test.hcl", "nor this {")
	write("notes_test.txt", "nor this {")
	named := write("odd-name.hcl", quiet("odd"))
	broken := write("c/broken_test.hcl", "test \"c\" {\n}\n"+quiet("fine"))

	tests, diags := Load([]string{dir, filepath.Join(dir, "b"), filepath.Join(dir, ".", "a_test.hcl"), named})
	var got []string
	for _, x := range tests {
		rel, err := filepath.Rel(dir, x.File)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s:%d %s", filepath.ToSlash(rel), x.Line, x.Name))
	}
	want := []string{"a_test.hcl:1 a", "b/b_test.hcl:1 b1", "b/b_test.hcl:5 b2", "c/broken_test.hcl:1 c", "c/broken_test.hcl:3 fine"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("tests (-want +got)\n%s", d)
	}
	if len(diags) > 0 || len(tests[3].Mistakes) != 2 || tests[3].File != broken || len(tests[4].Mistakes) > 0 {
		t.Errorf("got diagnostics %v, want the two of the first test of %s", diags, broken)
	}
	if want := filepath.Join(dir, "b", "pcap", "x.pcap"); tests[1].pcap != want {
		t.Errorf("the capture is %s, want %s: paths are from the test file's directory", tests[1].pcap, want)
	}

	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "b"), link); err != nil {
		t.Fatal(err)
	}
	if tests, diags := Load([]string{link}); len(diags) > 0 || len(tests) != 2 {
		t.Errorf("through a link: %d tests, %v", len(tests), diags)
	}

	_, diags = Load([]string{filepath.Join(dir, "missing"), filepath.Join(dir, "missing2")})
	if len(diags) != 2 || !strings.Contains(diags[0].Detail, "no such file") || !strings.HasSuffix(diags[0].Subject.Filename, "missing") {
		t.Errorf("missing paths: got %v, want a diagnostic for each", diags)
	}
}

func TestReadingOfATest(t *testing.T) {
	tests, diags := parse([]byte(`test "x" {
  pcap = "/abs/x.pcap"
  set = {
    number = 15
    text = "10.0.0.0/8"
    yes = true
    ports = [80, "8000-8010"]
  }
  alert "a" {
    key = { "ip.src" = "10.0.0.1", "tcp.dstport" = 80 }
    at = "1.4s"
    severity = "high"
  }
  alert "b" {
    max = 3
  }
  alert "c" {
    count = 2
  }
  alert "d" {
    min = 0
  }
  others = "allow"
}
`), "dir/x_test.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	x := tests[0]
	if x.pcap != "/abs/x.pcap" || !x.othersOK || x.quiet {
		t.Errorf("got %+v", x)
	}
	for name, want := range map[string]string{"number": "15", "text": "10.0.0.0/8", "yes": "true", "ports": `[80,"8000-8010"]`} {
		if got := x.set[name].text; got != want {
			t.Errorf("set %s is %s, want %s", name, got, want)
		}
	}
	var got []string
	for _, e := range x.expects {
		got = append(got, fmt.Sprintf("%s %d..%d %v %v %s %v", e.rule, e.min, e.max, e.at, e.hasAt, e.severity, len(e.key)))
	}
	want := []string{"a 1..-1 1.4s true high 2", "b 0..3 0s false  0", "c 2..2 0s false  0", "d 0..-1 0s false  0"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("alert blocks (-want +got)\n%s", d)
	}
	if k := x.expects[0].key[1]; k.name != "tcp.dstport" || k.value != "80" {
		t.Errorf("got key %+v", k)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(dns(`format("%s.b", repeat("a", i))`))
	f.Add("test \"x\" {" + aPacket + "\n set = { a = [1] }\n alert \"r\" {\n key = { \"a\" = 1 }\n at = \"1s\"\n }\n}")
	f.Fuzz(func(t *testing.T, text string) {
		tests, diags := parse([]byte(text), "x_test.hcl")
		for _, d := range diags {
			if d.Subject == nil {
				t.Errorf("diagnostic without a place: %v", d)
			}
		}
		for _, x := range tests {
			if len(x.packets) == 0 && x.pcap == "" && !x.Mistakes.HasErrors() {
				t.Errorf("test %q has nothing to replay", x.Name)
			}
		}
	})
}
