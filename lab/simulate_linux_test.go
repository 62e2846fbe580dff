package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// replay runs the program on a capture and returns its alerts, without what only a daemon says: its own name.
func replay(t *testing.T, args ...string) []map[string]any {
	t.Helper()
	cmd := exec.Command(program, append([]string{"run", "--format", "json"}, args...)...)
	cmd.Dir = t.TempDir() // where no settings are
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, &stderr)
	}
	var alerts []map[string]any
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var a map[string]any
		if err := dec.Decode(&a); err != nil {
			t.Fatalf("%v: %v", cmd.Args, err)
		}
		delete(a["ruleids"].(map[string]any), "agent")
		alerts = append(alerts, a)
	}
	return alerts
}

// simulate has the daemon take a capture's packets at a speed.
func simulate(t *testing.T, name string, speed int) []map[string]any {
	t.Helper()
	return replay(t, "--simulate", name, "--speed", fmt.Sprint(speed), "--socket", "")
}

// TestSimulate has the daemon take the captures of the repository as if they came from an interface. It says what a
// replay of them says.
func TestSimulate(t *testing.T) {
	need(t)
	captures, err := filepath.Glob("../testdata/pcap/*.pcap*")
	if err != nil || len(captures) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	total := 0
	compare := func(name string, speed int) {
		t.Helper()
		want, got := replay(t, "-r", name, "--assets"), simulate(t, name, speed) // a daemon keeps a map of hosts
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, at speed %d: alerts differ from those of a replay (-replay +daemon):\n%s", filepath.Base(name), speed, diff)
		}
		total += len(got)
	}
	for _, name := range captures {
		if name, err = filepath.Abs(name); err != nil {
			t.Fatal(err)
		}
		compare(name, 0)
		if filepath.Base(name) == "demo.pcap.gz" {
			compare(name, 30)
		}
	}
	t.Logf("%d captures, %d alerts", len(captures), total)
}

// A scan is packets to a number of ports of one source, from a time on.
type scan struct {
	source string
	from   time.Duration
	every  time.Duration
	// jumps is how far the clock is set at the middle of the scan.
	jumps time.Duration
}

// TestClock has the clock set forth and back while scans are under way, as captures of a machine would show
// whose clock was set.
func TestClock(t *testing.T) {
	need(t)
	const ports = 16
	begin := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	scans := []scan{
		{source: "198.51.100.1", from: 0, every: 100 * time.Millisecond},
		{source: "198.51.100.2", from: 5 * time.Second, every: 100 * time.Millisecond, jumps: -3 * time.Second}, // NTP steps it back a little
		{source: "198.51.100.3", from: 10 * time.Second, every: 100 * time.Millisecond, jumps: 4 * time.Second}, // and forth
		{source: "198.51.100.4", from: 3 * time.Hour, every: 100 * time.Millisecond},                            // far forth
	}
	name := filepath.Join(t.TempDir(), "clock.pcap")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := pcapgo.NewWriter(f)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range scans {
		at := begin.Add(s.from)
		for port := range ports {
			if port == ports/2 {
				at = at.Add(s.jumps)
			}
			frame := syn(s.source, 40000, 1000+port)
			if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(frame), Length: len(frame)}, frame); err != nil {
				t.Fatal(err)
			}
			at = at.Add(s.every)
		}
		want = append(want, s.source+" port 1014")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range simulate(t, name, 0) {
		if a["ruleids"].(map[string]any)["rule"] == "port_scan" {
			got = append(got, fmt.Sprintf("%v port %v", a["src_ip"], a["dest_port"]))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scans, each at its fifteenth port (-want +got):\n%s", diff)
	}
}
