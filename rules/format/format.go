// Package format gives rule files their canonical layout, the conditions inside the strings too.
//
// Layout is all that changes. Every step is checked before it is kept: the HCL tokens must stay the
// same, and a condition must parse to the same tree. What cannot be laid out safely stays as it was
// written.
package format

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/fasthcl"
)

// rounds bounds the search for a layout that a further round leaves alone. Two are enough for files
// that people write: a blank line that is taken away joins two groups of aligned attributes.
const rounds = 8

// Source returns src in canonical layout. Name is used in diagnostics only. A file that is not valid
// HCL is returned as it is, with diagnostics that say why; a condition that is not a valid
// expression is left as it is without a word, since lint tells of it.
//
// A block on one line with several attributes gets a line for each. The layout is stable: Source of its own result is that result. Line endings become LF.
func Source(name string, src []byte) ([]byte, hcl.Diagnostics) {
	if _, diags := fasthcl.Parse(src, name); diags.HasErrors() {
		return src, diags
	}
	out := unix(src)
	if long, at := diag.Unfold(out, name); at != nil { // blocks with several attributes on one line get a line for each
		if _, diags := hclsyntax.ParseConfig(out, name, hcl.InitialPos); diags.HasErrors() {
			out = long
		}
	}
	seen := map[string]bool{}
	for range rounds {
		next, ok := round(name, out)
		if !ok {
			return src, nil
		}
		if next = unix(next); bytes.Equal(next, out) {
			return out, nil
		}
		// A layout that comes back a second time would go round for ever.
		if seen[string(next)] {
			return src, nil
		}
		seen[string(next)] = true
		out = next
	}
	return src, nil
}

// unix returns src with LF for every CRLF. Carriage returns before an LF, or at the end, all go, so
// that no new CRLF comes about.
func unix(src []byte) []byte {
	lines := bytes.Split(src, []byte("\n"))
	for i := range lines {
		lines[i] = bytes.TrimRight(lines[i], "\r")
	}
	return bytes.Join(lines, []byte("\n"))
}

// round lays src out once; ok is false when the result would not mean what src means.
func round(name string, src []byte) (out []byte, ok bool) {
	short, kept := shorten(name, src)
	out = kept.restore(blankLines(name, hclwrite.Format(short)))
	if !bytes.Equal(src, out) && !sameTokens(name, src, out) {
		return nil, false
	}
	file, diags := fasthcl.Parse(out, name)
	if diags.HasErrors() {
		return nil, false
	}
	laid := conditions(out, file.Body.(*hclsyntax.Body))
	if bytes.Equal(laid, out) {
		return out, true
	}
	if _, diags = fasthcl.Parse(laid, name); diags.HasErrors() {
		return nil, false
	}
	return laid, true
}

// sameTokens reports whether a and b differ in white space between tokens only.
func sameTokens(name string, a, b []byte) bool {
	x, y := significant(name, a), significant(name, b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].Type != y[i].Type || !bytes.Equal(tokenText(x[i]), tokenText(y[i])) {
			return false
		}
	}
	return true
}

// tokenText is what a token says besides its layout: the newline that ends a line comment, and the
// spaces before the marker that ends a heredoc, say nothing.
func tokenText(t hclsyntax.Token) []byte {
	switch t.Type {
	case hclsyntax.TokenComment, hclsyntax.TokenCHeredoc:
		return bytes.TrimSpace(t.Bytes)
	}
	return t.Bytes
}

// significant returns the tokens of src without newlines: where these begin or end a statement,
// the parse after the round tells.
func significant(name string, src []byte) []hclsyntax.Token {
	all, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	out := all[:0]
	for _, t := range all {
		if t.Type != hclsyntax.TokenNewline {
			out = append(out, t)
		}
	}
	return out
}
