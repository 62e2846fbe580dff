//go:build unix

package firewall

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/setting"
)

// program returns a Firewall of a shell script.
func program(t *testing.T, script string, timeout time.Duration) *Firewall {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fw")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	c := setting.New[Config]()
	c.Backend, c.Command, c.CommandTimeout = Command, []string{path, "--flag"}, timeout
	f, err := Open(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func changesOf(t *testing.T) []decision.Change {
	t.Helper()
	var out []decision.Change
	for _, s := range []string{"198.51.100.7", "2001:db8::/32", "203.0.113.0/24"} {
		target, err := decision.ParseTarget(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, decision.Change{Member: decision.Member{Target: target, Kind: decision.Quarantine, Until: time.Now().Add(600 * time.Second)}})
	}
	out[1].Kind, out[1].Until = decision.Block, time.Time{}
	out[2].Remove = true
	return out
}

func TestCommandProtocol(t *testing.T) {
	got := filepath.Join(t.TempDir(), "got")
	f := program(t, `echo "$@" >> `+got+`; [ "$2" != apply ] || { cat >> `+got+`; echo failed 2 no room; }
[ "$2" != list ] || printf 'quarantine 198.51.100.7 480\n\nblock 2001:db8::/32 0\n'
[ "$2" != repair ] || echo the moon`, 5*time.Second)
	changes := changesOf(t)
	var partial *decision.PartialError
	if err := f.Apply(t.Context(), changes); !errors.As(err, &partial) || len(partial.Changes) != 1 || partial.Changes[0] != changes[1] ||
		!strings.HasSuffix(err.Error(), "no room") {
		t.Errorf("Apply: %v", err)
	}
	members, err := f.List(t.Context())
	if err != nil || len(members) != 2 || members[1].Until != (time.Time{}) || time.Until(members[0].Until).Round(time.Minute) != 8*time.Minute {
		t.Errorf("List: %v, %v", members, err)
	}
	if missing, err := f.Repair(t.Context()); err != nil || len(missing) != 1 || missing[0] != "the moon" {
		t.Errorf("Repair: %q, %v", missing, err)
	}
	if err := f.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(got)
	if err != nil {
		t.Fatal(err)
	}
	const want = "--flag apply\nadd quarantine 198.51.100.7 600\nadd block 2001:db8::/32 0\nremove quarantine 203.0.113.0/24\n" +
		"--flag list\n--flag repair\n--flag flush\n"
	if string(b) != want {
		t.Errorf("the program was told\n%s\nwant\n%s", b, want)
	}
}

func TestCommandFails(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		timeout      time.Duration
		says         string
	}{
		{"status", "echo no  such\necho table >&2; echo really >&2; exit 3", 5 * time.Second, "exit status 3: table really"},
		{"output", "echo hello", 5 * time.Second, `its output "hello" is not`},
		{"number", "echo failed 4 x", 5 * time.Second, `its output "failed 4 x" is not`},
		{"time", "sleep 60 & wait", 50 * time.Millisecond, "it took longer than 50ms (command_timeout)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			err := program(t, tt.script, tt.timeout).Apply(t.Context(), changesOf(t))
			var partial *decision.PartialError
			if err == nil || errors.As(err, &partial) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v, want %q", err, tt.says)
			}
			if time.Since(start) > 10*time.Second {
				t.Errorf("it took %s", time.Since(start))
			}
		})
	}
	for _, line := range []string{"block 1.2.3.4", "release 1.2.3.4 0", "block host 0", "block 1.2.3.4 -1"} {
		if _, err := program(t, "echo "+line, 5*time.Second).List(t.Context()); err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// TestCommandMembersMissing tells when members that were added are gone, and of nothing else.
func TestCommandMembersMissing(t *testing.T) {
	table := filepath.Join(t.TempDir(), "table")
	f := program(t, `case $2 in apply) while read what kind address seconds; do [ $what = remove ] || echo $kind $address $seconds >> `+table+`; done;;
list) cat `+table+` 2>/dev/null || true;; flush) rm -f `+table+`;; esac`, 5*time.Second)
	wants := func(want ...string) {
		t.Helper()
		if missing, err := f.Repair(t.Context()); err != nil || !slices.Equal(missing, want) {
			t.Errorf("%q, %v, want %q", missing, err, want)
		}
	}
	wants()
	changes := changesOf(t)
	if err := f.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	wants()
	if err := os.Truncate(table, 0); err != nil {
		t.Fatal(err)
	}
	wants("1 of 1 members of block6", "1 of 1 members of quarantine4")
	if members, err := f.List(t.Context()); err != nil || len(members) != 0 {
		t.Errorf("%v, %v", members, err)
	}
	wants() // the Store was told; it knows what it wants
	if err := f.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	wants()
	if err := os.WriteFile(table, []byte("quarantine 198.51.100.7 5\nquarantine 198.51.100.9 5\nblock 2001:db8::/32 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wants() // one more is not news
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	wants()
}
