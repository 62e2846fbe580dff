package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// A Model is a model block: what it samples, and how it learns from that.
type Model struct {
	Name, Description string
	On                packet.Event // what is sampled: packets by key and Every, each conversation that closes, or each login

	// Where says what is looked at: the model's where and the presence of every value of By. It is never nil.
	Where    ast.Expr
	By       []ast.Key     // fields; one sample for each value of them
	Every    time.Duration // of packets: the time that one sample is of
	Features []*Feature    // in the order of the file
	// Aggregates of all features; AggregateExpr.Index counts in it.
	Aggregates []*ast.Aggregate

	Method     model.Method
	Learn      time.Duration
	MinSamples int
	Seed       uint64
	MaxKeys    int // bound on the number of keys that there are samples of

	// Definition is a digest of all that decides what a sample is: a baseline fits models with the same alone.
	Definition string

	SourceWhere ast.Expr // the model's own condition; nil without one
	Used        bool     // a rule looks at its samples
	Shipped     bool
	Broken      bool      // Load reported errors in it
	Range       hcl.Range // of the block's header
	AttrRanges  map[string]hcl.Range
}

// Defaults of a model block.
const (
	DefaultEvery = time.Minute
	DefaultLearn = 24 * time.Hour
)

var modelAttrs = []string{"description", "on", "where", "by", "every", "features", "method", "learn", "min_samples", "seed", "max_keys"}

// modelKeys names the fields that a model may go by: those that its samples have as events.
func modelKeys() []string {
	var names []string
	for _, f := range packet.Fields() {
		if f.On(packet.EventModel) && f.On(packet.EventPacket) && f.Layer != packet.LayerFrame {
			names = append(names, f.Name)
		}
	}
	return names
}

// A modelBuilder checks one model.
type modelBuilder struct {
	*loader
	b *block
	m *Model

	whereText string
}

func (l *loader) buildModel(b *block) *Model {
	mb := &modelBuilder{loader: l, b: b, m: &Model{Name: b.name, Every: DefaultEvery, Learn: DefaultLearn, MinSamples: model.DefaultMinSamples, Seed: 1,
		MaxKeys: ast.DefaultMaxKeys, Shipped: b.shipped(), Range: b.header(), AttrRanges: make(map[string]hcl.Range, len(b.attrs))}}
	before := len(l.diags)
	mb.build()
	for _, d := range l.diags[before:] {
		mb.m.Broken = mb.m.Broken || d.Severity == hcl.DiagError
	}
	return mb.m
}

func (mb *modelBuilder) build() {
	m, b := mb.m, mb.b
	for name, a := range b.attrs {
		m.AttrRanges[name] = a.Expr.Range()
	}
	mb.known(b, modelAttrs, nil)
	mb.scalars()
	sc := check.Scope{Event: m.On, NoAggs: "Aggregates belong into features.", NoThresh: "A model has no threshold: rules compare its scores."}
	if b.attrs["where"] != nil {
		m.SourceWhere = mb.check("where", &sc)
	}
	mb.by(&sc)
	mb.features(&sc)
	at := m.Range
	if a, ok := m.AttrRanges["where"]; ok {
		at = a
	}
	xs := present(m.By)
	if m.On == packet.EventAuth && !mb.readsResult() {
		xs = append(xs, noProbe(at))
	}
	m.Where = ast.And(at, append(xs, m.SourceWhere)...)
	m.Definition = mb.definition()
}

// scalars reads the attributes that are no expressions.
func (mb *modelBuilder) scalars() {
	m, b := mb.m, mb.b
	m.Description = mb.stringAttr(b, "description")
	if s, at, ok := mb.stringValue(b, "on"); ok {
		words := []string{packet.EventPacket.String(), packet.EventConnection.String(), packet.EventAuth.String()}
		if mb.oneOf(at, "kind of event that a model samples", s, words) {
			m.On, _ = packet.EventByWord(s)
		}
	}
	if s, at, ok := mb.stringValue(b, "method"); ok && mb.oneOf(at, "method", s, model.Methods()) {
		m.Method = model.Method(slices.Index(model.Methods(), s))
	}
	m.Every = mb.positive("every", m.Every)
	m.Learn = mb.positive("learn", m.Learn)
	if m.On != packet.EventPacket {
		for _, name := range []string{"every", "by", "max_keys"} {
			if a := b.attrs[name]; a != nil {
				mb.report(diag.BadValue, a.NameRange, "A model on %s takes one sample of each: %s has no meaning. Leave it out.", m.On.Plural(), name)
			}
		}
	}
	m.MinSamples = mb.count(b, "min_samples", m.MinSamples, 1, 1<<20)
	m.MaxKeys = mb.maxKeys(b)
	m.Seed = uint64(mb.count(b, "seed", int(m.Seed), 0, 1<<31-1))
}

