package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// numbered is an ordinary alert that is told from others by its number.
func numbered(n int) *alert.Alert {
	threshold := 15.0
	return &alert.Alert{
		Time: time.Date(2026, 11, 20, 12, 0, 1, 400_000_000, time.UTC).UnixNano(), Number: uint64(n),
		Layers: packet.LayerFrame | packet.LayerIP | packet.LayerTCP | packet.LayerPorts,
		Src:    packet.AddrFrom4([4]byte{198, 51, 100, 7}), Dst: packet.AddrFrom4([4]byte{192, 0, 2, 10}),
		SrcPort: 40000, DstPort: 1014, IPProto: 6, IPVersion: 4,
		Rule: "port_scan", Description: "One source tries many destination ports.", Category: "recon", Severity: scale.SeverityHigh,
		Attack: []string{"T1046"}, Key: []alert.Named{{Name: "ip.src", Value: "198.51.100.7"}},
		Values: []alert.Named{{Name: "ports", Value: int64(15)}}, Threshold: &threshold,
		Message: "198.51.100.7 tried 15 ports in 10 s",
		Actions: []alert.Action{{Kind: "quarantine", Target: netip.MustParseAddr("198.51.100.7"), Seconds: 600}},
	}
}

// start makes a Fanout that fails the test where it cannot be made.
func start(t *testing.T, opt Options, specs ...Spec) *Fanout {
	t.Helper()
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	f, err := New(specs, opt)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// stop closes a Fanout that has written everything.
func stop(t *testing.T, f *Fanout) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := f.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func send(f *Fanout, from, to int) {
	for n := from; n <= to; n++ {
		f.Send(numbered(n))
	}
}

// numbers returns the pcap_cnt of lines of EVE JSON, each of which must be whole.
func numbers(t *testing.T, text []byte) []int {
	t.Helper()
	var out []int
	for line := range bytes.Lines(text) {
		var a alert.Alert
		if err := a.UnmarshalJSON(line); err != nil {
			t.Errorf("line %q: %v", line, err)
			continue
		}
		out = append(out, int(a.Number))
	}
	return out
}

func sequence(from, to int) []int {
	var out []int
	for n := from; n <= to; n++ {
		out = append(out, n)
	}
	return out
}

// A gate is a stream that blocks until it is opened.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	got  bytes.Buffer
}

func (g *gate) Write(b []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.got.Write(b)
}

func jsonStdout(queue int) *StdoutConfig {
	c := setting.New[StdoutConfig]()
	c.Format, c.Queue = "json", queue
	return c
}

func TestBlockedOutputDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "eve.json")
		g := &gate{open: make(chan struct{})}
		f := start(t, Options{Stdout: g}, Spec{"good", newEVE(path)}, Spec{"blocked", jsonStdout(100)})
		synctest.Wait() // both are open
		send(f, 1, 1)
		synctest.Wait() // it has taken one, and hangs with it
		send(f, 2, 1000)
		synctest.Wait()

		if got := numbers(t, read(t, path)); !slices.Equal(got, sequence(1, 1000)) {
			t.Errorf("the good output has %d alerts, want 1 to 1000", len(got))
		}
		good, blocked := f.Status()[0], f.Status()[1]
		if good.Written != 1000 || good.Lost != 0 || good.Queued != 0 {
			t.Errorf("good: %+v", good)
		}
		if blocked.Written != 0 || blocked.Lost != 899 || blocked.Queued != 101 {
			t.Errorf("blocked: %+v, want 101 queued, 899 lost", blocked)
		}
		close(g.open)
		stop(t, f)
		if got := numbers(t, g.got.Bytes()); !slices.Equal(got, sequence(1, 101)) {
			t.Errorf("the blocked output has %v, want 1 to 101", got)
		}
		if s := f.Status()[1]; s.Written != 101 || s.Lost != 899 || s.Queued != 0 {
			t.Errorf("blocked, after: %+v", s)
		}
	})
}

func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &slowWriter{pause: 10 * time.Millisecond}
		f := start(t, Options{Stdout: slow}, Spec{"slow", jsonStdout(10_000)})
		send(f, 1, 5000)
		stop(t, f)
		if got := numbers(t, slow.got.Bytes()); !slices.Equal(got, sequence(1, 5000)) {
			t.Errorf("%d alerts written, want 1 to 5000", len(got))
		}
		send(f, 5001, 5002)
		if s := f.Status()[0]; s.Lost != 2 || s.LastLost.IsZero() || s.Written != 5000 {
			t.Errorf("after Close: %+v, want 2 lost", s)
		}
	})
}

type slowWriter struct {
	pause time.Duration
	got   bytes.Buffer
}

