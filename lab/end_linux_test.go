package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// probes sends a number of probes each millisecond until stop is closed, and returns how many.
func probes(send *sender, each int, stop <-chan struct{}) (int, error) {
	n := 0
	err := pace(time.Millisecond, stop, func() error {
		for range each {
			if err := send.send(probe(n % 65536)); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// ringLasts is for how long the ring of the settings holds packets that nobody reads: 128 blocks, each handed over 4 ms after its
// first packet.
const ringLasts = 128 * 4 * time.Millisecond

// TestKill kills the daemon while it writes, again and again. It starts as if nothing had been, and its file goes on
// with whole lines.
func TestKill(t *testing.T) {
	need(t, "ip", "ethtool")
	l := newLAN(t)
	s := startSensor(l.home, settings(ownRules), map[string]string{"own.hcl": probeRule})
	stop, ended := make(chan struct{}), make(chan error)
	send := l.remote.newSender()
	go func() {
		_, err := probes(send, 5, stop)
		ended <- err
	}()
	path := filepath.Join(s.dir, "eve.json")
	const torn = `{"timestamp":"2026-11-20T12:00:01.4`
	for round := range 4 {
		before := s.eve.len()
		if _, ok := s.eve.await(patience, before+200, func(line) bool { return true }); !ok {
			t.Fatalf("round %d: alerts do not come", round)
		}
		s.kill()
		if _, err := os.Stat(filepath.Join(s.dir, "control.sock")); err != nil {
			t.Fatalf("there is no socket to find: %v", err)
		}
		if round == 1 {
			// No kill is sure to hit a write, so this is what one would leave.
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(torn); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		s.start()
		slow := time.Since(began) > ringLasts
		st := s.status()
		// Where a start takes longer than the ring has room for, since the machine is kept busy, that is told, and no fault of it.
		lost := func(trouble string) bool { return slow && strings.HasPrefix(trouble, "losing packets since ") }
		if trouble := slices.DeleteFunc(st.Trouble, lost); !st.Healthy || len(trouble) > 0 {
			t.Errorf("round %d: after the start there is trouble: %v", round, trouble)
		}
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	s.stop()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), torn+"\n") != 1 {
		t.Errorf("the torn line was not ended")
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), torn+"\n", "", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, l := range readEVE(t, path) {
		if l.SrcPort <= last {
			t.Fatalf("after probe %d comes %d", last, l.SrcPort)
		}
		last = l.SrcPort
	}
}

// TestStop ends the daemon with alerts in its queues. Every one that was raised is in the files.
func TestStop(t *testing.T) {
	need(t, "ip", "ethtool")
	const outputs = `output "csv" "table" {
  path  = "alerts.csv"
  queue = 200000
}

output "syslog" "server" {
  network = "tcp"
  address = "127.0.0.1:601"
  queue   = 200000
}

`
	hcl := strings.Replace(settings(outputs+ownRules), `path = "eve.json"`, "path  = \"eve.json\"\n  queue = 200000", 1)
	// rows counts the alerts in the table. Their cells have no line breaks.
	rows := func(s *sensor) int {
		text, err := os.ReadFile(filepath.Join(s.dir, "alerts.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n") - 1
	}

	t.Run("after a burst", func(t *testing.T) {
		l := newLAN(t)
		server := l.home.serveSyslog()
		s := startSensor(l.home, hcl, map[string]string{"own.hcl": probeRule})
		const burst = 20_000
		send := l.remote.newSender()
		for n := range burst {
			if err := send.send(probe(n)); err != nil {
				t.Fatal(err)
			}
		}
		st := s.statusWhen("all probes were seen", func(st *api.Status) bool { return st.Packets.Seen+st.Capture.Dropped == burst })
		raised := alertsTotal(s.metrics())
		queued := 0
		for _, o := range s.status().Outputs {
			queued += o.Queued
		}
		if queued == 0 {
			t.Error("no alert waits in a queue")
		}
		before := s.out.len()
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		s.logged(before, "stopping")
		close(server.read)
		s.wait()
		if raised != int(st.Packets.Seen) {
			t.Errorf("%d alerts for %d probes", raised, st.Packets.Seen)
		}
		s.checkFile(raised)
		if got := rows(s); got != raised {
			t.Errorf("%d alerts are in the table, want %d", got, raised)
		}
		if got := <-server.messages; got != raised {
			t.Errorf("%d alerts came to the syslog server, want %d", got, raised)
		}
		t.Logf("%d alerts were raised, %d of them waited to be written when the daemon was told to stop", raised, queued)
	})

	t.Run("while they come", func(t *testing.T) {
		l := newLAN(t)
		close(l.home.serveSyslog().read)
		s := startSensor(l.home, hcl, map[string]string{"own.hcl": probeRule})
		stop, ended := make(chan struct{}), make(chan error)
		send := l.remote.newSender()
		go func() {
			_, err := probes(send, 10, stop)
			ended <- err
		}()
		s.eve.await(patience, 2000, func(line) bool { return true })
		s.stop()
		close(stop)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		lines := readEVE(t, filepath.Join(s.dir, "eve.json"))
		for n, l := range lines {
			if l.SrcPort != n || l.Number != uint64(n+1) {
				t.Fatalf("alert %d is of probe %d, packet %d", n, l.SrcPort, l.Number)
			}
		}
		if got := rows(s); got != len(lines) || got < 2000 {
			t.Errorf("%d alerts are in one file, %d in the other", len(lines), got)
		}
	})
}
