package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
)

// A Model is a model block: what it samples, and how it learns from that.
type Model struct {
	Name, Description string
	On                packet.Event // what is sampled: packets by key and Every, or each conversation that closes

	// Where says what is looked at: the model's where and the presence of every value of By. It is never nil.
	Where    Expr
	By       []Key         // fields; one sample for each value of them
	Every    time.Duration // of packets: the time that one sample is of
	Features []*Feature    // in the order of the file
	// Aggregates of all features; AggregateExpr.Index counts in it.
	Aggregates []*Aggregate

	Method     model.Method
	Learn      time.Duration
	MinSamples int
	Seed       uint64
	MaxKeys    int // bound on the number of keys that there are samples of

	// Definition is a digest of all that decides what a sample is: a baseline fits models with the same alone.
	Definition string

	SourceWhere Expr // the model's own condition; nil without one
	Used        bool // a rule looks at its samples
	Shipped     bool
	Broken      bool      // Load reported errors in it
	Range       hcl.Range // of the block's header
	AttrRanges  map[string]hcl.Range
}

// A Feature is one number of every sample.
type Feature struct {
	Name  string
	Expr  Expr
	Text  string    // as written
	Range hcl.Range // of the string with the expression
	// Shown is what people are shown: Expr, or what its logarithm is taken of, where Log is true.
	Shown Expr
	Log   bool
	Unit  Unit
}

// A Unit is what a number counts, for people.
type Unit uint8

// The units.
const (
	UnitNone Unit = iota
	UnitBytes
	UnitSeconds
	UnitBytesPerSecond
)

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
		MaxKeys: DefaultMaxKeys, Shipped: b.shipped(), Range: b.header(), AttrRanges: make(map[string]hcl.Range, len(b.attrs))}}
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
	sc := scope{event: m.On, noAggs: "Aggregates belong into features.", noThresh: "A model has no threshold: rules compare its scores."}
	if b.attrs["where"] != nil {
		m.SourceWhere = mb.check("where", &sc)
	}
	mb.by(&sc)
	mb.features(&sc)
	at := m.Range
	if a, ok := m.AttrRanges["where"]; ok {
		at = a
	}
	var xs []Expr
	for _, k := range m.By {
		if p := Presence(k.Expr); p != nil {
			xs = append(xs, p)
		}
	}
	m.Where = conjunction(at, append(xs, m.SourceWhere)...)
	m.Definition = mb.definition()
}

// scalars reads the attributes that are no expressions.
func (mb *modelBuilder) scalars() {
	m, b := mb.m, mb.b
	m.Description = mb.stringAttr(b, "description")
	if s, at, ok := mb.stringValue(b, "on"); ok {
		words := slices.DeleteFunc(packet.EventWords(), func(w string) bool { return w != "packet" && w != "connection" })
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
	m.MinSamples = mb.count("min_samples", m.MinSamples, 1, 1<<20)
	m.MaxKeys = mb.count("max_keys", m.MaxKeys, 1, 1<<24)
	m.Seed = uint64(mb.count("seed", int(m.Seed), 0, 1<<31-1))
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

// count reads a whole number in a range.
func (mb *modelBuilder) count(name string, otherwise, lo, hi int) int {
	v, at, ok := mb.numberValue(mb.b, name)
	if !ok {
		return otherwise
	}
	if v < float64(lo) || v > float64(hi) || v != float64(int(v)) {
		mb.report(diag.BadValue, at, "%s needs an integer from %d to %d.", name, lo, hi)
		return otherwise
	}
	return int(v)
}

func (mb *modelBuilder) check(name string, sc *scope) Expr {
	p, ok := mb.condition(mb.b, name)
	if !ok {
		return nil
	}
	mb.whereText = p.src.Text
	c := newChecker(mb.view(p.src.Whole.Filename), p, sc)
	e := c.run(c.whole)
	mb.diags = append(mb.diags, c.diags...)
	return e
}

// by reads the fields that samples go by.
func (mb *modelBuilder) by(sc *scope) {
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
		c := newChecker(mb.view(p.src.Whole.Filename), p, sc)
		x := c.run(func(n ast.Node) Expr { return c.scalar(n) })
		mb.diags = append(mb.diags, c.diags...)
		if x == nil {
			continue
		}
		f, ok := x.(*FieldExpr)
		switch {
		case !ok || !slices.Contains(modelKeys(), f.Field.Name):
			mb.report(diag.BadValue, e.Range(), "A model goes by fields that its samples have as events: %s.", strings.Join(modelKeys(), ", "))
		case slices.ContainsFunc(mb.m.By, func(k Key) bool { return k.Text == f.Field.Name }):
			mb.report(diag.DuplicateName, e.Range(), "The key %q stands twice in by.", f.Field.Name)
		default:
			mb.m.By = append(mb.m.By, Key{Text: f.Field.Name, Expr: x})
		}
	}
}

// features reads the numbers of a sample.
func (mb *modelBuilder) features(sc *scope) {
	m := mb.m
	a := mb.b.attrs["features"]
	if a == nil {
		mb.report(diag.MissingAttribute, m.Range, "A model needs features = { name = \"…\" }, the numbers of a sample.")
		return
	}
	o, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok || len(o.Items) == 0 {
		mb.report(diag.BadValue, a.Expr.Range(), "features needs names and expressions, as in features = { bytes = \"log2(sum(ip.len))\" }.")
		return
	}
	if len(o.Items) > model.MaxFeatures {
		mb.report(diag.BadValue, a.Expr.Range(), "A model has at most %d features, not %d.", model.MaxFeatures, len(o.Items))
		return
	}
	window := &Window{Span: m.Every, MaxKeys: m.MaxKeys, Range: m.Range}
	for _, it := range o.Items {
		name := hcl.ExprAsKeyword(it.KeyExpr)
		if name == "" {
			if lit, ok := diag.ReadLiteral(mb.byName[it.KeyExpr.Range().Filename].bytes, literalOf(it.KeyExpr)); ok {
				name = lit.Text
			}
		}
		switch {
		case !isName(name, false):
			mb.report(diag.BadName, it.KeyExpr.Range(), "A feature has a name of letters, digits and underscores.")
			continue
		case slices.ContainsFunc(m.Features, func(f *Feature) bool { return f.Name == name }):
			mb.report(diag.DuplicateName, it.KeyExpr.Range(), "The feature %q stands twice in features.", name)
			continue
		}
		p, ok := mb.expression(it.ValueExpr, name)
		if !ok {
			continue
		}
		f := &Feature{Name: name, Text: p.src.Text, Range: it.ValueExpr.Range()}
		if f.Expr = mb.feature(p, sc, window); f.Expr == nil {
			continue
		}
		f.Shown = f.Expr
		if c, ok := f.Expr.(*CallExpr); ok && c.Func.ID == FnLog2 {
			f.Shown, f.Log = c.Args[0], true
		}
		f.Unit = unitOf(f.Shown)
		m.Features = append(m.Features, f)
	}
}

// literalOf returns the expression that a key of an object is.
func literalOf(e hclsyntax.Expression) hclsyntax.Expression {
	if k, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		return k.Wrapped
	}
	return e
}

