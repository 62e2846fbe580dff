package domain

import (
	"bytes"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ruleids/ruleids/internal/literals"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// A Need is literals of which a condition needs one: where none of them is found in its field, the condition does not
// hold.
type Need struct {
	Literals []FieldLiteral
	Exact    bool // it holds wherever one of them is found
}

// A FieldLiteral is a literal in a field.
type FieldLiteral struct {
	Field *packet.Field
	literals.Literal
}

// maxNeed bounds the literals of a need: a condition with more is a list of its own.
const maxNeed = 4096

// NeedOf returns what a condition needs; nil where that is not known.
//
//	lower(dns.qry.name) endsWith '.evil.example'  ->  ".evil.example" at the end of dns.qry.name, whatever its case
//	payload matches 'GET /(a|b)'                  ->  "GET /a" or "GET /b" anywhere in payload
func NeedOf(e ast.Expr) *Need {
	switch e := e.(type) {
	case *ast.LogicExpr:
		needs := make([]*Need, len(e.Xs))
		for i, x := range e.Xs {
			needs[i] = NeedOf(x)
		}
		if e.Or {
			return NeedOfAny(needs)
		}
		best := BestNeed(needs)
		if best < 0 {
			return nil
		}
		n := *needs[best]
		n.Exact = false
		return &n
	case *ast.ClosureExpr:
		if e.Each { // one of the values has the literal
			return NeedOf(e.Body)
		}
	case *ast.CompareExpr:
		if k, ok := e.Y.(*ast.ConstExpr); ok && e.Op == ast.OpEq && k.Value.Kind.IsText() {
			return wordNeed(e.X, literals.Whole, k.Value.Str)
		}
	case *ast.TextExpr:
		if k, ok := e.Y.(*ast.ConstExpr); ok {
			return wordNeed(e.X, placeOf(e.Op), k.Value.Str)
		}
	case *ast.InExpr:
		if e.Set.Strs != nil && len(e.Set.Strs) <= maxMembers {
			needs := make([]*Need, 0, len(e.Set.Strs))
			for _, w := range slices.Sorted(maps.Keys(e.Set.Strs)) {
				needs = append(needs, wordNeed(e.X, literals.Whole, w))
			}
			return NeedOfAny(needs)
		}
		if e.Set.Names != nil && e.Set.Names.Len() <= maxMembers {
			return nameNeed(e.X, e.Set.Names)
		}
	case *ast.MatchExpr:
		return patternNeed(e.X, e.Pattern)
	case *ast.AnyExpr:
		if len(e.Words) > maxNeed {
			return nil
		}
		needs := make([]*Need, len(e.Words))
		for i, w := range e.Words {
			if e.Op == ast.OpMatches {
				needs[i] = patternNeed(e.X, e.Patterns[i])
			} else {
				needs[i] = wordNeed(e.X, placeOf(e.Op), w)
			}
			if needs[i] == nil {
				return nil
			}
		}
		return NeedOfAny(needs)
	}
	return nil
}

// nameNeed is what is needed for a name to be in a set of names.
func nameNeed(x ast.Expr, names *lists.NameSet) *Need {
	var needs []*Need
	for i := range names.Len() {
		for _, dot := range []string{"", "."} {
			name := string(names.Entry(i)) + dot
			needs = append(needs, wordNeed(x, literals.Whole, name), wordNeed(x, literals.End, "."+name))
		}
	}
	n := NeedOfAny(needs)
	if n == nil {
		return nil
	}
	out := &Need{} // not exact: the case of a name does not matter, and that of a literal may
	for _, l := range n.Literals {
		l.Fold = true
		out.Literals = append(out.Literals, l)
	}
	return out
}

// maxMembers is the size of a set from which a lookup in the set itself serves better.
const maxMembers = 64

func placeOf(op ast.Op) literals.Place {
	switch op {
	case ast.OpStartsWith:
		return literals.Start
	case ast.OpEndsWith:
		return literals.End
	}
	return literals.Anywhere
}

// NeedOfAny returns what a disjunction needs, by what its parts need.
func NeedOfAny(needs []*Need) *Need {
	out := &Need{Exact: true}
	for _, n := range needs {
		if n == nil || len(out.Literals)+len(n.Literals) > maxNeed {
			return nil
		}
		out.Exact = out.Exact && n.Exact
		for _, l := range n.Literals {
			if len(needs) > 64 || !slices.Contains(out.Literals, l) {
				out.Literals = append(out.Literals, l)
			}
		}
	}
	if len(out.Literals) == 0 || out.score() < useful {
		return nil
	}
	return out
}

// BestNeed returns the place of the need that is met least often, by what can be told; -1 where all are nil.
func BestNeed(needs []*Need) int {
	best, most := -1, 0
	for i, n := range needs {
		if n == nil {
			continue
		}
		if s := n.score(); best < 0 || s > most {
			best, most = i, s
		}
	}
	return best
}

// Scans reports whether a literal may stand anywhere in a field of bytes, all of which has to be looked through for it.
func (n *Need) Scans() bool {
	return slices.ContainsFunc(n.Literals, func(l FieldLiteral) bool { return l.At == literals.Anywhere && l.Field.Kind == packet.KindBytes })
}

// score is the greater, the less often one of the literals will be found: about so many bits say that none is. With less
// than useful they are no guide.
func (n *Need) score() int {
	least := 1 << 16
	for _, l := range n.Literals {
		s := 6 * min(len(l.Text), 12)
		if l.At != literals.Anywhere {
			s += 18
		}
		least = min(least, s)
	}
	return least - bits.Len(uint(len(n.Literals)))
}

const useful = 8

// A fieldText is what is known of the text that a condition is about: which field it is, or is a part of.
type fieldText struct {
	field      *packet.Field
	fold       bool // letters of the field may have the other case
	start, end bool // it begins, it ends where the field does
	exact      bool // it is the field
}

func fieldTextOf(e ast.Expr) (fieldText, bool) {
	switch e := e.(type) {
	case *ast.FieldExpr:
		return fieldText{e.Field, false, true, true, true}, e.Field.Kind.IsText()
	case *ast.CallExpr:
		switch e.Func.ID {
		case ast.FnLower, ast.FnUpper:
			s, ok := fieldTextOf(e.Args[0])
			s.fold, s.exact = true, false
			return s, ok
		case ast.FnRegisteredDomain:
			s, ok := fieldTextOf(e.Args[0])
			s.start, s.end, s.exact = false, false, false
			return s, ok
		}
	case *ast.SliceExpr:
		s, ok := fieldTextOf(e.X)
		s.start, s.end, s.exact = s.start && e.From == 0, s.end && e.To < 0, false
		return s, ok
	}
	return fieldText{}, false
}

// place is where in the field a literal stands that stands there in the subject.
func (s *fieldText) place(at literals.Place) literals.Place {
	start := s.start && (at == literals.Start || at == literals.Whole)
	end := s.end && (at == literals.End || at == literals.Whole)
	switch {
	case start && end:
		return literals.Whole
	case start:
		return literals.Start
	case end:
		return literals.End
	}
	return literals.Anywhere
}

// wordNeed is what is needed for a text to be found in x.
func wordNeed(x ast.Expr, at literals.Place, word string) *Need {
	s, ok := fieldTextOf(x)
	if !ok {
		return nil
	}
	return s.need([]string{word}, at, false, true)
}

// need is what is needed for one of some words to be found in the subject.
func (s *fieldText) need(words []string, at literals.Place, fold, exact bool) *Need {
	n := &Need{Exact: exact && s.exact && !fold}
	at = s.place(at)
	for _, w := range words {
		l := literals.Literal{Text: w, At: at, Fold: fold || s.fold}
		if l.Fold {
			l = asciiPart(l)
			l.Text = ast.MapASCII(l.Text, 'A', 'Z')
		}
		if !l.Fits() {
			return nil
		}
		if f := (FieldLiteral{s.field, l}); len(words) > 64 || !slices.Contains(n.Literals, f) {
			n.Literals = append(n.Literals, f)
		}
	}
	if len(n.Literals) == 0 || n.score() < useful {
		return nil
	}
	return n
}

// asciiPart returns the longest part of a literal without letters whose other case is not known to an index.
func asciiPart(l literals.Literal) literals.Literal {
	plain := func(b byte) bool { return b < utf8.RuneSelf }
	best, from := "", 0
	bestFrom := 0
	for i := 0; i <= len(l.Text); i++ {
		if i < len(l.Text) && plain(l.Text[i]) {
			continue
		}
		if i-from > len(best) {
			best, bestFrom = l.Text[from:i], from
		}
		from = i + 1
	}
	if len(best) == len(l.Text) {
		return l
	}
	start := bestFrom == 0 && (l.At == literals.Start || l.At == literals.Whole)
	end := bestFrom+len(best) == len(l.Text) && (l.At == literals.End || l.At == literals.Whole)
	at := literals.Anywhere
	switch {
	case start:
		at = literals.Start
	case end:
		at = literals.End
	}
	return literals.Literal{Text: best, At: at, Fold: true}
}

// FoldAlike returns text with the four characters beyond ASCII that have a letter of ASCII as their other case (U+0130,
// U+0131, U+017F, U+212A) replaced by that letter, in room; or text itself where it has none of them.
func FoldAlike(text, room []byte) []byte {
	i := len(text)
	for _, c := range alikes { // each a search of many bytes at a time: long payloads are full of bytes that are no ASCII
		for from := 0; ; from++ {
			at := bytes.IndexByte(text[from:i], c)
			if at < 0 {
				break
			}
			if from += at; foldsAlike(text[from:]) != 0 {
				i = from
				break
			}
		}
	}
	if i == len(text) {
		return text
	}
	room = append(room[:0], text[:i]...)
	for i < len(text) {
		if c := foldsAlike(text[i:]); c != 0 {
			_, n := utf8.DecodeRune(text[i:])
			room = append(room, c)
			i += n
			continue
		}
		room = append(room, text[i])
		i++
	}
	return room
}

// alikes are the bytes that the four characters of foldsAlike begin with.
var alikes = [...]byte{0xc4, 0xc5, 0xe2}

func foldsAlike(text []byte) byte {
	if len(text) < 2 || text[0] < 0xc4 {
		return 0
	}
	switch {
	case text[0] == 0xc4 && text[1] == 0xb0, text[0] == 0xc4 && text[1] == 0xb1:
		return 'i'
	case text[0] == 0xc5 && text[1] == 0xbf:
		return 's'
	case text[0] == 0xe2 && len(text) > 2 && text[1] == 0x84 && text[2] == 0xaa:
		return 'k'
	}
	return 0
}

// patternNeed is what is needed for a pattern to match somewhere in x.
func patternNeed(x ast.Expr, p *ast.Pattern) *Need {
	s, ok := fieldTextOf(x)
	if !ok {
		return nil
	}
	r := requiredBy(p.Tree())
	words, at, exact := r.best, r.at, false
	if r.known {
		words, exact = r.texts, !r.loose
		switch {
		case r.start && r.end:
			at = literals.Whole
		case r.start:
			at = literals.Start
		case r.end:
			at = literals.End
		default:
			at = literals.Anywhere
		}
	}
	if p.OnBytes() {
		words = slices.Clone(words)
		for i, w := range words {
			words[i] = fromLatin1(w)
		}
	} else if slices.ContainsFunc(words, func(w string) bool { return strings.ContainsRune(w, utf8.RuneError) }) {
		return nil // any byte that is no text is that character
	}
	return s.need(words, at, r.fold, exact)
}

// NeedOfPattern returns literals without one of which in a text a pattern does not match it; none where that is not known.
func NeedOfPattern(p *ast.Pattern) []literals.Literal {
	n := patternNeed(&ast.FieldExpr{Field: wholeText}, p)
	if n == nil {
		return nil
	}
	out := make([]literals.Literal, len(n.Literals))
	for i, l := range n.Literals {
		out[i] = l.Literal
	}
	return out
}

// wholeText stands for a text that is no field.
var wholeText = &packet.Field{Kind: packet.KindString}

func fromLatin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}
