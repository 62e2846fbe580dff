package format

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Interpolations are the parts of strings that were written over several lines, ${…}, each under the text that stands for it
// while the lines around it are laid out. hclwrite takes their brackets for those of the file, and would move them, and
// what follows them.
type interpolations []struct{ text, standIn []byte }

// shorten returns src with a text of one line for each interpolation of several lines.
func shorten(name string, src []byte) ([]byte, interpolations) {
	if !bytes.Contains(src, []byte("${")) {
		return src, nil
	}
	prefix := []byte("interpolation")
	for bytes.Contains(src, prefix) {
		prefix = append(prefix, '_')
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	var (
		out   []byte
		kept  interpolations
		done  int // bytes of src that are in out
		depth int
		from  hcl.Pos
	)
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			if depth == 0 {
				from = t.Range.Start
			}
			depth++
		case hclsyntax.TokenTemplateSeqEnd:
			if depth--; depth != 0 || from.Line == t.Range.End.Line || src[from.Byte] != '$' {
				continue
			}
			standIn := fmt.Appendf(nil, "${%s%d_}", prefix, len(kept))
			kept = append(kept, struct{ text, standIn []byte }{src[from.Byte:t.Range.End.Byte], standIn})
			out = append(append(out, src[done:from.Byte]...), standIn...)
			done = t.Range.End.Byte
		}
	}
	return append(out, src[done:]...), kept
}

// restore returns src with the interpolations as they were written.
func (kept interpolations) restore(src []byte) []byte {
	for _, k := range kept {
		src = bytes.Replace(src, k.standIn, k.text, 1)
	}
	return src
}
