package domain

import (
	"regexp/syntax"
	"slices"

	"github.com/ruleids/ruleids/internal/literals"
)

// Bounds on the texts that an expression is known to match, in a sequence and in alternatives.
const (
	maxTexts        = 256
	maxAlternatives = 1024
	maxClass        = 16
)

// required is what texts have that an expression matches. Known is that they are one of texts, all of which it matches
// unless loose; start and end that they stand at the start and at the end. Else one of best, if there is one, is in them.
type required struct {
	known      bool
	texts      []string
	loose      bool
	start, end bool
	fold       bool // of letters the case does not matter

	best []string
	at   literals.Place
}

func nothing(loose bool) required { return required{known: true, texts: []string{""}, loose: loose} }

// requiredBy looks through an expression that was simplified.
func requiredBy(re *syntax.Regexp) required {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return nothing(false)
	case syntax.OpLiteral:
		return required{known: true, texts: []string{string(re.Rune)}, fold: re.Flags&syntax.FoldCase != 0}
	case syntax.OpCharClass:
		r := required{known: true}
		for i := 0; i < len(re.Rune); i += 2 {
			if int(re.Rune[i+1]-re.Rune[i])+len(r.texts) >= maxClass {
				return required{}
			}
			for c := re.Rune[i]; c <= re.Rune[i+1]; c++ {
				r.texts = append(r.texts, string(c))
			}
		}
		return r
	case syntax.OpBeginText:
		r := nothing(false)
		r.start = true
		return r
	case syntax.OpEndText:
		r := nothing(false)
		r.end = true
		return r
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return nothing(true)
	case syntax.OpCapture:
		return requiredBy(re.Sub[0])
	case syntax.OpConcat:
		return sequence(re.Sub)
	case syntax.OpAlternate:
		return alternatives(re.Sub)
	case syntax.OpQuest:
		r := requiredBy(re.Sub[0])
		if r.known && !r.start && !r.end && len(r.texts) < maxTexts {
			r.texts = append(slices.Clone(r.texts), "")
			return r
		}
	case syntax.OpPlus:
		r := requiredBy(re.Sub[0])
		if !r.known {
			return r
		}
		return required{best: r.texts, fold: r.fold}
	}
	return required{}
}

// sequence joins texts that follow each other for as long as all of them are known.
func sequence(subs []*syntax.Regexp) required {
	run := nothing(false)
	out := required{}
	whole := true // all so far is in run
	consider := func(texts []string, at literals.Place) {
		if len(texts) == 0 {
			return
		}
		if scoreOf(texts, at) > scoreOf(out.best, out.at) {
			out.best, out.at = texts, at
		}
	}
	flush := func() {
		at := literals.Anywhere
		if run.start {
			at = literals.Start
		} else if run.end {
			at = literals.End
		}
		consider(run.texts, at)
	}
	for _, sub := range subs {
		r := requiredBy(sub)
		out.fold = out.fold || r.fold
		if !r.known {
			flush()
			consider(r.best, literals.Anywhere)
			run, whole = nothing(false), false
			continue
		}
		// An anchor in the midst of a sequence, or of some alternatives only, says nothing here.
		if r.start && !(whole && len(run.texts) == 1 && run.texts[0] == "") {
			r.start, r.loose = false, true
		}
		if run.end { // something behind the end
			run.end, run.loose = false, true
		}
		if len(run.texts)*len(r.texts) > maxTexts {
			flush()
			r.start = false
			run, whole = r, false
			continue
		}
		run = required{known: true, texts: product(run.texts, r.texts), loose: run.loose || r.loose, start: run.start || r.start, end: r.end}
	}
	if whole {
		run.fold = out.fold
		return run
	}
	flush()
	return out
}

func product(xs, ys []string) []string {
	out := make([]string, 0, len(xs)*len(ys))
	for _, x := range xs {
		for _, y := range ys {
			out = append(out, x+y)
		}
	}
	return out
}

// alternatives has the texts of each.
func alternatives(subs []*syntax.Regexp) required {
	all := required{known: true}
	var best []string
	needed := true // each alternative needs something
	for i, sub := range subs {
		r := requiredBy(sub)
		all.fold = all.fold || r.fold
		texts := r.best
		if r.known {
			texts = r.texts
			if i == 0 {
				all.start, all.end = r.start, r.end
			}
			all.loose = all.loose || r.loose || r.start != all.start || r.end != all.end
			all.start, all.end = all.start && r.start, all.end && r.end
			all.texts = append(all.texts, r.texts...)
		} else {
			all.known = false
		}
		needed = needed && len(texts) > 0
		best = append(best, texts...)
	}
	if all.known && len(all.texts) <= maxAlternatives {
		return all
	}
	if !needed || len(best) > maxAlternatives {
		return required{}
	}
	return required{best: best, fold: all.fold}
}

// scoreOf is the greater, the less often one of the texts will be met; 0 for none.
func scoreOf(texts []string, at literals.Place) int {
	if len(texts) == 0 {
		return 0
	}
	n := &Need{}
	for _, t := range texts {
		if l := (literals.Literal{Text: t, At: at}); !l.Fits() {
			return 0
		}
		n.Literals = append(n.Literals, FieldLiteral{Literal: literals.Literal{Text: t, At: at}})
	}
	if s := n.score(); s >= useful {
		return s
	}
	return 0
}
