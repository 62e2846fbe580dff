package login

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// replayed returns what logs tell, and what is wrong with them.
func replayed(t *testing.T, files map[string]string, names ...string) (out []string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, reference, reference); err != nil {
			t.Fatal(err)
		}
	}
	stdin := strings.NewReader(files["-"])
	paths := make([]string, len(names))
	for i, name := range names {
		if paths[i] = filepath.Join(dir, name); name == "-" {
			paths[i] = "-"
		}
	}
	r := OpenReplay(paths, ReplayOptions{Stdin: stdin, Now: reference})
	defer r.Close()
	for {
		a, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			out = append(out, strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
		default:
			out = append(out, time.Unix(0, a.Time).UTC().Format("02 15:04:05 ")+a.Host+" "+told(&a))
		}
	}
}

func compressed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReplayMergesLogsByTime(t *testing.T) {
	log := func(host string, seconds ...int) string {
		var b strings.Builder
		for _, s := range seconds {
			fmt.Fprintf(&b, "Nov 29 10:00:%02d %s sshd[%d]: Failed password for root from 192.0.2.9 port %d ssh2\n", s, host, s, s)
		}
		return b.String()
	}
	got := replayed(t, map[string]string{
		"a":    log("a", 1, 4, 5),
		"b.gz": compressed(t, log("b", 2, 6)),
		"-":    log("c", 3) + "no line of syslog\r\n\n" + strings.TrimSuffix(log("c", 7), "\n"),
		"table.csv": "timestamp,username,ip_address,status\n" +
			"2026-11-29 10:00:08,carl,198.51.100.7,success\n" +
			"2026-11-29T10:00:00Z,\"bob, the\",2001:db8::1,FAILED\n" +
			"yesterday,bob,198.51.100.7,failed\n" +
			"2026-11-29 10:00:08,bob,198.51.100.7,perhaps\n",
		"empty": "",
	}, "a", "b.gz", "-", "missing", "table.csv", "empty")
	want := []string{
		"missing: no such file or directory",
		"table.csv: line 4: \"yesterday\" is no time; write it as 2026-11-29 10:00:00\nline 5: \"perhaps\" is no status; write success or failed",
		`29 10:00:00  failure "bob, the" "" "bad_credential" [2001:db8::1]:0`,
		`29 10:00:01 a failure "root" "password" "bad_credential" 192.0.2.9:1`,
		`29 10:00:02 b failure "root" "password" "bad_credential" 192.0.2.9:2`,
		`29 10:00:03 c failure "root" "password" "bad_credential" 192.0.2.9:3`,
		`29 10:00:04 a failure "root" "password" "bad_credential" 192.0.2.9:4`,
		`29 10:00:05 a failure "root" "password" "bad_credential" 192.0.2.9:5`,
		`29 10:00:06 b failure "root" "password" "bad_credential" 192.0.2.9:6`,
		`29 10:00:07 c failure "root" "password" "bad_credential" 192.0.2.9:7`,
		`29 10:00:08  success "carl" "" "" 198.51.100.7:0`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestReplayOfACutArchive(t *testing.T) {
	whole := compressed(t, strings.Repeat("Nov 29 10:00:00 a sshd[1]: Failed password for root from 192.0.2.9 port 5 ssh2\n", 3))
	got := replayed(t, map[string]string{"x.gz": whole[:len(whole)-6]}, "x.gz")
	if len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), "x.gz: the gzip file is cut short") {
		t.Error(got)
	}
}

// What no line concludes counts after a while of the log's own time, and at its end.
func TestAnAttemptThatNothingConcludesCounts(t *testing.T) {
	got := replayed(t, map[string]string{"a": "" +
		"Nov 29 10:00:00 a sshd[1]: Invalid user x from 192.0.2.9 port 5\n" +
		"Nov 29 10:01:59 a cron[1]: x\n" +
		"Nov 29 10:01:59 a sshd[2]: Failed password for y from 192.0.2.9 port 6 ssh2\n" +
		"Nov 29 10:02:01 a cron[1]: x\n" +
		"Nov 29 10:02:02 a sshd[3]: Failed password for z from 192.0.2.9 port 7 ssh2\n" +
		"Nov 29 10:02:03 a sshd[4]: Invalid user v from 192.0.2.9 port 8\n",
	}, "a")
	want := []string{
		`29 10:01:59 a failure "y" "password" "bad_credential" 192.0.2.9:6`,
		`29 10:00:00 a failure "x" "" "invalid_user" 192.0.2.9:5`,
		`29 10:02:02 a failure "z" "password" "bad_credential" 192.0.2.9:7`,
		`29 10:02:03 a failure "v" "" "invalid_user" 192.0.2.9:8`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	tr, f := New(nil), Format{Reference: reference}
	logins := 0
	for i := range maxConnections + 100 {
		l := f.Parse(fmt.Sprintf("Nov 29 10:00:00 a sshd[%d]: Invalid user x from 10.%d.%d.%d port 5", i, i>>16, i>>8&255, i&255))
		logins += len(tr.Line(&l))
	}
	if tr.sshd.idle.Len() != maxConnections || len(tr.sshd.byKey) != 2*maxConnections || logins != 100 {
		t.Errorf("%d connections with %d keys; %d counted", tr.sshd.idle.Len(), len(tr.sshd.byKey), logins)
	}
	logins += len(tr.Flush())
	if logins != maxConnections+100 || len(tr.sshd.byKey) != 0 {
		t.Errorf("%d logins, %d keys left", logins, len(tr.sshd.byKey))
	}
}
