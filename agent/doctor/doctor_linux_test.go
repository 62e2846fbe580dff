package doctor

import (
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
)

// examine runs all checks on settings, with a root directory that has files of the kernel.
func examine(t *testing.T, settings string, kernel map[string]string) []Finding {
	t.Helper()
	root := t.TempDir()
	for path, text := range kernel {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(root, "ruleids.hcl")
	settings = strings.ReplaceAll(settings, "ROOT", root)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	in := agent.Input{Settings: config.Options{File: file}, Stdlib: func([]string) (fs.FS, error) { return nil, nil }}
	return Run(t.Context(), Options{Input: in, Loaded: in.Load(), Root: root})
}

// healthy is what the kernel of a sound host says.
func healthy() map[string]string {
	return map[string]string{"proc/sys/net/core/bpf_jit_enable": "1\n", "proc/sys/fs/inotify/max_user_instances": "128\n", "proc/sys/fs/inotify/max_user_watches": "65536\n",
		"proc/meminfo": "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n"}
}

// base are settings that name nothing outside of the root.
const base = `
capture {
  interfaces = ["lo"]
  ring       = "1MiB"
}
rules {
  paths  = ["ROOT/rules.hcl"]
  stdlib = false
  memory = "ROOT/state/memory"
  models = "ROOT/state/models"
}
control {
  socket = "ROOT/none.sock"
}
fleet {
  directory = ""
}
response {
  journal = "ROOT/state/decisions.jsonl"
  audit   = "ROOT/state/audit.jsonl"
}
`

// state returns what a check says of something.
func state(t *testing.T, list []Finding, check, of string) Finding {
	t.Helper()
	i := slices.IndexFunc(list, func(f Finding) bool { return f.Check == check && strings.HasPrefix(filepath.Base(f.Of), of) })
	if i < 0 {
		t.Fatalf("nothing about %s %q in %+v", check, of, list)
	}
	if f := list[i]; f.State == Problem && f.Remedy == "" {
		t.Errorf("%+v has no remedy", f)
	}
	return list[i]
}

func TestASoundHost(t *testing.T) {
	k := healthy()
	k["rules.hcl"] = "rule \"a\" {\n  description = \"A.\"\n  severity = \"low\"\n  where = \"tcp\"\n}\n"
	list := examine(t, base, k)
	for check, of := range map[string]string{"settings": "ruleids.hcl", "interface": "lo", "memory": "", "bpf": "", "disk": "state", "secrets": "", "names": "", "inotify": ""} {
		if f := state(t, list, check, of); f.State != OK {
			t.Errorf("%+v", f)
		}
	}
	if f := state(t, list, "daemon", "none.sock"); f.State != Note || !strings.Contains(f.Says, "no daemon answers") {
		t.Errorf("%+v", f)
	}
}

func TestWhatIsWrong(t *testing.T) {
	k := healthy()
	k["rules.hcl"] = "rule \"a\" {\n  description = \"A.\"\n  where = \"tcp.dport == 1\"\n}\n"
	k["proc/sys/net/core/bpf_jit_enable"] = "0"
	k["proc/sys/fs/inotify/max_user_watches"] = "3"
	k["proc/meminfo"] = "MemAvailable:    2000 kB\n"
	k["taken"] = "a file where a directory is due"
	k["empty"] = ""
	list := examine(t, strings.Replace(base, "[\"lo\"]", "[\"none0\"]", 1)+`
evidence {
  dir = "ROOT/taken"
}
notifier "webhook" "ops" {
  url_file = "ROOT/no/secret"
}
notifier "webhook" "chat" {
  url_file = "ROOT/empty"
}
`, k)
	for _, x := range []struct{ check, of, says string }{
		{"settings", "ruleids.hcl", "settings and rules have errors (1)"},
		{"interface", "none0", "there is no such interface; there are lo"},
		{"memory", "", "rings take"},
		{"bpf", "", "interprets"},
		{"disk", "taken", "it is no directory"},
		{"secrets", "notifier.webhook.ops", "cannot be read"},
		{"secrets", "notifier.webhook.chat", "is empty"},
		{"inotify", "", "3 directories can be watched"},
	} {
		if f := state(t, list, x.check, x.of); f.State != Problem || !strings.Contains(f.Says, x.says) {
			t.Errorf("%s: %+v", x.says, f)
		}
	}
	if Problems(list) < 8 {
		t.Errorf("%d problems", Problems(list))
	}
}

// Somebody who flushes the firewall is noticed although the daemon puts back what is missing.
func TestWhoFlushes(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "c.sock"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.Local)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(api.Status{Healthy: true, Responses: &api.ResponseStatus{Repairs: 3, LastRepair: &at}})
	}))
	server.Listener = l
	server.Start()
	defer server.Close()
	k := healthy()
	k["rules.hcl"], k["state/x"] = "", ""
	list := examine(t, strings.Replace(base, "ROOT/none.sock", l.Addr().String(), 1), k)
	if i := slices.IndexFunc(list, func(f Finding) bool {
		return f.Check == "firewall" && f.State == Note && strings.Contains(f.Says, "3 times, the last time at 2026-11-30 08:00:00") && strings.Contains(f.Remedy, "nft flush ruleset")
	}); i < 0 {
		t.Errorf("%+v", list)
	}
}

// An account that may not write where the daemon keeps things is told of.
func TestWhoMayWrite(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give directories away")
	}
	k := healthy()
	k["rules.hcl"] = ""
	k["state/x"] = ""
	list := examine(t, "user = \"nobody\"\n"+base, k)
	if f := state(t, list, "disk", "state"); f.State != Problem || !strings.Contains(f.Says, "the account nobody may not write in it") {
		t.Errorf("%+v", f)
	}
}

func TestScarce(t *testing.T) {
	const gib = 1 << 30
	for _, x := range []struct {
		free, all uint64
		want      bool
	}{{200 << 20, gib, true}, {300 << 20, gib, false}, {gib, 30 * gib, true}, {gib, 15 * gib, false}, {3 * gib, 1000 * gib, false}, {gib, 1000 * gib, true}} {
		if got := scarce(x.free, x.all); got != x.want {
			t.Errorf("%d MiB of %d MiB: %v", x.free>>20, x.all>>20, got)
		}
	}
}
