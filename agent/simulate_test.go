package agent

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/capture/live"
)

// scanFile writes a capture of n packets, ms milliseconds apart.
func scanFile(t *testing.T, n, ms int) string {
	t.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriterNanos(&out)
	must(t, w.WriteFileHeader(65535, layers.LinkTypeEthernet))
	for i := range n {
		f := syn(t, "198.51.100.7", 1000+i, i*ms)
		must(t, w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(0, f.Time), CaptureLength: len(f.Data), Length: len(f.Data)}, f.Data))
	}
	name := filepath.Join(t.TempDir(), "scan.pcap")
	must(t, os.WriteFile(name, out.Bytes(), 0o644))
	return name
}

// TestSimulationKeepsThePace holds every packet to come at its time or later, and the last one soon after.
func TestSimulationKeepsThePace(t *testing.T) {
	const speed, n, ms = 4, 40, 20
	s, err := Simulate(scanFile(t, n, ms), speed)
	must(t, err)
	defer s.Close()
	var b live.Batch
	start, got, calls, idle := time.Time{}, 0, 0, 0
	for {
		err := s.Read(&b, 2*time.Millisecond)
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if start.IsZero() {
			start = time.Now()
		}
		calls++
		if len(b.Frames) == 0 {
			idle++
		}
		for i := range b.Frames {
			due := time.Duration(b.Frames[i].Time-epoch.UnixNano()) / speed
			// The first packet starts the clock shortly before this test does.
			if early := due - time.Since(start); early > 5*time.Millisecond {
				t.Errorf("packet %d comes %v early", got, early)
			}
			if b.Frames[i].Time > b.Now {
				t.Errorf("packet %d comes before its time", got)
			}
			got++
		}
	}
	if want := time.Duration(n-1) * ms * time.Millisecond / speed; time.Since(start) < want-5*time.Millisecond || time.Since(start) > want+2*time.Second {
		t.Errorf("the capture took %v, want %v", time.Since(start), want)
	}
	if got != n || idle == 0 || calls < n/2 {
		t.Errorf("%d packets of %d in %d reads, %d of them without any", got, n, calls, idle)
	}
	if st := s.Stats(); st.Received != n || st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
}

func TestSimulationAtOnce(t *testing.T) {
	s, err := Simulate(scanFile(t, 500, 1000), 0)
	must(t, err)
	defer s.Close()
	var b live.Batch
	got, start := 0, time.Now()
	for {
		if err := s.Read(&b, time.Minute); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got += len(b.Frames)
		if last := b.Frames[len(b.Frames)-1].Time; b.Now != last {
			t.Errorf("it is %d, and the last packet of %d", b.Now, last)
		}
	}
	if got != 500 || time.Since(start) > 20*time.Second {
		t.Errorf("%d packets in %v", got, time.Since(start))
	}
}

// TestSimulationEnds wakes and closes a simulation that waits for an hour, and reads a capture that is cut short.
func TestSimulationEnds(t *testing.T) {
	name := scanFile(t, 2, 3_600_000)
	s, err := Simulate(name, 1)
	must(t, err)
	var b live.Batch
	must(t, s.Read(&b, time.Minute))
	if len(b.Frames) != 1 {
		t.Fatalf("%d packets at the start", len(b.Frames))
	}
	s.Wake()
	must(t, s.Read(&b, time.Hour))
	if len(b.Frames) != 0 {
		t.Error("a packet came an hour early")
	}
	must(t, s.Close())
	if err := s.Read(&b, time.Hour); !errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
	must(t, s.Close())

	info, err := os.Stat(name)
	must(t, err)
	must(t, os.Truncate(name, info.Size()-5))
	s, err = Simulate(name, 0)
	must(t, err)
	defer s.Close()
	must(t, s.Read(&b, 0))
	var fault *capture.Fault
	if err := s.Read(&b, 0); len(b.Frames) != 0 || !errors.As(err, &fault) {
		t.Errorf("a capture that is cut short: %v", err)
	}
}
