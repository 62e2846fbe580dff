package rules

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// A Parser finds logins in the log of a program that package login does not know.
type Parser struct {
	Name, Description string
	Pattern           *login.Pattern // nil where it has errors
	Shipped           bool
	Range             hcl.Range // of the block's header
}

// Patterns returns the patterns of the set's parsers, for a login.Tracker.
func (rs *RuleSet) Patterns() []*login.Pattern {
	var out []*login.Pattern
	for _, p := range rs.Parsers {
		if p.Pattern != nil {
			out = append(out, p.Pattern)
		}
	}
	return out
}

// loadParser reads a parser block.
func (l *loader) loadParser(b *block) *Parser {
	p := &Parser{Name: b.name, Description: l.stringAttr(b, "description"), Shipped: b.shipped(), Range: b.header()}
	l.known(b, []string{"description", "program", "pattern", "service", "result", "method", "reason"}, nil)
	pattern := login.Pattern{Name: b.name, Service: b.name, Result: packet.AuthFailure}
	pattern.Program = l.stringAttr(b, "program")
	if s, at, ok := l.stringValue(b, "service"); ok {
		if pattern.Service = s; s == "" {
			l.report(diag.BadValue, at, "The service is empty. Leave it out for the parser's own name.")
		}
	}
	if s, at, ok := l.stringValue(b, "result"); ok && l.oneOf(at, "result", s, packet.AuthResults()) {
		pattern.Result = s
	}
	pattern.Method, pattern.Reason = l.stringAttr(b, "method"), l.stringAttr(b, "reason")
	if pattern.Result != packet.AuthFailure && pattern.Reason != "" {
		l.report(diag.BadValue, b.attrs["reason"].NameRange, "Only a failure has a reason. Remove it, or write result = \"failure\".")
	}
	expr, at, ok := l.stringValue(b, "pattern")
	switch {
	case ok:
		var err error
		if p.Pattern, err = login.NewPattern(pattern, expr); err != nil {
			l.report(diag.BadValue, at, "The pattern cannot be used: %s. Its groups are named as in (?P<user>\\S+): %s.", strings.TrimPrefix(err.Error(), "error parsing regexp: "), strings.Join(login.PatternGroups(), ", "))
		}
	case b.attrs["pattern"] == nil:
		l.report(diag.MissingAttribute, b.header(), "The parser %q needs a pattern that messages match, with named groups: pattern = \"… for (?P<user>\\\\S+) from (?P<ip>\\\\S+)\".", b.name)
	}
	return p
}
