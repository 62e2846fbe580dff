package engine

import (
	"bytes"

	"github.com/ruleids/ruleids/internal/literals"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
	"github.com/ruleids/ruleids/rules/lists"
)

// rowFunc returns a function for the row of a list that has what an expression asks for; -1 where none has.
func (b *builder) rowFunc(e *ast.ColumnExpr) func(*scope) int {
	l := e.List
	switch l.Type {
	case lists.IP:
		x := b.addrFunc(e.Key)
		return func(s *scope) int { return l.RowOfAddr(x(s)) }
	case lists.Port:
		x := b.intFunc(e.Key)
		return func(s *scope) int { return l.RowOfInt(x(s)) }
	}
	x := b.bytesFunc(e.Key)
	return func(s *scope) int { return l.RowOfText(x(s)) }
}

// anyFunc returns a function for an operator with several texts: one search for all of them.
func (b *builder) anyFunc(e *ast.AnyExpr) (func(*scope) bool, uint16) {
	x := b.bytesFunc(e.X)
	if e.Op == ast.OpMatches {
		set := newPatternSet(e.Patterns, b.tuning.NoIndex)
		cost := uint16(150)
		if len(set.always) > 0 {
			cost = slowCost
		}
		return func(s *scope) bool { return set.match(s, x(s)) }, cost
	}
	at, test := literals.Anywhere, bytes.Contains
	switch e.Op {
	case ast.OpStartsWith:
		at, test = literals.Start, bytes.HasPrefix
	case ast.OpEndsWith:
		at, test = literals.End, bytes.HasSuffix
	}
	var ls []literals.Literal
	var short [][]byte // what an index does not hold
	for _, w := range e.Words {
		if l := (literals.Literal{Text: w, At: at}); l.Fits() && !b.tuning.NoIndex {
			ls = append(ls, l)
		} else {
			short = append(short, []byte(w))
		}
	}
	index := literals.New(ls)
	return func(s *scope) bool {
		text := x(s)
		if index.Has(text) {
			return true
		}
		for _, w := range short {
			if test(text, w) {
				return true
			}
		}
		return false
	}, 100
}

// A patternSet is patterns of which any is to match. Those are tried that need no literal, and those of whose literals one
// was found.
type patternSet struct {
	patterns []*ast.Pattern
	always   []int32 // of patterns
	index    *literals.Index
	needs    []int32 // by literal: the pattern that needs it
}

func newPatternSet(patterns []*ast.Pattern, plain bool) *patternSet {
	p := &patternSet{patterns: patterns}
	var ls []literals.Literal
	for i, x := range patterns {
		need := domain.NeedOfPattern(x)
		if len(need) == 0 || plain {
			p.always = append(p.always, int32(i))
			continue
		}
		for _, l := range need {
			ls, p.needs = append(ls, l), append(p.needs, int32(i))
		}
	}
	p.index = literals.New(ls)
	return p
}

func (p *patternSet) match(s *scope, text []byte) bool {
	if p.tryFound(s, text, text, false) {
		return true
	}
	if p.index.Folds() && len(text) > 0 {
		if alike := domain.FoldAlike(text, nil); &alike[0] != &text[0] && p.tryFound(s, text, alike, true) {
			return true
		}
	}
	for _, i := range p.always {
		var ok bool
		if ok, s.room = p.patterns[i].Match(text, s.room); ok {
			return true
		}
	}
	return false
}

// tryFound tries the patterns on text whose literals are found in another form of it, each once.
func (p *patternSet) tryFound(s *scope, text, in []byte, folding bool) bool {
	base := len(s.numbers)
	if folding {
		s.numbers = p.index.FindFolding(s.numbers, in)
	} else {
		s.numbers = p.index.Find(s.numbers, in)
	}
	found := s.numbers[base:]
	defer func() { s.numbers = s.numbers[:base] }()
	last := int32(-1)
	for k, l := range found {
		i := p.needs[l]
		again := i == last
		for _, m := range found[:min(k, 64)] { // beyond that one may be tried twice
			again = again || p.needs[m] == i
		}
		if last = i; again {
			continue
		}
		var ok bool
		if ok, s.room = p.patterns[i].Match(text, s.room); ok {
			return true
		}
	}
	return false
}
