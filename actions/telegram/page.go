package telegram

import (
	"html"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/ruleids/ruleids/internal/printable"
)

// maxText is the limit for the text of a message, in UTF-16 code units once its entities are parsed:
// https://core.telegram.org/bots/api#sendmessage
const maxText = 4096

// A page is the text of a message in Telegram's HTML (https://core.telegram.org/bots/api#html-style). What is added
// is escaped, and cut where it is longer than the room that is left.
type page struct {
	b     strings.Builder
	room  int // UTF-16 code units
	ended bool
}

func newPage(room int) *page { return &page{room: room} }

// String returns the HTML.
func (p *page) String() string { return strings.TrimRight(p.b.String(), "\n") }

// put adds text within a tag; "" for none. A text that is cut ends in "…", and is the last one.
func (p *page) put(tag, s string) {
	if p.ended || s == "" {
		return
	}
	text, whole := fit(s, p.room)
	p.ended = !whole
	p.room -= units(text)
	if text == "" {
		return
	}
	if tag != "" {
		p.b.WriteString("<" + tag + ">")
	}
	p.b.WriteString(html.EscapeString(text))
	if tag != "" {
		p.b.WriteString("</" + tag + ">")
	}
}

func (p *page) plain(s string) *page { p.put("", s); return p }
func (p *page) bold(s string) *page  { p.put("b", s); return p }

// code adds what others have a say in. Clients make no links, mentions and commands of it.
func (p *page) code(s string) *page { p.put("code", s); return p }

// block adds a text of several lines that others have a say in.
func (p *page) block(s string) *page { p.put("pre", s); return p }

// units counts UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// fit returns as much of a text as has room, in UTF-16 code units, and whether that is all of it.
func fit(s string, room int) (text string, whole bool) {
	if units(s) <= room {
		return s, true
	}
	const mark = "…" // one unit
	n := 0
	for i, r := range s {
		n += utf16.RuneLen(r)
		if n > room-1 {
			if room < 1 {
				return "", false
			}
			return s[:i] + mark, false
		}
	}
	return s, true
}

// clean makes a text of someone else safe for one line, of at most limit UTF-16 units.
func clean(s string, limit int) string {
	s, _ = fit(printable.Line(s), limit)
	return s
}

// cleanLines is clean for each line of a text; empty lines go.
func cleanLines(s string, limit int) string {
	lines := slices.DeleteFunc(strings.Split(printable.Lines(s), "\n"), func(l string) bool { return l == "" })
	s, _ = fit(strings.Join(lines, "\n"), limit)
	return s
}
