package fasthcl

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// heredoc reads a text on lines of its own between <<EOT or <<-EOT and EOT, with one line at least and without holes.
func (p *parser) heredoc() hclsyntax.Expression {
	start := p.pos()
	opener := []byte("<<")
	flush := bytes.HasPrefix(p.src[p.at:], []byte("<<-"))
	if flush {
		opener = []byte("<<-")
	}
	if !bytes.HasPrefix(p.src[p.at:], opener) {
		return nil
	}
	p.at += len(opener)
	marker, _ := p.ident()
	if marker == "" || p.at == len(p.src) || p.src[p.at] != '\n' {
		return nil
	}
	p.nextLine()
	begin := p.pos()
	var lines [][]byte
	for {
		n := bytes.IndexByte(p.src[p.at:], '\n')
		if n < 0 {
			return nil
		}
		line := p.src[p.at : p.at+n]
		if string(bytes.Trim(line, " ")) == marker {
			break
		}
		if !isPlainLine(line) {
			return nil
		}
		lines = append(lines, line)
		p.at += n
		p.nextLine()
	}
	if len(lines) == 0 {
		return nil
	}
	inner := hcl.Range{Filename: p.name, Start: begin, End: p.pos()}
	text := make([]byte, 0, inner.End.Byte-begin.Byte)
	margin := 0
	if flush {
		margin = marginOf(lines)
	}
	for i, line := range lines {
		if !isBlank(line) {
			line = line[margin:]
			if i == 0 {
				inner.Start.Column += margin
				inner.Start.Byte += margin
			}
		}
		text = append(append(text, line...), '\n')
	}
	p.at += bytes.IndexByte(p.src[p.at:], '\n')
	q := &quoted{literal: hclsyntax.LiteralValueExpr{Val: cty.StringVal(string(text)), SrcRange: inner}}
	q.parts[0] = &q.literal
	q.template = hclsyntax.TemplateExpr{Parts: q.parts[:], SrcRange: p.since(start)}
	return &q.template
}

// nextLine goes past the end of a line.
func (p *parser) nextLine() {
	p.at++
	p.line++
	p.left = p.at
}

// isPlainLine reports whether all characters of a line stand for themselves: $ and % do where something follows that is neither
// the beginning of a hole nor another of them.
func isPlainLine(line []byte) bool {
	for i, b := range line {
		if b < ' ' || b > '~' {
			return false
		}
		if b == '$' || b == '%' {
			if i+1 == len(line) || line[i+1] == '{' || line[i+1] == '$' || line[i+1] == '%' {
				return false
			}
		}
	}
	return true
}

func isBlank(line []byte) bool { return len(bytes.TrimLeft(line, " ")) == 0 }

// marginOf returns how many spaces all lines but blank ones begin with.
func marginOf(lines [][]byte) int {
	margin := -1
	for _, line := range lines {
		if n := len(line) - len(bytes.TrimLeft(line, " ")); n < len(line) && (margin < 0 || n < margin) {
			margin = n
		}
	}
	return max(margin, 0)
}
