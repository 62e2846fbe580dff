package ansi

import (
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	for _, c := range []struct {
		line          string
		width, indent int
		want          string
	}{
		{"  a  b", 6, 2, "  a  b"},
		{"", 10, 2, ""},
		{"one    two words  three", 16, 4, "one    two words\n    three"},
		{"key  a cell of several words that is long", 16, 4, "key  a cell of\n    several\n    words that\n    is long"},
		{"key  averyveryverylongword  x", 12, 2, "key\n  averyveryverylongword\n  x"},
		{"\x1b[31mred\x1b[0m  b  \x1b[2mdim text\x1b[0m", 11, 2, "\x1b[31mred\x1b[0m  b\n  \x1b[2mdim text\x1b[0m"},
		{"    where a and b and c", 12, 6, "    where a\n      and b\n      and c"},
		{"10.0.0.1 → 10.0.0.2  abc", 20, 2, "10.0.0.1 → 10.0.0.2\n  abc"},
	} {
		got := Fold(c.line, c.width, c.indent)
		if got != c.want {
			t.Errorf("%q at %d gives %q, want %q", c.line, c.width, got, c.want)
		}
		for l := range strings.SplitSeq(got, "\n") {
			if Columns(l) > c.width && len(strings.Fields(l)) > 1 {
				t.Errorf("%q is wider than %d", l, c.width)
			}
		}
	}
}
