// The bench command makes its own traffic and measures what the engine costs on it, in one process, each
// measure in turn, several times over, against the least that any program must do (reading, decoding) and
// against the same detectors written by hand.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

func main() {
	dir := flag.String("dir", filepath.Join(os.TempDir(), "ruleids-bench"), "where the traffic is kept")
	runs := flag.Int("runs", 5, "how often each measure is taken")
	mixedN := flag.Int("mixed", 5_000_000, "packets of mixed traffic")
	spoofedN := flag.Int("spoofed", 10_000_000, "packets of spoofed traffic; 0 leaves it out")
	only := flag.String("only", "", "comma-separated names of measures; default all")
	vm := flag.Bool("vm", true, "measure the expr VM too, on a hundredth of the traffic")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(2)
		}
		defer pprof.StopCPUProfile()
	}
	if err := bench(*dir, *runs, *mixedN, *spoofedN, *only, *vm); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
}

// traffic makes a capture unless it is there.
func traffic(dir, name string, n int, make func(*writer, int)) (string, error) {
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.pcap", name, n))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	part := path + ".part"
	if err := generate(part, make, n); err != nil {
		return "", err
	}
	return path, os.Rename(part, path)
}

// A measure is one thing to time over a capture; it returns a number that must be the same every time.
type measure struct {
	name  string
	file  string
	share int // one in so many packets is used
	run   func(file string, limit int) (int, error)
}

// frames calls f with every batch of a capture, until limit packets where it is not 0.
func frames(file string, limit int, f func([]packet.Frame)) (int, error) {
	r, err := capture.Open(file)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	var b capture.Batch
	n := 0
	for limit == 0 || n < limit {
		if err := r.Read(&b); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return n, err
		}
		f(b.Frames)
		n += len(b.Frames)
	}
	return n, nil
}

func readOnly(file string, limit int) (int, error) {
	sum := 0
	_, err := frames(file, limit, func(fs []packet.Frame) {
		for i := range fs {
			sum += int(fs[i].Data[12]) + int(fs[i].Length)
		}
	})
	return sum, err
}

func decodeOnly(file string, limit int) (int, error) {
	d := packet.Decoder{NeedDNS: true}
	p := new(packet.Packet)
	sum := 0
	_, err := frames(file, limit, func(fs []packet.Frame) {
		for i := range fs {
			d.Decode(p, &fs[i])
			sum += int(p.Class)
		}
	})
	return sum, err
}

func byHand(file string, limit int) (int, error) {
	d := packet.Decoder{NeedDNS: true}
	p := new(packet.Packet)
	det := newDetectors()
	_, err := frames(file, limit, func(fs []packet.Frame) {
		for i := range fs {
			d.Decode(p, &fs[i])
			det.packet(p)
		}
	})
	return det.alerts, err
}

// byRules returns a measure of a rule set.
func byRules(rs *rules.RuleSet, opt engine.Options, workers int) (func(string, int) (int, error), error) {
	plan, diags := engine.Compile(rs, opt)
	if diags.HasErrors() {
		return nil, diags
	}
	return func(file string, limit int) (int, error) {
		e := engine.New(plan, engine.Config{Workers: workers, Seed: 1})
		alerts := 0
		process := func(fs []packet.Frame) { e.Process(fs, func(*alert.Alert) { alerts++ }) }
		if workers > 1 {
			err := ahead(file, process)
			return alerts, err
		}
		_, err := frames(file, limit, process)
		return alerts, err
	}, nil
}

// load is what several workers get at a time: as many batches as make waiting for each other at the end
// of a call of no account.
const load = 16

// ahead calls f with loads of frames, while the next one is being read.
func ahead(file string, f func([]packet.Frame)) error {
	r, err := capture.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	type full struct {
		batches [load]capture.Batch
		frames  []packet.Frame
		err     error
	}
	free, ready := make(chan *full, 2), make(chan *full, 2)
	free <- new(full)
	free <- new(full)
	go func() {
		defer close(ready)
		for l := range free {
			l.frames = l.frames[:0]
			for i := range l.batches {
				if l.err = r.Read(&l.batches[i]); l.err != nil {
					break
				}
				l.frames = append(l.frames, l.batches[i].Frames...)
			}
			ready <- l
			if l.err != nil {
				return
			}
		}
	}()
	for l := range ready {
		f(l.frames)
		if l.err != nil && !errors.Is(l.err, io.EOF) {
			return l.err
		}
		if l.err == nil {
			free <- l
		}
	}
	return nil
}

