package diag

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxNesting is how deep brackets may be nested in a file. HCL's parser recurses without a bound, and
// a stack that overflows ends the program.
const maxNesting = 500

// Parse parses a file as hclsyntax.ParseConfig does, but for brackets that are nested more than 500 deep, which
// give an error and an empty file, and for blocks on one line, which may have several attributes. The file is never nil, and its body is a *hclsyntax.Body.
func Parse(data []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if d := TooDeep(data, name); d != nil {
		f, _ := hclsyntax.ParseConfig(nil, name, hcl.InitialPos)
		f.Bytes = data
		return f, hcl.Diagnostics{d}
	}
	f, diags := hclsyntax.ParseConfig(data, name, hcl.InitialPos)
	if diags.HasErrors() {
		if g, others, ok := folded(data, name); ok {
			return g, others
		}
	}
	return f, diags
}

// TooDeep returns an error at the bracket that is nested too deep for a parser, or nil. It looks at bytes
// first, and at tokens where those, which may be in strings, are too many.
func TooDeep(data []byte, name string) *hcl.Diagnostic {
	depth, most := 0, 0
	for _, b := range data {
		switch b {
		case '(', '[', '{':
			depth++
			most = max(most, depth)
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
	}
	if most <= maxNesting {
		return nil
	}
	toks, _ := hclsyntax.LexConfig(data, name, hcl.InitialPos)
	depth = 0
	for _, t := range toks {
		switch t.Type {
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			if depth++; depth > maxNesting {
				return New(Syntax, t.Range, "Brackets are nested more than %d deep.", maxNesting)
			}
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			depth--
		}
	}
	return nil
}
