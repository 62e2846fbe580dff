package printable

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// The exits of the program, each with what it makes of text from the wire.
func TestPrintable(t *testing.T) {
	for _, c := range []struct{ in, text, line, lines, word, cell string }{
		{"", "", "", "", `""`, ""},
		{"plain", "plain", "plain", "plain", "plain", "plain"},
		{"é日本😀�", "é日本😀�", "é日本😀�", "é日本😀�", "é日本😀�", "é日本😀�"},
		{`DOMAIN\user`, `DOMAIN\user`, `DOMAIN\user`, `DOMAIN\user`, `DOMAIN\user`, `DOMAIN\user`},
		{"\x1b[2J", `\x1b[2J`, `\x1b[2J`, `\x1b[2J`, `"\x1b[2J"`, `\x1b[2J`},
		{"\x00\a\x7f", `\x00\a\x7f`, `\x00\a\x7f`, `\x00\a\x7f`, `"\x00\a\x7f"`, `\x00\a\x7f`},
		{"\u009b31m", `\u009b31m`, `\u009b31m`, `\u009b31m`, `"\u009b31m"`, `\u009b31m`},
		{"\x9b\xff\xc0", `\x9b\xff\xc0`, `\x9b\xff\xc0`, `\x9b\xff\xc0`, `"\x9b\xff\xc0"`, `\x9b\xff\xc0`},
		{"a\u202a\u202b\u202c\u202d\u202eb", `a\u202a\u202b\u202c\u202d\u202eb`, `a\u202a\u202b\u202c\u202d\u202eb`, `a\u202a\u202b\u202c\u202d\u202eb`, `"a\u202a\u202b\u202c\u202d\u202eb"`, `a\u202a\u202b\u202c\u202d\u202eb`},
		{"\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`, `\u2066\u2067\u2068\u2069`, `\u2066\u2067\u2068\u2069`, `"\u2066\u2067\u2068\u2069"`, `\u2066\u2067\u2068\u2069`},
		{"\u200e\u200f\u200b\ufeff", `\u200e\u200f\u200b\ufeff`, `\u200e\u200f\u200b\ufeff`, `\u200e\u200f\u200b\ufeff`, `"\u200e\u200f\u200b\ufeff"`, `\u200e\u200f\u200b\ufeff`},
		{"a\u2028b\u2029c", `a\u2028b\u2029c`, "a b c", `a\u2028b\u2029c`, `"a\u2028b\u2029c"`, `a\u2028b\u2029c`},
		{"\U000e0000\U000e0041\U000e007f", `\U000e0000\U000e0041\U000e007f`, `\U000e0000\U000e0041\U000e007f`, `\U000e0000\U000e0041\U000e007f`, `"\U000e0000\U000e0041\U000e007f"`, `\U000e0000\U000e0041\U000e007f`},
		{" a \r\n\tb\rc\n", ` a \r\n\tb\rc\n`, "a b c", " a\n b\\rc\n", `" a \r\n\tb\rc\n"`, ` a \r\n\tb\rc\n`},
		{"a ip.src=8.8.8.8", "a ip.src=8.8.8.8", "a ip.src=8.8.8.8", "a ip.src=8.8.8.8", `"a ip.src=8.8.8.8"`, "a ip.src=8.8.8.8"},
		{`"`, `"`, `"`, `"`, `"\""`, `"`},
		{"a;b", "a;b", "a;b", "a;b", `"a;b"`, "a;b"},
		{"=1+1", "=1+1", "=1+1", "=1+1", `"=1+1"`, "'=1+1"},
		{"+1", "+1", "+1", "+1", "+1", "'+1"},
		{"-1", "-1", "-1", "-1", "-1", "'-1"},
		{"@SUM(A1)", "@SUM(A1)", "@SUM(A1)", "@SUM(A1)", `"@SUM(A1)"`, "'@SUM(A1)"},
		{"\t=1", `\t=1`, "=1", " =1", `"\t=1"`, `\t=1`},
		{"＝1", "＝1", "＝1", "＝1", "＝1", "'＝1"},
		{"＋1", "＋1", "＋1", "＋1", "＋1", "'＋1"},
		{"－1", "－1", "－1", "－1", "－1", "'－1"},
		{"＠1", "＠1", "＠1", "＠1", "＠1", "'＠1"},
	} {
		for _, exit := range []struct{ name, got, want string }{
			{"Text", Text(c.in), c.text}, {"Line", Line(c.in), c.line}, {"Lines", Lines(c.in), c.lines}, {"Word", Word(c.in), c.word},
			{"AppendCell", string(AppendCell([]byte("x,"), c.in)), "x," + c.cell}, {"Append", string(Append([]byte("x"), c.in)), "x" + c.text},
		} {
			if exit.got != exit.want {
				t.Errorf("%s of %q: got %s, want %s", exit.name, c.in, exit.got, exit.want)
			}
			if s := strings.ReplaceAll(exit.got, "\n", ""); !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
				t.Errorf("%s of %q lets through what does not print: %q", exit.name, c.in, exit.got)
			}
		}
		if again := Text(c.text); again != c.text {
			t.Errorf("Text of %q: got %q the second time", c.text, again)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"éé", 3, "é…"}, {"é", 1, "…"}, {"", 0, ""}} {
		if got := Clip(c.in, c.n); got != c.want {
			t.Errorf("Clip(%q, %d): got %q, want %q", c.in, c.n, got, c.want)
		}
	}
}
