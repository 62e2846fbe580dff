package diag

import (
	"reflect"
	"slices"
	"sort"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Unfold puts the attributes of blocks that stand on one line on lines of their own, as HCL wants them where there are
// several:
//
//	step "scan" { on = "alert"  by = ["ip.src"] }
//
// It returns the text with line breaks inserted, and where in that text they are, ascending; src and nil where there is
// nothing to do.
func Unfold(src []byte, name string) ([]byte, []int) {
	toks, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	var at []int // offsets in src before which a line break goes
	for i := range toks {
		if toks[i].Type == hclsyntax.TokenOBrace && opensBlock(toks, i) {
			at = append(at, breaks(toks, i)...)
		}
	}
	if at == nil {
		return src, nil
	}
	slices.Sort(at)
	at = slices.Compact(at)
	out := make([]byte, 0, len(src)+len(at))
	placed := make([]int, len(at))
	from := 0
	for i, n := range at {
		out = append(out, src[from:n]...)
		placed[i] = len(out)
		out = append(out, '\n')
		from = n
	}
	return append(out, src[from:]...), placed
}

// opensBlock reports whether a brace opens a block: in front of it is a name, with labels or without, at the start of a
// line or behind another brace.
func opensBlock(toks hclsyntax.Tokens, brace int) bool {
	i := brace - 1
	for i >= 0 && (toks[i].Type == hclsyntax.TokenCQuote || toks[i].Type == hclsyntax.TokenQuotedLit || toks[i].Type == hclsyntax.TokenOQuote) {
		i--
	}
	if i < 0 || toks[i].Type != hclsyntax.TokenIdent {
		return false
	}
	if i == 0 {
		return true
	}
	switch toks[i-1].Type {
	case hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenOBrace, hclsyntax.TokenCBrace:
		return true
	}
	return false
}

// breaks returns where line breaks go in a block that is closed on the line that it begins on and has several attributes.
func breaks(toks hclsyntax.Tokens, brace int) []int {
	out := []int{toks[brace].Range.End.Byte}
	attributes, depth := 0, 0
	for i := brace + 1; i+1 < len(toks); i++ {
		switch t := toks[i]; t.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenEOF:
			return nil
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			depth--
		case hclsyntax.TokenCBrace:
			if depth--; depth >= 0 {
				continue
			}
			if attributes < 2 {
				return nil
			}
			return append(out, t.Range.Start.Byte)
		case hclsyntax.TokenIdent:
			if depth == 0 && toks[i+1].Type == hclsyntax.TokenEqual {
				if attributes++; attributes > 1 {
					out = append(out, t.Range.Start.Byte)
				}
			}
		}
	}
	return nil
}

// folded parses a text with such blocks. Places are those of the text as it was given; ok is false where it has none.
func folded(src []byte, name string) (f *hcl.File, diags hcl.Diagnostics, ok bool) {
	text, placed := Unfold(src, name)
	if placed == nil {
		return nil, nil, false
	}
	f, diags = hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	r := replacer{src: src, placed: placed}
	for i := range src {
		if src[i] == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	r.visit(reflect.ValueOf(f.Body))
	for _, d := range diags {
		r.visit(reflect.ValueOf(d))
	}
	f.Bytes = src
	return f, diags, true
}

// A replacer puts places of an unfolded text to where they are in the text as it was.
type replacer struct {
	src    []byte
	placed []int
	lines  []int // where lines begin, but for the first
	seen   map[any]bool
}

var posType = reflect.TypeFor[hcl.Pos]()

// visit replaces all places that can be reached from a value.
func (r *replacer) visit(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if e := v.Elem(); e.Kind() == reflect.Pointer || e.Kind() == reflect.Slice || e.Kind() == reflect.Map {
			r.visit(e)
		} else if v.CanSet() && e.Kind() == reflect.Struct { // a traverser, say, which is held by value
			c := reflect.New(e.Type()).Elem()
			c.Set(e)
			r.visit(c)
			v.Set(c)
		}
	case reflect.Pointer:
		if v.IsNil() || r.seen[v.Interface()] {
			return
		}
		if r.seen == nil {
			r.seen = map[any]bool{}
		}
		r.seen[v.Interface()] = true
		r.visit(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			r.visit(v.Index(i))
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			r.visit(it.Value())
		}
	case reflect.Struct:
		if v.Type() == posType {
			if v.CanSet() {
				v.Set(reflect.ValueOf(r.pos(v.Interface().(hcl.Pos))))
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.visit(v.Field(i))
			}
		}
	}
}

// pos returns where a place is in the text as it was.
func (r *replacer) pos(p hcl.Pos) hcl.Pos {
	at := p.Byte - sort.SearchInts(r.placed, p.Byte)
	line := sort.SearchInts(r.lines, at+1)
	from := 0
	if line > 0 {
		from = r.lines[line-1]
	}
	column := 1
	for rest := r.src[from:min(at, len(r.src))]; len(rest) > 0; column++ {
		n, _, err := textseg.ScanGraphemeClusters(rest, true)
		if err != nil || n == 0 {
			break
		}
		rest = rest[n:]
	}
	return hcl.Pos{Line: line + 1, Column: column, Byte: at}
}
