package diag

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// SortedAttributes returns attributes in the order of their files.
func SortedAttributes(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hclsyntax.Attribute) int { return CompareRanges(a.NameRange, b.NameRange) })
}

// Unknown returns an error for each attribute and each block that a body has and may not have. What names
// the body at the beginning of a sentence, as "A rule block".
func Unknown(what string, body *hclsyntax.Body, attrs, blocks []string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	var unknown hclsyntax.Attributes // mostly none, so that nothing is sorted
	for name, a := range body.Attributes {
		if !slices.Contains(attrs, name) {
			if unknown == nil {
				unknown = hclsyntax.Attributes{}
			}
			unknown[name] = a
		}
	}
	for _, a := range SortedAttributes(unknown) {
		hint := known(a.Name, attrs)
		if slices.Contains(blocks, a.Name) {
			hint = fmt.Sprintf(" Write it as a block: %s { … }.", a.Name)
		}
		diags = append(diags, New(UnknownAttribute, a.NameRange, "%s has no attribute %q.%s", what, a.Name, hint))
	}
	for _, b := range body.Blocks {
		if slices.Contains(blocks, b.Type) {
			continue
		}
		hint := known(b.Type, blocks)
		if slices.Contains(attrs, b.Type) {
			hint = fmt.Sprintf(" Write it as an attribute: %s = ….", b.Type)
		}
		diags = append(diags, New(UnknownBlock, b.TypeRange, "%s has no block %q.%s", what, b.Type, hint))
	}
	return diags
}

// known says which name was meant, or else which names there are.
func known(name string, names []string) string {
	if s := DidYouMean(name, names); s != "" || len(names) == 0 {
		return s
	}
	return " It can have " + strings.Join(slices.Sorted(slices.Values(names)), ", ") + "."
}
