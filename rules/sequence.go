package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
	"github.com/ruleids/ruleids/rules/domain"
)

// A Sequence is events of one key that come in an order, within a span of time from the first to the last.
type Sequence struct {
	Span    time.Duration
	MaxKeys int // bound on the number of keys that are on their way
	// Steps are the events that have to come, in their order; there is one at least. The last of them is the one that
	// the rule's On, Where, By and exceptions are about.
	Steps []*Step
	// Absent, where it is not nil, is what must not come after the last of Steps: the rule fires when Span has passed
	// without it.
	Absent *Step
	Unless []*Step // each makes the sequence forget the key
	Range  hcl.Range
}

// Parts returns the steps, then Absent where there is one, then the exceptions of Unless.
func (s *Sequence) Parts() []*Step {
	out := slices.Clone(s.Steps)
	if s.Absent != nil {
		out = append(out, s.Absent)
	}
	return append(out, s.Unless...)
}

// A Step is one kind of event in a Sequence: a block `step`, `absent` or `unless`.
type Step struct {
	Kind string // the word of the block
	Name string
	On   packet.Event
	// Where holds the presence of every value of By, and for the last of Sequence.Steps the rule's exceptions. It is
	// never nil.
	Where       ast.Expr
	SourceWhere ast.Expr // without these; nil without one
	By          []ast.Key
	Range       hcl.Range // of the block's header
	WhereRange  hcl.Range // of the text of where; of the header without one
}

// stepBlocks are the blocks of a sequence.
var stepBlocks = []string{"step", "absent", "unless"}

// maxSteps bounds the steps and exceptions of a sequence.
const maxSteps = 16

// Alerts reports whether the rule looks at alerts, itself or in a step of its sequence: its own alerts are no events for
// such rules.
func (r *Rule) Alerts() bool {
	return r.On == packet.EventAlert || r.Sequence != nil && slices.ContainsFunc(r.Sequence.Parts(), func(s *Step) bool { return s.On == packet.EventAlert })
}

// sequence reads the sequence block of a rule. What the rule's own attributes say of other rules its steps say.
func (rb *ruleBuilder) sequence() {
	for _, h := range rb.d.blocks {
		if h.Type != "sequence" {
			continue
		}
		if rb.r.Sequence != nil {
			rb.report(diag.DuplicateName, h.DefRange(), "The rule %q already has a sequence in %s. A second one is a rule of its own.", rb.r.Name, place(rb.r.Sequence.Range))
			continue
		}
		rb.r.Sequence = rb.readSequence(h)
	}
	if rb.r.Sequence == nil {
		return
	}
	for _, name := range []string{"where", "when", "by", "on"} {
		if a := rb.d.attrs[name]; a != nil {
			rb.fail(diag.UnknownAttribute, a.NameRange, "A rule with a sequence has no %s of its own: write it in the steps.", name)
		}
	}
	for _, h := range rb.d.blocks {
		if slices.Contains([]string{"window", "level", "memory"}, h.Type) {
			rb.fail(diag.UnknownBlock, h.TypeRange, "A rule with a sequence has no %s. Count in a rule of its own, and look at its alerts in a step with on = \"alert\".", h.Type)
		}
	}
}

// sequenced reports whether the rule has a sequence block, however broken.
func (rb *ruleBuilder) sequenced() bool { return rb.d.has("sequence") }

