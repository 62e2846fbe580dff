package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{thousands(0), "0"},
		{thousands(999), "999"},
		{thousands(1000), "1,000"},
		{thousands(1234567), "1,234,567"},
		{byteSize(0), "0 B"},
		{byteSize(999), "999 B"},
		{byteSize(1000), "1.00 kB"},
		{byteSize(99_940), "99.9 kB"},
		{byteSize(99_960), "100 kB"},
		{byteSize(999_499), "999 kB"},
		{byteSize(999_500), "1.00 MB"},
		{byteSize(45_436_000), "45.4 MB"},
		{byteSize(1<<64 - 1), "18.4 EB"},
		{perSecond(10, 0), "0"},
		{perSecond(3_000_000, 2*time.Second), "1,500,000"},
		{plural(0, "alert"), "0 alerts"},
		{plural(1, "alert"), "1 alert"},
		{plural(1000, "packet"), "1,000 packets"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// TestTablesAreLinear writes a table as long as there may be decisions: each cell is looked at a fixed number of times.
func TestTablesAreLinear(t *testing.T) {
	rows := [][]string{{"id", "target"}}
	for i := range 100_000 {
		rows = append(rows, []string{fmt.Sprint(i), "192.0.2.1"})
	}
	var b strings.Builder
	painted := 0
	writeTable(&b, rows, func(_, _ int, cell string) string { painted++; return cell })
	if n := strings.Count(b.String(), "\n"); n != len(rows) || painted != 2*len(rows) {
		t.Errorf("%d lines, %d cells", n, painted)
	}
}
