package decision

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

func TestDecode(t *testing.T) {
	want := setting.New[Config]()
	want.Mode, want.Journal, want.NeverBlock, want.Grace, want.EscalateBy = Enforce, "/etc/ruleids/d.jsonl", []Target{target("10.0.0.0/8")}, 2*time.Minute, 1.5
	want.EscalateMax, want.SSHPorts = 7*24*time.Hour, []uint16{2222}
	got := setting.New[Config]()
	ps := settingtest.ReadBody(t, `
  mode         = "enforce"
  journal      = "d.jsonl"
  never_block  = ["10.0.0.0/8"]
  grace        = "2m"
  escalate_by  = 1.5
  escalate_max = "7d"
  ssh_ports    = [2222]
`, got)
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b Target) bool { return a == b })); diff != "" || len(ps) > 0 {
		t.Errorf("%s%v", diff, ps)
	}
	if c := setting.New[Config](); setting.Valid(c) != nil || c.Mode != Monitor || c.Grace != time.Minute {
		t.Errorf("the defaults: %+v", c)
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`mode = "on"`:                          `mode: "on" is not valid: use monitor or enforce.`,
		`journal = ""`:                         "journal: it must not be empty.",
		`never_block = ["10.0.0.0/8", "home"]`: `never_block: "home" is not an IP address`,
		`grace = "soon"`:                       `grace: "soon" is not a duration`,
		`escalate_by = 0.5`:                    "escalate_by: 0.5 is out of range: use 1 to 100.",
		`escalate_max = "-1s"`:                 `escalate_max: "-1s" is not a duration`,
		`escalate_max = "3651d"`:               "escalate_max: 3651d is out of range: use at most 3650d.",
		`forget_after = "99999d"`:              `forget_after: "99999d" is not a duration`,
		`max_decisions = 0`:                    "max_decisions: 0 is out of range",
		`ssh_ports = [22, 0]`:                  "ssh_ports: 0 is out of range: use 1 to 65535.",
		`ssh_login_grace = "2"`:                `ssh_login_grace: "2" is not a duration`,
		"journal = \"a\"\naudit = \"./a\"":     "audit: The audit log cannot be the journal",
	} {
		ps := settingtest.ReadBody(t, text, setting.New[Config]())
		if len(ps) != 1 || !strings.HasPrefix(ps[0].Error(), want) || !strings.HasSuffix(ps[0].Detail, ".") {
			t.Errorf("%s: %v", text, ps)
		}
	}
}
