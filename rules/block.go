package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// A block is a block of a rule file with the attributes and the blocks in it. Those of a rule are
// joined with those of its overrides, so that they may stand in several files.
type block struct {
	kind, name string
	file       *ruleFile
	hcl        *hclsyntax.Block
	attrs      map[string]*hclsyntax.Attribute
	blocks     []*hclsyntax.Block
}

// has reports whether there is a block of a kind in it.
func (b *block) has(kind string) bool {
	return slices.ContainsFunc(b.blocks, func(h *hclsyntax.Block) bool { return h.Type == kind })
}

func (b *block) header() hcl.Range { return b.hcl.DefRange() }
func (b *block) shipped() bool     { return b.file.shipped }

func (b *block) labelRange() hcl.Range {
	if len(b.hcl.LabelRanges) > 0 {
		return b.hcl.LabelRanges[0]
	}
	return b.hcl.TypeRange
}

// topKinds are the blocks of a rule file.
var topKinds = []string{"list", "macro", "model", "override", "parser", "rule", "variable"}

// topBlocks returns the blocks of a file that have the right form.
func (l *loader) topBlocks(f *ruleFile) []*block {
	for _, a := range diag.SortedAttributes(f.body.Attributes) {
		l.report(diag.UnknownAttribute, a.NameRange, "%q stands outside of a block. Rule files have rule, list, macro, model, variable, override and parser blocks only; settings live in %s.", a.Name, SettingsName)
	}
	var out []*block
	for _, h := range f.body.Blocks {
		if !slices.Contains(topKinds, h.Type) {
			hint := diag.DidYouMean(h.Type, topKinds)
			if h.Type == "test" {
				hint = " Tests live in files named *_test.hcl."
			}
			l.report(diag.UnknownBlock, h.TypeRange, "There is no block %q in a rule file.%s", h.Type, hint)
			continue
		}
		b := &block{kind: h.Type, file: f, hcl: h, attrs: h.Body.Attributes, blocks: h.Body.Blocks}
		if l.named(b) {
			out = append(out, b)
		}
	}
	return out
}

// named checks that a block has one label, and that it is a name.
func (l *loader) named(b *block) bool {
	if len(b.hcl.Labels) != 1 {
		rng := b.hcl.TypeRange
		if len(b.hcl.Labels) > 1 {
			rng = b.hcl.LabelRanges[1]
		}
		l.report(diag.BadName, rng, "%s block has one name in quotes, as in %s \"name\" { … }.", article(b.kind), b.kind)
		return false
	}
	b.name = b.hcl.Labels[0]
	dash := b.kind == "rule" || b.kind == "override"
	if !isName(b.name, dash) {
		what := "letters, digits and underscores, and begins with no digit"
		if dash {
			what = "letters, digits, underscores and dashes"
		}
		l.report(diag.BadName, b.labelRange(), "%q is no name: it has %s.", b.name, what)
		return false
	}
	return true
}

func isName(s string, dash bool) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for i, r := range []byte(s) {
		switch {
		case r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
		case r >= '0' && r <= '9' && (i > 0 || dash):
		case r == '-' && dash && i > 0:
		default:
			return false
		}
	}
	return true
}

// article puts the article before a kind of blocks, as a sentence begins.
func article(kind string) string {
	if strings.ContainsRune("aeiou", rune(kind[0])) {
		return "An " + kind
	}
	return "A " + kind
}

// known reports the attributes and blocks that a block must not have.
func (l *loader) known(b *block, attrs, blocks []string) {
	body := &hclsyntax.Body{Attributes: b.attrs, Blocks: b.blocks}
	l.diags = append(l.diags, diag.Unknown(article(b.kind)+" block", body, attrs, blocks)...)
}

// value evaluates an attribute. It is not ok where there is none, or an error.
func (l *loader) value(b *block, name string) (v any, at hcl.Range, ok bool) {
	a := b.attrs[name]
	if a == nil {
		return nil, hcl.Range{}, false
	}
	v, ok = l.eval(a.Expr)
	return v, a.Expr.Range(), ok
}

// stringValue evaluates an attribute that is a text. It is not ok where there is none, or an error.
func (l *loader) stringValue(b *block, name string) (s string, at hcl.Range, ok bool) {
	v, at, ok := l.value(b, name)
	if !ok {
		return "", at, false
	}
	if s, ok = v.(string); !ok {
		l.report(diag.BadValue, at, "%s needs a text in quotes.", name)
	}
	return s, at, ok
}

func (l *loader) stringAttr(b *block, name string) string {
	s, _, _ := l.stringValue(b, name)
	return s
}

