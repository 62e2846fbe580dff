package firewall

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

func TestMistakes(t *testing.T) {
	if err := setting.Valid(setting.New[Config]()); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for text, want := range map[string]string{
		`backend = "ufw"`:        `backend: "ufw" is not valid: use command, iptables, nftables, pf or wfp.`,
		`hooks = []`:             "hooks: it must not be empty.",
		`hooks = ["OUTPUT"]`:     `hooks: "OUTPUT" is not valid: use INPUT or FORWARD`,
		`verdict = "accept"`:     `verdict: "accept" is not valid: use drop or reject.`,
		`set_size = 0`:           "set_size: 0 is out of range: use 1 to 10000000.",
		`backend = "command"`:    `command: The backend "command" needs a program`,
		`command = ["x"]`:        `command: Only the backend "command" runs a program`,
		`command_timeout = "2h"`: "command_timeout: 2h is out of range: use 1ms to 1m.",
		`command_timeout = "1d"`: "command_timeout: 24h is out of range",
	} {
		c := setting.New[Config]()
		ps := settingtest.ReadBody(t, text, c)
		if len(ps) != 1 || !strings.HasPrefix(ps[0].Error(), want) {
			t.Errorf("%s: %v", text, ps)
		}
	}
	c := setting.New[Config]()
	c.SetSize = 0
	if _, err := Open(c, Options{}); err == nil {
		t.Error("settings that are not valid open")
	}
}

func TestPrograms(t *testing.T) {
	c := setting.New[Config]()
	settingtest.ReadBody(t, "backend = \"command\"\niptables = \"iptables-legacy\"\ncommand = [\"bin/fw\", \"a/b\", \"--x\"]", c)
	if c.Iptables != "iptables-legacy" || !slices.Equal(c.Command, []string{filepath.Join("/etc/ruleids", "bin", "fw"), "a/b", "--x"}) {
		t.Errorf("%q, %q", c.Iptables, c.Command)
	}
}
