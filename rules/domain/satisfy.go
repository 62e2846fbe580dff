// Package domain tells what is known of a condition without an event: whether it can hold at all, which values fields have where it
// holds, which bytes it needs, and what it is for a kind of packet. Each answer errs on the side of not knowing.
package domain

import "github.com/ruleids/ruleids/rules/ast"

// maxBranches bounds the work on one condition. A condition with more ways to hold is taken to be
// satisfiable: a doubt never makes an error.
const maxBranches = 256

// A Solver looks for events that a condition holds for. It keeps its memory between questions and
// must not be used by two goroutines at once.
type Solver struct {
	branches int
	cells    []cell
	leaves   []term
	seen     []bool
	subjects []ast.Expr // of leaves
}

// A term is a condition or its negation.
type term struct {
	e   ast.Expr
	not bool
}

// A cell is one term that is still to hold, and the place of the next; -1 ends the chain. Chains
// share their ends, so that a way that fails costs no copy.
type cell struct {
	term
	next int
}

// Satisfiable reports whether there may be an event for which all conditions hold. False is certain;
// true may be wrong. Lists count as unknown, since their files change.
func (s *Solver) Satisfiable(context []ast.Expr, xs ...ast.Expr) bool {
	s.branches, s.cells, s.leaves = 0, s.cells[:0], s.leaves[:0]
	todo := -1
	for i := len(xs) - 1; i >= 0; i-- {
		todo = s.push(term{xs[i], false}, todo)
	}
	for i := len(context) - 1; i >= 0; i-- {
		todo = s.push(term{context[i], false}, todo)
	}
	return s.try(todo)
}

func (s *Solver) push(t term, next int) int {
	s.cells = append(s.cells, cell{t, next})
	return len(s.cells) - 1
}

// try follows every way in which the terms of todo can hold beside the leaves that hold already.
func (s *Solver) try(todo int) bool {
	for todo >= 0 {
		t := s.cells[todo].term
		todo = s.cells[todo].next
		switch e := t.e.(type) {
		case *ast.NotExpr:
			todo = s.push(term{e.X, !t.not}, todo)
		case *ast.LogicExpr:
			if e.Or == t.not { // all of them
				for i := len(e.Xs) - 1; i >= 0; i-- {
					todo = s.push(term{e.Xs[i], t.not}, todo)
				}
				continue
			}
			for _, x := range e.Xs {
				if s.branch(todo, term{x, t.not}) {
					return true
				}
			}
			return false
		case *ast.CondExpr:
			return s.branch(s.push(term{e.Then, t.not}, todo), term{e.If, false}) ||
				s.branch(s.push(term{e.Else, t.not}, todo), term{e.If, true})
		case *ast.ConstExpr: // a variable may have made it
		default:
			s.leaves = append(s.leaves, t)
		}
	}
	return s.consistent()
}

// branch follows one way, and forgets it.
func (s *Solver) branch(todo int, t term) bool {
	if s.branches++; s.branches > maxBranches {
		return true
	}
	cells, leaves := len(s.cells), len(s.leaves)
	ok := s.try(s.push(t, todo))
	s.cells, s.leaves = s.cells[:cells], s.leaves[:leaves]
	return ok
}

// consistent reports whether the leaves can hold together. Leaves about one value are looked at
// together; a leaf that is alone with its value was judged when it was checked.
func (s *Solver) consistent() bool {
	var f facts
	for _, t := range s.leaves {
		if e, ok := t.e.(*ast.LayerExpr); ok {
			f.layer(e.Layers, t.not)
		}
	}
	if !f.layers() {
		return false
	}
	s.seen, s.subjects = s.seen[:0], s.subjects[:0]
	for _, t := range s.leaves {
		s.seen, s.subjects = append(s.seen, false), append(s.subjects, subject(t.e))
	}
	for i, x := range s.subjects {
		if s.seen[i] || x == nil {
			continue
		}
		n := 0
		for j := i; j < len(s.leaves); j++ {
			if y := s.subjects[j]; y != nil && !s.seen[j] && ast.Same(x, y) {
				s.seen[j] = true
				n++
			}
		}
		if n == 1 && !f.special(x) {
			continue
		}
		group := make([]term, 0, n)
		for j := i; j < len(s.leaves); j++ {
			if y := s.subjects[j]; y != nil && ast.Same(x, y) {
				group = append(group, s.leaves[j])
			}
		}
		if !f.group(x, group) {
			return false
		}
	}
	return f.protocols() && f.flags()
}

// subject is the value that a leaf is about, or the leaf itself where it is not understood further.
func subject(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.LayerExpr:
		return nil
	case *ast.CompareExpr:
		if _, ok := e.Y.(*ast.ConstExpr); ok {
			if call, ok := e.X.(*ast.CallExpr); ok && call.Func.ID == ast.FnBitAnd && isTCPFlags(call.Args[0]) {
				if _, ok := call.Args[1].(*ast.ConstExpr); ok {
					return call.Args[0]
				}
			}
			return e.X
		}
		switch e.Op { // of a pair of opposite operators one is kept
		case ast.OpNe, ast.OpGe, ast.OpGt:
			opposite := *e
			opposite.Op = e.Op.Negate()
			return &opposite
		}
	case *ast.InExpr:
		if e.List == nil {
			return e.X
		}
	case *ast.TextExpr:
		if _, ok := e.Y.(*ast.ConstExpr); ok {
			return e.X
		}
	case *ast.MatchExpr:
		return e.X
	}
	return e
}
