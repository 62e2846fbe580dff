package rules

import (
	"slices"
	"strings"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// A Feature is one number of every sample.
type Feature struct {
	Name  string
	Expr  ast.Expr
	Text  string    // as written
	Range hcl.Range // of the string with the expression
	// Shown is what people are shown: Expr, or what its logarithm is taken of, where Log is true.
	Shown ast.Expr
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

// features reads the numbers of a sample.
func (mb *modelBuilder) features(sc *check.Scope) {
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
	window := &ast.Window{Span: m.Every, MaxKeys: m.MaxKeys, Range: m.Range}
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
		f := &Feature{Name: name, Text: p.Src.Text, Range: it.ValueExpr.Range()}
		if f.Expr = mb.feature(p, sc, window); f.Expr == nil {
			continue
		}
		f.Shown = f.Expr
		if c, ok := f.Expr.(*ast.CallExpr); ok && c.Func.ID == ast.FnLog2 {
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

// feature checks the expression of a feature: of packets over aggregates, of conversations and logins over their fields.
func (mb *modelBuilder) feature(p check.Source, sc *check.Scope, window *ast.Window) ast.Expr {
	m, own := mb.m, *sc
	if m.On == packet.EventPacket {
		own.NoFields = "A sample is of many packets. Write an aggregate of it, as in sum(ip.len) or distinct(ip.dst)."
		own.Inline = func(c *check.Checker, n *exprast.CallNode) ast.Expr {
			agg := &ast.Aggregate{Name: c.Text(n), Window: window, Index: len(m.Aggregates), Range: c.Range(n), Text: c.Text(n)}
			inner := *sc
			inner.NoAggs = "An aggregate cannot use another one."
			outer := c.Scope
			c.Scope = &inner
			ok := c.Aggregate(n, agg)
			c.Scope = outer
			if !ok {
				return nil
			}
			if agg.Func > ast.FuncChanges {
				return c.Errorf(diag.Unsupported, c.Range(n), "A sample has no %s: it keeps numbers, and no single packets. Use count, sum, distinct, min, max, mean, stddev, rate or changes.", c.Text(n))
			}
			m.Aggregates = append(m.Aggregates, agg)
			return &ast.AggregateExpr{At: ast.At{Rng: c.Range(n)}, Aggregate: agg}
		}
	}
	c := check.New(mb.view(p.Src.Whole.Filename), p, &own)
	e := c.Run(func(n exprast.Node) ast.Expr { return c.Scalar(n) })
	mb.diags = append(mb.diags, c.Diags...)
	if e != nil && !e.Kind().IsNumber() {
		mb.report(diag.TypeMismatch, p.Src.Whole, "%s is %s; a feature is a number.", p.Src.Text, check.An(e.Kind()))
		return nil
	}
	return e
}

// unitOf tells what a number counts.
func unitOf(e ast.Expr) Unit {
	switch e := e.(type) {
	case *ast.AggregateExpr:
		switch e.Aggregate.Func {
		case ast.FuncSum, ast.FuncMin, ast.FuncMax, ast.FuncMean, ast.FuncStddev:
			return unitOf(e.Aggregate.Arg)
		}
	case *ast.FieldExpr:
		name := e.Field.Name
		switch {
		case strings.HasSuffix(name, "byte_rate"):
			return UnitBytesPerSecond
		case strings.HasSuffix(name, ".len"), strings.HasSuffix(name, ".cap_len"), strings.HasSuffix(name, ".length"), strings.Contains(name, ".bytes"):
			return UnitBytes
		case strings.HasSuffix(name, ".duration"), strings.HasSuffix(name, ".age"):
			return UnitSeconds
		}
	case *ast.ArithExpr:
		x, y := unitOf(e.X), unitOf(e.Y)
		switch {
		case e.Op == ast.OpAdd || e.Op == ast.OpSub:
			return max(x, y)
		case e.Op == ast.OpDiv && x == UnitBytes && y == UnitSeconds:
			return UnitBytesPerSecond
		case e.Op == ast.OpDiv && y == UnitNone, e.Op == ast.OpMul && y == UnitNone:
			return x
		}
	case *ast.CallExpr:
		switch e.Func.ID {
		case ast.FnMin, ast.FnMax:
			for _, a := range e.Args {
				if u := unitOf(a); u != UnitNone {
					return u
				}
			}
		case ast.FnAbs:
			return unitOf(e.Args[0])
		}
	case *ast.CondExpr:
		return max(unitOf(e.Then), unitOf(e.Else))
	}
	return UnitNone
}
