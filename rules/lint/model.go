package lint

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// MaxLearn is the longest that a model can learn. What it collects is kept in 24 to 48 stretches of time, each of which is judged
// by the others; beyond four weeks a stretch is longer than a day, so that a night and the day after it are one.
const MaxLearn = 4 * 7 * 24 * time.Hour

// constantFeature finds features of models that are the same for every sample.
func constantFeature() Check {
	return Check{
		Code: warning("constant-feature", "Feature that never changes",
			"A feature of a model has the same value in every sample, so that there is nothing to learn."),
		check: func(rs *rules.RuleSet, report report) {
			for _, m := range rs.Models {
				for _, f := range m.Features {
					if constant(f.Expr, m.By) {
						report(f.Range, "The feature %q has the same value in every sample of one key: there is nothing to learn. Leave it out.", f.Name)
					}
				}
			}
		},
	}
}

// constant reports whether an expression over aggregates has one value, where the fields of by are fixed.
func constant(e ast.Expr, by []ast.Key) bool {
	varies := false
	ast.Walk(e, func(x ast.Expr) bool {
		switch x := x.(type) {
		case *ast.AggregateExpr:
			a := x.Aggregate
			switch a.Func {
			case ast.FuncDistinct, ast.FuncMin, ast.FuncMax, ast.FuncMean, ast.FuncStddev, ast.FuncChanges:
				varies = varies || !fixed(a.Arg, by) || conditional(a)
			default:
				varies = true
			}
		case *ast.FieldExpr:
			varies = true
		}
		return !varies
	})
	return !varies
}

// conditional reports whether an aggregate leaves out events that have its value.
func conditional(a *ast.Aggregate) bool {
	if a.Cond == nil {
		return false
	}
	p := ast.Presence(a.Arg)
	return p == nil || ast.Format(p) != ast.Format(a.Cond)
}

// fixed reports whether an expression of one event has one value, where the fields of by are fixed.
func fixed(e ast.Expr, by []ast.Key) bool {
	for f := range domain.FieldsOf(e) {
		if !domain.Keyed(&ast.FieldExpr{Field: f}, by) {
			return false
		}
	}
	return true
}

// learnTooLong finds models that learn for longer than what they collect can be told apart.
func learnTooLong() Check {
	return Check{
		Code: warning("learn-too-long", "Model that learns for too long",
			"A model learns for more than 672h. What it collects is kept in at most 48 stretches of time, of which each is longer than a day then."),
		partial: true,
		check: func(rs *rules.RuleSet, report report) {
			for _, m := range rs.Models {
				if m.Learn > MaxLearn {
					report(m.AttrRanges["learn"], "The model learns for %s. What it collects is kept in at most 48 stretches, so no more than %s can be told apart. Shorten it: a histogram goes on to learn, and a forest is learned again with ruleids model learn.",
						spanText(m.Learn), spanText(MaxLearn))
				}
			}
		},
	}
}

// modelBlock finds blocks on the score of a model alone.
func modelBlock() Check {
	return Check{
		Code: warning("model-block", "Block on the score of a model alone",
			"A rule blocks by what a model finds odd, which is no proof of anything, and which others can bring about."),
		partial: true,
		check: func(rs *rules.RuleSet, report report) {
			for _, r := range rs.Rules {
				if r.On != packet.EventModel || r.Sequence != nil {
					continue
				}
				for _, a := range r.Actions {
					if a.Kind == "block" {
						report(a.Range, "Rule %q blocks whom a model finds odd. Odd is not bad, and whoever can make a host odd can have it blocked. Use notify or quarantine, or a sequence with another step.", r.Name)
					}
				}
			}
		},
	}
}

func unusedModel() Check {
	return unused("model", func(rs *rules.RuleSet, see func(string, hcl.Range, bool)) {
		for _, x := range rs.Models {
			see(x.Name, x.Range, x.Used || x.Shipped)
		}
	})
}
