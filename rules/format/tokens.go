package format

import (
	"strings"

	"github.com/expr-lang/expr/parser/lexer"
)

// A printer writes elements with the spaces that belong between them.
type printer struct {
	lines []line
	buf   strings.Builder
	stack []bracket
	prev  element
	unary bool // prev is a sign before an operand
	note  bool // a comment was written last
	first bool // nothing was written yet
}

// A bracket is one that is open, or the expression as a whole.
type bracket struct {
	index   bool // x[…]
	pending int  // question marks that await their colon
}

// layoutTokens lays out an expression. Line breaks stay where they are: at most one blank line in a
// row, none at either end.
func layoutTokens(text string) ([]line, bool) {
	elems, ok := elements(text)
	if !ok || len(elems) == 0 {
		return nil, false
	}
	p := &printer{stack: []bracket{{}}, first: true}
	for _, e := range elems {
		p.print(e)
	}
	p.endLine()
	return p.lines, true
}

func (p *printer) print(e element) {
	operand := p.operandBefore()
	unary := e.kind == lexer.Operator && (e.text == "-" || e.text == "+") && !operand
	index := e.text == "[" && operand
	closing := e.kind == lexer.Bracket && strings.Contains(")]}", e.text)
	space := p.space(e, index)

	switch {
	case p.first:
	case e.newline > 0:
		p.endLine()
		if e.newline > 1 {
			p.lines = append(p.lines, line{})
		}
	case space:
		p.buf.WriteByte(' ')
	}
	if closing && len(p.stack) > 1 {
		p.stack = p.stack[:len(p.stack)-1]
	}
	if p.buf.Len() == 0 {
		p.lines = append(p.lines, line{depth: len(p.stack) - 1})
	}
	p.buf.WriteString(e.text)

	top := &p.stack[len(p.stack)-1]
	switch {
	case e.kind == lexer.Bracket && !closing:
		p.stack = append(p.stack, bracket{index: index})
	case e.kind == lexer.Operator && e.text == "?":
		top.pending++
	case e.kind == lexer.Operator && e.text == ":" && top.pending > 0:
		top.pending--
		e.text = "?:" // what comes after it must know it from the colon of a slice
	}
	p.first = false
	p.note = e.kind == ""
	if !p.note {
		p.prev, p.unary = e, unary
	}
}

// endLine puts what was written into the line that was begun for it.
func (p *printer) endLine() {
	if len(p.lines) > 0 {
		p.lines[len(p.lines)-1].text = p.buf.String()
	}
	p.buf.Reset()
}

// operandBefore reports whether what was written last ends an operand, so that a sign or a bracket
// that follows belongs to it.
func (p *printer) operandBefore() bool {
	switch p.prev.kind {
	case lexer.Identifier, lexer.Number, lexer.String, lexer.Bytes:
		return true
	case lexer.Bracket:
		return strings.Contains(")]}", p.prev.text)
	}
	return false
}

// space reports whether a space goes before e on the same line.
func (p *printer) space(e element, index bool) bool {
	prev, top := p.prev, p.stack[len(p.stack)-1]
	switch {
	case p.note:
		return true
	case prev.kind == lexer.Bracket && strings.Contains("([{", prev.text):
		return false
	case e.kind == "":
		return true
	case p.unary:
		return false
	case prev.kind == lexer.Operator && tight(prev.text):
		return false
	case prev.kind == lexer.Operator && prev.text == ":":
		return !top.index
	case e.kind == lexer.Bracket:
		switch e.text {
		case ")", "]", "}":
			return false
		case "(":
			return prev.kind != lexer.Identifier
		case "[":
			return !index
		}
		return true
	case e.kind == lexer.Operator:
		switch {
		case tight(e.text), e.text == ",", e.text == ";":
			return false
		case e.text == ":":
			return top.pending > 0
		}
	}
	return true
}

// tight operators stand without spaces around them.
func tight(op string) bool {
	switch op {
	case ".", "?.", "..", "::":
		return true
	}
	return false
}
