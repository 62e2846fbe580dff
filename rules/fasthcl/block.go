package fasthcl

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A parser reads what nearly all rules are made of: blocks and attributes whose values are texts
// of printable ASCII in which only names stand in holes, such texts between markers as <<-EOT and EOT without holes, whole
// numbers, true, false, names as var.x, and lists of these, with comments to the end of the line. It makes of them the very nodes that hclsyntax
// makes, which a fuzz test compares, in a tenth of the time: hclsyntax cuts a file to tokens first and
// looks at each character for grapheme clusters. What else there is, and every mistake, is left to
// hclsyntax.
type parser struct {
	name string
	src  []byte  // a chunk
	from hcl.Pos // of src in the file, at the start of a line
	at   int     // in src
	line int     // of at
	left int     // where in src the line of at begins
}

// parsePlain returns the body of a chunk, or nil where it has more than a parser reads.
func (c chunk) parsePlain(name string) *hclsyntax.Body {
	p := &parser{name: name, src: c.bytes, from: c.start, line: c.start.Line}
	body := &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, Blocks: hclsyntax.Blocks{}}
	p.spaces()
	start := p.pos()
	for {
		p.spaces()
		if p.newline() {
			continue
		}
		if p.at == len(p.src) {
			break
		}
		name, rng := p.ident()
		if name == "" {
			return nil
		}
		b := p.block(name, rng)
		if b == nil {
			return nil
		}
		body.Blocks = append(body.Blocks, b)
	}
	body.SrcRange = p.since(start)
	body.EndRange = p.since(p.pos())
	return body
}

func (p *parser) pos() hcl.Pos {
	return hcl.Pos{Line: p.line, Column: p.at - p.left + 1, Byte: p.from.Byte + p.at}
}

func (p *parser) since(start hcl.Pos) hcl.Range {
	return hcl.Range{Filename: p.name, Start: start, End: p.pos()}
}

func (p *parser) spaces() {
	for p.at < len(p.src) && (p.src[p.at] == ' ' || p.src[p.at] == '\t') {
		p.at++
	}
}

// newline ends a line, with the comment at its end where there is one.
func (p *parser) newline() bool {
	if rest := p.src[p.at:]; bytes.HasPrefix(rest, []byte{'#'}) || bytes.HasPrefix(rest, []byte("//")) {
		n := bytes.IndexByte(rest, '\n')
		if n < 0 {
			return false
		}
		p.at += n
	}
	if p.at == len(p.src) || p.src[p.at] != '\n' {
		return false
	}
	p.nextLine()
	return true
}

// symbol reads one character behind spaces.
func (p *parser) symbol(b byte) (hcl.Range, bool) {
	p.spaces()
	if p.at == len(p.src) || p.src[p.at] != b {
		return hcl.Range{}, false
	}
	start := p.pos()
	p.at++
	return p.since(start), true
}

// ends reports whether a line ends here, and goes on to the next one.
func (p *parser) ends() bool {
	p.spaces()
	return p.newline() || p.at == len(p.src)
}

// ident reads a name; it is empty where there is none.
func (p *parser) ident() (string, hcl.Range) {
	start, from := p.pos(), p.at
	for p.at < len(p.src) {
		b := p.src[p.at]
		letter := b == '_' || b|' ' >= 'a' && b|' ' <= 'z'
		if !letter && (p.at == from || b != '-' && (b < '0' || b > '9')) {
			break
		}
		p.at++
	}
	return string(p.src[from:p.at]), p.since(start)
}

