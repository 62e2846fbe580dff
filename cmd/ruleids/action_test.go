package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestAction runs the script of the GitHub Action as a runner does, on a repository whose last change lets a scan pass, then on rules
// with mistakes.
func TestAction(t *testing.T) {
	for _, program := range []string{"bash", "git"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	script, err := filepath.Abs(filepath.Join(repository, "packaging", "action", "check.sh"))
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "ruleids")); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "NO_COLOR=1", "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@example.com", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.com")
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	action := func(base string) (code int, out, summary, outputs string) {
		t.Helper()
		files := t.TempDir()
		cmd := exec.Command("bash", script)
		cmd.Dir = dir
		cmd.Env = append(env, "RULES=rules", "CAPTURES=captures", "BASE="+base, "GITHUB_STEP_SUMMARY="+filepath.Join(files, "summary"), "GITHUB_OUTPUT="+filepath.Join(files, "output"))
		text, _ := cmd.CombinedOutput() // its status is what counts
		read := func(name string) string {
			b, _ := os.ReadFile(filepath.Join(files, name)) // it may have written none
			return string(b)
		}
		return cmd.ProcessState.ExitCode(), string(text), read("summary"), read("output")
	}
	write("captures/scan.pcap", string(synscan(16)))
	write("rules/scan.hcl", "override \"port_scan\" {\n  threshold = 10\n}\n")
	quiet := "test \"a connection is quiet\" {\n  packets {\n    tcp {\n      src     = \"198.51.100.7\"\n      dst     = \"192.0.2.10\"\n      dstport = 80\n      flags   = \"S\"\n    }\n  }\n  quiet = true\n}\n"
	write("rules/scan_test.hcl", quiet)
	run("git", "init", "-q", "-b", "main")
	run("git", "add", ".")
	run("git", "commit", "-q", "-m", "one")
	base := run("git", "rev-parse", "HEAD")
	if code, out, summary, outputs := action(base); code != 0 || outputs != "changed=false\n" || strings.Contains(summary, ":x:") || !strings.Contains(summary, "- :white_check_mark: tests") {
		t.Errorf("status %d\n%s\n%s\n%s", code, out, summary, outputs)
	}
	write("rules/scan.hcl", "override \"port_scan\" {\n  threshold = 100\n}\n")
	if code, out, summary, outputs := action(base); code != 0 || outputs != "changed=true\n" || !strings.Contains(summary, "## Alerts on `captures`") || !strings.Contains(summary, "port_scan") {
		t.Errorf("status %d\n%s\n%s\n%s", code, out, summary, outputs)
	}
	write("rules/bad.hcl", "rule \"bad\" {\n severity = \"low\"\n  description = \"x\"\n  where = \"tcp.dport == 1\"\n}\n")
	base = run("git", "rev-parse", "HEAD")
	code, out, summary, _ := action("0000000000000000000000000000000000000000")
	if code != 1 || !strings.Contains(summary, "- :x: lint") || !strings.Contains(summary, "- :x: format") || strings.Contains(summary, "Alerts on") ||
		strings.Count(out, "::error file=rules/bad.hcl,line=4,col=12,title=unknown-field::Unknown field.") != 1 || // lint and tests find it
		!strings.Contains(out, "::error file=rules/bad.hcl,title=format::The file is not formatted: run ruleids fmt rules/bad.hcl\n") {
		t.Errorf("status %d\n%s\n%s", code, out, summary)
	}
	// What diff complains of is no markdown, and the change that broke the rules is what fails.
	if code, out, summary, outputs := action(base); code != 1 || outputs != "" || !strings.Contains(summary, "```text\nerror: the rules of rules do not load\n") {
		t.Errorf("status %d\n%s\n%s\n%s", code, out, summary, outputs)
	}
	write("rules/bad.hcl", "rule \"bad\" {\n  severity    = \"low\"\n  description = \"x\"\n  where       = \"tcp.dstport == 1\"\n}\n")
	write("rules/scan_test.hcl", "test \"100% is found\" {\n  packets {\n    tcp {\n      src     = \"198.51.100.7\"\n      dst     = \"192.0.2.10\"\n      dstport = 2\n      flags   = \"S\"\n    }\n  }\n  alert \"bad\" {}\n}\n")
	code, out, summary, _ = action("")
	if code != 1 || !strings.Contains(summary, "- :x: tests") ||
		!strings.Contains(out, "::error file=rules/scan_test.hcl,line=10,title=test::alert \"bad\"") ||
		!strings.Contains(out, "::error file=rules/bad.hcl,line=1,title=coverage::bad: no test in which it fires") {
		t.Errorf("status %d\n%s\n%s", code, out, summary)
	}
	// A revision that is not to be had, as after a forced push or without a token for the repository, is no fault of the rules; and
	// nothing is wrong with the first rules of a repository.
	run("rm", "rules/bad.hcl")
	write("rules/scan_test.hcl", quiet)
	unknown := strings.Repeat("1234567890", 4)
	if code, out, summary, outputs := action(unknown); code != 0 || outputs != "" || !strings.Contains(out, "::warning title=diff::Nothing is compared on captures: revision "+unknown) || !strings.Contains(summary, "Nothing is compared") {
		t.Errorf("status %d\n%s\n%s\n%s", code, out, summary, outputs)
	}
	run("git", "rm", "-rqf", "rules")
	run("git", "commit", "-q", "-m", "none")
	write("rules/scan_test.hcl", quiet)
	write("rules/scan.hcl", "override \"port_scan\" {\n  threshold = 100\n}\n")
	if code, out, summary, outputs := action(run("git", "rev-parse", "HEAD")); code != 0 || outputs != "changed=true\n" || !strings.Contains(summary, "as rules is not in ") {
		t.Errorf("status %d\n%s\n%s\n%s", code, out, summary, outputs)
	}
}

