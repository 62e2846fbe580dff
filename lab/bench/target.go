package main

import (
	"fmt"
	"strconv"
)

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
	{what: "the eight detectors as rules, against by hand", unit: " times", bound: 1.2, of: ratio("Mixed/rules=8 ns/packet", "Mixed/by=hand ns/packet")},
	{what: "shipped rules, from file to alerts", unit: " packets/s", bound: 5e6, least: true, of: scaled(1e9, -1, "Mixed/rules=stdlib ns/packet")},
	{what: "shipped rules, against read and decode", unit: " times", bound: 2.5, of: ratio("Mixed/rules=stdlib ns/packet", "Mixed/decode ns/packet")},
	{what: "1,000 more rules for other traffic, against none", unit: " times", bound: 1.15, of: ratio("Mixed/rules=stdlib+1000 ns/packet", "Mixed/rules=stdlib ns/packet")},
	{what: "10,000 more rules for other traffic, against none", unit: " times", bound: 1.5, of: ratio("Mixed/rules=stdlib+10000 ns/packet", "Mixed/rules=stdlib ns/packet")},
	{what: "1,000 more rules with windows that match, against none", unit: " times", bound: 1.5, of: ratio("Mixed/rules=stdlib+1000matching ns/packet", "Mixed/rules=stdlib ns/packet")},
	{what: "2,000 rules on names, against none", unit: " times", bound: 1.05, of: contents("2000names")},
	{what: "20,000 rules on names, against none", unit: " times", bound: 1.1, of: contents("20000names")},
	{what: "1,000 rules on payloads behind ports, against none", unit: " times", bound: 1.25, of: contents("1000behind")},
	{what: "10,000 rules on payloads behind ports, against none", unit: " times", bound: 1.5, of: contents("10000behind")},
	{what: "1,000 rules on all payloads, for a byte of them", unit: " ns", bound: 1.5, of: searched},
	{what: "a regular expression of 100 words, against the words", unit: " times", bound: 1.5, of: ratio("Contents/rules=stdlib+regexp ns/packet", "Contents/rules=stdlib+words ns/packet")},
	{what: "a list of 1,000,000 domains, against none", unit: " times", bound: 1.1, of: contents("domains")},
	{what: "7,000 rules of the shapes of a public set, against none", unit: " times", bound: 3, of: contents("7000public")},
	{what: "rules on conversations, against without, on mixed traffic", unit: " times", bound: 1.5, of: conversations("mixed")},
	{what: "and on conversations of a few packets", unit: " times", bound: 2, under: true, of: conversations("short")},
	{what: "throughput of two workers, against one", unit: " times", bound: 1.7, least: true, of: ratio("Mixed/rules=stdlib ns/packet", "Workers/n=2 ns/packet")},
	{what: "two workers give the same alerts, byte for byte", unit: " = yes", bound: 1, least: true, of: scaled(1, 1, "Workers/n=2 same")},
	{what: "spoofed: resident memory", unit: " MiB", bound: 256, under: true, of: scaled(1./(1<<20), 1, "Memory twice-B")},
	{what: "spoofed: packets by which the scanner is found later than without bounds", unit: " packets", bound: 0, of: later},
	{what: "spoofed: shipped rules, from file to alerts", unit: " packets/s", bound: 2e6, least: true, of: scaled(1e9, -1, "Spoofed/rules=stdlib ns/packet")},
	{what: "allocations per packet where nothing fires", unit: " allocs/packet", bound: 0, of: scaled(1, 1, "Benign allocs/packet")},
	{what: "10,000 rules loaded and compiled", unit: " ms", bound: 1000, under: true, of: scaled(1e-6, 1, "Load ns/op")},
	{what: "10,000 rules on contents loaded and compiled", unit: " ms", bound: 1500, of: scaled(1e-6, 1, "LoadContents ns/op")},
	{what: "list of 1,000,000 domains loaded", unit: " ms", bound: 2000, under: true, of: scaled(1e-6, 1, "Domains load-ns")},
	{what: "memory that this took at most", unit: " MiB", bound: 120e6 / (1 << 20), of: scaled(1./(1<<20), 1, "Domains peak-B")},
	{what: "list of 1,000,000 CIDRs loaded", unit: " ms", bound: 2000, under: true, of: scaled(1e-6, 1, "List load-ns")},
	{what: "memory that this took at most", unit: " MiB", bound: 100, of: scaled(1./(1<<20), 1, "List peak-B")},
	{what: "lookup in it", unit: " ns", bound: 60, under: true, of: scaled(1, 1, "List ns/lookup")},
	{what: "start on a capture of ten packets", unit: " ms", bound: 50, under: true, of: scaled(1e-6, 1, "Start ns/start")},
}

// scaled takes the median of a benchmark's unit, or one by it where power is -1, times a factor.
func scaled(factor, power float64, key string) func(*results) (float64, bool) {
	return func(r *results) (float64, bool) {
		v, ok := r.median(key)
		if power < 0 {
			v = 1 / v
		}
		return factor * v, ok
	}
}

func ratio(a, b string) func(*results) (float64, bool) {
	return func(r *results) (float64, bool) {
		x, okA := r.median(a)
		y, okB := r.median(b)
		return x / y, okA && okB
	}
}

// conversations compares the shipped rules with those that follow conversations and without.
func conversations(traffic string) func(*results) (float64, bool) {
	return ratio("Conversations/"+traffic+"/rules=with cpu-ns/packet", "Conversations/"+traffic+"/rules=without cpu-ns/packet")
}

// contents compares rules on contents with the shipped ones alone.
func contents(name string) func(*results) (float64, bool) {
	return ratio("Contents/rules=stdlib+"+name+" ns/packet", "Contents/rules=stdlib ns/packet")
}

// searched is what a byte of payload takes on top.
func searched(r *results) (float64, bool) {
	with, okA := r.median("Contents/rules=stdlib+1000ungated ns/packet")
	without, okB := r.median("Contents/rules=stdlib ns/packet")
	bytes, okC := r.median("Contents/payload B/packet")
	return (with - without) / bytes, okA && okB && okC
}

func later(r *results) (float64, bool) {
	bounded, okA := r.median("Scanner/max_keys=default packet")
	unbounded, okB := r.median("Scanner/max_keys=unbounded packet")
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

// write writes a value with the target's unit: to three digits, and whole where it is large.
func (t *target) write(v float64) string {
	if v < 1000 {
		return strconv.FormatFloat(v, 'g', 3, 64) + t.unit
	}
	return thousands(v) + t.unit
}

// limit writes the bound.
func (t *target) limit() string {
	word := "at most "
	switch {
	case t.least:
		word = "at least "
	case t.under:
		word = "under "
	}
	return word + t.write(t.bound)
}

// thousands writes a whole number with commas.
func thousands(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
