package main

import "fmt"

// A target is a bound that the engine is held to.
type target struct {
	what  string
	unit  string
	bound float64
	least bool // the figure is to be the bound or more; else the bound or less
	under bool // the bound itself is too much
	of    func(*results) (float64, bool)
}

// targets are the bounds, of the same run on one machine where they are ratios.
var targets = []target{
	{what: "the eight detectors as rules, against by hand", unit: "times", bound: 1.2, of: ratio("rules (8)", "by hand (8)")},
	{what: "shipped rules, from file to alerts", unit: "packets/s", bound: 5e6, least: true, of: rate("stdlib")},
	{what: "shipped rules, against read and decode", unit: "times", bound: 2.5, of: ratio("stdlib", "decode")},
	{what: "1,000 more rules for other traffic, against none", unit: "times", bound: 1.15, of: ratio("stdlib +1000 others", "stdlib")},
	{what: "10,000 more rules for other traffic, against none", unit: "times", bound: 1.5, of: ratio("stdlib +10000 others", "stdlib")},
	{what: "1,000 more rules with windows that match, against none", unit: "times", bound: 1.5, of: ratio("stdlib +1000 matching", "stdlib")},
	{what: "throughput of two workers, against one", unit: "times", bound: 1.7, least: true, of: ratio("stdlib", twoWorkers)},
	{what: "two workers give the same alerts, byte for byte", unit: "yes", bound: 1, least: true, of: figure("two workers: same alerts byte for byte")},
	{what: "spoofed: resident memory", unit: "MiB", bound: 256, under: true, of: figure("spoofed: resident memory, twice as long")},
	{what: "spoofed: packets by which the scanner is found later than without bounds", unit: "packets", bound: 0, of: later},
	{what: "spoofed: shipped rules, from file to alerts", unit: "packets/s", bound: 2e6, least: true, of: rate("spoofed: stdlib")},
	{what: "allocations per packet where nothing fires", unit: "allocs/packet", bound: 0, of: figure("allocations where nothing fires")},
	{what: "10,000 rules loaded and compiled", unit: "ms", bound: 1000, under: true, of: figure("10,000 rules: load and compile")},
	{what: "list of 1,000,000 CIDRs loaded", unit: "ms", bound: 2000, under: true, of: figure("1,000,000 CIDRs: load")},
	{what: "memory that this took at most", unit: "MiB", bound: 100, of: figure("1,000,000 CIDRs: resident at most")},
	{what: "look-up in it", unit: "ns", bound: 60, under: true, of: figure("1,000,000 CIDRs: look-up")},
	{what: "start on a capture of ten packets", unit: "ms", bound: 50, under: true, of: figure("start: ruleids run on ten packets")},
}

func figure(name string) func(*results) (float64, bool) {
	return func(r *results) (float64, bool) { return r.median(name) }
}

func rate(name string) func(*results) (float64, bool) {
	return func(r *results) (float64, bool) {
		ns, ok := r.median(name)
		return 1e9 / ns, ok
	}
}

func ratio(a, b string) func(*results) (float64, bool) {
	return func(r *results) (float64, bool) {
		x, okA := r.median(a)
		y, okB := r.median(b)
		return x / y, okA && okB
	}
}

func later(r *results) (float64, bool) {
	bounded, okA := r.median("spoofed: scanner found, default max_keys")
	unbounded, okB := r.median("spoofed: scanner found, unbounded")
	return bounded - unbounded, okA && okB
}

// reached reports whether a value keeps to the target.
func (t *target) reached(v float64) bool {
	switch {
	case t.least:
		return v >= t.bound
	case t.under:
		return v < t.bound
	}
	return v <= t.bound
}

// write writes a value of the target's unit.
func (t *target) write(v float64) string {
	switch t.unit {
	case "times":
		return fmt.Sprintf("%.2f times", v)
	case "packets/s":
		return thousands(v) + "/s"
	case "packets":
		return thousands(v)
	}
	return units[t.unit](v)
}

// limit writes the bound.
func (t *target) limit() string {
	word := "at most "
	switch {
	case t.unit == "yes":
		word = ""
	case t.least:
		word = "at least "
	case t.under:
		word = "under "
	}
	switch t.unit {
	case "ms", "MiB", "ns":
		return word + thousands(t.bound) + " " + t.unit
	}
	return word + t.write(t.bound)
}

// targets is the table of targets whose figures were taken.
func (r *results) targets() grid {
	g := grid{{"target", "bound", "measured", "reached"}}
	for _, t := range targets {
		v, ok := t.of(r)
		if !ok {
			continue
		}
		word := "no"
		if t.reached(v) {
			word = "yes"
		}
		g = append(g, []string{t.what, t.limit(), t.write(v), word})
	}
	return g
}
