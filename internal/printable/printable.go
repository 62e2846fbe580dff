// Package printable makes text that others have a say in, such as names in packets and words of servers, safe to
// show: on a terminal, in a line of a log, in a cell of a spreadsheet, in a message to people.
//
// Safe text is valid UTF-8 of letters, marks, digits, punctuation, symbols and the space. Everything else is written
// as in a Go string: \n, \x1b, \u009b, \u202e, \U000e0041, and \xff for a byte that is not UTF-8. That covers the
// control characters C0, C1 and DEL, the characters that turn the direction of writing, line and paragraph separators,
// and invisible tags. A backslash stands for itself, so that DOMAIN\user stays what it is; so safe text of safe text
// is the same text.
package printable

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Append appends s as safe text of one line.
func Append(dst []byte, s string) []byte {
	for s != "" {
		n := prefix(s)
		dst, s = append(dst, s[:n]...), s[n:]
		if s == "" {
			break
		}
		_, size := utf8.DecodeRuneInString(s)
		// A quote stands on both sides; what is between does not need one itself.
		quoted := strconv.AppendQuote(dst, s[:size])
		dst = append(dst, quoted[len(dst)+1:len(quoted)-1]...)
		s = s[size:]
	}
	return dst
}

// Text returns s as safe text of one line.
func Text(s string) string {
	if prefix(s) == len(s) {
		return s
	}
	return string(Append(nil, s))
}

// Line returns s as safe text of one line in which each run of white space, line ends too, is one space.
func Line(s string) string { return Text(strings.Join(strings.Fields(s), " ")) }

// Lines returns s as safe text that keeps its line ends, as \n; a tab is a space, and no line ends in spaces.
func Lines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		text, ended := strings.CutSuffix(line, "\n")
		text = strings.TrimRight(strings.ReplaceAll(strings.TrimSuffix(text, "\r"), "\t", " "), " ")
		b.WriteString(Text(text))
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// AppendWord appends s as a word among others of a line: safe text, in quotes and as in a Go string where it is
// empty or has spaces or marks by which it could be taken for another part of the line.
func AppendWord(dst []byte, s string) []byte {
	if s != "" && prefix(s) == len(s) && !strings.ContainsAny(s, " \"[](),;=") {
		return append(dst, s...)
	}
	return strconv.AppendQuote(dst, s)
}

// Word returns what AppendWord appends.
func Word(s string) string { return string(AppendWord(nil, s)) }

// AppendCell appends s as safe text for a cell of a spreadsheet, unquoted. What a spreadsheet would run as a formula
// (CWE-1236), with full-width marks too, has a ' before it.
func AppendCell(dst []byte, s string) []byte {
	switch r, _ := utf8.DecodeRuneInString(s); r {
	case '=', '+', '-', '@', '＝', '＋', '－', '＠':
		dst = append(dst, '\'')
	}
	return Append(dst, s)
}

// Clip returns s where it has at most n bytes, and otherwise as many whole characters as n bytes hold, and an ellipsis.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// prefix is the number of bytes at the start of s that are safe as they stand.
func prefix(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
		if !strconv.IsPrint(r) {
			return i
		}
	}
	return len(s)
}
