package main

import (
	"bytes"
	"crypto/md5"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/tray"
)

// TestReplay gives the same alerts, byte for byte, as on this system.
func TestReplay(t *testing.T) {
	need(t)
	for _, name := range []string{"arpspoof.pcap", "nmap-syn-1000.pcap.gz", "hydra-ssh.pcap.gz"} {
		args := []string{"run", "-r", "testdata/pcap/" + name, "--format", "json"}
		cmd := exec.Command(windows.native, args...)
		cmd.Dir = windows.root
		want, err := cmd.Output()
		if err != nil || len(want) == 0 {
			t.Fatalf("%v: %v", cmd, err)
		}
		if got := windows.ruleids(t, 0, nil, args...); got != string(want) {
			t.Errorf("%s: the alerts differ\n%s\n%s", name, got, want)
		}
	}
}

// TestRules lints and tests shipped rules.
func TestRules(t *testing.T) {
	need(t)
	windows.ruleids(t, 0, nil, "lint", "--strict", "stdlib")
	windows.ruleids(t, 0, []string{"passed"}, "test", "stdlib/recon")
}

// TestUnits runs tests of packages whose Windows is not that of others, and which Wine has the calls for.
func TestUnits(t *testing.T) {
	need(t)
	for dir, tests := range map[string]string{
		"internal/scm": ".", "internal/eventlog": ".", "internal/host": "^Test(Open|EstablishedIn)$", "capture/npcap": ".", "actions/firewall": "^TestWfp|^TestDecodeFilter",
		"event/login": "^TestGolden$", "agent/tray": ".",
	} {
		t.Run(dir, func(t *testing.T) { windows.unitTests(t, dir, tests) })
	}
}

// longCapture is a capture that takes minutes at its own pace.
const longCapture = "testdata/pcap/arpspoof.pcap"

// TestService installs the service, starts it, asks it by its pipe, stops it and removes it. It runs a capture: Wine has no
// Npcap.
func TestService(t *testing.T) {
	need(t)
	windows.ruleids(t, 1+1, []string{"it is not installed"}, "service", "status")
	windows.ruleids(t, 0, []string{"wrote", "installed"}, "service", "install", "--", "--simulate", `Z:`+filepath.Join(windows.root, longCapture), "--speed", "0.05")
	windows.ruleids(t, 1, []string{"stopped", "start automatic"}, "service", "status")
	windows.ruleids(t, 0, []string{"runs"}, "service", "start")
	windows.ruleids(t, 0, []string{"running", "service run --config"}, "service", "status")
	windows.answers(t)
	windows.ruleids(t, 0, []string{"running since", "simulates", "eventlog windows"}, "status")
	windows.ruleids(t, 0, []string{"arp_spoof"}, "rules")
	windows.ruleids(t, 0, []string{"paused until", "resume"}, "pause", "--for", "1h", "--reason", "a scan of ours")
	windows.ruleids(t, 1, []string{"a scan of ours"}, "status")
	windows.ruleids(t, 0, []string{"passed unseen"}, "resume")
	windows.ruleids(t, 0, []string{"updated"}, "service", "install", "--", "--simulate", `Z:`+filepath.Join(windows.root, longCapture), "--speed", "0")
	windows.ruleids(t, 0, []string{"has stopped"}, "service", "stop")
	windows.ruleids(t, 1, []string{"stopped", "--speed 0"}, "service", "status")
	log, err := os.ReadFile(windows.path("ProgramData", "ruleids", "log", "ruleids.log"))
	if err != nil || !bytes.Contains(log, []byte("msg=running")) || !bytes.Contains(log, []byte("msg=stopped")) {
		t.Errorf("the log of the service: %v\n%s", err, log)
	}
	// What is left is the firewall, which Wine does not have.
	windows.run(t, patience, ".", windows.program, "service", "remove")
	windows.ruleids(t, 2, []string{"it is not installed"}, "service", "status")
}