// positive reads a duration that must not be 0.
func (mb *modelBuilder) positive(name string, otherwise time.Duration) time.Duration {
	d := mb.durationValue(mb.b, name, otherwise)
	if d <= 0 {
		mb.report(diag.BadValue, mb.m.AttrRanges[name], "%s must be longer than 0.", name)
		return otherwise
	}
	return d
}

func (mb *modelBuilder) check(name string, sc *check.Scope) ast.Expr {
	p, ok := mb.condition(mb.b, name)
	if !ok {
		return nil
	}
	mb.whereText = p.Src.Text
	c := check.New(mb.view(p.Src.Whole.Filename), p, sc)
	e := c.Run(c.Whole)
	mb.diags = append(mb.diags, c.Diags...)
	return e
}

// by reads the fields that samples go by.
func (mb *modelBuilder) by(sc *check.Scope) {
	a := mb.b.attrs["by"]
	if a == nil || mb.m.On != packet.EventPacket {
		return
	}
	t, ok := a.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		mb.report(diag.BadValue, a.Expr.Range(), "by needs a list of fields in quotes, as in by = [\"ip.src\"].")
		return
	}
	for _, e := range t.Exprs {
		p, ok := mb.expression(e, "by")
		if !ok {
			continue
		}
		c := check.New(mb.view(p.Src.Whole.Filename), p, sc)
		x := c.Run(func(n exprast.Node) ast.Expr { return c.Scalar(n) })
		mb.diags = append(mb.diags, c.Diags...)
		if x == nil {
			continue
		}
		f, ok := x.(*ast.FieldExpr)
		switch {
		case !ok || !slices.Contains(modelKeys(), f.Field.Name):
			mb.report(diag.BadValue, e.Range(), "A model goes by fields that its samples have as events: %s.", strings.Join(modelKeys(), ", "))
		case slices.ContainsFunc(mb.m.By, func(k ast.Key) bool { return k.Text == f.Field.Name }):
			mb.report(diag.DuplicateName, e.Range(), "The key %q stands twice in by.", f.Field.Name)
		default:
			mb.m.By = append(mb.m.By, ast.Key{Text: f.Field.Name, Expr: x})
		}
	}
}

// definition is the digest of what a sample is, by the text of the block: what lists have in them may change.
func (mb *modelBuilder) definition() string {
	m := mb.m
	h := sha256.New()
	fmt.Fprintf(h, "on %s every %d where %s method %s\n", m.On, m.Every, mb.whereText, m.Method)
	for _, k := range m.By {
		fmt.Fprintf(h, "by %s\n", k.Text)
	}
	for _, f := range m.Features {
		fmt.Fprintf(h, "feature %q %s\n", f.Name, f.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readsResult reports whether the model reads auth.result: such a model samples probes, too.
func (mb *modelBuilder) readsResult() bool {
	return reads(mb.m.SourceWhere, authResult) || slices.ContainsFunc(mb.m.Features, func(f *Feature) bool { return reads(f.Expr, authResult) })
}

// ModelNames returns the models whose samples a rule with on = "model" may look at, by what its where says of model.name; nil
// where it says nothing.
func (r *Rule) ModelNames() []string {
	xs := []ast.Expr{r.SourceWhere}
	if and, ok := r.SourceWhere.(*ast.LogicExpr); ok && !and.Or {
		xs = and.Xs
	}
	for _, x := range xs {
		if and, ok := x.(*ast.LogicExpr); ok && !and.Or { // with the presence of the field
			for _, y := range and.Xs {
				if names := modelNames(y); names != nil {
					return names
				}
			}
		}
		if names := modelNames(x); names != nil {
			return names
		}
	}
	return nil
}

// modelNames returns the names that a comparison allows model.name.
func modelNames(x ast.Expr) []string {
	is := func(e ast.Expr) bool {
		f, ok := e.(*ast.FieldExpr)
		return ok && f.Field.Name == "model.name"
	}
	switch x := x.(type) {
	case *ast.CompareExpr:
		if c, ok := x.Y.(*ast.ConstExpr); ok && x.Op == ast.OpEq && is(x.X) {
			return []string{c.Value.Str}
		}
		if c, ok := x.X.(*ast.ConstExpr); ok && x.Op == ast.OpEq && is(x.Y) {
			return []string{c.Value.Str}
		}
	case *ast.InExpr:
		if is(x.X) && x.Set.Strs != nil {
			return x.Set.Strings()
		}
	}
	return nil
}

// useModels marks the models that rules look at.
func useModels(rs *RuleSet) {
	for _, r := range rs.Rules {
		steps := r.Sequence != nil && slices.ContainsFunc(r.Sequence.Parts(), func(st *Step) bool { return st.On == packet.EventModel })
		if r.On != packet.EventModel && !steps {
			continue
		}
		var names []string
		if !steps {
			names = r.ModelNames()
		}
		for _, m := range rs.Models {
			m.Used = m.Used || names == nil || slices.Contains(names, m.Name)
		}
	}
}
