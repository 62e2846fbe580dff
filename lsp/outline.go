package lsp

import (
	"maps"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/rules/format"
)

// kinds are the kinds of symbols in an outline (SymbolKind of the protocol).
var kinds = map[string]int{"rule": 5, "override": 5, "test": 12, "macro": 14, "list": 18, "variable": 13, "model": 5}

// A span is a block of a file that begins in one line and ends in another.
type span struct {
	kind, label string
	from, to    int // lines
	depth       int
}

// spans finds the blocks of a text, and heredocs.
func spans(text string) []span {
	var out []span
	var open []int
	var p place
	heredoc, begun := "", 0
	for n, line := range strings.Split(text, "\n") {
		if heredoc != "" {
			if strings.TrimSpace(line) == heredoc {
				out = append(out, span{from: begun, to: n, depth: len(p.blocks)})
				heredoc = ""
			}
			continue
		}
		if m := heredocStart.FindStringSubmatch(line); m != nil {
			heredoc, begun = m[1], n
			continue
		}
		before := len(p.blocks)
		p.nest(line)
		for i := before; i < len(p.blocks); i++ {
			open = append(open, len(out))
			out = append(out, span{kind: p.blocks[i], label: p.labels[i], from: n, to: n, depth: i})
		}
		for len(open) > len(p.blocks) {
			out[open[len(open)-1]].to = n
			open = open[:len(open)-1]
		}
	}
	return out
}

func (s *Server) folds(p documentParams) (any, error) {
	out := []foldingRange{}
	if d := s.docs[p.TextDocument.URI]; d != nil {
		for _, b := range spans(d.text) {
			if b.to > b.from {
				out = append(out, foldingRange{b.from, b.to})
			}
		}
	}
	return out, nil
}

func (s *Server) symbols(p documentParams) (any, error) {
	out := []documentSymbol{}
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return out, nil
	}
	w := s.recent()
	for _, b := range spans(d.text) {
		if b.depth > 0 || kinds[b.kind] == 0 || b.label == "" {
			continue
		}
		whole := Range{Position{b.from, 0}, d.position(d.offset(Position{b.to + 1, 0}, s.enc), s.enc)}
		line := d.rangeOf(d.lines[b.from], d.lineEnd(b.from), s.enc)
		x := documentSymbol{Name: b.label, Detail: b.kind, Kind: kinds[b.kind], Range: whole, SelectionRange: line}
		if r := w.rules[b.label]; r != nil && b.kind == "rule" {
			x.Detail = r.Severity.String()
		}
		out = append(out, x)
	}
	return out, nil
}

// lineEnd returns where a line ends.
func (d *document) lineEnd(line int) int {
	if line+1 < len(d.lines) {
		return d.lines[line+1] - 1
	}
	return len(d.text)
}

// workspaceSymbols are the rules, lists, macros, variables and models with a text in their names, in the order of their files.
func (s *Server) workspaceSymbols(p symbolParams) (any, error) {
	out := []symbolInformation{}
	w := s.recent()
	for _, path := range slices.Sorted(maps.Keys(w.files)) {
		d := w.files[path]
		for _, o := range d.names() {
			if o.declares && strings.Contains(strings.ToLower(o.name), strings.ToLower(p.Query)) {
				out = append(out, symbolInformation{o.name, kinds[o.kind], Location{d.uri, d.rangeOf(o.from, o.to, s.enc)}})
			}
		}
	}
	return out, nil
}

// replacement is the edit that makes a text of the document, of the lines that differ.
func (d *document) replacement(text string, enc encoding) TextEdit {
	from := 0
	for i := 0; i < len(text) && i < len(d.text) && text[i] == d.text[i]; i++ {
		if text[i] == '\n' {
			from = i + 1
		}
	}
	to := 0 // from the ends
	for i := 1; i <= min(len(text), len(d.text))-from && text[len(text)-i] == d.text[len(d.text)-i]; i++ {
		if text[len(text)-i] == '\n' {
			to = i - 1
		}
	}
	return TextEdit{d.rangeOf(from, len(d.text)-to, enc), text[from : len(text)-to]}
}

// format gives a file its canonical layout; one with mistakes is left as it is.
func (s *Server) format(p documentParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return []TextEdit{}, nil
	}
	text, diags := format.Source(d.path, []byte(d.text))
	if diags.HasErrors() || string(text) == d.text {
		return []TextEdit{}, nil
	}
	return []TextEdit{d.replacement(string(text), s.enc)}, nil
}