// block reads a block behind its type.
func (p *parser) block(kind string, rng hcl.Range) *hclsyntax.Block {
	b := &hclsyntax.Block{Type: kind, TypeRange: rng}
	var ok bool
	for {
		if b.OpenBraceRange, ok = p.symbol('{'); ok {
			break
		}
		start := p.pos()
		text, _ := p.text()
		if text == "" {
			return nil
		}
		b.Labels, b.LabelRanges = append(b.Labels, text), append(b.LabelRanges, p.since(start))
	}
	p.spaces()
	if p.at == len(p.src) {
		return nil
	}
	if c := p.src[p.at]; c == '\n' || c == '}' || c == '#' || c == '/' {
		ok = p.body(b)
	} else {
		ok = p.single(b)
	}
	if !ok || !p.ends() {
		return nil
	}
	return b
}

// body reads what stands on the lines between braces.
func (p *parser) body(b *hclsyntax.Block) bool {
	b.Body = &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, Blocks: hclsyntax.Blocks{}}
	for {
		if rng, ok := p.symbol('}'); ok {
			b.CloseBraceRange = rng
			b.Body.SrcRange = hcl.RangeBetween(b.OpenBraceRange, rng)
			b.Body.EndRange = hcl.Range{Filename: p.name, Start: rng.End, End: rng.End}
			return true
		}
		if p.newline() {
			continue
		}
		name, rng := p.ident()
		if name == "" {
			return false
		}
		p.spaces()
		if p.at == len(p.src) {
			return false
		}
		if p.src[p.at] != '=' {
			inner := p.block(name, rng)
			if inner == nil {
				return false
			}
			b.Body.Blocks = append(b.Body.Blocks, inner)
			continue
		}
		if b.Body.Attributes[name] != nil {
			return false
		}
		a := p.attribute(name, rng)
		if a == nil || !p.ends() {
			return false
		}
		b.Body.Attributes[name] = a
	}
}

// single reads the one attribute of a block on one line.
func (p *parser) single(b *hclsyntax.Block) bool {
	name, rng := p.ident()
	if name == "" {
		return false
	}
	a := p.attribute(name, rng)
	if a == nil {
		return false
	}
	end := a.SrcRange.End
	b.Body = &hclsyntax.Body{
		Attributes: hclsyntax.Attributes{name: a},
		SrcRange:   a.SrcRange,
		EndRange:   hcl.Range{Filename: p.name, Start: end, End: end},
	}
	var ok bool
	b.CloseBraceRange, ok = p.symbol('}')
	return ok
}

// attribute reads an attribute behind its name.
func (p *parser) attribute(name string, rng hcl.Range) *hclsyntax.Attribute {
	equals, ok := p.symbol('=')
	if !ok {
		return nil
	}
	p.spaces()
	e := p.value()
	if e == nil {
		return nil
	}
	return &hclsyntax.Attribute{Name: name, Expr: e, SrcRange: p.since(rng.Start), NameRange: rng, EqualsRange: equals}
}

// value reads a value; nil where it is none that this parser reads. What may follow it is for the
// caller to say: 12 of 12.5 is a value.
func (p *parser) value() hclsyntax.Expression {
	if p.at == len(p.src) {
		return nil
	}
	start := p.pos()
	switch b := p.src[p.at]; {
	case b == '"':
		return p.template()
	case b == '<':
		return p.heredoc()
	case b >= '0' && b <= '9':
		from := p.at
		for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
			p.at++
		}
		v, err := cty.ParseNumberVal(string(p.src[from:p.at]))
		if err != nil {
			return nil
		}
		return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: p.since(start)}
	case b == '[':
		return p.tuple()
	}
	switch word, rng := p.ident(); word {
	case "true":
		return &hclsyntax.LiteralValueExpr{Val: cty.True, SrcRange: rng}
	case "false":
		return &hclsyntax.LiteralValueExpr{Val: cty.False, SrcRange: rng}
	default:
		return p.traversal(word, rng)
	}
}

