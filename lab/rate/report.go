package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A result is what was found of one kind of traffic.
type result struct {
	traffic  string
	size     int
	findings map[string][]finding // by program
}

// median returns the middle one of some findings, the lower of two.
func median(fs []finding) finding {
	fs = slices.Clone(fs)
	slices.SortFunc(fs, func(a, b finding) int { return cmp.Compare(a.rate, b.rate) })
	return fs[(len(fs)-1)/2]
}

// report prints a table of the medians, with the least and the most, and the ratio of the last program's to the
// first's.
func report(w io.Writer, stack string, programs []string, results []result) error {
	fmt.Fprintf(w, "\nhighest rate without loss in packets a second; the stack's work is done by the CPU of the %s\n", stack)
	fmt.Fprintln(w, "+ nothing was lost as fast as packets could be sent; ns of CPU are those that the receiver had for one packet")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "bytes\ttraffic\t")
	for _, p := range programs {
		fmt.Fprintf(t, "%s\tns of CPU\t", p)
	}
	fmt.Fprintln(t, "ratio\t")
	for _, r := range results {
		fmt.Fprintf(t, "%d\t%s\t", r.size, r.traffic)
		var medians []finding
		for _, p := range programs {
			fs := r.findings[p]
			m := median(fs)
			low := slices.MinFunc(fs, func(a, b finding) int { return cmp.Compare(a.rate, b.rate) })
			high := slices.MaxFunc(fs, func(a, b finding) int { return cmp.Compare(a.rate, b.rate) })
			fmt.Fprintf(t, "%s (%s-%s)\t%d\t", rateText(m), rateText(low), rateText(high), m.each.Nanoseconds())
			medians = append(medians, m)
		}
		if first, last := medians[0], medians[len(medians)-1]; len(medians) > 1 && first.rate > 0 {
			fmt.Fprintf(t, "%.2f\t", last.rate/first.rate)
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func rateText(f finding) string {
	s := fmt.Sprintf("%.2fM", f.rate/1e6)
	if f.unbounded {
		s += "+"
	}
	return s
}

// A verdict is what was checked, and how it came out.
type verdict struct {
	good bool
	text string
}

// tell prints verdicts and reports whether all are good.
func tell(w io.Writer, vs []verdict) bool {
	all := true
	for _, v := range vs {
		word := "ok  "
		if !v.good {
			word = "FAIL"
		}
		fmt.Fprintln(w, word, v.text)
		all = all && v.good
	}
	return all
}