func (s *slowWriter) Write(b []byte) (int, error) {
	time.Sleep(s.pause) // of the synctest bubble's clock
	return s.got.Write(b)
}

func TestCloseSaysWhatItCouldNotWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		broken := newEVE(filepath.Join(t.TempDir(), "eve.json"))
		f := start(t, Options{Stdout: g}, Spec{"stuck", jsonStdout(10)}, Spec{"full", broken})
		f.outputs[1].sink.(*file).writeTo = noSpace
		send(f, 1, 5)
		synctest.Wait()
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := f.Close(ctx)
		if took := time.Since(began); took > 3*time.Second+2*closeGrace {
			t.Errorf("Close took %v", took)
		}
		for _, want := range []string{`output "stuck" (stdout, standard output): 5 alerts`, `output "full" (eve, ` + broken.Path + `): 5 alerts could not be written in time`, "no space left"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Close: %v, want %q in it", err, want)
			}
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Close: %v does not wrap ENOSPC", err)
		}
		if again := f.Close(ctx); again != err {
			t.Errorf("second Close: %v", again)
		}
		if s := f.Status()[1]; s.Lost != 5 || s.Queued != 0 || s.Error == "" {
			t.Errorf("full: %+v, want 5 lost", s)
		}
		close(g.open) // or its goroutine would stay
	})
}

func TestCloseOfAnOutputThatNeverWorked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := setting.New[SyslogConfig]()
		c.Address.Path = filepath.Join(t.TempDir(), "nobody")
		f := start(t, Options{}, Spec{"dead", c})
		synctest.Wait()
		began := time.Now()
		if err := f.Close(t.Context()); err != nil || time.Since(began) > time.Second {
			t.Errorf("Close without alerts: %v after %v", err, time.Since(began))
		}
	})
}

func TestFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		grave, dns := newEVE(filepath.Join(dir, "grave")), newEVE(filepath.Join(dir, "dns"))
		grave.MinSeverity = scale.SeverityHigh
		dns.Rules = setting.Patterns{"dns_*", "port_scan"}
		f := start(t, Options{}, Spec{"grave", grave}, Spec{"dns", dns})
		for i, a := range []struct {
			rule     string
			severity scale.Severity
		}{
			{"dns_tunnel", scale.SeverityLow}, {"port_scan", scale.SeverityMedium}, {"syn_flood", scale.SeverityHigh}, {"dns_tunnel_volume", scale.SeverityCritical}, {"my_dns_rule", scale.SeverityHigh},
		} {
			al := numbered(i)
			al.Rule, al.Severity = a.rule, a.severity
			f.Send(al)
		}
		stop(t, f)
		if got := numbers(t, read(t, grave.Path)); !slices.Equal(got, []int{2, 3, 4}) {
			t.Errorf("min_severity: %v", got)
		}
		if got := numbers(t, read(t, dns.Path)); !slices.Equal(got, []int{0, 1, 3}) {
			t.Errorf("rules: %v", got)
		}
		if s := f.Status(); s[0].Filtered != 2 || s[1].Filtered != 2 {
			t.Errorf("filtered: %d and %d, want 2 and 2", s[0].Filtered, s[1].Filtered)
		}
	})
}

// TestQueueIsBoundedInBytes sends alerts that are far larger than ordinary ones.
func TestQueueIsBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		f := start(t, Options{Stdout: g}, Spec{"blocked", jsonStdout(100)})
		for n := range 100 {
			a := numbered(n)
			a.Message = strings.Repeat("x", 64<<10)
			f.Send(a)
		}
		if held, most := f.outputs[0].held.Load(), int64(100*alertRoom); held > most {
			t.Errorf("the queue holds %d bytes, want at most %d", held, most)
		}
		if s := f.Status()[0]; s.Lost < 90 || s.Queued < 2 {
			t.Errorf("%+v, want most of 100 lost and some held", s)
		}
		close(g.open)
		stop(t, f)
		if held := f.outputs[0].held.Load(); held != 0 {
			t.Errorf("the empty queue holds %d bytes", held)
		}
	})
}

// TestOneLargeAlertIsTaken has a queue whose memory is less than one alert takes.
func TestOneLargeAlertIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got bytes.Buffer
		f := start(t, Options{Stdout: &got}, Spec{"out", jsonStdout(1)})
		a := numbered(1)
		a.Message = strings.Repeat("x", 64<<10)
		f.Send(a)
		stop(t, f)
		if got := numbers(t, got.Bytes()); !slices.Equal(got, []int{1}) {
			t.Errorf("alerts %v", got)
		}
	})
}