// traversal reads a name with dots behind its first part.
func (p *parser) traversal(root string, rng hcl.Range) hclsyntax.Expression {
	switch root {
	case "", "true", "false", "null", "for":
		return nil
	}
	t := &hclsyntax.ScopeTraversalExpr{Traversal: hcl.Traversal{hcl.TraverseRoot{Name: root, SrcRange: rng}}}
	for p.at < len(p.src) && p.src[p.at] == '.' {
		dot := p.pos()
		p.at++
		name, _ := p.ident()
		if name == "" {
			return nil
		}
		t.Traversal = append(t.Traversal, hcl.TraverseAttr{Name: name, SrcRange: p.since(dot)})
	}
	t.SrcRange = p.since(rng.Start)
	return t
}

// A quoted is the nodes of a text in quotes without holes.
type quoted struct {
	template hclsyntax.TemplateExpr
	literal  hclsyntax.LiteralValueExpr
	parts    [1]hclsyntax.Expression
}

// template reads a text in quotes, in whose holes names stand.
func (p *parser) template() hclsyntax.Expression {
	start, from := p.pos(), p.at
	if text, inner := p.text(); text != "" {
		q := &quoted{literal: hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: inner}}
		q.parts[0] = &q.literal
		q.template = hclsyntax.TemplateExpr{Parts: q.parts[:], SrcRange: p.since(start)}
		return &q.template
	}
	p.at = from + 1
	var parts []hclsyntax.Expression
	for {
		begin, from := p.pos(), p.at
		for p.at < len(p.src) && isPlainText(p.src[p.at]) {
			p.at++
		}
		if p.at > from {
			parts = append(parts, &hclsyntax.LiteralValueExpr{Val: cty.StringVal(string(p.src[from:p.at])), SrcRange: p.since(begin)})
		}
		rest := p.src[p.at:]
		if bytes.HasPrefix(rest, []byte{'"'}) && len(parts) > 0 {
			p.at++
			break
		}
		if !bytes.HasPrefix(rest, []byte("${")) {
			return nil
		}
		p.at += 2
		hole := p.traversal(p.ident())
		if hole == nil || p.at == len(p.src) || p.src[p.at] != '}' {
			return nil
		}
		p.at++
		parts = append(parts, hole)
	}
	if _, literal := parts[0].(*hclsyntax.LiteralValueExpr); len(parts) == 1 && !literal {
		return &hclsyntax.TemplateWrapExpr{Wrapped: parts[0], SrcRange: p.since(start)}
	}
	return &hclsyntax.TemplateExpr{Parts: parts, SrcRange: p.since(start)}
}

// isPlainText reports whether a character of a text stands for itself: $ and % may begin a hole.
func isPlainText(b byte) bool {
	return b >= ' ' && b <= '~' && b != '"' && b != '\\' && b != '$' && b != '%'
}

// text reads a text in quotes and the range between them. It is empty where there is none, or one
// that this parser does not read, the empty one among them.
func (p *parser) text() (string, hcl.Range) {
	if p.at == len(p.src) || p.src[p.at] != '"' {
		return "", hcl.Range{}
	}
	p.at++
	start, from := p.pos(), p.at
	for p.at < len(p.src) && isPlainText(p.src[p.at]) {
		p.at++
	}
	if p.at == len(p.src) || p.src[p.at] != '"' {
		return "", hcl.Range{}
	}
	text, inner := string(p.src[from:p.at]), p.since(start)
	p.at++
	return text, inner
}

// tuple reads a list; lines may end anywhere in it.
func (p *parser) tuple() hclsyntax.Expression {
	start := p.pos()
	open, _ := p.symbol('[')
	blank := func() {
		for p.spaces(); p.newline(); p.spaces() {
		}
	}
	t := &hclsyntax.TupleConsExpr{OpenRange: open}
	for {
		blank()
		if _, ok := p.symbol(']'); ok {
			break
		}
		e := p.value()
		if e == nil {
			return nil
		}
		t.Exprs = append(t.Exprs, e)
		blank()
		if _, ok := p.symbol(','); ok {
			continue
		}
		if _, ok := p.symbol(']'); !ok {
			return nil
		}
		break
	}
	t.SrcRange = p.since(start)
	return t
}
