package ruletest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

const tryRules = `
variable "tries" {
  description = "Connections to SSH in a minute."
  default     = 3
}
list "ours" {
  description = "Our networks."
  type        = "ip"
  values      = var.ours
}
variable "ours" {
  description = "Our networks."
  default     = ["192.0.2.0/24"]
}
rule "ssh_tries" {
  description = "One source tries SSH often."
  severity    = "medium"
  where       = "tcp.flags.syn and not tcp.flags.ack and tcp.dstport == 22 and ip.dst in list.ours"
  by          = ["ip.src"]
  window "60s" {
    tries = "count()"
  }
  threshold = var.tries
  when      = "tries >= threshold"
}
rule "telnet" {
  description = "Somebody speaks Telnet."
  severity    = "low"
  enabled     = false
  where       = "tcp.dstport == 23"
  by          = ["ip.src", "ip.dst"]
}
`

// tries is a packets block of n connection attempts to a port.
func tries(n, port int) string {
	return fmt.Sprintf(`
  packets {
    count = %d
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = %d
    }
  }
`, n, port)
}

// directory writes files to a new directory.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runPaths loads and runs the tests of paths.
func runPaths(t *testing.T, r *Runner, paths ...string) ([]*Test, []Result) {
	t.Helper()
	r.Tests = paths
	tests, diags := Load(paths)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if len(tests) == 0 {
		t.Fatal("no tests")
	}
	return tests, r.RunAll(tests)
}

// show writes results without times and directories.
func showResults(dir string, results []Result) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s %s\n", r.Status, r.Name)
		for _, p := range r.Problems {
			fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(p, dir+string(filepath.Separator), ""))
		}
	}
	return b.String()
}

