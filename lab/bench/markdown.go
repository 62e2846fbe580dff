package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// Results stand between these lines of a page.
const (
	resultsBegin = "<!-- results: begin, written by: make bench-docs -->\n"
	resultsEnd   = "<!-- results: end -->\n"
)

// A setting is what results were taken under.
type setting struct {
	machine, revision, date, command, traffic string
}

// markdown returns the results as a part of a page.
func (r *results) markdown(s setting) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- Machine: %s.\n- Revision: %s.\n- Date: %s.\n- Command: `%s`.\n- Traffic: %s.\n", s.machine, s.revision, s.date, s.command, s.traffic)
	for _, n := range r.notes() {
		b.WriteString("- " + n + "\n")
	}
	b.WriteString("\n" + r.targets().markdown() + "\n" + r.figures().markdown())
	return b.String()
}

// place puts the results between the marks of a page.
func place(page []byte, results string) ([]byte, error) {
	before, rest, ok := bytes.Cut(page, []byte(resultsBegin))
	_, after, ok2 := bytes.Cut(rest, []byte(resultsEnd))
	if !ok || !ok2 {
		return nil, fmt.Errorf("the page has no place for results: put these two lines where they belong:\n%s%s", resultsBegin, resultsEnd)
	}
	return bytes.Join([][]byte{before, []byte(resultsBegin), []byte("\n" + results + "\n"), []byte(resultsEnd), after}, nil), nil
}

// writeResults puts the results in a page.
func writeResults(name, results string) error {
	page, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	page, err = place(page, results)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, page, 0o644)
}
