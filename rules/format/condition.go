package format

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// An edit replaces the bytes of a range.
type edit struct {
	from, to int
	text     []byte
}

// conditions returns src with the conditions in body's strings laid out.
func conditions(src []byte, body *hclsyntax.Body) []byte {
	var edits []edit
	for _, expr := range conditionExprs(body) {
		if e, ok := conditionEdit(src, expr); ok {
			edits = append(edits, e)
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(src[at:e.from])
		out.Write(e.text)
		at = e.to
	}
	out.Write(src[at:])
	return out.Bytes()
}

// conditionExprs returns the strings of a rule file that hold expressions of the language.
func conditionExprs(body *hclsyntax.Body) []hclsyntax.Expression {
	var out []hclsyntax.Expression
	add := func(b *hclsyntax.Body, names ...string) {
		for _, name := range names {
			if a := b.Attributes[name]; a != nil {
				out = append(out, a.Expr)
			}
		}
	}
	keys := func(b *hclsyntax.Body) {
		if by := b.Attributes["by"]; by != nil {
			if tuple, ok := by.Expr.(*hclsyntax.TupleConsExpr); ok {
				out = append(out, tuple.Exprs...)
			}
		}
	}
	for _, block := range body.Blocks {
		switch block.Type {
		case "macro":
			add(block.Body, "expr")
		case "model":
			add(block.Body, "where")
			if by := block.Body.Attributes["by"]; by != nil {
				if tuple, ok := by.Expr.(*hclsyntax.TupleConsExpr); ok {
					out = append(out, tuple.Exprs...)
				}
			}
			if features := block.Body.Attributes["features"]; features != nil {
				if object, ok := features.Expr.(*hclsyntax.ObjectConsExpr); ok {
					for _, item := range object.Items {
						out = append(out, item.ValueExpr)
					}
				}
			}
		case "rule", "override":
			add(block.Body, "where", "when")
			keys(block.Body)
			for _, inner := range block.Body.Blocks {
				switch inner.Type {
				case "window", "memory":
					for name, a := range inner.Body.Attributes {
						if name != "max_keys" && name != "learn" {
							out = append(out, a.Expr)
						}
					}
				case "level":
					add(inner.Body, "when")
				case "sequence":
					for _, step := range inner.Body.Blocks {
						add(step.Body, "where")
						keys(step.Body)
					}
				case "track":
					add(inner.Body, "value")
				case "except":
					add(inner.Body, "where")
				case "escalate":
					add(inner.Body, "indicator")
				default:
					add(inner.Body, "target")
				}
			}
		}
	}
	return out
}

// conditionEdit lays out the condition in a string literal or heredoc. It returns false where the
// text stays as it is: no literal, no valid expression, or nothing to change.
func conditionEdit(src []byte, expr hclsyntax.Expression) (edit, bool) {
	template, ok := expr.(*hclsyntax.TemplateExpr)
	if !ok {
		return edit{}, false
	}
	text, ok := literal(template)
	if !ok {
		return edit{}, false
	}
	rng := template.Range()
	old := rng.SliceBytes(src)
	var now []byte
	switch {
	case bytes.HasPrefix(old, []byte("<<")):
		now, ok = heredoc(old, text, indentOf(src, rng))
	case strings.ContainsRune(text, '\n'):
		return edit{}, false // written with \n: there is no layout that reads well
	default:
		now, ok = quoted(text)
	}
	if !ok || bytes.Equal(old, now) {
		return edit{}, false
	}
	// HCL must read back an expression that parses to the same tree.
	back, diags := hclsyntax.ParseExpression(append(slices.Clip(now), '\n'), rng.Filename, hcl.InitialPos)
	if diags.HasErrors() {
		return edit{}, false
	}
	template, ok = back.(*hclsyntax.TemplateExpr)
	if !ok {
		return edit{}, false
	}
	got, ok := literal(template)
	if !ok || !sameTree(text, got) {
		return edit{}, false
	}
	return edit{rng.Start.Byte, rng.End.Byte, now}, true
}

// literal returns the value of a template without interpolations.
func literal(template *hclsyntax.TemplateExpr) (string, bool) {
	var b strings.Builder
	for _, part := range template.Parts {
		lit, ok := part.(*hclsyntax.LiteralValueExpr)
		if !ok || lit.Val.IsNull() || lit.Val.Type() != cty.String {
			return "", false
		}
		b.WriteString(lit.Val.AsString())
	}
	return b.String(), true
}

// quoted returns a condition of one line as a quoted HCL string.
func quoted(text string) ([]byte, bool) {
	lines, ok := layout(text)
	if !ok || len(lines) != 1 {
		return nil, false
	}
	return hclwrite.TokensForValue(cty.StringVal(lines[0].text)).Bytes(), true
}

// heredoc returns a condition as a heredoc, its lines two columns to the right of the line that
// opens it, and two more for each bracket that is open.
func heredoc(old []byte, text string, indent int) ([]byte, bool) {
	lines, ok := layout(text)
	if !ok {
		return nil, false
	}
	open, _, found := bytes.Cut(old, []byte("\n"))
	if !found {
		return nil, false
	}
	marker := strings.TrimSpace(strings.TrimLeft(string(open), "<-"))
	var b bytes.Buffer
	b.Write(bytes.TrimRight(open, " \t\r"))
	b.WriteByte('\n')
	for _, l := range lines {
		if l.text != "" {
			b.WriteString(strings.Repeat(" ", indent+2+2*l.depth))
			// The two openings of HCL templates are written doubled.
			b.WriteString(strings.NewReplacer("${", "$${", "%{", "%%{").Replace(l.text))
		}
		b.WriteByte('\n')
	}
	b.WriteString(strings.Repeat(" ", indent))
	b.WriteString(marker)
	return b.Bytes(), true
}

// indentOf counts the spaces before the first token of the line on which rng begins.
func indentOf(src []byte, rng hcl.Range) int {
	line := src[bytes.LastIndexByte(src[:rng.Start.Byte], '\n')+1 : rng.Start.Byte]
	return len(line) - len(bytes.TrimLeft(line, " "))
}