// feature checks the expression of a feature: of packets over aggregates, of conversations over their fields.
func (mb *modelBuilder) feature(p parsed, sc *scope, window *Window) Expr {
	m, own := mb.m, *sc
	if m.On == packet.EventPacket {
		own.noFields = "A sample is of many packets. Write an aggregate of it, as in sum(ip.len) or distinct(ip.dst)."
		own.inline = func(c *checker, n *ast.CallNode) Expr {
			agg := &Aggregate{Name: c.text(n), Window: window, Index: len(m.Aggregates), Range: c.rng(n), Text: c.text(n)}
			inner := *sc
			inner.noAggs = "An aggregate cannot use another one."
			outer := c.scope
			c.scope = &inner
			ok := c.aggregate(n, agg)
			c.scope = outer
			if !ok {
				return nil
			}
			if agg.Func > FuncChanges {
				return c.errorf(diag.Unsupported, c.rng(n), "A sample has no %s: it keeps numbers, and no single packets. Use count, sum, distinct, min, max, mean, stddev, rate or changes.", c.text(n))
			}
			m.Aggregates = append(m.Aggregates, agg)
			return &AggregateExpr{At{c.rng(n)}, agg}
		}
	}
	c := newChecker(mb.view(p.src.Whole.Filename), p, &own)
	e := c.run(func(n ast.Node) Expr { return c.scalar(n) })
	mb.diags = append(mb.diags, c.diags...)
	if e != nil && !isNumber(e.Kind()) {
		mb.report(diag.TypeMismatch, p.src.Whole, "%s is %s; a feature is a number.", p.src.Text, an(e.Kind()))
		return nil
	}
	return e
}

// unitOf tells what a number counts.
func unitOf(e Expr) Unit {
	switch e := e.(type) {
	case *AggregateExpr:
		switch e.Aggregate.Func {
		case FuncSum, FuncMin, FuncMax, FuncMean, FuncStddev:
			return unitOf(e.Aggregate.Arg)
		}
	case *FieldExpr:
		name := e.Field.Name
		switch {
		case strings.HasSuffix(name, "byte_rate"):
			return UnitBytesPerSecond
		case strings.HasSuffix(name, ".len"), strings.HasSuffix(name, ".cap_len"), strings.HasSuffix(name, ".length"), strings.Contains(name, ".bytes"):
			return UnitBytes
		case strings.HasSuffix(name, ".duration"), strings.HasSuffix(name, ".age"):
			return UnitSeconds
		}
	case *ArithExpr:
		x, y := unitOf(e.X), unitOf(e.Y)
		switch {
		case e.Op == OpAdd || e.Op == OpSub:
			return max(x, y)
		case e.Op == OpDiv && x == UnitBytes && y == UnitSeconds:
			return UnitBytesPerSecond
		case e.Op == OpDiv && y == UnitNone, e.Op == OpMul && y == UnitNone:
			return x
		}
	case *CallExpr:
		switch e.Func.ID {
		case FnMin, FnMax:
			for _, a := range e.Args {
				if u := unitOf(a); u != UnitNone {
					return u
				}
			}
		case FnAbs:
			return unitOf(e.Args[0])
		}
	case *CondExpr:
		return max(unitOf(e.Then), unitOf(e.Else))
	}
	return UnitNone
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

// ModelNames returns the models whose samples a rule with on = "model" may look at, by what its where says of model.name; nil
// where it says nothing.
func (r *Rule) ModelNames() []string {
	xs := []Expr{r.SourceWhere}
	if and, ok := r.SourceWhere.(*LogicExpr); ok && !and.Or {
		xs = and.Xs
	}
	for _, x := range xs {
		if and, ok := x.(*LogicExpr); ok && !and.Or { // with the presence of the field
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
func modelNames(x Expr) []string {
	is := func(e Expr) bool {
		f, ok := e.(*FieldExpr)
		return ok && f.Field.Name == "model.name"
	}
	switch x := x.(type) {
	case *CompareExpr:
		if c, ok := x.Y.(*ConstExpr); ok && x.Op == OpEq && is(x.X) {
			return []string{c.Value.Str}
		}
		if c, ok := x.X.(*ConstExpr); ok && x.Op == OpEq && is(x.Y) {
			return []string{c.Value.Str}
		}
	case *InExpr:
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