func TestRun(t *testing.T) {
	dir := directory(t, map[string]string{"ssh.hcl": tryRules, "ssh_test.hcl": `
test "three tries fire" {` + tries(3, 22) + `
  alert "ssh_tries" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "2s"
  }
}
test "two are quiet" {` + tries(2, 22) + `
  quiet = true
}
test "two fire when asked to" {
  set = { tries = 2 }` + tries(2, 22) + `
  alert "ssh_tries" {
    at = "1s"
  }
}
test "a list is set" {
  set = { ours = ["203.0.113.0/24"] }` + tries(5, 22) + `
  quiet = true
}
test "too few" {` + tries(2, 22) + `
  alert "ssh_tries" {}
}
test "other port" {` + tries(9, 2222) + `
  alert "ssh_tries" {}
}
test "unexpected" {` + tries(3, 22) + `
  quiet = true
}
test "a disabled rule stays out of the way" {` + tries(1, 23) + `
  quiet = true
}
test "and is enabled where it is named" {` + tries(1, 23) + `
  alert "telnet" {
    key = { "ip.dst" = "192.0.2.10" }
  }
}
test "nobody" {
  packets {
    count = 0
    arp {
      src_ip = "10.0.0.1"
      dst_ip = "10.0.0.2"
    }
  }
  alert "ssh_tries" {}
}
`})
	_, results := runPaths(t, &Runner{}, dir)
	want := `pass three tries fire
pass two are quiet
pass two fire when asked to
pass a list is set
fail too few
  line 55: alert "ssh_tries": want at least 1, got 0; the rule matched 2 of 2 packets; closest: ip.src=198.51.100.7 with tries=2, the rule asks for 3, at 1s (packet 2)
fail other port
  line 69: alert "ssh_tries": want at least 1, got 0; the rule matched 0 of 9 packets; tcp.dstport == 22 stopped 9
fail unexpected
  unexpected alert "ssh_tries": ip.src=198.51.100.7 at 2s (packet 3, medium)
pass a disabled rule stays out of the way
pass and is enabled where it is named
fail nobody
  line 121: alert "ssh_tries": want at least 1, got 0; the rule matched 0 of 0 packets
`
	lines := strings.NewReplacer("line 55", "line N", "line 69", "line N", "line 121", "line N")
	got := showResults(dir, results)
	for i, r := range results { // the blocks move when this file changes; that the line is the block's is checked in TestCheck
		for _, e := range mustLoad(t, dir)[i].expects {
			got = strings.ReplaceAll(got, fmt.Sprintf("line %d:", e.ruleAt.Start.Line), "line N:")
		}
		if r.Seconds < 0 || r.Line == 0 {
			t.Errorf("%s: Seconds %v, Line %d", r.Name, r.Seconds, r.Line)
		}
	}
	if d := cmp.Diff(lines.Replace(want), got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff([]Fired{{"ssh_tries", 1}}, results[0].Fired); d != "" {
		t.Errorf("Fired (-want +got)\n%s", d)
	}
}

func mustLoad(t *testing.T, dir string) []*Test {
	t.Helper()
	tests, diags := Load([]string{dir})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return tests
}

func TestErrorsOfNames(t *testing.T) {
	dir := directory(t, map[string]string{"ssh.hcl": tryRules, "x_test.hcl": `test "x" {
  set  = { trie = 2, ours = ["192.0.2.0/24"] }
  pcap = "x.pcap"
  alert "ssh_tris" {}
  alert "ssh_tries" {
    key = { "ip.scr" = "10.0.0.1" }
  }
  alert "telnet" {
    key = { "frobnicate" = "10.0.0.1" }
  }
}
test "value" {
  set   = { tries = "many" }
  quiet = true
  packets {
    arp {
      src_ip = "10.0.0.1"
      dst_ip = "10.0.0.2"
    }
  }
}
test "capture" {
  pcap  = "none.pcap"
  quiet = true
}
`})
	_, results := runPaths(t, &Runner{}, dir)
	want := `error x
  x_test.hcl:2:12: Unknown variable. There is no variable "trie". Did you mean "tries"?
  x_test.hcl:4:9: Unknown rule. There is no rule "ssh_tris". Did you mean "ssh_tries"?
  x_test.hcl:6:13: Invalid value. Alerts of "ssh_tries" have no "ip.scr" in their key. Did you mean "ip.src"?
  x_test.hcl:9:13: Invalid value. Alerts of "telnet" have no "frobnicate" in their key. The rule has by = [ip.src, ip.dst].
error value
  x_test.hcl:13:21: Invalid variable value. set tries is "many", and the variable needs a number, as its default.
`
	got := showResults(dir, results)
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if results[2].Status != Error || !strings.Contains(results[2].Problems[0], "x_test.hcl:23:11: Unreadable file. ") || !strings.Contains(results[2].Problems[0], "none.pcap") {
		t.Errorf("a capture that is not there: %q", results[2].Problems)
	}
	for _, r := range results {
		if len(r.Diagnostics) != len(r.Problems) {
			t.Errorf("%s: %d diagnostics for %d problems", r.Name, len(r.Diagnostics), len(r.Problems))
		}
	}
}

func TestRulesThatDoNotLoad(t *testing.T) {
	dir := directory(t, map[string]string{
		"bad.hcl":    "rule \"bad\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"tcp.dport == 22\"\n}\n",
		"x_test.hcl": "test \"x\" {" + tries(1, 22) + "quiet = true\n}\n",
	})
	r := &Runner{}
	_, results := runPaths(t, r, dir)
	if results[0].Status != Error || !strings.Contains(results[0].Problems[0], "bad.hcl:4:12: ") {
		t.Errorf("got %+v, want an error in line 4 of bad.hcl", results[0])
	}
	if _, diags := r.Load(); !diags.HasErrors() {
		t.Error("Load does not tell of the error")
	}
}

func TestCapturesAreReplayed(t *testing.T) {
	dir := directory(t, map[string]string{"ssh.hcl": tryRules, "sub/x_test.hcl": `test "capture" {
  pcap = "../three.pcap"
  alert "ssh_tries" {
    count = 1
    at    = "2s"
  }
}
test "cut capture" {
  pcap  = "../cut.pcap"
  alert "ssh_tries" {}
}
`})
	var file strings.Builder
	w := pcapgo.NewWriter(&file)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	diags := replay(blocksOf(t, tries(3, 22)), player{frames: func(frames []packet.Frame) {
		for _, f := range frames {
			ci := gopacket.CaptureInfo{Timestamp: time.Unix(0, f.Time), CaptureLength: len(f.Data), Length: int(f.Length)}
			if err := w.WritePacket(ci, f.Data); err != nil {
				t.Fatal(err)
			}
		}
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	for name, text := range map[string]string{"three.pcap": file.String(), "cut.pcap": file.String()[:file.Len()-5]} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, results := runPaths(t, &Runner{}, dir)
	if results[0].Status != Pass {
		t.Errorf("got %+v", results[0])
	}
	if results[1].Status != Error || !strings.Contains(results[1].Problems[0], "cut.pcap") {
		t.Errorf("a capture that is cut short: got %+v, want an error that names it", results[1])
	}
}

// Which rule files belong to the tests, and what happens to those that are embedded too.
func TestRuleFilesOfTests(t *testing.T) {
	rule := func(name string) string {
		return "rule \"" + name + "\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"tcp.dstport == 22\"\n}\n"
	}
	test := "test \"x\" {" + tries(1, 22) + "quiet = true\n}\n"
	dir := directory(t, map[string]string{
		"lib/base/b.hcl": "", "lib/recon/scan.hcl": rule("scan"), "lib/recon/scan_test.hcl": test, "lib/recon/other.hcl": rule("other"),
		"mine/recon/scan.hcl": rule("mine"), "mine/x_test.hcl": test, "mine/ruleids.hcl": "not a rule file {",
		"clash/x.hcl": rule("scan"), "clash/x_test.hcl": test, "extra/e.hcl": rule("extra"),
	})
	shipped := fstest.MapFS{
		"base/b.hcl":     {Data: []byte("")},
		"recon/scan.hcl": {Data: []byte(rule("scan"))},
		"recon/gone.hcl": {Data: []byte(rule("gone"))},
	}
	in := func(names ...string) (out []string) {
		for _, n := range names {
			out = append(out, filepath.Join(dir, filepath.FromSlash(n)))
		}
		return out
	}
	for name, c := range map[string]struct {
		rules, tests []string
		stdlib       bool
		want         string // rules, those of the embedded files with a star
		err          string
	}{
		"a directory":                      {tests: in("mine"), want: "mine"},
		"a directory beside the embedded":  {tests: in("mine"), stdlib: true, want: "gone* mine scan*"},
		"the embedded from the disk":       {tests: in("lib"), stdlib: true, want: "gone* other scan"},
		"one test file":                    {tests: in("lib/recon/scan_test.hcl"), want: "other scan"},
		"one test file, embedded":          {tests: in("lib/recon/scan_test.hcl"), stdlib: true, want: "gone* other scan"},
		"a rule file is its directory":     {tests: in("lib/recon/other.hcl"), want: "other scan"},
		"rules named twice":                {rules: in("lib/recon", "extra/e.hcl"), tests: in("lib", "lib/recon/../recon/scan_test.hcl"), want: "extra other scan"},
		"a rule with a shipped one's name": {tests: in("clash"), stdlib: true, err: `"scan" is already declared`},
		"no such path":                     {tests: in("nowhere"), err: "nowhere"},
	} {
		r := &Runner{Rules: rules.Options{Paths: c.rules}, Tests: c.tests}
		if c.stdlib {
			r.Rules.Stdlib = shipped
		}
		set, diags := r.Load()
		if c.err != "" {
			if !strings.Contains(diags.Error(), c.err) {
				t.Errorf("%s: got %v, want an error with %s", name, diags, c.err)
			}
			continue
		}
		if diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		var got []string
		for _, x := range set.Rules {
			got = append(got, x.Name+map[bool]string{true: "*"}[x.Shipped])
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: got %s, want %s", name, s, c.want)
		}
	}
}

func TestWithoutHidesFiles(t *testing.T) {
	w := without{fstest.MapFS{"a/x.hcl": {}, "a/y.hcl": {}}, map[string]bool{"a/x.hcl": true}}
	var got []string
	err := fs.WalkDir(w, ".", func(name string, _ fs.DirEntry, err error) error {
		got = append(got, name)
		return err
	})
	if want := ". a a/y.hcl"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("it holds %v (%v), want %s", got, err, want)
	}
	if _, err := fs.ReadFile(w, "a/x.hcl"); err == nil {
		t.Error("a hidden file can be read")
	}
}

func TestCoverage(t *testing.T) {
	rule := func(name, where string) string {
		return "rule \"" + name + "\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"" + where + "\"\n}\n"
	}
	window := "rule \"near\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"tcp.dstport == 80\"\n  window \"10s\" {\n    n = \"count()\"\n  }\n  when = \"n >= 3\"\n}\n"
	dir := directory(t, map[string]string{
		"r.hcl": rule("never", "tcp.dstport == 1") + rule("both", "tcp.dstport == 2") + rule("only_quiet", "tcp.dstport == 3") + rule("only_fires", "tcp.dstport == 4") +
			rule("failing", "tcp.dstport == 5") + rule("allowed", "tcp.dstport == 6") + window,
		"both_test.hcl": "test \"fires\" {" + tries(1, 2) + "alert \"both\" {}\n}\ntest \"near miss\" {" + tries(1, 7) + "quiet = true\n}\n",
		"q_test.hcl":    "test \"q\" {" + tries(1, 7) + "alert \"only_quiet\" {\n max = 0\n}\n}\n",
		"f_test.hcl":    "test \"f\" {" + tries(1, 4) + "alert \"only_fires\" {}\n}\n",
		"x_test.hcl":    "test \"x\" {" + tries(1, 5) + "alert \"failing\" {\n count = 2\n}\n}\ntest \"x2\" {" + tries(1, 6) + "alert \"both\" {\n min = 0\n}\n others = \"allow\"\n}\n",
		"n_test.hcl":    "test \"n\" {" + tries(2, 80) + "quiet = true\n}\n",
	})
	r := &Runner{Rules: rules.Options{Stdlib: fstest.MapFS{"s/shipped.hcl": {Data: []byte(rule("shipped", "udp"))}}}}
	tests, results := runPaths(t, r, dir)
	var got []string
	for _, g := range r.Coverage(tests, results) {
		got = append(got, g.String())
	}
	want := []string{
		"allowed: no test in which it fires, no test in which it stays quiet",
		"failing: no test in which it fires, no test in which it stays quiet",
		"near: no test in which it fires",
		"never: no test in which it fires, no test in which it stays quiet",
		"only_fires: no test in which it stays quiet",
		"only_quiet: no test in which it fires",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// The tests beside the shipped rules pass, and every rule has a test that fires it and a near miss.
func TestShippedRules(t *testing.T) {
	r := &Runner{Rules: rules.Options{Stdlib: stdlib.FS()}}
	tests, results := runPaths(t, r, filepath.Join("..", "..", "stdlib"))
	for _, res := range results {
		if res.Status != Pass {
			t.Errorf("%s:%d: %s: %s", res.File, res.Line, res.Name, strings.Join(res.Problems, "\n"))
		}
	}
	for _, g := range r.Coverage(tests, results) {
		t.Error(g)
	}
}
