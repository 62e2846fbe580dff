// Package ansi is the palette of the program's text on terminals.
package ansi

// A Style is an SGR sequence (ECMA-48, 8.3.117) that sets text off, made of the sixteen colours that every terminal maps
// to its own theme, but for yellow: that of most themes cannot be read on white, so it is number 136 of the 256 colours of
// xterm, which is dark enough for white and light enough for black.
type Style string

// The styles in use.
const (
	Bold       Style = "\x1b[1m"
	Dim        Style = "\x1b[2m"
	Red        Style = "\x1b[31m"
	Green      Style = "\x1b[32m"
	Yellow     Style = "\x1b[38;5;136m"
	Magenta    Style = "\x1b[35m"
	Cyan       Style = "\x1b[36m"
	BoldRed    Style = "\x1b[1;31m"
	BoldYellow Style = "\x1b[1;38;5;136m"
	BoldPurple Style = "\x1b[1;35m"
	WhiteOnRed Style = "\x1b[1;97;41m"

	Reset Style = "\x1b[0m" // ends all others
)

// Paint returns text in the style where on is true, and text alone otherwise.
func (s Style) Paint(text string, on bool) string {
	if !on || text == "" {
		return text
	}
	return string(s) + text + string(Reset)
}