// stringsValue evaluates an attribute that is a list of texts.
func (l *loader) stringsValue(b *block, name string, check func(s string, at hcl.Range)) []string {
	a := b.attrs[name]
	if a == nil {
		return nil
	}
	var out []string
	one := func(v any, at hcl.Range) {
		s, ok := v.(string)
		if !ok {
			l.report(diag.BadValue, at, "%s needs texts in quotes.", name)
			return
		}
		if check != nil {
			check(s, at)
		}
		out = append(out, s)
	}
	if t, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
		for _, e := range t.Exprs {
			if v, ok := l.eval(e); ok {
				one(v, e.Range())
			}
		}
		return out
	}
	v, ok := l.eval(a.Expr)
	if !ok {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		l.report(diag.BadValue, a.Expr.Range(), "%s needs a list of texts, as in %s = [\"…\"].", name, name)
		return nil
	}
	for _, it := range items {
		one(it, a.Expr.Range())
	}
	return out
}

func (l *loader) boolValue(b *block, name string, otherwise bool) bool {
	v, at, ok := l.value(b, name)
	if !ok {
		return otherwise
	}
	t, ok := v.(bool)
	if !ok {
		l.report(diag.BadValue, at, "%s needs true or false.", name)
		return otherwise
	}
	return t
}

// numberValue evaluates an attribute that is a number.
func (l *loader) numberValue(b *block, name string) (v float64, at hcl.Range, ok bool) {
	value, at, ok := l.value(b, name)
	if !ok {
		return 0, at, false
	}
	switch x := value.(type) {
	case int64:
		return float64(x), at, true
	case float64:
		return x, at, true
	}
	l.report(diag.BadValue, at, "%s needs a number.", name)
	return 0, at, false
}

// count evaluates an attribute that is a whole number from lo to hi.
func (l *loader) count(b *block, name string, otherwise, lo, hi int) int {
	v, at, ok := l.numberValue(b, name)
	if !ok {
		return otherwise
	}
	if v < float64(lo) || v > float64(hi) || v != float64(int(v)) {
		l.report(diag.BadValue, at, "%s needs an integer from %d to %d.", name, lo, hi)
		return otherwise
	}
	return int(v)
}

// maxKeys evaluates the attribute max_keys, which bounds the keys that a block keeps state of.
func (l *loader) maxKeys(b *block) int { return l.count(b, "max_keys", ast.DefaultMaxKeys, 1, 1<<24) }

// durationValue evaluates an attribute that is a duration.
func (l *loader) durationValue(b *block, name string, otherwise time.Duration) time.Duration {
	v, at, ok := l.value(b, name)
	if !ok {
		return otherwise
	}
	s, ok := v.(string)
	if !ok {
		l.report(diag.BadValue, at, "%s needs a duration in quotes, as in %s = \"15s\".", name, name)
		return otherwise
	}
	d, err := setting.ParseDuration(s)
	if err != nil {
		l.report(diag.BadValue, at, "%s.", diag.Capital(err.Error()))
		return otherwise
	}
	return d
}

// oneOf reports a word that is not one of some.
func (l *loader) oneOf(at hcl.Range, what, word string, words []string) bool {
	if slices.Contains(words, word) {
		return true
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = fmt.Sprintf("%q", w)
	}
	l.report(diag.BadValue, at, "%q is no %s; it is one of %s.%s", word, what, strings.Join(quoted, ", "), diag.DidYouMean(word, words))
	return false
}

// condition returns the parsed text of an attribute that holds an expression.
func (l *loader) condition(b *block, name string) (check.Source, bool) {
	a := b.attrs[name]
	if a == nil {
		return check.Source{}, false
	}
	return l.expression(a.Expr, name)
}

// expression returns the parsed text of a string literal that holds an expression.
func (l *loader) expression(e hclsyntax.Expression, name string) (check.Source, bool) {
	f := l.byName[e.Range().Filename]
	src, ok := diag.ReadLiteral(f.bytes, e)
	if ok {
		return check.Source{Src: src, Tree: l.tree(src.Text)}, true
	}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if e.Val.IsKnown() { // else it stands for what HCL could not parse
			l.report(diag.BadValue, e.Range(), "%s needs an expression in quotes.", name)
		}
	case *hclsyntax.TemplateExpr, *hclsyntax.TemplateWrapExpr:
		rng := e.Range()
		if t, isT := e.(*hclsyntax.TemplateExpr); isT {
			for _, p := range t.Parts {
				if _, lit := p.(*hclsyntax.LiteralValueExpr); !lit {
					rng = p.Range()
					break
				}
			}
		}
		l.report(diag.BadValue, rng, "A condition is a plain text: ${…} has no meaning in it. Write the variable's name, as in var.x.")
	default:
		l.report(diag.BadValue, e.Range(), "%s needs an expression in quotes.", name)
	}
	return check.Source{}, false
}

// tree parses an expression; equal texts are parsed once.
func (l *loader) tree(text string) *check.Tree {
	t := l.trees[text]
	if t == nil {
		t = check.ParseText(text)
		l.trees[text] = t
	}
	return t
}
