package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/engine"
)

// How the benchmarks are set up; make bench says what they need of the machine.
var (
	trafficDir     = flag.String("dir", filepath.Join(os.TempDir(), "ruleids-bench"), "`directory` where the traffic is kept")
	mixedPackets   = flag.Int("mixed", 5_000_000, "packets of mixed traffic")
	spoofedPackets = flag.Int("spoofed", 10_000_000, "packets of spoofed traffic")
	shortPackets   = flag.Int("short", 2_000_000, "packets of traffic of short conversations")
	contentPackets = flag.Int("contents", 2_000_000, "packets of mixed traffic with contents")
	moreRules      = flag.Int("rules", manyRules, "rules that loading is measured with, and 10,000 stands for")
	ruleidsPath    = flag.String("ruleids", "", "`path` of the program that is started on ten packets")
)

// captureOf returns the path of a capture of a traffic, made where it is not there yet.
func captureOf(b *testing.B, t traffic, packets int) string {
	b.Helper()
	file, err := t.file(*trafficDir, packets)
	if err != nil {
		b.Fatal(err)
	}
	return file
}

// timed reports the time that a loop takes for a packet of a capture, and how many alerts it gives: the same every time.
func timed(b *testing.B, l loop, file string, limit int) outcome {
	b.Helper()
	runtime.GC() // what others left is not this one's to clear away
	var first outcome
	packets := 0
	began := processorTime()
	for b.Loop() {
		got, err := l(file, limit)
		if err != nil {
			b.Fatal(err)
		}
		if packets += got.packets; packets == got.packets {
			first = got
		} else if got != first {
			b.Fatalf("%+v at first, now %+v", first, got)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
	b.ReportMetric((processorTime()-began)/float64(packets), "cpu-ns/packet")
	b.ReportMetric(float64(first.alerts), "alerts")
	b.ReportMetric(0, "ns/op")
	return first
}

// rulesLoop compiles the shipped rules, only those named where names are given, with further rules.
func rulesLoop(b *testing.B, extra string, opt engine.Options, workers int, names ...string) loop {
	b.Helper()
	rs, err := ruleSet(extra, names...)
	if err != nil {
		b.Fatal(err)
	}
	l, err := byRules(rs, opt, workers)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func BenchmarkMixed(b *testing.B) {
	onTraffic(b, mixedTraffic, *mixedPackets)
	file := captureOf(b, mixedTraffic, *mixedPackets)
	for _, x := range []struct {
		name  string
		extra func() string
	}{
		{"rules=stdlib+1000", func() string { return others(1000) }},
		{"rules=stdlib+10000", func() string { return others(*moreRules) }},
		{"rules=stdlib+1000matching", func() string { return matching(1000) }},
	} {
		b.Run(x.name, func(b *testing.B) { timed(b, rulesLoop(b, x.extra(), engine.Options{}, 1), file, 0) })
	}
}

// BenchmarkContents measures conditions on contents, on mixed traffic whose payloads have some.
func BenchmarkContents(b *testing.B) {
	file := captureOf(b, contentTraffic, *contentPackets)
	for _, x := range []struct {
		name  string
		extra func() string
	}{
		{"rules=stdlib", func() string { return "" }},
		{"rules=stdlib+2000names", func() string { return names(2000) }},
		{"rules=stdlib+20000names", func() string { return names(2 * *moreRules) }},
		{"rules=stdlib+1000behind", func() string { return behindPorts(1000) }},
		{"rules=stdlib+10000behind", func() string { return behindPorts(*moreRules) }},
		{"rules=stdlib+1000ungated", func() string { return ungated(1000) }},
		{"rules=stdlib+regexp", asRegexp},
		{"rules=stdlib+words", asList},
		{"rules=stdlib+domains", func() string {
			dir, err := domainRules(*trafficDir)
			if err != nil {
				b.Fatal(err)
			}
			if dir, err = filepath.Abs(dir); err != nil {
				b.Fatal(err)
			}
			return dir
		}},
		{"rules=stdlib+7000public", func() string { return publicSet(*moreRules * 7 / 10) }},
	} {
		b.Run(x.name, func(b *testing.B) { timed(b, rulesLoop(b, x.extra(), engine.Options{}, 1), file, 0) })
	}
	b.Run("payload", func(b *testing.B) {
		n, bytes := 0, 0
		for b.Loop() {
			var err error
			if n, bytes, err = payloads(file); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(bytes)/float64(n), "B/packet")
		b.ReportMetric(0, "ns/op")
	})
}

func BenchmarkSpoofed(b *testing.B) { onTraffic(b, spoofedTraffic, *spoofedPackets) }

// onTraffic measures what both kinds of traffic are measured with.
func onTraffic(b *testing.B, t traffic, packets int) {
	file := captureOf(b, t, packets)
	b.Run("read", func(b *testing.B) { timed(b, readOnly, file, 0) })
	b.Run("decode", func(b *testing.B) { timed(b, decodeOnly, file, 0) })
	b.Run("by=hand", func(b *testing.B) { timed(b, byHand, file, 0) })
	b.Run("rules=8", func(b *testing.B) {
		got := timed(b, rulesLoop(b, "", engine.Options{}, 1, base...), file, 0)
		if want, err := byHand(file, 0); err != nil || got != want {
			b.Errorf("by rules %+v, by hand %+v (error %v): the two do different work and cannot be compared", got, want, err)
		}
	})
	b.Run("rules=stdlib", func(b *testing.B) { timed(b, rulesLoop(b, "", engine.Options{}, 1), file, 0) })
}

// BenchmarkAssets measures the shipped rules without and with a map of hosts and services, in turn on the same traffic.
func BenchmarkAssets(b *testing.B) {
	rs, err := ruleSet("")
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range []struct {
		name string
		traffic
		packets int
	}{{"mixed", mixedTraffic, *mixedPackets}, {"spoofed", spoofedTraffic, *spoofedPackets}} {
		file := captureOf(b, t.traffic, t.packets)
		for _, workers := range []int{1, 2} {
			for _, with := range []bool{false, true} {
				l, err := byConfig(rs, engine.Options{}, func() engine.Config {
					cfg := engine.Config{Workers: workers, Seed: 1}
					if with {
						cfg.Assets = assets.New(assets.Limits{})
					}
					return cfg
				})
				if err != nil {
					b.Fatal(err)
				}
				b.Run(fmt.Sprintf("%s/workers=%d/map=%t", t.name, workers, with), func(b *testing.B) { timed(b, l, file, 0) })
			}
		}
	}
}

// BenchmarkWorkers measures two workers, on two CPUs whatever this process was pinned to.
func BenchmarkWorkers(b *testing.B) {
	b.Run("n=2", func(b *testing.B) {
		if alone(b, "taskset", "-c", "0,1") {
			return
		}
		if runtime.NumCPU() < 2 {
			b.Skip("two workers need two CPUs")
		}
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
		file := captureOf(b, mixedTraffic, *mixedPackets)
		timed(b, rulesLoop(b, "", engine.Options{}, 2), file, 0)
		same, _, err := sameAlerts(file)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(bit(same)), "same")
	})
}

// BenchmarkMemory takes the memory that a process has resident at most, when it does nothing but run the spoofed traffic
// through the shipped rules, once and then again with later times.
func BenchmarkMemory(b *testing.B) {
	file := captureOf(b, spoofedTraffic, *spoofedPackets)
	if alone(b) {
		return
	}
	for b.Loop() {
		peaks, err := spoofedPeaks(file)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(peaks[0], "once-B")
		b.ReportMetric(peaks[1], "twice-B")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkScanner takes the number of the packet at which the scanner in the spoofed traffic is first alerted, with the
// bounds of the shipped rules and without.
func BenchmarkScanner(b *testing.B) {
	file := captureOf(b, spoofedTraffic, *spoofedPackets)
	for _, name := range []string{"default", "unbounded"} {
		b.Run("max_keys="+name, func(b *testing.B) {
			for b.Loop() {
				at, err := scannerFound(file, name == "unbounded")
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(at), "packet")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkBenign counts the allocations of the shipped rules on traffic on which none fires, once tables have come to
// the size that the traffic asks for.
func BenchmarkBenign(b *testing.B) {
	const n = 200_000
	for b.Loop() {
		each, err := allocations(n)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(each, "allocs/packet")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkLoad takes the time from their text to a plan.
func BenchmarkLoad(b *testing.B) {
	text := others(*moreRules)
	runtime.GC()
	for b.Loop() {
		rulesLoop(b, text, engine.Options{}, 1)
	}
}

// BenchmarkLoadContents is BenchmarkLoad with rules on contents.
func BenchmarkLoadContents(b *testing.B) {
	text := kinds(*moreRules)
	runtime.GC()
	for b.Loop() {
		rulesLoop(b, text, engine.Options{}, 1)
	}
}

// BenchmarkCompile takes the second part of that, from the checked set to the plan.
func BenchmarkCompile(b *testing.B) {
	rs, err := ruleSet(others(*moreRules))
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	for b.Loop() {
		if _, err := compile(rs, engine.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList takes what a list file of a million networks costs, in a process of its own.
func BenchmarkList(b *testing.B) {
	dir, err := networkRules(*trafficDir)
	if err != nil {
		b.Fatal(err)
	}
	if alone(b) {
		return
	}
	for b.Loop() {
		if err := listCosts(dir, "networks", b.ReportMetric); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDomains is BenchmarkList for a million domain names.
func BenchmarkDomains(b *testing.B) {
	dir, err := domainRules(*trafficDir)
	if err != nil {
		b.Fatal(err)
	}
	if alone(b) {
		return
	}
	for b.Loop() {
		if err := listCosts(dir, "domains", b.ReportMetric); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStart takes the time of the whole of `ruleids run` on a capture of ten packets, from fork to exit.
func BenchmarkStart(b *testing.B) {
	if *ruleidsPath == "" {
		b.Skip("say where the program is with -ruleids")
	}
	const starts = 25
	file := captureOf(b, mixedTraffic, 10)
	var times []float64
	for b.Loop() {
		for range starts {
			began := time.Now()
			if _, err := output(exec.Command(*ruleidsPath, "run", "-r", file)); err != nil {
				b.Fatal(err)
			}
			times = append(times, float64(time.Since(began).Nanoseconds()))
		}
	}
	b.ReportMetric(median(times), "ns/start")
	b.ReportMetric(0, "ns/op")
}

// alone runs the benchmark that calls it in a process of its own, with a command before it where one is given, and
// reports that process's figures as its own. In that process it returns false.
func alone(b *testing.B, before ...string) bool {
	b.Helper()
	const inside = "RULEIDS_BENCH_ALONE"
	if os.Getenv(inside) != "" {
		return false
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	args := append(before, self, "-test.run", "^$", "-test.bench", "^"+b.Name()+"$", "-test.benchtime", "1x", "-test.timeout", "0", "-test.cpu", "1",
		"-dir", *trafficDir, "-mixed", fmt.Sprint(*mixedPackets), "-spoofed", fmt.Sprint(*spoofedPackets))
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	text, err := output(cmd)
	if err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	found := false
	for in := benchfmt.NewReader(bytes.NewReader(text), b.Name()); in.Scan(); {
		if r, ok := in.Result().(*benchfmt.Result); ok {
			found = true
			for _, v := range r.Values {
				b.ReportMetric(asWritten(v))
			}
		}
	}
	if !found {
		b.Skip("a process of its own could not do it")
	}
	b.ReportMetric(0, "ns/op")
	return true
}

// TestTargetsHaveFigures runs the benchmarks on little traffic and finds the figure of every target.
func TestTargetsHaveFigures(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := output(exec.Command(self, "-test.run", "^$", "-test.bench", ".", "-test.benchtime", "1x", "-test.cpu", "1",
		"-dir", t.TempDir(), "-mixed", "20000", "-contents", "20000", "-short", "20000", "-spoofed", "34000", "-rules", "100", "-ruleids", "true"))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	r, err := read(bytes.NewReader(text), "own")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range targets {
		if _, ok := x.of(r); !ok && !(strings.Contains(x.what, "two workers") && runtime.NumCPU() < 2) {
			t.Errorf("no figure for %s in\n%s", x.what, text)
		}
	}
}
