package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// memory takes the memory that a process of its own has resident at most, when it does nothing but run the spoofed
// traffic through the shipped rules, once and then again with later times.
func (s *session) memory(file func() (string, int, error)) ([]reading, error) {
	name, _, err := file()
	if err != nil {
		return nil, err
	}
	var peaks [2]float64
	if err := s.child(&peaks, "memory", name); err != nil {
		return nil, err
	}
	return []reading{
		{name: "spoofed: resident memory", unit: "MiB", value: peaks[0], alerts: -1},
		{name: "spoofed: resident memory, twice as long", unit: "MiB", value: peaks[1], alerts: -1},
	}, nil
}

// memoryChild is what the process of memory does; it returns the peaks in MiB.
func memoryChild(file string) (peaks [2]float64, err error) {
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
		peak, err := residentPeak()
		if err != nil {
			return peaks, err
		}
		peaks[i] = mebibytes(peak)
	}
	return peaks, nil
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// boundless is a max_keys at which the spoofed traffic evicts nothing: it has a million pairs of addresses.
const boundless = 1 << 22

// scannerFound takes the number of the packet at which the scanner in the spoofed traffic is first alerted, with
// the bounds of the shipped rules and without.
func scannerFound(file func() (string, int, error)) ([]reading, error) {
	name, _, err := file()
	if err != nil {
		return nil, err
	}
	var out []reading
	for _, unbounded := range []bool{false, true} {
		rs, err := ruleSet("")
		if err != nil {
			return nil, err
		}
		what := "spoofed: scanner found, default max_keys"
		if unbounded {
			what = "spoofed: scanner found, unbounded"
			for _, r := range rs.Rules {
				for _, w := range r.Windows {
					w.MaxKeys = boundless
				}
			}
		}
		at, stats, err := firstAlert(name, rs)
		if err != nil {
			return nil, err
		}
		if unbounded && stats.Evictions > 0 {
			return nil, fmt.Errorf("%d keys were evicted with max_keys at %d: raise it", stats.Evictions, boundless)
		}
		if at == 0 {
			return nil, fmt.Errorf("%s: it was not found in %d packets", what, stats.Packets)
		}
		out = append(out, reading{name: what, unit: "packet", value: float64(at), alerts: int(stats.Alerts)})
		runtime.GC() // the tables of a million keys
	}
	return out, nil
}

// firstAlert returns the number of the packet at which port_scan first names the scanner, 0 for none.
func firstAlert(file string, rs *rules.RuleSet) (at uint64, stats engine.Stats, err error) {
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		return 0, stats, err
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
	return at, e.Stats(), err
}

// bytesOf returns an address in network order.
func bytesOf(a uint32) (b [4]byte) {
	binary.BigEndian.PutUint32(b[:], a)
	return b
}

// sameAlerts compares the JSON of the alerts of one worker and of two.
func sameAlerts(file func() (string, int, error)) ([]reading, error) {
	name, _, err := file()
	if err != nil {
		return nil, err
	}
	rs, err := ruleSet("")
	if err != nil {
		return nil, err
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		return nil, err
	}
	// Two workers need not be quick here, but they must be under way at the same time.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var sums [2][sha256.Size]byte
	alerts := 0
	for i := range sums {
		h := sha256.New()
		alerts = 0
		e := engine.New(plan, engine.Config{Workers: i + 1, Seed: 1})
		var line []byte
		if _, err := shared(name, e, func(a *alert.Alert) {
			alerts++
			line = append(a.AppendJSON(line[:0]), '\n')
			_, _ = h.Write(line) // a hash takes everything
		}); err != nil {
			return nil, err
		}
		h.Sum(sums[i][:0])
	}
	same := 0.0
	if sums[0] == sums[1] {
		same = 1
	}
	return []reading{{name: "two workers: same alerts byte for byte", unit: "yes", value: same, alerts: alerts}}, nil
}

// benign is how many packets of traffic without attacks the allocations are counted over.
const benign = 200_000

// allocations counts the allocations of the shipped rules on traffic on which none fires, once tables have come
// to the size that the traffic asks for.
func allocations() ([]reading, error) {
	fs, err := benignFrames(benign)
	if err != nil {
		return nil, err
	}
	// A busy network has as many new connections as syn_flood_global waits for; what an alert allocates is not the
	// question.
	rs, diags := rules.Load(rules.Options{Stdlib: stdlib.FS(), Set: map[string]string{"syn_flood_global_syns": "1000000"}})
	if diags.HasErrors() {
		return nil, diags
	}
	plan, err := compile(rs, engine.Options{})
	if err != nil {
		return nil, err
	}
	n, alerts := mallocs(engine.New(plan, engine.Config{Seed: 1}), fs)
	if alerts > 0 {
		return nil, fmt.Errorf("%d alerts on benign traffic", alerts)
	}
	return []reading{{name: "allocations where nothing fires", unit: "allocs/packet", value: float64(n) / benign, alerts: -1}}, nil
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
