package lsp

import (
	"net/url"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An encoding says what the characters of positions are.
type encoding string

// The encodings of the protocol; a client that names none means utf16.
const (
	utf8Units  encoding = "utf-8"
	utf16Units encoding = "utf-16"
	utf32Units encoding = "utf-32"
)

// A document is the text of a file.
type document struct {
	uri     string
	path    string
	version int
	text    string
	lines   []int        // where each line begins
	found   []occurrence // the names in the text; nil until they are asked for
}

func newDocument(uri, text string, version int) *document {
	d := &document{uri: uri, path: pathOf(uri), version: version}
	d.set(text)
	return d
}

func (d *document) set(text string) {
	d.text, d.lines, d.found = text, append(d.lines[:0], 0), nil
	for i := range len(text) {
		if text[i] == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
}

// offset returns the byte at a position; what is beyond the end of a line or of the text is its end.
func (d *document) offset(p Position, enc encoding) int {
	if p.Line < 0 {
		return 0
	}
	if p.Line >= len(d.lines) {
		return len(d.text)
	}
	at := d.lines[p.Line]
	for units := p.Character; units > 0 && at < len(d.text) && d.text[at] != '\n'; {
		r, size := utf8.DecodeRuneInString(d.text[at:])
		if units -= enc.width(r, size); units < 0 {
			break // within a character: before it
		}
		at += size
	}
	return at
}

// position returns the position of a byte.
func (d *document) position(at int, enc encoding) Position {
	at = max(0, min(at, len(d.text)))
	line := sort.Search(len(d.lines), func(i int) bool { return d.lines[i] > at }) - 1
	units := 0
	for s := d.text[d.lines[line]:at]; s != ""; {
		r, size := utf8.DecodeRuneInString(s)
		units += enc.width(r, size)
		s = s[size:]
	}
	return Position{line, units}
}

func (d *document) rangeOf(from, to int, enc encoding) Range {
	return Range{d.position(from, enc), d.position(to, enc)}
}

// width is how many units a character of so many bytes takes.
func (e encoding) width(r rune, size int) int {
	switch e {
	case utf8Units:
		return size
	case utf32Units:
		return 1
	}
	return max(1, utf16.RuneLen(r)) // a byte that is no character stands for one
}

// edit applies a change; without a range it is the whole text.
func (d *document) edit(r *Range, text string, enc encoding) {
	if r == nil {
		d.set(text)
		return
	}
	from, to := d.offset(r.Start, enc), d.offset(r.End, enc)
	if to < from {
		from, to = to, from
	}
	d.set(d.text[:from] + text + d.text[to:])
}

// pathOf returns the path of a file URI, with slashes; the URI itself where it is of another kind, as of a text that was never saved.
func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return uri
	}
	p := u.Path
	if runtime.GOOS == "windows" {
		p = strings.TrimPrefix(p, "/")
	}
	return filepath.ToSlash(filepath.Clean(filepath.FromSlash(p)))
}

// uriOf returns the URI of a file.
func uriOf(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = filepath.ToSlash(abs)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