func bench(dir string, runs, mixedN, spoofedN int, only string, vm bool) error {
	mixedFile, err := traffic(dir, "mixed", mixedN, mixed)
	if err != nil {
		return err
	}
	ms := []measure{{name: "read", run: readOnly}, {name: "decode", run: decodeOnly}, {name: "by hand (8)", run: byHand}}
	add := func(name string, extra string, opt engine.Options, workers, share int, names ...string) error {
		rs, err := ruleSet(extra, names...)
		if err != nil {
			return err
		}
		run, err := byRules(rs, opt, workers)
		ms = append(ms, measure{name: name, run: run, share: share})
		return err
	}
	err = errors.Join(
		add("rules (8)", "", engine.Options{}, 1, 1, base...),
		add("stdlib", "", engine.Options{}, 1, 1),
		add("stdlib +1000 others", others(1000), engine.Options{}, 1, 1),
		add("stdlib +10000 others", others(10000), engine.Options{}, 1, 1),
		add("stdlib +1000 matching", matching(1000), engine.Options{}, 1, 1),
		add("stdlib (2 workers)", "", engine.Options{}, 2, 1),
	)
	if vm {
		err = errors.Join(err, add("expr VM (8)", "", engine.Options{VM: true}, 1, 100, base...))
	}
	if err != nil {
		return err
	}
	for i := range ms {
		ms[i].file = mixedFile
	}
	if spoofedN > 0 {
		file, err := traffic(dir, "spoofed", spoofedN, spoofed)
		if err != nil {
			return err
		}
		n := len(ms)
		ms = append(ms, measure{name: "spoofed: read", run: readOnly}, measure{name: "spoofed: decode", run: decodeOnly}, measure{name: "spoofed: by hand (8)", run: byHand})
		if err := errors.Join(add("spoofed: rules (8)", "", engine.Options{}, 1, 1, base...), add("spoofed: stdlib", "", engine.Options{}, 1, 1)); err != nil {
			return err
		}
		for i := n; i < len(ms); i++ {
			ms[i].file = file
		}
	}
	if only != "" {
		names := strings.Split(only, ",")
		ms = slices.DeleteFunc(ms, func(m measure) bool { return !slices.Contains(names, m.name) })
	}
	return take(ms, runs, mixedN, spoofedN)
}

// take runs the measures in turn and prints their medians and ratios.
func take(ms []measure, runs, mixedN, spoofedN int) error {
	times := make([][]time.Duration, len(ms))
	results := make([]int, len(ms))
	for round := range runs {
		for i, m := range ms {
			limit := 0
			if m.share > 1 {
				limit = mixedN / m.share
			}
			began := time.Now()
			got, err := m.run(m.file, limit)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			times[i] = append(times[i], time.Since(began))
			if round > 0 && got != results[i] {
				return fmt.Errorf("%s: %d at first, now %d", m.name, results[i], got)
			}
			results[i] = got
		}
	}
	median := func(i int) float64 {
		t := slices.Clone(times[i])
		slices.Sort(t)
		n := mixedN
		if strings.HasPrefix(ms[i].name, "spoofed") {
			n = spoofedN
		}
		return float64(t[len(t)/2].Nanoseconds()) / float64(n/max(ms[i].share, 1))
	}
	at := func(name string) float64 {
		for i, m := range ms {
			if m.name == name {
				return median(i)
			}
		}
		return 0
	}
	fmt.Printf("%-24s %12s %14s %9s\n", "measure", "ns/packet", "packets/s", "alerts")
	for i, m := range ms {
		ns := median(i)
		fmt.Printf("%-24s %12.1f %14.0f", m.name, ns, 1e9/ns)
		if !strings.HasSuffix(m.name, "read") && !strings.HasSuffix(m.name, "decode") {
			fmt.Printf(" %9d", results[i])
		}
		fmt.Println()
	}
	fmt.Println()
	ratio := func(what, a, b string) {
		if x, y := at(a), at(b); x > 0 && y > 0 {
			fmt.Printf("%-52s %6.2f\n", what, x/y)
		}
	}
	ratio("rules against by hand", "rules (8)", "by hand (8)")
	ratio("stdlib against read + decode", "stdlib", "decode")
	ratio("+1,000 rules for other traffic", "stdlib +1000 others", "stdlib")
	ratio("+10,000 rules for other traffic", "stdlib +10000 others", "stdlib")
	ratio("+1,000 rules that match, with windows", "stdlib +1000 matching", "stdlib")
	ratio("one worker against two", "stdlib", "stdlib (2 workers)")
	ratio("expr VM against the plan", "expr VM (8)", "rules (8)")
	return nil
}
