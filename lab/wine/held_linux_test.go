package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the one who has a file open lets others do meanwhile: the dwShareMode of CreateFile.
const (
	letsNobody = "0"
	letsRead   = "3" // and write, but neither rename nor remove
)

// hold has a file open until release is called.
func (p *prefix) hold(t *testing.T, path, share string) (release func()) {
	t.Helper()
	holder := filepath.Join(p.dir, "hold.test.exe")
	if _, err := os.Stat(holder); err != nil {
		if err := p.build("windows", "test", "-c", "-o", holder, "./lab/wine"); err != nil {
			t.Fatal(err)
		}
	}
	cmd := p.command("wine", holder, "-test.run", "^TestHold$")
	cmd.Env = append(cmd.Env, "RULEIDS_HOLD="+onZ(path), "RULEIDS_HOLD_SHARE="+share)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "held" {
		t.Fatalf("%s is not held: %q, %v", path, line, err)
	}
	return func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// onZ is a path of this system under Wine.
func onZ(path string) string { return `Z:` + strings.ReplaceAll(path, "/", `\`) }

// TestHeld has rule files, and what the daemon fetches, open in another program, which lets nobody read them or nobody replace them: the
// daemon goes on with the rules that it has and says why, and what was to be done is done once the file is closed. Directories have
// names with spaces and letters of several alphabets, files have the line ends of Windows, and a path is longer than MAX_PATH.
func TestHeld(t *testing.T) {
	need(t)
	dir := filepath.Join(t.TempDir(), "Prüfung 規則 of ours")
	put := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rule := func(name string) string {
		return fmt.Sprintf("rule %q {\n  description = \"Somebody opens a Telnet connection.\"\n  severity    = \"medium\"\n  category    = \"policy\"\n  where       = \"tcp.flags.syn and not tcp.flags.ack and tcp.dstport == 23\"\n  by          = [\"ip.src\"]\n}\n", name)
	}
	fails := func(words []string, args ...string) {
		t.Helper()
		out, errs, code := windows.run(t, patience, ".", windows.program, args...)
		if code == 0 {
			t.Errorf("ruleids %s does not fail\n%s", strings.Join(args, " "), out)
		}
		for _, w := range words {
			if !strings.Contains(out+errs, w) {
				t.Errorf("ruleids %s does not say %q\n%s\n%s", strings.Join(args, " "), w, out, errs)
			}
		}
		// Errors of Windows end with a full stop, and so do the sentences that they are in.
		if strings.Contains(out+errs, "..") {
			t.Errorf("ruleids %s says %s\n%s", strings.Join(args, " "), out, errs)
		}
	}
	publish := func(name string) {
		t.Helper()
		put("published/r.hcl", rule(name))
		if out, err := exec.Command("tar", "-czf", filepath.Join(dir, "set.tgz"), "-C", filepath.Join(dir, "published"), "r.hcl").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	// Windows says more than Wine of why not.
	const pipe, used = `\\.\pipe\ruleids-held`, "cannot be read"
	file := put("own rules/télnet.hcl", rule("first"))
	publish("published_first")
	settings := onZ(put("ruleids.hcl", fmt.Sprintf(`capture {
  interfaces          = ["none"]
  wait_for_interfaces = true
}
rules {
  paths   = ["own rules"]
  stdlib  = false
  source  = "file:///Z:%s/set.tgz"
  fetched = "fetched"
  memory  = ""
  models  = ""
  peaks   = ""
  poll    = "500ms"
}
assets { file = "" }
control { socket = %q }
response {
  journal = "decisions.jsonl"
  audit   = ""
}
`, strings.NewReplacer(" ", "%20").Replace(dir), pipe)))
	long := put(strings.Repeat(strings.Repeat("long", 12)+"/", 6)+"r.hcl", rule("far"))
	for _, path := range []string{onZ(file), strings.ReplaceAll(onZ(file), `\`, `/`), `\\?\` + onZ(file), onZ(filepath.Dir(file)), onZ(long)} {
		windows.ruleids(t, 0, nil, "lint", path)
	}

	// A list that is named with its drive; and a path that has a drive and depends on more than that.
	slashes := func(path string) string { return strings.ReplaceAll(onZ(path), `\`, "/") }
	nets := fmt.Sprintf("list \"nets\" {\n  type = \"ip\"\n  file = %q\n}\n", slashes(put("listed/nets.txt", "192.0.2.0/24\n")))
	windows.ruleids(t, 0, nil, "lint", onZ(put("listed/r.hcl", nets+strings.Replace(rule("listed"), "== 23", "== 23 and ip.src in list.nets", 1))))
	bad := onZ(put("bad.hcl", "rules {\n  paths = [\"Z:own rules\"]\n}\n"))
	windows.ruleids(t, 1, []string{"bad.hcl:2:", `Z:own rules`, "write Z:/own rules"}, "config", "check", "--config", bad)

	// What is fetched takes its place when the file that says which set runs is closed.
	windows.ruleids(t, 0, []string{"changed"}, "fetch", "--config", settings)
	current := filepath.Join(dir, "fetched", "rules", "current.json")
	before, err := os.ReadFile(current)
	if err != nil {
		t.Fatal(err)
	}
	publish("published_second")
	release := windows.hold(t, current, letsRead)
	fails([]string{"current.json", "close it there and try again"}, "fetch", "--config", settings)
	release()
	if now, err := os.ReadFile(current); err != nil || !bytes.Equal(now, before) {
		t.Errorf("it was changed: %v", err)
	}

	publish("published_third") // Wine 8 would not remove what is left of the second: see posixDelete
	windows.ruleids(t, 0, []string{"changed"}, "fetch", "--config", settings)

	windows.start(t, "run", "--config", settings)
	windows.answers(t, "--socket", pipe)
	rules := func() string { return windows.ruleids(t, 0, nil, "rules", "--socket", pipe) }
	if got := rules(); !strings.Contains(got, "published_third") || !strings.Contains(got, "first") {
		t.Errorf("the rules are\n%s", got)
	}

	// A rule file that an editor lets nobody read.
	release = windows.hold(t, file, letsNobody)
	put("own rules/télnet.hcl", rule("changed"))
	fails([]string{"télnet.hcl", used}, "lint", onZ(file))
	fails([]string{"télnet.hcl", used}, "reload", "--socket", pipe)
	if got := rules(); !strings.Contains(got, "first") || strings.Contains(got, "changed") {
		t.Errorf("the rules before do not run on:\n%s", got)
	}
	release()
	until(t, "the rule of the file, once it is closed", func() bool { return strings.Contains(rules(), "changed") })

	// One that it lets nobody replace.
	crooked := strings.ReplaceAll(strings.ReplaceAll(rule("crooked"), "\n", "\r\n"), "  severity    =", "severity =")
	put("own rules/télnet.hcl", strings.ReplaceAll(crooked, "\r\n", "\n"))
	release = windows.hold(t, file, letsRead)
	fails([]string{"télnet.hcl", "close it there and try again"}, "fmt", onZ(file))
	if now, err := os.ReadFile(file); err != nil || string(now) != crooked {
		t.Errorf("it was changed: %v\n%s", err, now)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	release()
	windows.ruleids(t, 0, []string{"télnet.hcl"}, "fmt", onZ(file))
	windows.ruleids(t, 0, nil, "fmt", "--check", onZ(file))
}