func (rb *ruleBuilder) readSequence(h *hclsyntax.Block) *Sequence {
	s := &Sequence{Range: h.DefRange()}
	b := &block{kind: "sequence", file: rb.d.file, hcl: h, attrs: h.Body.Attributes, blocks: h.Body.Blocks}
	if len(h.Labels) != 1 {
		rb.fail(diag.BadName, h.TypeRange, "A sequence has its span in quotes, as in sequence \"10m\" { … }: the time from the first step to the last.")
	} else if span, err := setting.ParseDuration(h.Labels[0]); err != nil {
		rb.fail(diag.BadValue, h.LabelRanges[0], "%s.", diag.Capital(err.Error()))
	} else if span == 0 {
		rb.fail(diag.BadValue, h.LabelRanges[0], "A sequence must be longer than 0.")
	} else {
		s.Span = span
	}
	rb.known(b, []string{"max_keys"}, stepBlocks)
	s.MaxKeys = rb.maxKeys(b)
	names := map[string]hcl.Range{}
	var absent *hclsyntax.Block
	for _, sh := range h.Body.Blocks {
		if !slices.Contains(stepBlocks, sh.Type) {
			continue
		}
		st := rb.step(sh, names)
		switch {
		case sh.Type == "unless":
			s.Unless = append(s.Unless, st)
		case sh.Type == "step" && absent != nil:
			rb.fail(diag.BadValue, sh.DefRange(), "The step stands behind absent %q, which is the last: what must not come in between is an unless block.", s.Absent.Name)
		case sh.Type == "step":
			s.Steps = append(s.Steps, st)
		case absent != nil:
			rb.fail(diag.DuplicateName, sh.DefRange(), "A sequence ends with one absent; there is one in %s already. Join the conditions with or.", place(absent.DefRange()))
		default:
			absent, s.Absent = sh, st
		}
	}
	switch n := len(s.Steps) + len(s.Unless); {
	case len(s.Steps) == 0:
		rb.fail(diag.MissingAttribute, h.DefRange(), "The sequence has no step. Add two at least, as in step \"scan\" { where = \"…\" by = [\"ip.src\"] }.")
		return s
	case len(s.Steps) == 1 && s.Absent == nil:
		rb.fail(diag.MissingAttribute, h.DefRange(), "The sequence has one step, and nothing that comes or is missing after it. Add a step or an absent block.")
	case n > maxSteps:
		rb.fail(diag.BadValue, h.DefRange(), "The sequence has %d steps and exceptions, and may have %d.", n, maxSteps)
	}
	rb.sameKeys(s)
	return s
}

// step reads one block of a sequence; first has the names so far.
func (rb *ruleBuilder) step(h *hclsyntax.Block, first map[string]hcl.Range) *Step {
	st := &Step{Kind: h.Type, Range: h.DefRange(), WhereRange: h.DefRange()}
	b := &block{kind: h.Type, file: rb.d.file, hcl: h, attrs: h.Body.Attributes, blocks: h.Body.Blocks}
	rb.known(b, []string{"on", "where", "by"}, nil)
	if len(h.Labels) != 1 || h.Labels[0] == "" {
		rb.fail(diag.BadName, h.TypeRange, "%s block has one name in quotes, as in %s \"login\" { … }.", article(h.Type), h.Type)
	} else {
		st.Name = h.Labels[0]
		if at, ok := first[st.Name]; ok {
			rb.report(diag.DuplicateName, h.LabelRanges[0], "The name %q stands already in %s.", st.Name, place(at))
		}
		first[st.Name] = h.LabelRanges[0]
	}
	if s, at, ok := rb.stringValue(b, "on"); ok && rb.oneOf(at, "kind of event", s, packet.EventWords()) {
		st.On, _ = packet.EventByWord(s)
	}
	sc := rb.fields
	sc.Event = st.On
	switch w := b.attrs["where"]; {
	case w != nil:
		st.WhereRange = w.Expr.Range()
		st.SourceWhere = rb.check(b, "where", &sc, (*check.Checker).Whole)
	case b.attrs["on"] == nil:
		rb.fail(diag.MissingCondition, h.DefRange(), "The %s block says neither on nor where. Add where = \"…\" to say which packets it is about.", h.Type)
	}
	st.By = rb.keys(b.attrs["by"], &sc)
	return st
}

