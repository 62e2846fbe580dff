package fasthcl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxNesting is how deep brackets may be nested in a file. HCL's parser recurses without a bound, and
// a stack that overflows ends the program.
const maxNesting = 500

// tooDeep returns the bracket that is nested too deep. It looks at bytes first, and at tokens where
// those, which may be in strings, are too many.
func tooDeep(data []byte, name string) (hcl.Range, bool) {
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
		return hcl.Range{}, false
	}
	toks, _ := hclsyntax.LexConfig(data, name, hcl.InitialPos)
	depth = 0
	for _, t := range toks {
		switch t.Type {
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			if depth++; depth > maxNesting {
				return t.Range, true
			}
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace, hclsyntax.TokenTemplateSeqEnd:
			depth--
		}
	}
	return hcl.Range{}, false
}
