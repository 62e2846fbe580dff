package output

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

// decode reads an output block as the daemon does.
func decode(t *testing.T, b *hclsyntax.Block) (Config, []setting.Problem) {
	t.Helper()
	c := Kinds()[b.Labels[0]]()
	return c, settingtest.Read(t, b, c)
}

func TestDecode(t *testing.T) {
	csv := newCSV("/var/log/ruleids/a.csv")
	csv.RotateSize, csv.Keep, csv.Rules = 1<<20, 3, setting.Patterns{"dns_*"}
	tls := setting.New[SyslogConfig]()
	tls.Network, tls.Address, tls.CA, tls.Queue = "tls", SyslogAddress{Server: setting.Server{Host: "logs.example", Port: 6514}}, "/etc/ca.pem", 500
	out := setting.New[StdoutConfig]()
	out.Format, out.MinSeverity = "json", scale.SeverityCritical
	for text, want := range map[string]Config{
		`output "eve" "main" {
  path = "eve.json"
}`: newEVE("/etc/ruleids/eve.json"),
		`output "csv" "c" {
  path        = "/var/log/ruleids/a.csv"
  rotate_size = 1048576
  keep        = 3
  rules       = ["dns_*"]
}`: csv,
		`output "syslog" "siem" {
  network = "tls"
  address = "logs.example:6514"
  ca      = "/etc/ca.pem"
  queue   = 500
}`: tls,
		`output "syslog" "local" {}`: setting.New[SyslogConfig](),
		`output "stdout" "out" {
  format       = "json"
  min_severity = "critical"
}`: out,
	} {
		got, ps := decode(t, settingtest.Blocks(t, text)[0])
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(FileConfig{})); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if len(ps) != 0 {
			t.Errorf("%s\n%v", text, ps)
		}
	}
}

func TestKinds(t *testing.T) {
	if got := slices.Sorted(maps.Keys(Kinds())); !slices.Equal(got, []string{"csv", "eve", "eventlog", "stdout", "syslog"}) {
		t.Errorf("Kinds: %v", got)
	}
}

func TestMistakes(t *testing.T) {
	for _, w := range []struct {
		kind, body string
		settings   []string
	}{
		{"eve", ``, []string{""}},
		{"eve", `path = ""`, []string{"path"}},
		{"eve", `mode = "0999"`, []string{"", "mode"}},
		{"eve", "path = \"/x\"\nmode = \"04755\"", []string{"mode"}},
		{"eve", "path = \"/x\"\nmode = \"0440\"", []string{"mode"}},
		{"eve", "path = \"/x\"\nrotate_size = \"lots\"", []string{"rotate_size"}},
		{"eve", "path = \"/x\"\nrotate_size = \"1KiB\"", []string{"rotate_size"}},
		{"eve", "path = \"/x\"\nrotate_size = \"9999999999999GiB\"", []string{"rotate_size"}},
		{"eve", "path = \"/x\"\nrotate_every = \"daily\"", []string{"rotate_every"}},
		{"eve", "path = \"/x\"\nrotate_every = \"-1h\"", []string{"rotate_every"}},
		{"eve", "path = \"/x\"\nrotate_every = \"1s\"", []string{"rotate_every"}},
		{"eve", "path = \"/x\"\nrotate_every = \"7d\"\nrotate_size = \"0\"\nkeep = -1", nil},
		{"eve", "path = \"/x\"\nkeep = -2", []string{"keep"}},
		{"eve", "path = \"/x\"\nqueue = 0\nmin_severity = \"bad\"\nrules = [\"[\", \"\"]", []string{"min_severity", "queue", "rules", "rules"}},
		{"stdout", `format = "xml"`, []string{"format"}},
		{"syslog", `address = "log"`, []string{"address"}},
		{"syslog", `network = "udp"`, []string{"address"}},
		{"syslog", "network = \"udp\"\naddress = \"\"", []string{"address"}},
		{"syslog", "network = \"udp\"\naddress = \"host:99999\"", []string{"address"}},
		{"syslog", "network = \"sctp\"", []string{"network"}},
		{"syslog", `facility = "local8"`, []string{"facility"}},
		{"syslog", "hostname = \"a b\"\napp_name = \"" + strings.Repeat("x", 49) + "\"", []string{"app_name", "hostname"}},
		{"syslog", "enterprise_number = 0\nmax_message = 100\ntimeout = \"0s\"", []string{"enterprise_number", "max_message", "timeout"}},
		{"syslog", "enterprise_number = 4294967296", []string{"enterprise_number"}},
		{"syslog", `ca = "/ca.pem"`, []string{"ca"}},
		{"syslog", "network = \"tls\"\naddress = \"host\"\ncert = \"/cert.pem\"", []string{"cert"}},
		{"syslog", "network = \"tls\"\naddress = \"host\"\nkey = \"/key.pem\"", []string{"key"}},
	} {
		_, ps := decode(t, settingtest.Blocks(t, "output \""+w.kind+"\" \"a\" {\n"+w.body+"\n}\n")[0])
		var got []string
		for _, p := range ps {
			got = append(got, p.Setting)
			if !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("%s: %q is not a sentence", w.body, p.Detail)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, w.settings) {
			t.Errorf("%s: problems with %q, want %q: %v", w.body, got, w.settings, ps)
		}
	}
}

func TestDefaultPorts(t *testing.T) {
	for address, want := range map[string]string{
		"logs.example": "logs.example:514", "192.0.2.1": "192.0.2.1:514", "2001:db8::1": "[2001:db8::1]:514",
		"[2001:db8::1]": "[2001:db8::1]:514", "[2001:db8::1]:10": "[2001:db8::1]:10", "logs.example:10": "logs.example:10",
	} {
		c := syslogTo("udp", address)
		if got := c.address(); got != want || setting.Valid(c) != nil {
			t.Errorf("%s: %s, want %s; %v", address, got, want, setting.Valid(c))
		}
	}
}
