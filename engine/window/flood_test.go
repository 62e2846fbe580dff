package window

import (
	"math/rand/v2"
	"runtime"
	"testing"
)

const second = 1_000_000_000

// scanCells are the windows of three rules on connection attempts by source: two floods and a port scan.
var scanCells = []Cell{
	{Kind: Count, Span: 5 * second, Need: 200},
	{Kind: Count, Span: 1 * second, Need: 100},
	{Kind: Distinct, Span: 10 * second, Need: 15},
}

// A flood is traffic of many sources, among them one slow scanner.
type flood struct {
	sources, packets int
	ports            uint64 // different ports that each source tries
	fresh            bool   // every packet has a source of its own
	probes           int    // of the scanner
	every            int64
	before           int // probes of the scanner before the flood begins
}

const scanner = 1 << 40

// run sends the flood and returns what the scanner's port count was at each probe.
func (f flood) run(t *Table, seed uint64) (ports []int64) {
	rnd := rand.New(rand.NewPCG(seed, 11))
	const step = 1000
	clock := int64(1_700_000_000) * second
	packet := func(source, port uint64) Row {
		key := [1]uint64{source}
		r := t.Row(key[:], Hash(testSeed, key[:]), clock)
		t.Hit(r, 0, clock, clock)
		t.Hit(r, 1, clock, clock)
		t.Observe(r, 2, port, clock, clock)
		t.Value(r, 0, clock)
		t.Value(r, 1, clock)
		t.Value(r, 2, clock)
		return r
	}
	probe := func() {
		r := packet(scanner, uint64(len(ports)))
		ports = append(ports, t.Value(r, 2, clock))
	}
	for range f.before {
		probe()
		clock += f.every
	}
	next := clock + f.every/2
	for i := range f.packets {
		clock += step
		source := uint64(i)
		if !f.fresh {
			source = rnd.Uint64N(uint64(f.sources))
		}
		packet(source, 80+rnd.Uint64N(f.ports))
		if clock >= next && len(ports) < f.probes {
			probe()
			next += f.every
		}
	}
	return ports
}

// checkScanner finds every probe of the scanner counted.
func checkScanner(t testing.TB, ports []int64, want int) {
	t.Helper()
	if len(ports) != want {
		t.Fatalf("%d probes were sent, not %d", len(ports), want)
	}
	for i, n := range ports {
		if n != int64(i+1) {
			t.Fatalf("at probe %d the scanner had %d ports: %v", i+1, n, ports)
		}
	}
}

// TestFloodDoesNotHideScanner sends one flood of sources over a table that has room for few of them; a
// scanner whose row is evicted between its probes is counted as if the table had no bound.
func TestFloodDoesNotHideScanner(t *testing.T) {
	for name, f := range map[string]flood{
		"returning sources": {sources: 15_625, packets: 156_250, ports: 1, probes: 15, every: 9_375_000},
		"fresh sources":     {fresh: true, packets: 156_250, ports: 1, probes: 15, every: 9_375_000},
		"half-way before":   {fresh: true, packets: 300_000, ports: 3, probes: 15, every: 9_375_000, before: 7},
	} {
		t.Run(name, func(t *testing.T) {
			c := Config{KeyWords: 1, Cells: scale(scanCells, 64), MaxKeys: 1024}
			table := New(c)
			ports := f.run(table, 5)
			s := table.Stats()
			t.Logf("%+v, scanner %v", s, ports)
			checkScanner(t, ports, f.probes)
			checkBytes(t, table, c)
			if s.Keys > c.MaxKeys || s.Keys <= c.MaxKeys-evictBatch {
				t.Errorf("%d keys, want %d", s.Keys, c.MaxKeys)
			}
			if s.Evictions == 0 {
				t.Error("no row was evicted, so nothing was tested")
			}
			p := pair{t: t, config: c, table: table}
			p.checkLeaks()
		})
	}
}

// scale makes spans shorter.
func scale(cells []Cell, by int64) []Cell {
	out := append([]Cell(nil), cells...)
	for i := range out {
		out[i].Span /= by
	}
	return out
}

// BenchmarkFlood is a flood of a million sources and a scanner in full size: 10 million packets in 10 s over
// 65,536 rows.
func BenchmarkFlood(b *testing.B) {
	for _, bench := range []struct {
		name string
		f    flood
	}{
		{"returning", flood{sources: 1_000_000, packets: 10_000_000, ports: 1, probes: 15, every: 600_000_000}},
		{"fresh", flood{fresh: true, packets: 10_000_000, ports: 1, probes: 15, every: 600_000_000}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for range b.N {
				t := New(Config{KeyWords: 1, Cells: scanCells, MaxKeys: 65536})
				ports := bench.f.run(t, 9)
				s := t.Stats()
				checkScanner(b, ports, 15)
				b.ReportMetric(float64(s.Bytes)/(1<<20), "MiB")
				b.ReportMetric(float64(s.Evictions)/float64(bench.f.packets), "evictions/packet")
				runtime.KeepAlive(t)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(bench.f.packets), "ns/packet")
		})
	}
}