// TestActionInputs holds the action to hand every input on, and the script to read nothing else.
func TestActionInputs(t *testing.T) {
	var action struct {
		Inputs map[string]struct{ Description string }
		Runs   struct {
			Using string
			Steps []struct {
				Run, Shell, Uses string
				Env              map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(readPackaging(t, "action/action.yml"), &action); err != nil {
		t.Fatal(err)
	}
	script := string(readPackaging(t, "action/check.sh"))
	var handed []string
	for _, s := range action.Runs.Steps {
		if s.Run != "" && s.Shell == "" {
			t.Errorf("a composite action names a shell for %q", s.Run)
		}
		for name, value := range s.Env {
			input := regexp.MustCompile(`^\$\{\{ inputs\.(\w+) \}\}$`).FindStringSubmatch(value)
			if input == nil {
				t.Errorf("%s is %q", name, value)
				continue
			}
			handed = append(handed, input[1])
			if !strings.Contains(script, name) && !strings.Contains(s.Run, name) {
				t.Errorf("nothing reads %s", name)
			}
		}
	}
	for name, in := range action.Inputs {
		if in.Description == "" || !slices.Contains(handed, name) {
			t.Errorf("input %s has no description, or goes nowhere", name)
		}
	}
	if action.Runs.Using != "composite" || len(handed) != len(action.Inputs) {
		t.Errorf("%+v", action)
	}
}

// TestInitWorkflow holds the workflow that init writes to the action and its inputs.
func TestInitWorkflow(t *testing.T) {
	var action struct{ Inputs map[string]any }
	if err := yaml.Unmarshal(readPackaging(t, "action/action.yml"), &action); err != nil {
		t.Fatal(err)
	}
	text, err := starts.ReadFile("start/init/dot_github/workflows/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatal(err)
	}
	used := false
	for _, s := range workflow.Jobs["rules"].Steps {
		path, _, pinned := strings.Cut(s.Uses, "@")
		if path != "ruleids/ruleids/packaging/action" {
			continue
		}
		used = true
		if !pinned {
			t.Errorf("%s names no revision", s.Uses)
		}
		for name := range s.With {
			if _, ok := action.Inputs[name]; !ok {
				t.Errorf("the action has no input %s", name)
			}
		}
	}
	if !used {
		t.Error("the workflow does not use the action")
	}
}
