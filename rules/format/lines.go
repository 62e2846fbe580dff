package format

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/rules/fasthcl"
)

// blankLines returns src with at most one blank line in a row, none at the start and the end of the
// file or of a block, one between the blocks of the file, and one newline at the end. Lines inside a
// heredoc or a comment of several lines are not touched.
func blankLines(name string, src []byte) []byte {
	lines := bytes.Split(bytes.TrimRight(src, " \t\n"), []byte("\n"))
	within, opens, closes := classify(name, src, len(lines))
	ends := blockEnds(name, src)

	var out bytes.Buffer
	blank := false // a blank line is due before the next line
	for i, line := range lines {
		if within[i] {
			out.Write(line)
			out.WriteByte('\n')
			continue
		}
		line = bytes.TrimRight(line, " \t")
		if len(line) == 0 {
			blank = out.Len() > 0
			continue
		}
		afterOpen := i > 0 && opens[lastLine(lines, within, i)]
		if blank && !afterOpen && !closes[i] {
			out.WriteByte('\n')
		}
		out.Write(line)
		out.WriteByte('\n')
		blank = ends[i]
	}
	return out.Bytes()
}

// lastLine is the index of the last line before i that is not blank.
func lastLine(lines [][]byte, within []bool, i int) int {
	for i--; i > 0 && !within[i] && len(bytes.TrimSpace(lines[i])) == 0; i-- {
	}
	return i
}

// classify tells of each line whether it begins inside a token that spans lines, ends by opening a
// bracket, and begins by closing one.
func classify(name string, src []byte, n int) (within, opens, closes []bool) {
	within, opens, closes = make([]bool, n), make([]bool, n), make([]bool, n)
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	heredoc := 0 // the line that the heredoc at hand begins on
	prevLine := -1
	for _, t := range tokens {
		first, last := t.Range.Start.Line-1, t.Range.End.Line-1
		switch t.Type {
		case hclsyntax.TokenEOF:
			continue
		case hclsyntax.TokenNewline:
			continue
		case hclsyntax.TokenOHeredoc:
			heredoc = first
		case hclsyntax.TokenCHeredoc:
			mark(within, heredoc+1, last)
		case hclsyntax.TokenComment:
			if t.Bytes[len(t.Bytes)-1] == '\n' {
				last-- // a line comment holds its newline
			}
			mark(within, first+1, last)
		}
		if first < n {
			switch t.Type {
			case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen:
				opens[first] = true
			case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen:
				opens[first] = false
				closes[first] = closes[first] || first != prevLine
			case hclsyntax.TokenComment: // may follow the bracket that ends a line
			default:
				opens[first] = false
			}
		}
		prevLine = last
	}
	return within, opens, closes
}

func mark(lines []bool, from, to int) {
	for i := from; i <= to && i < len(lines); i++ {
		lines[i] = true
	}
}

// blockEnds returns the lines after which the file needs a blank line: those that end a block of
// the file, and those that end what stands before one.
func blockEnds(name string, src []byte) map[int]bool {
	file, diags := fasthcl.Parse(src, name)
	ends := map[int]bool{}
	if diags.HasErrors() {
		return ends
	}
	body := file.Body.(*hclsyntax.Body)
	starts := map[int]bool{}
	for _, b := range body.Blocks {
		starts[b.TypeRange.Start.Line-1] = true
		ends[b.CloseBraceRange.End.Line-1] = true
	}
	for _, a := range body.Attributes {
		// A blank line goes between an attribute and the block on the next line.
		if last := a.Expr.Range().End.Line - 1; starts[last+1] {
			ends[last] = true
		}
	}
	return ends
}
