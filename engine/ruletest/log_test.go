package ruletest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/rules"
)

// logResults runs the tests of a file beside a rule file, and returns status and problems of each.
func logResults(t *testing.T, rule, tests string) []Result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"r.hcl": rule, "r_test.hcl": tests, "auth.log": "Nov 29 10:00:00 h sshd[1]: Failed password for root from 192.0.2.9 port 5 ssh2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, diags := Load([]string{dir})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r := &Runner{Rules: rules.Options{}, Tests: []string{dir}}
	return r.RunAll(list)
}

const anyLogin = `rule "any" {
  on       = "auth"
  where    = "auth.user != ''"
  by       = ["auth.user"]
  cooldown = "0s"
}
parser "app" {
  program = "app"
  pattern = "^login of (?P<user>\\S+) refused, client (?P<ip>\\S+)$"
}
`

func TestLogs(t *testing.T) {
	for name, c := range map[string]struct {
		test string
		want []string // problems; none for a pass
	}{
		"alerts of lines with and without a time": {`
  log {
    start = "5s"
    every = "2s"
    lines = ["app[1]: login of a refused, client 192.0.2.9", "app[1]: x", "app[1]: login of b refused, client 192.0.2.9"]
  }
  log {
    lines = ["2026-01-01T00:00:20Z h sshd[1]: Accepted password for c from 192.0.2.9 port 5 ssh2"]
  }
  packets {
    auth {
      user = "z"
    }
  }
  alert "any" {
    key = { "auth.user" = "a" }
    at  = "5s"
  }
  alert "any" {
    key = { "auth.user" = "b" }
    at  = "9s"
  }
  alert "any" {
    key = { "auth.user" = "c" }
    at  = "20s"
  }
  alert "any" {
    key = { "auth.user" = "z" }
    at  = "0s"
  }`, nil},
		"logins that are as they should be": {`
  others = "allow"
  log {
    file = "auth.log"
    login {
      result  = "failure"
      user    = "root"
      src     = "192.0.2.9"
      srcport = 5
      host    = "h"
      service = "sshd"
      dst     = ""
    }
  }`, nil},
		"a program that lines do not name": {`
  others = "allow"
  log {
    program = "app"
    lines   = ["2026-01-01 00:00:00 login of a refused, client 192.0.2.9"]
    login {
      user    = "a"
      service = "app"
    }
  }`, nil},
		"other logins": {`
  others = "allow"
  log {
    lines = ["app[1]: login of a refused, client 192.0.2.9", "app[1]: login of b refused, client 192.0.2.9"]
    login {
      user = "b"
      src  = "192.0.2.9"
    }
  }`, []string{`want user "b", got "a": result = "failure", user = "a", service = "app", src = "192.0.2.9"`, "a login that no login block expects"}},
		"too few logins": {`
  others = "allow"
  log {
    lines = ["app[1]: x"]
    login {}
  }`, []string{"the log gives 0 logins, and this one is not among them"}},
	} {
		res := logResults(t, anyLogin, "test \"t\" {"+c.test+"\n}\n")
		if len(res) != 1 {
			t.Fatalf("%s: %d results", name, len(res))
		}
		all := strings.Join(res[0].Problems, "\n")
		if (res[0].Status == Pass) != (c.want == nil) || c.want == nil && all != "" {
			t.Errorf("%s: %v\n%s", name, res[0].Status, all)
		}
		for _, w := range c.want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: no problem %q in\n%s", name, w, all)
			}
		}
	}
}

func TestLogMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"log {}":                               "The block has no lines",
		"log {\n lines = []\n file = \"x\"\n}": "either lines or a file",
		"log {\n file = \"missing.log\"\n}":    "missing.log",
		"log {\n lines = [1, null]\n}":         "cannot be null",
		"log {\n lines = [\"x\"]\n login {\n result = \"won\"\n}\n}": "result must be one of",
		"log {\n lines = [\"x\"]\n login {\n usr = \"a\"\n}\n}":      "usr",
	} {
		tests, diags := parse([]byte("test \"t\" {\n"+text+"\n quiet = true\n}\n"), "x_test.hcl")
		all := diags.Error()
		if len(tests) > 0 {
			all += tests[0].Mistakes.Error()
		}
		if !strings.Contains(all, want) {
			t.Errorf("%s: %s", text, all)
		}
	}
}
