package ansi

import (
	"strings"
	"unicode/utf8"
)

// Columns returns how many columns of a terminal a line of text takes, SGR sequences being of no width.
func Columns(line string) int {
	n := 0
	for line != "" {
		if strings.HasPrefix(line, "\x1b[") {
			if end := strings.IndexByte(line, 'm'); end > 0 {
				line = line[end+1:]
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
		n++
	}
	return n
}

// Fold returns a line of text, without its newline, so that no line of the result is wider than width columns, but for
// words that are wider themselves. It breaks where columns are apart by two spaces or more, and within a column between
// words; what follows a break is indented. A line that fits is returned as it is.
func Fold(line string, width, indent int) string {
	if Columns(line) <= width {
		return line
	}
	if indent > width/2 {
		indent = width / 2
	}
	var b strings.Builder
	at := 0
	put := func(gap int, text string) {
		n := Columns(text)
		if at > indent && at+gap+n > width {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at, gap = indent, 0
		}
		b.WriteString(strings.Repeat(" ", gap) + text)
		at += gap + n
	}
	for first := true; line != ""; first = false {
		text := strings.TrimLeft(line, " ")
		gap := len(line) - len(text)
		cell := text
		if end := strings.Index(text, "  "); end >= 0 {
			cell = text[:end]
		}
		line = text[len(cell):]
		n := Columns(cell)
		switch {
		case at+gap+n <= width || !first && indent+n <= width:
			put(gap, cell)
		default: // the cell does not fit into a line of its own
			for i, word := range strings.Split(cell, " ") {
				put([]int{gap, 1}[min(i, 1)], word)
			}
		}
	}
	return b.String()
}
