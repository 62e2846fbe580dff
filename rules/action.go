package rules

import (
	"strings"
	"time"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// except reads an exception.
func (rb *ruleBuilder) except(b *block) {
	rb.known(b, []string{"where", "until"}, nil)
	if len(b.hcl.Labels) != 1 {
		rb.report(diag.BadName, b.hcl.TypeRange, "An except block has one name in quotes, as in except \"scanners\" { … }.")
		return
	}
	x := &Except{Name: b.hcl.Labels[0], Range: b.header()}
	for _, e := range rb.r.Excepts {
		if e.Name == x.Name {
			rb.report(diag.DuplicateName, b.labelRange(), "The rule %q already has an exception %q in %s.", rb.r.Name, x.Name, place(e.Range))
			return
		}
	}
	if b.attrs["where"] == nil {
		rb.report(diag.MissingAttribute, b.header(), "The exception %q needs where = \"…\" to say which events it leaves alone.", x.Name)
		return
	}
	x.Where = rb.check(b, "where", &rb.fields, (*check.Checker).Whole)
	if text, at, ok := rb.stringValue(b, "until"); ok {
		var err error
		if x.Until, err = parseUntil(text); err != nil {
			rb.report(diag.BadValue, at, "%q is not a time. Write one as \"2026-12-06T12:00:00Z\", or a date as \"2026-12-06\", which is its beginning in UTC.", text)
			return
		}
		if x.Where != nil {
			x.Where = ast.And(x.Where.Range(), x.Where, earlier(x.Where.Range(), x.Until))
		}
	}
	rb.r.Excepts = append(rb.r.Excepts, x)
}

// parseUntil reads the time at which an exception ends.
func parseUntil(text string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err
}

// earlier is the condition that an event comes before a time.
func earlier(rng hcl.Range, t time.Time) ast.Expr {
	now := &ast.FieldExpr{At: ast.At{Rng: rng}, Field: packet.FieldByName("frame.time_epoch")}
	end := &ast.ConstExpr{At: ast.At{Rng: rng}, Value: ast.Value{Kind: packet.KindFloat, Float: float64(t.UnixNano()) / 1e9}}
	return ast.Present(&ast.CompareExpr{At: ast.At{Rng: rng}, Op: ast.OpLt, X: now, Y: end}, now)
}

// escalate reads the block that asks a reputation source.
func (rb *ruleBuilder) escalate(b *block) {
	rb.known(b, []string{"indicator"}, nil)
	if len(b.hcl.Labels) != 1 {
		rb.report(diag.BadName, b.hcl.TypeRange, "An escalate block names its source, as in escalate \"virustotal\" { … }.")
		return
	}
	x := &Escalate{Source: b.hcl.Labels[0], Range: b.header()}
	if !rb.oneOf(b.labelRange(), "source of reputation", x.Source, []string{"list", "virustotal"}) {
		return
	}
	if first := rb.r.Escalate; first != nil {
		rb.report(diag.DuplicateName, b.header(), "The rule %q already has an escalate block in %s.", rb.r.Name, place(first.Range))
		return
	}
	if b.attrs["indicator"] == nil {
		rb.report(diag.MissingAttribute, b.header(), "The escalate block needs indicator = \"…\": an address or a name.")
		return
	}
	p, ok := rb.condition(b, "indicator")
	if !ok {
		return
	}
	x.Text = p.Src.Text
	if x.Indicator = rb.checked(p, &rb.fields, (*check.Checker).Scalar); x.Indicator == nil {
		return
	}
	if k := x.Indicator.Kind(); k != packet.KindIP && k != packet.KindString {
		rb.report(diag.TypeMismatch, x.Indicator.Range(), "The indicator is %s; it must be an IP address or a name.", check.An(k))
		return
	}
	if isNetwork(x.Indicator) {
		rb.report(diag.Unsupported, x.Indicator.Range(), "The indicator is the first address of a network, which says nothing of the others. Ask about an address of the packet, as \"ip.src\".")
		return
	}
	rb.r.Escalate = x
}

// isNetwork reports whether a value is made with network.
func isNetwork(e ast.Expr) bool {
	found := false
	ast.Walk(e, func(x ast.Expr) bool {
		call, ok := x.(*ast.CallExpr)
		found = found || ok && call.Func.ID == ast.FnNetwork
		return !found
	})
	return found
}

// target reads a block or quarantine block.
func (rb *ruleBuilder) target(b *block) {
	rb.known(b, []string{"target", "for", "share", "spoofable"}, nil)
	rb.noLabel(b)
	a := &Action{Kind: b.kind, Range: b.header(), For: rb.durationValue(b, "for", 0), Share: rb.boolValue(b, "share", false)}
	if word, at, ok := rb.stringValue(b, "spoofable"); ok {
		a.Spoofable = rb.oneOf(at, "value of spoofable", word, []string{"accept"})
	}
	if b.attrs["target"] == nil {
		rb.report(diag.MissingAttribute, b.header(), "The %s block needs target = \"…\": the address to act on, as \"ip.src\".", b.kind)
		return
	}
	if a.Target = rb.check(b, "target", &rb.fields, (*check.Checker).Scalar); a.Target == nil {
		return
	}
	if k := a.Target.Kind(); k != packet.KindIP {
		rb.report(diag.TypeMismatch, a.Target.Range(), "The target is %s; it must be an IP address, as \"ip.src\".", check.An(k))
		return
	}
	if isNetwork(a.Target) {
		rb.report(diag.Unsupported, a.Target.Range(), "The target is the first address of a network, which sent nothing. Act on an address of the packet, as \"ip.src\".")
		return
	}
	rb.r.Actions = append(rb.r.Actions, a)
}

// notify reads a notify block.
func (rb *ruleBuilder) notify(b *block) {
	rb.known(b, []string{"to", "message"}, nil)
	rb.noLabel(b)
	a := &Action{Kind: "notify", Range: b.header()}
	if b.attrs["to"] == nil {
		rb.report(diag.MissingAttribute, b.header(), "The notify block needs to = [\"…\"]: the channels that are told.")
	} else {
		a.To = rb.stringsValue(b, "to", nil)
		if t, ok := b.attrs["to"].Expr.(*hclsyntax.TupleConsExpr); ok && len(t.Exprs) == 0 {
			rb.report(diag.BadValue, t.Range(), "The list of channels is empty.")
		}
	}
	if m := b.attrs["message"]; m != nil {
		a.Message = rb.template(m.Expr)
	}
	rb.r.Actions = append(rb.r.Actions, a)
}

func (rb *ruleBuilder) noLabel(b *block) {
	if len(b.hcl.Labels) > 0 {
		rb.report(diag.BadName, b.hcl.LabelRanges[0], "A %s block has no name.", b.kind)
	}
}

// template reads a message: text with ${…} in which fields, aggregates and threshold can stand.
func (rb *ruleBuilder) template(e hclsyntax.Expression) *Template {
	file := rb.byName[e.Range().Filename].bytes
	rng := e.Range()
	t := &Template{Text: messageText(string(rng.SliceBytes(file)))}
	var parts []hclsyntax.Expression
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr:
		parts = e.Parts
	case *hclsyntax.TemplateWrapExpr:
		parts = []hclsyntax.Expression{e.Wrapped}
	default:
		rb.report(diag.BadValue, rng, "message needs a text in quotes.")
		return nil
	}
	ok := true
	for _, p := range parts {
		if lit, isLit := p.(*hclsyntax.LiteralValueExpr); isLit && lit.Val.Type() == cty.String && !lit.Val.IsNull() {
			t.Parts = append(t.Parts, Part{Literal: lit.Val.AsString()})
			continue
		}
		at := p.Range()
		switch p.(type) {
		case *hclsyntax.TemplateJoinExpr, *hclsyntax.TemplateExpr:
			rb.report(diag.BadValue, at, "A message has text and ${…} only.")
			ok = false
			continue
		}
		if at.Start.Byte > at.End.Byte || at.End.Byte > len(file) {
			ok = false
			continue
		}
		// HCL reads a call of a function with a dot in its name only when that is written with two colons.
		src := diag.Verbatim(strings.ReplaceAll(string(at.SliceBytes(file)), "geoip::", "geoip. "), file, at)
		x := rb.checked(check.Source{Src: src, Tree: rb.tree(src.Text)}, &rb.full, func(c *check.Checker, n exprast.Node) ast.Expr { return c.Scalar(n) })
		if x == nil {
			ok = false
			continue
		}
		t.Parts = append(t.Parts, Part{Expr: x})
	}
	if !ok {
		return nil
	}
	return t
}

// messageText is a message without the quotes around it.
func messageText(raw string) string {
	if len(raw) >= 2 && raw[0] == '"' && strings.HasSuffix(raw, `"`) {
		return raw[1 : len(raw)-1]
	}
	return raw
}