// TestTray shows an icon on a screen of nobody: it follows the daemon, which it asks on the pipe that everybody may ask on.
func TestTray(t *testing.T) {
	need(t)
	if windows.display == "" {
		t.Skip("this needs a screen: install xvfb")
	}
	dir := t.TempDir()
	const text = "control {\n  socket  = \"\\\\\\\\.\\\\pipe\\\\ruleids-icon\"\n  summary = \"\\\\\\\\.\\\\pipe\\\\ruleids-summary\"\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "ruleids.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	windows.start(t, "run", "--config", `Z:`+filepath.Join(dir, "ruleids.hcl"), "--simulate", `Z:`+filepath.Join(windows.root, longCapture), "--speed", "0.05")
	windows.start(t, "tray")
	// Windows gets icons by files.
	shows := func(s tray.State) func() bool {
		name := fmt.Sprintf("systray_temp_icon_%x", md5.Sum(tray.Icon(s)))
		return func() bool {
			files, _ := filepath.Glob(windows.path("users", "*", "Temp", name))
			more, _ := filepath.Glob(windows.path("users", "*", "AppData", "Local", "Temp", name))
			return len(files)+len(more) > 0
		}
	}
	until(t, "an icon for a daemon that is well", shows(tray.Well))
	windows.ruleids(t, 2, []string{"the icon is there already"}, "tray")
	const pipe = `\\.\pipe\ruleids-icon`
	windows.answers(t, "--socket", pipe)
	windows.ruleids(t, 0, []string{"paused until"}, "pause", "--socket", pipe)
	until(t, "an icon for a pause", shows(tray.Paused))

	windows.ruleids(t, 0, []string{"from your next logon on"}, "tray", "install")
	const key = `HKCU\Software\Microsoft\Windows\CurrentVersion\Run`
	if out, errs, code := windows.run(t, patience, ".", "reg", "query", key); code != 0 || !strings.Contains(out, "ruleids.exe") {
		t.Errorf("exit status %d\n%s%s", code, out, errs)
	}
	windows.ruleids(t, 0, []string{"not shown"}, "tray", "remove")
	if out, _, _ := windows.run(t, patience, ".", "reg", "query", key); strings.Contains(out, "ruleids.exe") {
		t.Errorf("it is there still: %s", out)
	}
}

// TestJoin has an agent under Wine join a server of this system, whose API then has it, and an alert of it.
func TestJoin(t *testing.T) {
	need(t)
	dir := t.TempDir()
	const listen, agents, pot = "127.0.0.1:28443", "127.0.0.1:28444", "127.0.0.1:28445"
	put := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return `Z:` + strings.ReplaceAll(path, "/", `\`)
	}
	put("ruleids.hcl", fmt.Sprintf("server {\n  data   = \"server\"\n  listen = %q\n  agents = %q\n  names  = [\"127.0.0.1\"]\n}\n", listen, agents))
	native := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), windows.native, args...)
		cmd.Dir = dir
		return cmd
	}
	server := native("server")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	var key []byte
	until(t, "a server that makes keys", func() bool {
		out, err := native("server", "apikey", "create", "lab", "--role", "viewer").Output()
		key = bytes.TrimSpace(out)
		return err == nil
	})
	var words []string
	until(t, "a server that makes tokens", func() bool {
		line, err := native("server", "token", "create").Output()
		words = strings.Fields(string(line))
		return err == nil && len(words) >= 3 && words[0] == "ruleids"
	})
	windows.ruleids(t, 0, []string{"this host is the agent"}, append(words[1:], "--fleet", `C:\member`, "--name", "wine")...)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // it is on loopback, and new
	has := func(path string, words ...string) func() bool {
		return func() bool {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+listen+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+string(key))
			answer, err := client.Do(r)
			if err != nil {
				return false
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			for _, w := range words {
				if !bytes.Contains(body, []byte(w)) {
					return false
				}
			}
			return err == nil
		}
	}
	until(t, "the agent in the API", has("/api/v1/agents", `"name":"wine"`))
	// Wine has neither Npcap nor raw sockets that see what others get, so the attack is one that the daemon has a part in.
	settings := put("agent.hcl", fmt.Sprintf(`agent = "wine"
capture {
  interfaces          = ["none"]
  wait_for_interfaces = true
}
control { socket = "\\\\.\\pipe\\ruleids-agent" }
fleet { directory = "C:/member" }
honeypot "desktop" {
  service = "tcp"
  listen  = %q
}
`, pot))
	windows.start(t, "run", "--config", settings)
	until(t, "a honeypot of the agent", func() bool {
		c, err := net.DialTimeout("tcp", pot, time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	until(t, "the alert of the agent in the API", has("/api/v1/alerts?since=1h", `honeypot_touch`, `"wine"`))
}

// until waits for something to become true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience / 2); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there is never %s", what)
		}
	}
}
