package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/engine"
)

// A measure finds figures. Nothing of it is made before it is first taken.
type measure struct {
	name string
	once bool // taking it again gives the same
	all  bool // needs all CPUs, and more than one of them
	take func() ([]reading, error)
}

// A reading is one figure.
type reading struct {
	name   string
	unit   string // one of those of units
	value  float64
	alerts int     // -1 where there is nothing to find
	busy   float64 // processor time for each second of the measure; 0 where that is not known
}

// A session is one run of the bench.
type session struct {
	machine *machine
	dir     string // of traffic
	mixed   int    // packets
	spoofed int
	program string // path of ruleids; "" for none yet
	seen    map[string]outcome
}

// measures lists what there is to measure, in the order in which it is taken.
func (s *session) measures(vm bool) []measure {
	mixed := func() (string, int, error) {
		file, err := mixedTraffic.file(s.dir, s.mixed)
		return file, s.mixed, err
	}
	spoofed := func() (string, int, error) {
		file, err := spoofedTraffic.file(s.dir, s.spoofed)
		return file, s.spoofed, err
	}
	plain := func(l loop) func() (loop, error) { return func() (loop, error) { return l, nil } }
	rules := func(extra func() string, opt engine.Options, workers int, names ...string) func() (loop, error) {
		return func() (loop, error) {
			rs, err := ruleSet(extra(), names...)
			if err != nil {
				return nil, err
			}
			return byRules(rs, opt, workers)
		}
	}
	none := func() string { return "" }
	ms := []measure{
		s.timed("read", mixed, 1, plain(readOnly)),
		s.timed("decode", mixed, 1, plain(decodeOnly)),
		s.timed("by hand (8)", mixed, 1, plain(byHand)),
		s.timed("rules (8)", mixed, 1, rules(none, engine.Options{}, 1, base...)),
		s.timed("stdlib", mixed, 1, rules(none, engine.Options{}, 1)),
		s.timed("stdlib +1000 others", mixed, 1, rules(func() string { return others(1000) }, engine.Options{}, 1)),
		s.timed("stdlib +10000 others", mixed, 1, rules(func() string { return others(10000) }, engine.Options{}, 1)),
		s.timed("stdlib +1000 matching", mixed, 1, rules(func() string { return matching(1000) }, engine.Options{}, 1)),
		s.timed(twoWorkers, mixed, 1, rules(none, engine.Options{}, 2)),
	}
	ms[len(ms)-1].all = true
	if vm {
		ms = append(ms, s.timed("expr VM (8)", mixed, 100, rules(none, engine.Options{VM: true}, 1, base...)))
	}
	ms = append(ms, measure{name: "same alerts", once: true, take: func() ([]reading, error) { return sameAlerts(mixed) }})
	if s.spoofed > 0 {
		ms = append(ms,
			s.timed("spoofed: read", spoofed, 1, plain(readOnly)),
			s.timed("spoofed: decode", spoofed, 1, plain(decodeOnly)),
			s.timed("spoofed: by hand (8)", spoofed, 1, plain(byHand)),
			s.timed("spoofed: rules (8)", spoofed, 1, rules(none, engine.Options{}, 1, base...)),
			s.timed("spoofed: stdlib", spoofed, 1, rules(none, engine.Options{}, 1)),
			measure{name: "memory", once: true, take: func() ([]reading, error) { return s.memory(spoofed) }},
			measure{name: "scanner", once: true, take: func() ([]reading, error) { return scannerFound(spoofed) }},
		)
	}
	return append(ms,
		measure{name: "allocations", once: true, take: allocations},
		measure{name: "loading", take: loading},
		measure{name: "list", take: s.list},
		measure{name: "start", take: s.start},
	)
}

const twoWorkers = "stdlib (2 workers)"

// timed is a measure of the time that a loop takes for a packet, over one in share packets of a capture.
func (s *session) timed(name string, capture func() (string, int, error), share int, compile func() (loop, error)) measure {
	compiled := sync.OnceValues(compile)
	return measure{name: name, take: func() ([]reading, error) {
		l, err := compiled()
		if err != nil {
			return nil, err
		}
		file, n, err := capture()
		if err != nil {
			return nil, err
		}
		limit := 0
		if share > 1 {
			limit = max(n/share, 1)
		}
		runtime.GC() // what others left is not this one's to clear away
		spent, began := processorTime(), time.Now()
		got, err := l(file, limit)
		took := time.Since(began)
		spent = processorTime() - spent
		if err != nil {
			return nil, err
		}
		if before, ok := s.seen[name]; ok && before != got {
			return nil, fmt.Errorf("%d alerts in %d packets (digest %x) at first, now %d in %d (%x)", before.alerts, before.packets, before.digest, got.alerts, got.packets, got.digest)
		}
		s.seen[name] = got
		alerts := got.alerts
		if strings.HasSuffix(name, "read") || strings.HasSuffix(name, "decode") {
			alerts = -1
		}
		return []reading{{name: name, unit: "ns/packet", value: float64(took.Nanoseconds()) / float64(got.packets), alerts: alerts,
			busy: spent.Seconds() / took.Seconds()}}, nil
	}}
}

// take takes the measures in turn, so many times over. Those that need more CPUs than there are come back as
// skipped, with the reason.
func (s *session) take(ms []measure, runs int) (*results, error) {
	out := newResults()
	for round := range runs {
		for _, m := range ms {
			if m.once && round > 0 {
				continue
			}
			if m.all && len(s.machine.cpus) < 2 {
				out.skipped[m.name] = "this process may run on one CPU only, on which two workers cannot work at a time"
				continue
			}
			if err := s.machine.use(m.all); err != nil {
				return nil, err
			}
			began := time.Now()
			rs, err := m.take()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s (%.1f s)\n", round+1, runs, m.name, time.Since(began).Seconds())
			for _, r := range rs {
				out.add(r)
			}
		}
	}
	return out, s.compare()
}

// compare holds the detectors by hand to the alerts of the same rules: the same rule at the same packet.
func (s *session) compare() error {
	hand, ok := s.seen["by hand (8)"]
	rules, ok2 := s.seen["rules (8)"]
	if ok && ok2 && hand != rules {
		return fmt.Errorf("by hand %d alerts, by rules %d, and not the same: the two do different work and cannot be compared", hand.alerts, rules.alerts)
	}
	return nil
}

// choose keeps the measures that are named, all where none is.
func choose(ms []measure, only string) ([]measure, error) {
	if only == "" {
		return ms, nil
	}
	var names []string
	for _, m := range ms {
		names = append(names, m.name)
	}
	wanted := strings.Split(only, ",")
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			return nil, fmt.Errorf("-only: there is no measure %q; there are: %s", w, strings.Join(names, ", "))
		}
	}
	return slices.DeleteFunc(ms, func(m measure) bool { return !slices.Contains(wanted, m.name) }), nil
}