func TestTextIsShared(t *testing.T) {
	e := newEvent(numbered(1))
	if first, second := e.json(), e.json(); &first[0] != &second[0] {
		t.Error("the JSON of an alert is made twice")
	}
	if min := int64(len(e.json())); e.size < min {
		t.Errorf("the alert counts as %d bytes, its JSON alone has %d", e.size, min)
	}
}

// TestSendBesideClose has the race detector look on, and loses no count.
func TestSendBesideClose(t *testing.T) {
	f := start(t, Options{Stdout: io.Discard}, Spec{"out", jsonStdout(100)})
	const senders, each = 4, 2000
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			send(f, 1, each)
			f.Reopen()
			f.Status()
		})
	}
	stop(t, f)
	wg.Wait()
	if s := f.Status()[0]; s.Written+s.Lost != senders*each || s.Queued != 0 {
		t.Errorf("%d written and %d lost of %d", s.Written, s.Lost, senders*each)
	}
}

func TestSendWithoutOutputs(t *testing.T) {
	f := start(t, Options{Stdout: io.Discard})
	defer stop(t, f)
	a := numbered(1)
	if n := testing.AllocsPerRun(100, func() { f.Send(a) }); n != 0 {
		t.Errorf("Send allocates %v times", n)
	}
}

func TestNewReturnsAllErrors(t *testing.T) {
	dir := t.TempDir()
	bad := newEVE(filepath.Join(dir, "x"))
	bad.Keep = -2
	twin := filepath.Join(dir, "twin")
	_, err := New([]Spec{
		{"missing", newEVE(filepath.Join(dir, "no", "eve.json"))},
		{"bad", bad},
		{"one", newEVE(twin)},
		{"two", newCSV(twin)},
		{"one", newEVE(filepath.Join(dir, "other"))},
		{"directory", newEVE(dir)},
		{"out", setting.New[StdoutConfig]()}, {"out again", setting.New[StdoutConfig]()},
	}, Options{})
	for _, want := range []string{
		`output "missing": `, "make the directory first (install -d -m 0750 " + filepath.Join(dir, "no") + ")",
		`output "bad": keep: -2 is out of range`, `output "two": output "one" writes to ` + twin + " already",
		`output "one": there is another output of this name`, `output "directory": `, "is not a regular file",
		`output "out again": output "out" writes to standard output already`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v\nwant %q in it", err, want)
		}
	}
	// Nothing is left open: the file can be had.
	stop(t, start(t, Options{}, Spec{"now", newEVE(twin)}))
}

func TestTroubleIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := start(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, Spec{"eve", newEVE(filepath.Join(t.TempDir(), "eve.json"))})
		sink := f.outputs[0].sink.(*file)
		var full sync.Mutex // held while the disk is full
		good := sink.writeTo
		sink.writeTo = func(file fileHandle, b []byte) (int, error) {
			if full.TryLock() {
				full.Unlock()
				return good(file, b)
			}
			return noSpace(file, b)
		}
		full.Lock()
		send(f, 1, 3)
		time.Sleep(50 * time.Second)
		synctest.Wait()
		if n := strings.Count(log.String(), "output fails"); n != 1 {
			t.Errorf("%d warnings in 50 s, want 1:\n%s", n, &log)
		}
		if s := f.Status()[0]; s.Errors < 5 || s.Error == "" || s.Queued != 3 || !strings.Contains(s.LastError, "no space left on device") || s.LastErrorTime.IsZero() {
			t.Errorf("%+v", s)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if n := strings.Count(log.String(), "output fails"); n != 8 { // after 0, 1, 3, 7, 15, 31, 63, 123 minutes
			t.Errorf("%d warnings in 3 hours, want 8", n)
		}
		full.Unlock()
		time.Sleep(2 * fileBackoff)
		synctest.Wait()
		if n := strings.Count(log.String(), "output works again"); n != 1 {
			t.Errorf("%d notes of the recovery, want 1", n)
		}
		if s := f.Status()[0]; s.Error != "" || s.Written != 3 {
			t.Errorf("after: %+v", s)
		}
		stop(t, f)
	})
}

func TestLostAlertsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g := &gate{open: make(chan struct{})}
		f := start(t, Options{Stdout: g, Log: slog.New(slog.NewTextHandler(&log, nil))}, Spec{"blocked", jsonStdout(10)})
		send(f, 1, 100)
		time.Sleep(2 * watchEvery)
		synctest.Wait()
		lost := f.Status()[0].Lost
		if want := fmt.Sprintf("output=blocked kind=stdout target=\"standard output\" lost=%d ", lost); lost == 0 || strings.Count(log.String(), want) != 1 {
			t.Errorf("%d lost; log:\n%s", lost, &log)
		}
		close(g.open)
		stop(t, f)
	})
}
