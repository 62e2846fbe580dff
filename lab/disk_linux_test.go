package lab

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/actions/output"
	"github.com/ruleids/ruleids/agent/api"
)

// TestFullDisk fills the disk of one of two outputs. It loses what its queue cannot hold and counts that, the other
// one loses nothing, and when there is room again it goes on with whole lines.
func TestFullDisk(t *testing.T) {
	need(t, "ip", "ethtool")
	const size, room, queue = 1 << 20, 128 << 10, 200
	small := t.TempDir()
	if err := unix.Mount("none", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("no file system of a given size can be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(small, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(small, "filler")
	if err := os.WriteFile(filler, make([]byte, size-room), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(small, "eve.json")
	l := newLAN(t)
	s := startSensor(l.home, settings("output \"eve\" \"small\" {\n  path  = \""+path+"\"\n  queue = "+strconv.Itoa(queue)+"\n}\n\n"+ownRules), map[string]string{"own.hcl": probeRule})
	outputOf := func(st *api.Status) output.Status {
		t.Helper()
		for _, o := range st.Outputs {
			if o.Name == "small" {
				return o
			}
		}
		t.Fatalf("no such output: %+v", st.Outputs)
		return output.Status{}
	}
	send := l.remote.newSender()
	number := 0
	more := func(n int) {
		t.Helper()
		err := pace(time.Millisecond, nil, func() error {
			if n == 0 {
				return errDone
			}
			n--
			number++
			return send.send(probe(number))
		})
		if err != errDone {
			t.Fatal(err)
		}
	}
	more(1500)
	st := s.statusWhen("the disk is full", func(st *api.Status) bool {
		o := outputOf(st)
		return int(st.Alerts.Raised) == number && o.Lost > 0 && o.Error != ""
	})
	if o := outputOf(st); o.Errors == 0 || o.Queued == 0 || !strings.Contains(o.Error, "no space") {
		t.Errorf("with a full disk: %+v", o)
	}
	if got := s.metrics()[`ruleids_output_lost_total{kind="eve",name="small"}`]; got == 0 {
		t.Error("ruleids_output_lost_total is 0")
	}
	if out, status := s.verb("status"); status != 1 || !strings.Contains(out, "small") {
		t.Errorf("status with a full disk: %d\n%s", status, out)
	}
	for _, l := range readEVE(t, path) {
		if l.RuleIDs.Rule != "probe" {
			t.Errorf("a line of a full disk: %s", l.text)
		}
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	s.statusWhen("the output has written what waited", func(st *api.Status) bool { o := outputOf(st); return o.Queued == 0 && o.Error == "" })
	lost := outputOf(s.status()).Lost
	more(100)
	st = s.statusWhen("the output goes on", func(st *api.Status) bool {
		o := outputOf(st)
		return int(st.Alerts.Raised) == number && int(o.Written+o.Lost) == number
	})
	if o := outputOf(st); o.Lost != lost {
		t.Errorf("%d alerts were lost where there was room", o.Lost-lost)
	}
	// What was lost a moment ago is still worth a word.
	if out, status := s.verb("status"); status != 1 || !strings.Contains(out, "lost alerts") || strings.Contains(out, "no space") {
		t.Errorf("status with room again: %d\n%s", status, out)
	}
	s.stop()
	s.checkFile(number)
	lines := readEVE(t, path)
	if o := outputOf(st); len(lines) != int(o.Written) {
		t.Errorf("%d alerts are in the small file, %d were written", len(lines), o.Written)
	}
	last := 0
	for _, l := range lines {
		if l.SrcPort <= last {
			t.Fatalf("after probe %d comes %d", last, l.SrcPort)
		}
		last = l.SrcPort
	}
	t.Logf("%d alerts, %d lost", number, lost)
}
