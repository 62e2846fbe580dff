package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// spoofedPeaks runs a capture through the shipped rules, twice, and returns the most memory that this process has had
// resident after each, in bytes.
func spoofedPeaks(file string) (peaks [2]float64, err error) {
	rs, err := ruleSet("")
	if err != nil {
		return peaks, err
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		return peaks, err
	}
	e := engine.New(plan, engine.Config{Seed: 1})
	var first, last, shift int64
	for i := range peaks {
		if _, err := frames(file, 0, func(fs []packet.Frame) {
			for i := range fs {
				if first == 0 {
					first = fs[i].Time
				}
				fs[i].Time += shift
			}
			last = fs[len(fs)-1].Time
			e.Process(fs, func(*alert.Alert) {})
		}); err != nil {
			return peaks, err
		}
		shift = last + 1 - first
		if peaks[i], err = memory("VmHWM"); err != nil {
			return peaks, err
		}
	}
	return peaks, nil
}

// memory returns a count of this process's memory in bytes: VmHWM is what it has had resident at most, VmRSS what it has
// now (proc_pid_status(5)).
func memory(key string) (float64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("resident memory is known on Linux only: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), key+":")
	f := strings.Fields(rest)
	if len(f) < 2 || f[1] != "kB" {
		return 0, fmt.Errorf("/proc/self/status has no %s", key)
	}
	n, err := strconv.ParseFloat(f[0], 64)
	return n * 1024, err
}

// boundless is a max_keys at which the spoofed traffic evicts nothing: it has a million pairs of addresses.
const boundless = 1 << 22

// scannerFound returns the number of the packet at which the scanner in the spoofed traffic is first alerted, with the
// bounds of the shipped rules or without.
func scannerFound(file string, unbounded bool) (uint64, error) {
	rs, err := ruleSet("")
	if err != nil {
		return 0, err
	}
	if unbounded {
		for _, r := range rs.Rules {
			for _, w := range r.Windows {
				w.MaxKeys = boundless
			}
		}
	}
	runtime.GC() // the tables of a million keys
	at, evicted, err := firstAlert(file, rs)
	switch {
	case err != nil:
		return 0, err
	case unbounded && evicted > 0:
		return 0, fmt.Errorf("%d keys were evicted with max_keys at %d: raise it", evicted, boundless)
	case at == 0:
		return 0, errors.New("the scanner was not found")
	}
	return at, nil
}

// firstAlert returns the number of the packet at which port_scan first names the scanner, 0 for none, and how many keys
// that rule lost.
func firstAlert(file string, rs *rules.RuleSet) (at, evicted uint64, err error) {
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		return 0, 0, err
	}
	e := engine.New(plan, engine.Config{Seed: 1})
	who := packet.AddrFrom4(bytesOf(scanner))
	_, err = frames(file, 0, func(fs []packet.Frame) {
		e.Process(fs, func(a *alert.Alert) {
			if at == 0 && a.Rule == "port_scan" && a.Src == who {
				at = a.Number
			}
		})
	})
	for _, s := range e.RuleStates() {
		if s.Name == "port_scan" {
			evicted = s.Evictions
		}
	}
	return at, evicted, err
}

// bytesOf returns an address in network order.
func bytesOf(a uint32) (b [4]byte) {
	binary.BigEndian.PutUint32(b[:], a)
	return b
}

// sameAlerts compares the JSON of the alerts of one worker with that of two, and counts them.
func sameAlerts(file string) (same bool, alerts int, err error) {
	rs, err := ruleSet("")
	if err != nil {
		return false, 0, err
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		return false, 0, err
	}
	// Two workers need not be quick here, but they must be under way at the same time.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var sums [2][sha256.Size]byte
	for i := range sums {
		h := sha256.New()
		alerts = 0
		e := engine.New(plan, engine.Config{Workers: i + 1, Seed: 1})
		var line []byte
		if _, err := shared(file, e, func(a *alert.Alert) {
			alerts++
			line = append(a.AppendJSON(line[:0]), '\n')
			_, _ = h.Write(line) // a hash takes everything
		}); err != nil {
			return false, 0, err
		}
		h.Sum(sums[i][:0])
	}
	return sums[0] == sums[1], alerts, nil
}

