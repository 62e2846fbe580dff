package rules

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// A Level is a step of a rule's ladder of severities: where its condition holds, an alert is at least as severe.
type Level struct {
	Severity Severity
	When     ast.Expr // over what the rule's when is over; nil in a broken rule
	Range    hcl.Range
}

// levelNames are the labels of the level blocks of a rule.
func levelNames(blocks []*hclsyntax.Block) map[string]bool {
	names := map[string]bool{}
	for _, h := range blocks {
		if h.Type == "level" && len(h.Labels) == 1 {
			names[h.Labels[0]] = true
		}
	}
	return names
}

// levels reads the ladder of severities, which is then sorted, the highest first. A rule with windows, or memories, and levels may
// do without when: it fires where one of the levels holds.
func (rb *ruleBuilder) levels() {
	r := rb.r
	first := map[string]hcl.Range{}
	for _, h := range rb.d.blocks {
		if h.Type != "level" {
			continue
		}
		b := &block{kind: "level", file: rb.d.file, hcl: h, attrs: h.Body.Attributes, blocks: h.Body.Blocks}
		rb.known(b, []string{"when"}, nil)
		l := &Level{Range: h.DefRange()}
		switch {
		case len(h.Labels) != 1:
			rb.fail(diag.BadName, h.TypeRange, "A level has its severity in quotes, as in level \"critical\" { when = \"…\" }.")
			continue
		case !rb.oneOf(h.LabelRanges[0], "severity", h.Labels[0], scale.SeverityWords()):
			rb.failed = true
		case first[h.Labels[0]] != (hcl.Range{}):
			rb.fail(diag.DuplicateName, h.LabelRanges[0], "The level %q is already declared in %s. Join the conditions with or.", h.Labels[0], place(first[h.Labels[0]]))
		default:
			l.Severity, _ = scale.ParseSeverity(h.Labels[0])
			first[h.Labels[0]] = h.LabelRanges[0]
		}
		if b.attrs["when"] == nil {
			rb.fail(diag.MissingAttribute, h.DefRange(), "A level needs when = \"…\", the condition under which alerts are so severe.")
			continue
		}
		l.When = rb.check(b, "when", &rb.full, (*check.Checker).Whole)
		r.Levels = append(r.Levels, l)
	}
	slices.SortStableFunc(r.Levels, func(x, y *Level) int { return cmp.Compare(y.Severity, x.Severity) })
	if len(r.Levels) == 0 || !rb.onlyLevels() || rb.failed {
		return
	}
	conditions := make([]ast.Expr, len(r.Levels))
	for i, l := range r.Levels {
		conditions[len(conditions)-1-i] = l.When
	}
	r.When = ast.Or(hcl.Range{Filename: r.Range.Filename}, conditions...)
	if rb.d.attrs["severity"] == nil {
		r.Severity = r.Levels[len(r.Levels)-1].Severity
	}
}

// onlyLevels reports whether the rule has windows or memories and no condition to fire on but those of its levels.
func (rb *ruleBuilder) onlyLevels() bool {
	return rb.d.attrs["when"] == nil && (rb.d.has("window") || rb.d.has("memory")) && rb.d.has("level")
}

// Conditions returns what is asked of the values of aggregates: when, where the rule gives one, and the conditions of
// its levels. Those that have errors are left out.
func (r *Rule) Conditions() []ast.Expr {
	var out []ast.Expr
	if _, ok := r.AttrRanges["when"]; ok && r.When != nil {
		out = append(out, r.When)
	}
	for _, l := range r.Levels {
		if l.When != nil {
			out = append(out, l.When)
		}
	}
	return out
}
