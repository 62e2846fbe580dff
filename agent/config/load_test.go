package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/internal/diag"
)

// load writes a settings file and loads it.
func load(t *testing.T, text string, opt Options) (*Config, []string) {
	t.Helper()
	opt.File = filepath.Join(t.TempDir(), "ruleids.hcl")
	if err := os.WriteFile(opt.File, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, diags := Load(opt)
	var out []string
	for _, d := range diags {
		place := "-"
		if d.Subject != nil {
			place = fmt.Sprintf("%d:%d", d.Subject.Start.Line, d.Subject.Start.Column)
		}
		out = append(out, fmt.Sprintf("%s %s %s", place, diag.CodeOf(d), d.Detail))
	}
	return c, out
}

// TestDefaultsAreValid loads nothing.
func TestDefaultsAreValid(t *testing.T) {
	c, diags := Load(Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	host, _ := os.Hostname()
	if c.Agent != host || c.Capture.Ring != 64<<20 || !c.Capture.Promiscuous || !c.Rules.Stdlib || c.Rules.Poll != 30*time.Second || c.Control.Socket != "/run/ruleids/control.sock" || c.Metrics.Listen != "" {
		t.Errorf("%+v", c)
	}
	for _, s := range c.Show() {
		if s.From != "default" {
			t.Errorf("%s comes from %s", s.Name, s.From)
		}
	}
}

// TestEveryDefaultCanBeWritten writes every default to a file as `config show` prints it, and to the environment.
func TestEveryDefaultCanBeWritten(t *testing.T) {
	var file strings.Builder
	block := ""
	for _, s := range Settings() {
		b, name, ok := strings.Cut(s.Name, ".")
		if !ok {
			b, name = "", s.Name
		}
		if b != block {
			if block != "" {
				file.WriteString("}\n")
			}
			fmt.Fprintf(&file, "%s {\n", b)
			block = b
		}
		fmt.Fprintf(&file, "%s = %s\n", name, s)
		if s.Doc == "" || !strings.HasSuffix(s.Doc, ".") || s.Type() == "" {
			t.Errorf("%s: type %q, doc %q", s.Name, s.Type(), s.Doc)
		}
	}
	file.WriteString("}\n")
	c, diags := load(t, file.String(), Options{})
	if len(diags) > 0 {
		t.Fatalf("%v\n%s", diags, file.String())
	}
	plain, _ := Load(Options{})
	for i, s := range c.Show() {
		if want := plain.Show()[i]; s.Value != want.Value {
			t.Errorf("%s is %s, its default %s", s.Name, s.Value, want.Value)
		}
		if !strings.Contains(s.From, "ruleids.hcl:") {
			t.Errorf("%s comes from %q", s.Name, s.From)
		}
	}
}

func TestPrecedence(t *testing.T) {
	env := []string{"RULEIDS_CAPTURE_RING=2MiB", "RULEIDS_CAPTURE_IGNORE=10.1.2.3/8, fd00::1", "RULEIDS_VAR_x=1", "HOME=/"}
	c, diags := load(t, "capture {\n  ring = \"4MiB\"\n  snaplen = 100\n  ignore = [\"192.0.2.0/24\"]\n}\n", Options{
		Environ: env, Flags: map[string]Given{"capture.ring": {"--ring", []string{"1MiB"}}},
	})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::1/128")}
	if c.Capture.Ring != 1<<20 || c.Capture.Snaplen != 100 || !slices.Equal(c.Capture.Ignore, want) {
		t.Errorf("%+v", c.Capture)
	}
	from := map[string]string{}
	for _, s := range c.Show() {
		from[s.Name] = filepath.Base(s.From)
	}
	if from["capture.ring"] != "--ring" || from["capture.ignore"] != "RULEIDS_CAPTURE_IGNORE" || from["capture.snaplen"] != "ruleids.hcl:3" || from["log.level"] != "default" {
		t.Error(from)
	}
}

// TestPathsAreBesideTheFile resolves paths of the file from its directory; those of flags stay as they are.
func TestPathsAreBesideTheFile(t *testing.T) {
	c, diags := load(t, "rules {\n  paths = [\"rules\", \"/etc/rules\"]\n}\ncontrol {\n  socket = \"c.sock\"\n}\noutput \"eve\" \"x\" {\n  path = \"a.json\"\n}\n", Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	dir := filepath.Dir(c.Files[0])
	if !slices.Equal(c.Rules.Paths, []string{dir + "/rules", "/etc/rules"}) || c.Control.Socket != dir+"/c.sock" {
		t.Errorf("%q, %q", c.Rules.Paths, c.Control.Socket)
	}
	if o := c.Outputs[0].Config.(*output.FileConfig); o.Path != dir+"/a.json" {
		t.Error(o.Path)
	}
	c, _ = Load(Options{Flags: map[string]Given{"rules.paths": {"--rules", []string{"a", "b"}}}})
	if !slices.Equal(c.Rules.Paths, []string{"a", "b"}) {
		t.Errorf("%q", c.Rules.Paths)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opt        Options
		want       []string
	}{
		{name: "syntax", text: "capture {\n", want: []string{"1:9 syntax"}},
		{name: "unknown block", text: "captures {}\n", want: []string{`1:1 unknown-block There is no block "captures" in the settings. Did you mean "capture"?`}},
		{name: "a block of rules", text: "notify {}\n", want: []string{`1:1 unknown-block There is no block "notify" in the settings. Did you mean "notifier"?`}},
		{name: "a rule", text: "rule \"x\" {}\n", want: []string{`1:1 unknown-block There is no block "rule" in the settings.`}},
		{name: "unknown setting", text: "log {\n  levle = \"info\"\n}\n", want: []string{`2:3 unknown-attribute A log block has no setting "levle". Did you mean "level"?`}},
		{name: "setting of another block", text: "log {\n  snaplen = 1\n}\n", want: []string{`2:3 unknown-attribute A log block has no setting "snaplen". Block capture has one.`}},
		{name: "setting in a block", text: "log {\n  agent = \"a\"\n}\n", want: []string{`2:3 unknown-attribute A log block has no setting "agent". It stands outside of blocks.`}},
		{name: "block as attribute", text: "log = 1\n", want: []string{`1:1 unknown-attribute The settings file has no setting "log". Write it as a block: log { … }.`}},
		{name: "attribute as block", text: "agent {}\n", want: []string{`1:1 unknown-block There is no block "agent" in the settings. Write it as an attribute: agent = ….`}},
		{name: "block in a block", text: "log {\n  level {}\n}\n", want: []string{`2:3 unknown-block A log block has no block "level". Write it as an attribute: level = ….`}},
		{name: "twice", text: "log {}\nlog {}\n", want: []string{`2:1 duplicate-name There is a log block already in line 1.`}},
		{name: "label", text: "log \"x\" {}\n", want: []string{`1:5 bad-name A log block has no name.`}},
		{name: "attribute twice", text: "agent = \"a\"\nagent = \"b\"\n", want: []string{"2:1 duplicate-name"}},
		{name: "types", text: "agent = [5]\ncapture {\n  snaplen = \"many\"\n  promiscuous = \"yes\"\n  ring = true\n  interfaces = \"eth0\"\n  ignore = [\"all\"]\n}\nrules {\n  poll = 30\n}\n", want: []string{
			"1:9 bad-value agent: it needs one value, not several", `3:13 bad-value capture.snaplen: "many" is not a whole number.`, `4:17 bad-value capture.promiscuous: "yes" is not valid: use true or false.`,
			`5:10 bad-value capture.ring: "true" is not a size`, "6:16 bad-value capture.interfaces: it needs a list of texts", `7:13 bad-value capture.ignore: "all" is not a network`, `10:10 bad-value rules.poll: "30" is not a duration`,
		}},
		{name: "bounds", text: "capture {\n  snaplen = 3\n  workers = 1000\n  ring = 17\n}\nmetrics {\n  listen = \"9477\"\n}\n", want: []string{
			"2:13 bad-value capture.snaplen: 3 is out of range: use 68 to 262144.", "3:13 bad-value capture.workers: 1000 is out of range", "4:10 bad-value capture.ring: 17B is out of range: use 1MiB to 2GiB.", `7:12 bad-value metrics.listen: "9477" is not an address to listen on`,
		}},
		{name: "ports", text: "metrics {\n  listen = \"[::1]:70000\"\n}\n", want: []string{`2:12 bad-value metrics.listen: "[::1]:70000" is not an address to listen on`}},
		{name: "no constant", text: "agent = var.name\n", want: []string{"1:9 bad-value agent: a setting is a constant:"}},
		{name: "environment", opt: Options{Environ: []string{"RULEIDS_LOG_LEVEL=loud", "RULEIDS_LOG_FROMAT=json", "RULEIDS_ORACLE=1"}}, want: []string{
			`- bad-value RULEIDS_LOG_LEVEL: "loud" is not valid: use debug, info, warn or error.`, "- unknown-attribute The environment variable RULEIDS_LOG_FROMAT is not a setting. Did you mean RULEIDS_LOG_FORMAT?",
		}},
		{name: "flags", opt: Options{Flags: map[string]Given{"rules.poll": {"--poll", []string{"soon"}}}}, want: []string{`- bad-value --poll: "soon" is not a duration`}},
		{name: "a good flag over a bad file", text: "log {\n  level = \"loud\"\n}\n", opt: Options{Flags: map[string]Given{"log.level": {"--log-level", []string{"warn"}}}}},
		{name: "outputs", text: `output "eve" "a" {}
output "eve" {
  path = "x"
}
output "carrier-pigeon" "b" {}
output "eve" "c" {
  path = "x"
  quue = 5
}
output "eve" "d" {
  path  = "d"
  queue = 0
}
output "csv" "d" {
  path = "d2"
}
output "stdout" "e" {
  queue = "many"
}
`, want: []string{
			"1:1 missing-attribute", `2:1 bad-name Write an output block as output "eve" "main" { … }, with a kind and a name`, `5:8 bad-name There is no kind of output "carrier-pigeon"`, `8:3 unknown-attribute An output of kind "eve" has no setting "quue". Did you mean "queue"?`,
			"12:11 bad-value", `14:14 duplicate-name The output "d" is already there in line 10.`, "18:11 bad-value",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := load(t, c.text, c.opt)
			for i := range max(len(got), len(c.want)) {
				if i >= len(got) || i >= len(c.want) || !strings.HasPrefix(got[i], c.want[i]) {
					t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
				}
			}
		})
	}
}

// TestRestart names the settings that a running daemon cannot take over.
func TestRestart(t *testing.T) {
	const base = "capture {\n  ignore = [\"10.0.0.0/8\"]\n}\nlog {\n  level = \"info\"\n}\noutput \"eve\" \"x\" {\n  path = \"/tmp/a\"\n}\n"
	for _, c := range []struct {
		old, new string
		want     []string
	}{
		{"", "", nil},
		{"10.0.0.0/8", "10.0.0.0/9", nil},
		{"info", "debug", nil},
		{"log {", "metrics {\n  listen = \"[::]:1\"\n}\nagent = \"z\"\nlog {", []string{"agent", "metrics.listen"}},
		{"/tmp/a", "/tmp/b", []string{"output"}},
		{"\"x\"", "\"y\"", []string{"output"}},
	} {
		a, _ := load(t, base, Options{})
		b, diags := load(t, strings.Replace(base, c.old, c.new, 1), Options{})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		if d := cmp.Diff(c.want, Restart(a, b)); d != "" {
			t.Errorf("%q -> %q: %s", c.old, c.new, d)
		}
	}
}
