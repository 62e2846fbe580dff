package rules

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
	"github.com/ruleids/ruleids/rules/lists"
)

// A Track writes a value to a list whenever its rule fires, in its cooldown too, or would fire, where it is silent.
type Track struct {
	List  *lists.List
	Value ast.Expr
	Text  string    // the value as written
	Range hcl.Range // of the block's header
}

// defaultTracked is how many entries a list that rules fill has at most where it does not say.
const defaultTracked = 65536

// loadTracked reads what a list says that rules fill.
func (l *loader) loadTracked(b *block, list *lists.List, more appended) {
	l.known(b, listAttributes, nil)
	for _, part := range more {
		l.report(diag.BadValue, part.attrs["append"].NameRange, "The list %q in %s is filled by rules, and nothing else adds to it.", b.name, place(list.Range))
	}
	for _, name := range append([]string{"values", "file", "columns"}, feedAttributes...) {
		if a := b.attrs[name]; a != nil {
			l.report(diag.BadValue, a.NameRange, "A list with for is filled by rules, and has no %s. Entries that are always there make a list of their own.", name)
		}
	}
	list.Max = l.count(b, "max", defaultTracked, 1, 1<<24)
	// Where it is wrong it is a list that rules fill nevertheless.
	if list.For = l.durationValue(b, "for", 1); list.For == 0 {
		list.For = 1
		l.report(diag.BadValue, b.attrs["for"].Expr.Range(), "An entry has to last longer than 0.")
	}
}

// track reads the block that writes to a list.
func (rb *ruleBuilder) track(b *block) {
	rb.known(b, []string{"value"}, nil)
	if len(b.hcl.Labels) != 1 {
		rb.report(diag.BadName, b.hcl.TypeRange, "A track block names the list that it writes to, as in track \"resolved\" { … }.")
		return
	}
	t := &Track{Range: b.header()}
	name := b.hcl.Labels[0]
	known := rb.view(b.header().Filename).Lists
	t.List = known[name]
	if t.List == nil {
		var some []string
		for n, x := range known {
			if x.Tracked() {
				some = append(some, n)
			}
		}
		rb.report(diag.UnknownList, b.labelRange(), "There is no list %q to write to.%s Declare it, as in list %q { type = \"ip\" for = \"1h\" }.", name, diag.DidYouMean(name, some), name)
		return
	}
	if !t.List.Tracked() {
		rb.report(diag.BadValue, b.labelRange(), "The list %q has fixed entries, which no rule changes. A list that rules fill says for how long, as in for = \"1h\".", name)
		return
	}
	if b.attrs["value"] == nil {
		rb.report(diag.MissingAttribute, b.header(), "The track block needs value = \"…\": what is written to list.%s, as \"ip.src\".", name)
		return
	}
	p, ok := rb.condition(b, "value")
	if !ok {
		rb.failed = true
		return
	}
	t.Text = p.Src.Text
	if t.Value = rb.checked(p, &rb.fields, (*check.Checker).Scalar); t.Value == nil {
		return
	}
	if what, fits := t.List.Holds(t.Value.Kind()); !fits {
		rb.report(diag.TypeMismatch, t.Value.Range(), "list.%s holds %s, and %s is %s.", name, what, t.Text, check.An(t.Value.Kind()))
		return
	}
	rb.r.Tracks = append(rb.r.Tracks, t)
}

// Reads returns the lists that rules fill which the rule looks into, each once.
func (r *Rule) Reads() []*lists.List {
	var out []*lists.List
	for _, e := range r.Exprs() {
		ast.Walk(e, func(x ast.Expr) bool {
			if l, ok := x.(*ast.ListedExpr); ok && !slices.Contains(out, l.List) {
				out = append(out, l.List)
			}
			return true
		})
	}
	return out
}

// Exprs returns every expression of the rule: its conditions and those of its steps, keys, aggregates, memories, exceptions, and
// those of After. None is nil.
func (r *Rule) Exprs() []ast.Expr {
	exprs := append([]ast.Expr{r.Where}, r.Conditions()...)
	if r.Sequence != nil {
		for _, st := range r.Sequence.Parts() {
			exprs = append(exprs, st.Where)
			for _, k := range st.By {
				exprs = append(exprs, k.Expr)
			}
		}
	}
	for _, a := range r.Aggregates {
		exprs = append(exprs, a.Arg, a.Cond)
	}
	exprs = append(exprs, r.After()...)
	return slices.DeleteFunc(exprs, func(e ast.Expr) bool { return e == nil })
}

// After returns the expressions of what is made of an event when the rule fires: the key, what reputation is asked about, what
// is written to lists, targets and messages. None is nil.
func (r *Rule) After() []ast.Expr {
	var exprs []ast.Expr
	for _, k := range r.By {
		exprs = append(exprs, k.Expr)
	}
	if r.Escalate != nil {
		exprs = append(exprs, r.Escalate.Indicator)
	}
	return slices.DeleteFunc(append(exprs, r.outcomes()...), func(e ast.Expr) bool { return e == nil })
}

// outcomes returns the expressions of what is written to lists, of targets and of messages. Some may be nil.
func (r *Rule) outcomes() (exprs []ast.Expr) {
	for _, t := range r.Tracks {
		exprs = append(exprs, t.Value)
	}
	for _, a := range r.Actions {
		exprs = append(exprs, a.Target)
		if a.Message != nil {
			for _, part := range a.Message.Parts {
				exprs = append(exprs, part.Expr)
			}
		}
	}
	return exprs
}
