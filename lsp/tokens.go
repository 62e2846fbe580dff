package lsp

import (
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// tokenTypes are the types of coloured words, of those that editors know.
var tokenTypes = []string{"property", "function", "macro", "variable", "keyword", "string", "number"}

const (
	tokenField = iota
	tokenFunction
	tokenMacro
	tokenVariable
	tokenKeyword
)

var operators = []string{"and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "true", "false"}

// tokens colours what stands in conditions: the rest of a file is HCL, which editors know.
func (s *Server) tokens(p documentParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	data := []int{}
	if d != nil {
		line, character := 0, 0
		w := s.recent()
		for _, t := range w.coloured(d.text) {
			at := d.position(t.from, s.enc)
			if at.Line != line {
				line, character, data = at.Line, 0, append(data, at.Line-line)
			} else {
				data = append(data, 0)
			}
			data = append(data, at.Character-character, d.position(t.to, s.enc).Character-at.Character, t.kind, 0)
			character = at.Character
		}
	}
	return map[string]any{"data": data}, nil
}

type coloured struct{ from, to, kind int }

// coloured finds the words of conditions that have a colour.
func (w *workspace) coloured(text string) []coloured {
	kinds := map[string]int{}
	for _, f := range packet.Fields() {
		kinds[f.Name] = tokenField
	}
	for _, f := range ast.Functions() {
		kinds[f.Name] = tokenFunction
	}
	for _, a := range ast.Aggregates() {
		kinds[a.Func.String()] = tokenFunction
	}
	for _, m := range w.set.Macros {
		kinds[m.Name] = tokenMacro
	}
	for _, o := range operators {
		kinds[o] = tokenKeyword
	}
	var out []coloured
	inText := func(from, to int) {
		part := text[from:to]
		inner := literals(part)
		for _, m := range plainName.FindAllStringIndex(part, -1) {
			if slices.ContainsFunc(inner, func(l [2]int) bool { return m[0] >= l[0] && m[0] < l[1] }) {
				continue
			}
			name := part[m[0]:m[1]]
			if kind, ok := kinds[name]; ok {
				out = append(out, coloured{from + m[0], from + m[1], kind})
			} else if strings.HasPrefix(name, "list.") || strings.HasPrefix(name, "var.") || name == "threshold" {
				out = append(out, coloured{from + m[0], from + m[1], tokenVariable})
			}
		}
	}
	conditionTexts(text, inText)
	return out
}

// conditionTexts calls f with the bytes of each line of each condition.
func conditionTexts(text string, f func(from, to int)) {
	for l, p := range lines(text) {
		switch {
		case l.mark:
		case l.heredoc:
			if p.inCondition(p.attribute) {
				f(l.from, l.to)
			}
		default:
			code := stripComment(text[l.from:l.to])
			for _, q := range quoted(code) {
				if here := p.along(code[:q[0]]); here.condition && !here.message {
					f(l.from+q[0], l.from+q[1])
				}
			}
		}
	}
}
