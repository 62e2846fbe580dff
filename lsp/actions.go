package lsp

import (
	"slices"
	"strings"

	"github.com/ruleids/ruleids/rules/lint"
)

// actions are the fixes of diagnostics: what was suggested, and a comment that silences a finding that is a matter of judgement.
func (s *Server) actions(p codeActionParams) (any, error) {
	out := []codeAction{}
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return out, nil
	}
	ignorable := lint.IgnoreCodes()
	for _, x := range p.Context.Diagnostics {
		if x.Data != nil && x.Data.Suggestion != "" {
			out = append(out, codeAction{
				Title: "Write " + x.Data.Suggestion, Kind: "quickfix", Diagnostics: []Diagnostic{x}, IsPreferred: true,
				Edit: WorkspaceEdit{map[string][]TextEdit{d.uri: {{d.inside(x.Range, s.enc), x.Data.Suggestion}}}},
			})
		}
		if slices.Contains(ignorable, x.Code) {
			line := d.text[d.lines[min(x.Range.Start.Line, len(d.lines)-1)]:]
			indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
			at := Position{x.Range.Start.Line, 0}
			out = append(out, codeAction{
				Title: "Silence " + x.Code + " here", Kind: "quickfix", Diagnostics: []Diagnostic{x},
				Edit: WorkspaceEdit{map[string][]TextEdit{d.uri: {{Range{at, at}, indent + "# lint:ignore " + x.Code + " say why\n"}}}},
			})
		}
	}
	return out, nil
}

// inside is a range without the quotes around it.
func (d *document) inside(r Range, enc encoding) Range {
	from, to := d.offset(r.Start, enc), d.offset(r.End, enc)
	if to-from >= 2 && (d.text[from] == '"' || d.text[from] == '\'') && d.text[to-1] == d.text[from] {
		return d.rangeOf(from+1, to-1, enc)
	}
	return r
}