// allocations returns how often the shipped rules allocate for each of n packets of traffic without attacks.
func allocations(n int) (float64, error) {
	fs, err := benignFrames(n)
	if err != nil {
		return 0, err
	}
	// A busy network has as many new connections as syn_flood_global waits for, servers with as many clients as
	// udp_flood_global, and hosts as mac_flood; what an alert allocates is not the question.
	rs, diags := rules.Load(rules.Options{Stdlib: stdlib.FS(), Set: map[string]string{
		"syn_flood_global_syns": "1000000", "udp_flood_global_packets": "1000000", "mac_flood_macs": "1000000"}})
	if diags.HasErrors() {
		return 0, diags
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		return 0, err
	}
	count, alerts := mallocs(engine.New(plan, engine.Config{Seed: 1}), fs)
	if alerts > 0 {
		return 0, fmt.Errorf("%d alerts on benign traffic", alerts)
	}
	return float64(count) / float64(n), nil
}

// mallocs runs frames several times over, each time later, and returns what the last run allocated.
func mallocs(e *engine.Engine, fs []packet.Frame) (n uint64, alerts int) {
	const warm = 4
	emit := func(*alert.Alert) { alerts++ }
	shift := fs[len(fs)-1].Time + 1 - fs[0].Time
	var before, after runtime.MemStats
	for i := range warm + 1 {
		if i == warm {
			runtime.ReadMemStats(&before)
		}
		e.Process(fs, emit)
		for j := range fs {
			fs[j].Time += shift
		}
	}
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs, alerts
}

var benignTraffic = traffic{name: "benign", tick: 12_000, write: func(w *writer, tick int64, n int) { mixed(w, tick, n, longFlows, false) }}

// benignFrames returns the first n packets of the benign traffic, held in memory.
func benignFrames(n int) ([]packet.Frame, error) {
	var made bytes.Buffer
	w := newWriter(&made)
	benignTraffic.write(w, benignTraffic.tick, n)
	if err := w.out.Flush(); err != nil {
		return nil, err
	}
	r, err := capture.NewReader("benign traffic", &made)
	if err != nil {
		return nil, err
	}
	var fs []packet.Frame
	for len(fs) < n {
		var b capture.Batch // one for each read, since the frames are kept
		if err := r.Read(&b); err != nil {
			return nil, err
		}
		fs = append(fs, b.Frames...)
	}
	return fs, nil
}

// TestScannerFound finds the scanner in a small capture, at its fifteenth probe.
func TestScannerFound(t *testing.T) {
	const n = 34_000 // a probe each 2,000 packets
	file, err := spoofedTraffic.file(t.TempDir(), n)
	if err != nil {
		t.Fatal(err)
	}
	for _, unbounded := range []bool{false, true} {
		if at, err := scannerFound(file, unbounded); err != nil || at != 14*2000+1000+1 {
			t.Errorf("found at packet %d, error %v; unbounded: %v", at, err, unbounded)
		}
	}
}

// TestSameAlerts compares one worker with two.
func TestSameAlerts(t *testing.T) {
	file, err := mixedTraffic.file(t.TempDir(), 300_000)
	if err != nil {
		t.Fatal(err)
	}
	if same, alerts, err := sameAlerts(file); err != nil || !same || alerts < 10 {
		t.Errorf("same: %v, %d alerts, error %v", same, alerts, err)
	}
}

// TestMallocsCounts sees an engine's allocations: each alert is one at least.
func TestMallocsCounts(t *testing.T) {
	rs, err := ruleSet("rule \"every\" {\n  description = \"Each packet.\"\n  severity = \"low\"\n  where = \"tcp\"\n  cooldown = \"0s\"\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	fs, err := benignFrames(1000)
	if err != nil {
		t.Fatal(err)
	}
	if n, alerts := mallocs(engine.New(plan, engine.Config{Seed: 1}), fs); n < 500 || alerts < 2500 {
		t.Errorf("%d allocations and %d alerts", n, alerts)
	}
}
