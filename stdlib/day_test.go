package stdlib_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/engine/ruletest"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// A day is a log of sshd that is made up.
type day struct {
	lines []string // in any order, with times that sort
	pid   int
}

// login is a connection: failures of a password, and then an attempt that succeeds, by a method, or none.
func (d *day) login(at time.Duration, user, src, method string, failures int) {
	d.pid++
	say := func(after time.Duration, text string) {
		when := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC).Add(at + after)
		d.lines = append(d.lines, fmt.Sprintf("%s web%d sshd[%d]: %s", when.Format("2006-01-02T15:04:05.000Z"), d.pid%3, d.pid, text))
	}
	for i := range failures {
		say(time.Duration(i)*2*time.Second, fmt.Sprintf("Failed password for %s from %s port %d ssh2", user, src, 30000+d.pid%30000))
	}
	end := time.Duration(failures)*2*time.Second + 100*time.Millisecond
	if method == "" {
		say(end, fmt.Sprintf("Connection closed by authenticating user %s %s port %d [preauth]", user, src, 30000+d.pid%30000))
		return
	}
	say(end, fmt.Sprintf("Accepted %s for %s from %s port %d ssh2", method, user, src, 30000+d.pid%30000))
	say(end+20*time.Minute, fmt.Sprintf("Disconnected from user %s %s port %d", user, src, 30000+d.pid%30000))
}

// A day of a house with 400 accounts: people who mistype, keys, programs that log in at all hours, health checks. Among them
// one source tries many accounts, many sources try one, and one guesses until it is in. Each is found, and nothing else.
func TestADayOfLogins(t *testing.T) {
	d, random := &day{}, rand.New(rand.NewPCG(7, 7))
	for user := range 400 {
		for range 1 + random.IntN(5) {
			failures := 0
			if random.IntN(6) == 0 {
				failures = 1 + random.IntN(2)
			}
			method := []string{"password", "publickey", "keyboard-interactive/pam"}[random.IntN(3)]
			if method == "publickey" {
				failures = 0
			}
			at := 7*time.Hour + time.Duration(random.IntN(12*3600))*time.Second
			d.login(at, fmt.Sprintf("user%03d", user), fmt.Sprintf("10.1.%d.%d", user/200, 1+user%200), method, failures)
		}
	}
	for minute := range 24 * 60 / 5 {
		at := time.Duration(minute) * 5 * time.Minute
		d.login(at, "backup", "10.0.9.9", "publickey", 0)
		d.lines = append(d.lines, fmt.Sprintf("%s web1 sshd[%d]: Connection closed by 10.0.9.10 port %d [preauth]", time.Date(2026, 11, 26, 0, 0, 1, 0, time.UTC).Add(at).Format("2006-01-02T15:04:05.000Z"), 900000+minute, 40000+minute))
	}
	for i := range 12 {
		d.login(3*time.Hour+time.Duration(i)*4*time.Minute, fmt.Sprintf("user%03d", 7*i), "198.51.100.7", "", 1)
		d.login(13*time.Hour+time.Duration(i)*4*time.Minute, "user123", fmt.Sprintf("203.0.113.%d", 10+i), "", 1)
	}
	for i := range 6 {
		method := ""
		if i == 5 {
			method = "password"
		}
		d.login(16*time.Hour+time.Duration(i)*90*time.Second, "user222", "192.0.2.66", method, 1)
	}
	slices.Sort(d.lines)

	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("day.log", strings.Join(d.lines, "\n")+"\n")
	write("day_test.hcl", `test "a day" {
  log {
    file = "day.log"
  }
  alert "password_spray" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
  alert "distributed_login_failures" {
    count = 1
    key   = { "auth.user" = "user123" }
  }
  alert "success_after_failures" {
    count = 1
    key   = { "ip.src" = "192.0.2.66" }
  }
}
`)
	tests, diags := ruletest.Load([]string{dir})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r := &ruletest.Runner{Rules: rules.Options{Stdlib: stdlib.FS()}, Tests: []string{dir}}
	for _, res := range r.RunAll(tests) {
		if res.Status != ruletest.Pass {
			t.Error(strings.Join(res.Problems, "; "))
		}
	}
	t.Logf("%d lines", len(d.lines))
}
