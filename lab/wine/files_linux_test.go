package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// posixDelete is what os.RemoveAll says in Wine 8, which lacks FileDispositionInformationEx and answers "not implemented", where
// Go expects "invalid class" before it deletes as older systems do. Tests end with that for their own directories; those that fail
// for nothing else count as passed.
var posixDelete = regexp.MustCompile(`(?m)^ *testing\.go:\d+: TempDir RemoveAll cleanup: unlinkat .*: Invalid function\.\r?\n`)

// noLinks is why tests leave out the rest of what they try: Wine makes no symbolic links.
var noLinks = regexp.MustCompile(`(?m)^ *\w+_test\.go:\d+: no links are made here\r?\n`)

// complaint is what a test, or the runtime, says of anything else.
var complaint = regexp.MustCompile(`(?m)^ *\w+_test\.go:\d+: |^panic: |^fatal error: `)

// TestFiles runs tests of locks, of files that are renamed, replaced and removed while somebody has them open, of logs and caches that
// are rotated and written again, and of a journal that is damaged or cannot be written.
func TestFiles(t *testing.T) {
	need(t)
	for dir, tests := range map[string]string{
		"internal/filelock": ".", "internal/files": ".", "internal/logfile": "^TestOpen$", "actions/decision": "^Test(Foreign|JournalFails)$",
		"actions/output": "^Test(RotateBySize|Keep|Leftovers)$", "actions/reputation": "^Test(CacheFile|CacheTrouble|Close|ForeignFile)$",
		"event/logsource": "^Test(BeginsAtTheEndOrAtTheStart|WhatWasRotatedWhileNobodyLookedIsRead)$",
	} {
		t.Run(dir, func(t *testing.T) { windows.unitTests(t, dir, tests) })
	}
}

// unitTests runs tests of a package.
func (p *prefix) unitTests(t *testing.T, dir, tests string) {
	t.Helper()
	file := filepath.Join(p.dir, strings.ReplaceAll(dir, "/", "-")+".test.exe")
	if err := p.build("windows", "test", "-c", "-o", file, "./"+dir); err != nil {
		t.Fatal(err)
	}
	out, errs, code := p.run(t, patience, dir, file, "-test.run", tests, "-test.v")
	tolerated := posixDelete.ReplaceAllString(out, "")
	rest := noLinks.ReplaceAllString(tolerated, "")
	failed := code != 0 && (code != 1 || tolerated == out) || complaint.MatchString(rest)
	if failed || !strings.Contains(out, "--- PASS: ") && rest == out || strings.Contains(out, "--- SKIP") && !noLinks.MatchString(out) {
		t.Errorf("exit status %d\n%s\n%s", code, out, errs)
	}
}

// TestKilled blocks an address, kills the daemon, and starts it again: the decision holds. Meanwhile a second daemon may not have
// the same journal. Settings and rules have the line ends of Windows, and the daemon stops by Ctrl-C.
func TestKilled(t *testing.T) {
	need(t)
	dir := t.TempDir()
	put := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return `Z:` + strings.ReplaceAll(path, "/", `\`)
	}
	const pipe = `\\.\pipe\ruleids-killed`
	settings := func(name, pipe string) string {
		return put(name, fmt.Sprintf(`capture {
  interfaces          = ["none"]
  wait_for_interfaces = true
}
control { socket = %q }
response {
  mode    = "enforce"
  journal = "decisions.jsonl"
  audit   = "audit.jsonl"
}
`, pipe))
	}
	first, second := settings("ruleids.hcl", pipe), settings("second.hcl", pipe+"-2")
	rule := put("first.hcl", "rule \"telnet\" {\n  description = \"Somebody opens a Telnet connection.\"\n  severity    = \"medium\"\n  category    = \"policy\"\n  where       = \"new_connection and tcp.dstport == 23\"\n  by          = [\"ip.src\"]\n}\n")
	windows.ruleids(t, 0, nil, "lint", rule)

	daemon := windows.start(t, "run", "--config", first)
	windows.answers(t, "--socket", pipe)
	// Wine has no firewall that would keep it out.
	windows.ruleids(t, 1, []string{"decided", "the firewall does not have it yet"}, "block", "203.0.113.9", "--for", "1h", "--socket", pipe)
	windows.ruleids(t, 2, []string{"decisions.jsonl", "in use by another process"}, "run", "--config", second)
	if err := daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = daemon.Wait()

	daemon = windows.start(t, "run", "--config", first)
	windows.answers(t, "--socket", pipe)
	windows.ruleids(t, 0, []string{"203.0.113.9"}, "decisions", "list", "--socket", pipe)
	if err := daemon.Process.Signal(os.Interrupt); err != nil { // Wine makes it Ctrl-C
		t.Fatal(err)
	}
	if err := daemon.Wait(); err != nil {
		t.Errorf("stopped by Ctrl-C: %v", err)
	}
}
