package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// writeTable writes rows in columns two spaces apart, the first row being the headings. Columns of
// numbers go to the right. Each cell is passed through paint after it was padded.
func writeTable(w io.Writer, rows [][]string, paint func(row, col int, cell string) string) {
	widths := columnWidths(rows)
	for i, r := range rows {
		var line strings.Builder
		line.WriteString("  ")
		for c, cell := range r {
			pad := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
			switch {
			case isNumber(rows[1:], c):
				cell = pad + cell
			case c < len(r)-1:
				cell += pad
			}
			line.WriteString(paint(i, c, cell))
			if c < len(r)-1 {
				line.WriteString("  ")
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// writeColumns writes rows in columns two spaces apart, without headings.
func writeColumns(w io.Writer, rows [][]string) {
	widths := columnWidths(rows)
	for _, r := range rows {
		var line strings.Builder
		for c, cell := range r {
			line.WriteString("  " + cell)
			if c < len(r)-1 {
				line.WriteString(strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell)))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, r := range rows {
		for c, cell := range r {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// isNumber reports whether every cell of a column is a whole number or empty. Addresses are not:
// they have dots or colons.
func isNumber(rows [][]string, c int) bool {
	for _, r := range rows {
		if strings.Trim(r[c], "0123456789,") != "" {
			return false
		}
	}
	return true
}
