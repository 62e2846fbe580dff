package lint

import (
	"maps"
	"slices"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
	"github.com/ruleids/ruleids/rules/lists"
)

// unfilledList finds lists that rules should fill and that no rule does: a condition on it never holds, or always.
func unfilledList() Check {
	return Check{
		Code: warning("unfilled-list", "List that no rule fills",
			"A rule reads a list with for, and no enabled rule writes to it, or only rules that look at what is in it already."),
		check: func(rs *rules.RuleSet, report report) {
			for _, l := range rs.Lists {
				if !l.Tracked() || !l.Used {
					continue
				}
				from := writers(rs, l)
				if !slices.ContainsFunc(from, func(r *rules.Rule) bool { return r.Enabled }) {
					how := "no rule writes to it"
					if len(from) > 0 {
						how = "the rule that writes to it, " + from[0].Name + ", is not enabled"
					}
					report(l.Range, "Rules read list %q, and %s: it is always empty. Add track %q { value = \"…\" } to a rule.", l.Name, how, l.Name)
				} else if !slices.ContainsFunc(from, func(r *rules.Rule) bool { return r.Enabled && !entered(r, l) }) {
					report(l.Range, "Only rule %q writes to list %q, for packets that are in it already: it is always empty. Let a rule write what is not in it yet.", from[0].Name, l.Name)
				}
			}
		},
	}
}

// entered reports whether a rule looks only at what is in a list already.
func entered(r *rules.Rule, l *lists.List) bool {
	return slices.ContainsFunc(domain.Conjuncts(r.Where), func(x ast.Expr) bool {
		if guard, ok := x.(*ast.LogicExpr); ok && !guard.Or {
			x = guard.Xs[len(guard.Xs)-1]
		}
		in, ok := x.(*ast.ListedExpr)
		return ok && in.List == l
	})
}

// trialList finds rules that keep hosts out by what a rule on trial wrote.
func trialList() Check {
	return Check{
		Code: warning("trial-list", "Response by the word of a rule on trial",
			"A rule that blocks or quarantines reads a list that a rule in shadow mode writes to."),
		check: func(rs *rules.RuleSet, report report) {
			for _, r := range sound(rs) {
				if r.Mode == rules.ModeShadow || !slices.ContainsFunc(r.Actions, func(a *rules.Action) bool { return a.Target != nil }) {
					continue
				}
				for _, l := range r.Reads() {
					for _, w := range writers(rs, l) {
						if w.Mode == rules.ModeShadow && w.Enabled {
							report(r.Range, "Rule %q keeps hosts out by list %q, and rule %q, which writes to that, is in shadow mode: what it finds is not trusted yet. Put both in shadow mode, or neither.", r.Name, l.Name, w.Name)
						}
					}
				}
			}
		},
	}
}

// writers returns the rules that write to a list, by their names.
func writers(rs *rules.RuleSet, l *lists.List) []*rules.Rule {
	if !l.Tracked() {
		return nil
	}
	var out []*rules.Rule
	for _, r := range sound(rs) {
		if slices.ContainsFunc(r.Tracks, func(t *rules.Track) bool { return t.List == l }) {
			out = append(out, r)
		}
	}
	return out
}

// sortedWords returns the members of a set of strings.
func sortedWords(s *lists.Set) []string { return slices.Sorted(maps.Keys(s.Strs)) }
