package engine

import "github.com/ruleids/ruleids/rules/ast"

// An action is a response that alerts list.
type action struct {
	kind      string
	target    addrFunc // nil of notify
	present   int32    // of the target
	spoofable bool
	share     bool
	seconds   float64
	to        []string
	message   *template
}

// presence lowers the condition that an expression has a value.
func (b *builder) presence(e ast.Expr) int32 {
	if p := ast.Presence(e); p != nil {
		return b.lower(p)
	}
	return predTrue
}

// responses lowers what an alert of a rule shows and asks for.
func (b *builder) responses(r *rule) {
	for _, k := range r.By {
		r.key = append(r.key, b.placeholder(k.Text, k.Expr))
	}
	for _, a := range r.Aggregates {
		r.values = append(r.values, b.placeholder(a.Name, &ast.AggregateExpr{Aggregate: a}))
	}
	for _, a := range r.Actions {
		out := action{kind: a.Kind, share: a.Share, seconds: a.For.Seconds(), to: a.To, present: predTrue}
		if a.Target != nil {
			out.target, out.present, out.spoofable = b.addrFunc(a.Target), b.presence(a.Target), a.Spoofable
		}
		if a.Message != nil {
			out.message = new(template)
			for _, part := range a.Message.Parts {
				h := segment{literal: part.Literal, present: predTrue}
				if part.Expr != nil {
					h.placeholder, h.present, h.filled = b.placeholder("", part.Expr), b.presence(part.Expr), true
					h.each, h.per = b.several(part.Expr)
				}
				out.message.parts = append(out.message.parts, h)
			}
			if r.message == nil {
				r.message = out.message
			}
		}
		r.actions = append(r.actions, out)
	}
}