// sameKeys reports steps whose keys cannot be compared.
func (rb *ruleBuilder) sameKeys(s *Sequence) {
	if rb.failed {
		return
	}
	first := s.Steps[0]
	for _, st := range s.Parts()[1:] {
		if len(st.By) != len(first.By) {
			rb.fail(diag.TypeMismatch, st.Range, "%s %q goes by %s, and step %q by %s: a sequence follows one key, so each goes by as many values of the same types.",
				diag.Capital(st.Kind), st.Name, keyWords(st.By), first.Name, keyWords(first.By))
			continue
		}
		for i, k := range st.By {
			a, b := first.By[i].Expr.Kind(), k.Expr.Kind()
			if a != b && !(a.IsText() && b.IsText()) {
				rb.fail(diag.TypeMismatch, k.Expr.Range(), "%s is %s, and %s of step %q is %s: they are never equal.", k.Text, check.An(b), first.By[i].Text, first.Name, check.An(a))
			}
		}
	}
}

func keyWords(by []ast.Key) string {
	switch len(by) {
	case 0:
		return "no key"
	case 1:
		return "one value"
	}
	return fmt.Sprintf("%d values", len(by))
}

// lastStep makes the rule's own condition and key those of the last step, of whose event its exceptions, targets and
// messages are.
func (rb *ruleBuilder) lastStep() {
	s := rb.r.Sequence
	if s == nil || len(s.Steps) == 0 {
		return
	}
	last := s.Steps[len(s.Steps)-1]
	rb.r.On, rb.r.By, rb.r.SourceWhere = last.On, last.By, last.SourceWhere
	rb.r.AttrRanges["where"] = last.WhereRange
	rb.fields.Event = last.On
}

// stepWheres makes the conditions of the steps, when those of the rule, which are the last one's, are made.
func (rb *ruleBuilder) stepWheres() {
	s := rb.r.Sequence
	if s == nil {
		return
	}
	for i, st := range s.Parts() {
		if i == len(s.Steps)-1 {
			st.Where = rb.r.Where
		} else {
			xs := keyed(st.By, st.SourceWhere)
			if st.On == packet.EventAuth && !st.readsResult() {
				xs = append(xs, noProbe(st.WhereRange))
			}
			st.Where = ast.And(st.WhereRange, xs...)
		}
	}
}

// readsResult reports whether a step on logins says something of what became of them: such a step sees probes, too.
func (s *Step) readsResult() bool {
	if reads(s.SourceWhere, authResult) {
		return true
	}
	return slices.ContainsFunc(s.By, func(k ast.Key) bool { return reads(k.Expr, authResult) })
}

// stepContradictions looks for what can never hold in the steps but the last, which is looked at as the rule itself is.
// It returns false where one never holds.
func (rb *ruleBuilder) stepContradictions(c *domain.Contradictor) bool {
	s := rb.r.Sequence
	if s == nil {
		return true
	}
	good := true
	for i, st := range s.Parts() {
		if i == len(s.Steps)-1 || st.SourceWhere == nil {
			continue
		}
		if ast.IsBool(st.SourceWhere, false) || !c.Check(st.SourceWhere, st.WhereRange, nil) {
			good = false
			continue
		}
		where := domain.Conjuncts(st.SourceWhere)
		for _, k := range st.By {
			p := ast.Presence(k.Expr)
			if p == nil {
				continue
			}
			if !c.Solver.Satisfiable(where, p) {
				rb.report(diag.NeverTrue, k.Expr.Range(), "The events that %s %q lets through have no %s, so that it never comes.", st.Kind, st.Name, k.Text)
				good = false
				break
			}
			where = append(where, p)
		}
	}
	return good
}

// afterwards reports what targets and messages of a sequence that ends with absent cannot know: the bytes of the event that
// began to wait are not kept.
func (rb *ruleBuilder) afterwards() {
	s := rb.r.Sequence
	if s == nil || s.Absent == nil || len(s.Steps) == 0 {
		return
	}
	look := func(e ast.Expr) {
		ast.Walk(e, func(x ast.Expr) bool {
			if f, ok := x.(*ast.FieldExpr); ok && f.Field.InPayload() {
				rb.report(diag.Unsupported, f.Rng, "When the span has passed, the payload of the event of step %q is no longer there. Leave %s out.", s.Steps[len(s.Steps)-1].Name, f.Field.Name)
			}
			return true
		})
	}
	if rb.r.Escalate != nil {
		look(rb.r.Escalate.Indicator)
	}
	for _, e := range rb.r.outcomes() {
		look(e)
	}
}
