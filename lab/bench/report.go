package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// Results stand between these lines of a page.
const (
	resultsBegin = "<!-- results: begin, written by: make bench-docs -->\n"
	resultsEnd   = "<!-- results: end -->\n"

	constructsBegin = "<!-- constructs: begin, written by: make bench-docs -->\n"
	constructsEnd   = "<!-- constructs: end -->\n"
)

// report prints benchstat's table of the results in a file, and which targets they reach.
func report(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("bench report", flag.ExitOnError)
	page := fs.String("page", "", "write both between the marks of this `file`, too")
	_ = fs.Parse(args) // it exits on errors
	if fs.NArg() != 1 {
		return fmt.Errorf("name one file with results of go test -bench, not %q", fs.Args())
	}
	f, err := os.Open(fs.Arg(0))
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := read(f, fs.Arg(0))
	if err != nil {
		return err
	}
	table, err := output(exec.CommandContext(ctx, "go", "tool", "benchstat", fs.Arg(0)))
	if err != nil {
		return err
	}
	text, constructs := r.markdown()+"\n```text\n"+string(table)+"```\n", r.constructTable()
	fmt.Print(text, constructs)
	if *page == "" {
		return nil
	}
	old, err := os.ReadFile(*page)
	if err != nil {
		return err
	}
	changed := old
	if constructs != "" {
		if changed, err = place(changed, resultsOf(r, constructs), constructsBegin, constructsEnd); err != nil {
			return fmt.Errorf("%s: %w", *page, err)
		}
	}
	if !r.only("Constructs/") {
		if changed, err = place(changed, text, resultsBegin, resultsEnd); err != nil {
			return fmt.Errorf("%s: %w", *page, err)
		}
	}
	return os.WriteFile(*page, changed, 0o644)
}

// results are the values of benchmarks, by name and unit, and what they were taken on.
type results struct {
	values map[string][]float64 // of "name unit"
	config []string             // as "key: value"
}

// read reads results in the format of go test -bench.
func read(from io.Reader, name string) (*results, error) {
	out := &results{values: map[string][]float64{}}
	in := benchfmt.NewReader(from, name)
	for in.Scan() {
		switch rec := in.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, rec
		case *benchfmt.Result:
			out.config = out.config[:0]
			for _, c := range rec.Config {
				out.config = append(out.config, c.Key+": "+string(c.Value))
			}
			for _, v := range rec.Values {
				value, unit := asWritten(v)
				key := string(rec.Name) + " " + unit
				out.values[key] = append(out.values[key], value)
			}
		}
	}
	if len(out.values) == 0 && in.Err() == nil {
		return nil, fmt.Errorf("%s has no results of benchmarks", name)
	}
	return out, in.Err()
}

// asWritten returns a value in the unit that the benchmark wrote: benchfmt makes seconds of nanoseconds.
func asWritten(v benchfmt.Value) (value float64, unit string) {
	if v.OrigUnit != "" {
		return v.OrigValue, v.OrigUnit
	}
	return v.Value, v.Unit
}

// median returns the median of the values of a benchmark's unit, and whether there are any.
func (r *results) median(key string) (float64, bool) {
	v := r.values[key]
	return median(v), len(v) > 0
}

// markdown lists what the results were taken on, and the targets whose figures are among them.
func (r *results) markdown() string {
	var b strings.Builder
	for _, c := range r.config {
		b.WriteString("- " + c + "\n")
	}
	head := "\n| target | bound | measured | reached |\n| --- | ---: | ---: | ---: |\n"
	for _, t := range targets {
		v, ok := t.of(r)
		if !ok {
			continue
		}
		word := "no"
		if t.reached(v) {
			word = "yes"
		}
		fmt.Fprintf(&b, "%s| %s | %s | %s | %s |\n", head, t.what, t.limit(), t.write(v), word)
		head = ""
	}
	return b.String()
}

// resultsOf is a table with what it was taken on.
func resultsOf(r *results, table string) string {
	var b strings.Builder
	for _, c := range r.config {
		b.WriteString("- " + c + "\n")
	}
	return b.String() + "\n" + table
}

// only reports whether all results are of benchmarks whose names begin so.
func (r *results) only(begin string) bool {
	for key := range r.values {
		if !strings.HasPrefix(key, begin) {
			return false
		}
	}
	return true
}

// place puts results between marks of a page.
func place(page []byte, results, begin, end string) ([]byte, error) {
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return nil, fmt.Errorf("the page has no place for results: put these two lines where they belong:\n%s%s", begin, end)
	}
	return bytes.Join([][]byte{before, []byte(begin), []byte("\n" + results + "\n"), []byte(end), after}, nil), nil
}
