package rules

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
)

// An Ignore is a comment `# lint:ignore CODE reason`. It silences diagnostics with the code in the
// attribute or block on its own line, or on the line of code that follows it.
type Ignore struct {
	Code, Reason string
	Range        hcl.Range // of the comment
	Used         bool      // Load left out a diagnostic for it
	file         string
	from, to     int // lines
}

const ignoreWord = "lint:ignore"

// IgnoreFor returns the comment that silences diagnostics with a code at a place, or nil. Codes that
// are no judgement (Code.Judgement) are never silenced.
func (rs *RuleSet) IgnoreFor(code string, rng hcl.Range) *Ignore {
	if c, ok := diag.ByName(code); ok && !c.Judgement {
		return nil
	}
	for _, ig := range rs.Ignores {
		if ig.Code == code && ig.file == rng.Filename && ig.from <= rng.Start.Line && rng.Start.Line <= ig.to {
			return ig
		}
	}
	return nil
}

// silenced reports whether a comment silences a diagnostic, and notes that it does.
func (rs *RuleSet) silenced(d *hcl.Diagnostic) bool {
	if d.Subject == nil {
		return false
	}
	ig := rs.IgnoreFor(diag.CodeOf(d), *d.Subject)
	if ig == nil {
		return false
	}
	ig.Used = true
	return true
}

// ignores finds the comments in all files, and reports those that say nothing.
func (l *loader) ignores() []*Ignore {
	var out []*Ignore
	for _, f := range l.files {
		if !bytes.Contains(f.bytes, []byte(ignoreWord)) {
			continue
		}
		toks, _ := hclsyntax.LexConfig(f.bytes, f.name, hcl.InitialPos)
		ends := itemEnds(f.body)
		for i, t := range toks {
			if t.Type != hclsyntax.TokenComment {
				continue
			}
			text := strings.TrimSpace(strings.TrimLeft(strings.TrimSuffix(strings.TrimSpace(string(t.Bytes)), "*/"), "#/*"))
			rest, ok := strings.CutPrefix(text, ignoreWord)
			if !ok {
				continue
			}
			ig := &Ignore{Range: t.Range, file: f.name}
			if strings.HasSuffix(string(t.Bytes), "\n") { // a line's comment holds its end
				ig.Range.End = hcl.Pos{Line: t.Range.Start.Line, Column: t.Range.Start.Column + len([]rune(strings.TrimRight(string(t.Bytes), "\r\n"))), Byte: t.Range.End.Byte - 1}
			}
			words := strings.Fields(rest)
			if len(words) > 0 {
				ig.Code, ig.Reason = words[0], strings.Join(words[1:], " ")
			}
			if !l.goodIgnore(ig) {
				continue
			}
			ig.from = t.Range.Start.Line
			if alone(toks, i) {
				ig.from = nextLine(toks, i)
			}
			ig.to = max(ig.from, ends[ig.from])
			out = append(out, ig)
		}
	}
	return out
}

func (l *loader) goodIgnore(ig *Ignore) bool {
	judgements := l.opt.LintCodes
	for _, c := range diag.Codes() {
		if c.Judgement {
			judgements = append(judgements[:len(judgements):len(judgements)], c.Name)
		}
	}
	known := false
	for _, j := range judgements {
		known = known || j == ig.Code
	}
	c, ours := diag.ByName(ig.Code)
	switch {
	case ig.Code == "":
		l.report(diag.BadIgnore, ig.Range, "The comment names no code. Write # lint:ignore CODE reason.")
	case ours && !c.Judgement:
		l.report(diag.BadIgnore, ig.Range, "%q is an error that cannot be silenced.", ig.Code)
	case !known && l.opt.LintCodes != nil:
		l.report(diag.BadIgnore, ig.Range, "There is no code %q.%s", ig.Code, diag.DidYouMean(ig.Code, judgements))
	case ig.Reason == "":
		l.report(diag.BadIgnore, ig.Range, "The comment gives no reason. Write # lint:ignore %s reason.", ig.Code)
	default:
		return true
	}
	return false
}

// itemEnds maps the first line of every attribute and block to its last line.
func itemEnds(body *hclsyntax.Body) map[int]int {
	ends := map[int]int{}
	var walk func(*hclsyntax.Body)
	walk = func(b *hclsyntax.Body) {
		for _, a := range b.Attributes {
			ends[a.SrcRange.Start.Line] = max(ends[a.SrcRange.Start.Line], a.SrcRange.End.Line)
		}
		for _, h := range b.Blocks {
			rng := h.Range()
			ends[rng.Start.Line] = max(ends[rng.Start.Line], rng.End.Line)
			walk(h.Body)
		}
	}
	walk(body)
	return ends
}

// alone reports whether no code stands before a comment on its line.
func alone(toks hclsyntax.Tokens, i int) bool {
	for j := i - 1; j >= 0 && toks[j].Range.End.Line == toks[i].Range.Start.Line; j-- {
		switch toks[j].Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			if toks[j].Range.Start.Line != toks[i].Range.Start.Line {
				return true
			}
		default:
			return false
		}
	}
	return true
}

// nextLine returns the line of the first code behind a comment.
func nextLine(toks hclsyntax.Tokens, i int) int {
	for _, t := range toks[i+1:] {
		switch t.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
		default:
			return t.Range.Start.Line
		}
	}
	return toks[i].Range.Start.Line
}
