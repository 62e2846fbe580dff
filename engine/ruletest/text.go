package ruletest

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/ruleids/ruleids/internal/ansi"
	"github.com/ruleids/ruleids/internal/printable"
)

// TextOptions say how WriteText writes.
type TextOptions struct {
	Color   bool // with the terminal's colours
	Verbose bool // every test, not only those that did not pass
}

// WriteText writes results for people: a line for each file, under it the tests that did not pass
// with all their problems, and a sum.
func WriteText(w io.Writer, results []Result, opt TextOptions) error {
	b := bufio.NewWriter(w)
	word := map[Status]string{Pass: ansi.Green.Paint("pass ", opt.Color), Fail: ansi.BoldRed.Paint("FAIL ", opt.Color), Error: ansi.BoldPurple.Paint("ERROR", opt.Color)}
	var total float64
	for from := 0; from < len(results); {
		to := from
		var seconds float64
		for to < len(results) && results[to].File == results[from].File {
			seconds += results[to].Seconds
			to++
		}
		total += seconds
		file := results[from:to]
		pass, fail, errors := Count(file)
		status := Pass
		switch {
		case errors > 0:
			status = Error
		case fail > 0:
			status = Fail
		}
		fmt.Fprintf(b, "%s %s  %s  %.2fs\n", word[status], printable.Text(file[0].File), sum(pass, fail, errors), seconds)
		for i := range file {
			r := &file[i]
			if r.Status == Pass && !opt.Verbose {
				continue
			}
			fmt.Fprintf(b, "      %s %s (line %d, %.2fs)\n", word[r.Status], printable.Text(r.Name), r.Line, r.Seconds)
			for _, p := range r.Problems {
				fmt.Fprintf(b, "            %s\n", strings.ReplaceAll(printable.Lines(p), "\n", "\n            "))
			}
		}
		from = to
	}
	pass, fail, errors := Count(results)
	if len(results) == 0 {
		fmt.Fprintln(b, "no tests")
	} else {
		fmt.Fprintf(b, "\n%s in %.2fs\n", sum(pass, fail, errors), total)
	}
	return b.Flush()
}

// sum writes numbers of tests, those that are zero left out.
func sum(pass, fail, errors int) string {
	var parts []string
	if pass > 0 || fail+errors == 0 {
		parts = append(parts, fmt.Sprintf("%d passed", pass))
	}
	if fail > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", fail))
	}
	if errors > 0 {
		parts = append(parts, fmt.Sprintf("%d could not run", errors))
	}
	return strings.Join(parts, ", ")
}
