package logsource

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/setting"
)

// collect runs a source until so many lines came, and returns their texts with their hosts.
func collect(t *testing.T, spec Spec, n int, opened func(*Set)) (out []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var mu sync.Mutex
	set, err := Open([]Spec{spec}, Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Lines: func(_ context.Context, lines []login.Line, _ func(int)) error {
		mu.Lock()
		defer mu.Unlock()
		for _, l := range lines {
			out = append(out, l.Host+" "+l.Program+" "+l.Text)
		}
		if len(out) >= n {
			time.AfterFunc(50*time.Millisecond, cancel) // it remembers meanwhile
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if opened != nil {
		go opened(set)
	}
	set.Run(ctx)
	if err := set.Close(); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(out) < n {
		t.Errorf("%d lines of %d; status %+v", len(out), n, set.Status())
	}
	return out
}

// A journalctl of our own shows its arguments as an entry, then gives entries and ends, as the real one does at times.
const fakeJournalctl = `#!/bin/sh
case "$*" in
*--after-cursor=gone*) echo "Failed to seek to cursor: Invalid argument" >&2; exit 1 ;;
esac
echo '{"__CURSOR":"c1","__REALTIME_TIMESTAMP":"1764410400000001","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"args","MESSAGE":"'"$*"'"}'
echo '{"__CURSOR":"c2","__REALTIME_TIMESTAMP":"1764410400000002","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"sshd","_UID":"0","MESSAGE":"x"}'
echo 'Failed to iterate through journal: Bad message' >&2
exit 1
`

func TestJournalIsFollowedFromWhereItWasLeft(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "journalctl")
	if err := os.WriteFile(program, []byte(fakeJournalctl), 0o700); err != nil {
		t.Fatal(err)
	}
	c := setting.New[JournalConfig]()
	c.Command, c.State, c.Matches = []string{program}, filepath.Join(dir, "state"), []string{"SYSLOG_FACILITY=10"}
	got := strings.Join(collect(t, Spec{"journal", "local", c}, 4, nil), "\n")
	want := "web1 args --output=json --follow --all --no-pager --quiet --lines=0 SYSLOG_FACILITY=10\nweb1 sshd x\n" +
		"web1 args --output=json --follow --all --no-pager --quiet --no-tail --after-cursor=c2 SYSLOG_FACILITY=10\nweb1 sshd x"
	if got != want {
		t.Errorf("%s", got)
	}
	// An entry that is no longer there: it goes on by time.
	if err := memoryOf(c.State, "journal", "local").save(mark{Cursor: "gone", Time: 1764410400000002}); err != nil {
		t.Fatal(err)
	}
	got = strings.Join(collect(t, Spec{"journal", "local", c}, 2, nil), "\n")
	if !strings.Contains(got, "--no-tail --since=@1764410400.000002 SYSLOG_FACILITY=10") {
		t.Errorf("%s", got)
	}
}
