package login

import (
	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// A form is one way in which a program tells of a login: an expression whose groups user, ip and port are the client's, and
// what such a message says whoever it is about.
type form struct {
	expr *lazyregexp.Regexp
	attempt
}

// What most forms say.
var (
	success     = attempt{result: packet.AuthSuccess}
	badPassword = attempt{result: packet.AuthFailure, method: "password", reason: reasonCredential}
)

// readForms reads a message by the first form that it has.
func readForms(text string, forms []form) (attempt, bool) {
	for _, f := range forms {
		if g := named(f.expr, text); g != nil {
			a := f.attempt
			if user, ok := g["user"]; ok {
				a.user = user
			}
			a.src = parseEnd(g["ip"], g["port"])
			return a, true
		}
	}
	return attempt{}, false
}

// named returns what the named groups of an expression hold in a text, of those that take part in the match; nil where there is
// none.
func named(expr *lazyregexp.Regexp, text string) map[string]string {
	at := expr.FindStringSubmatchIndex(text)
	if at == nil {
		return nil
	}
	out := map[string]string{}
	for i, name := range expr.SubexpNames() {
		if name != "" && at[2*i] >= 0 {
			out[name] = text[at[2*i]:at[2*i+1]]
		}
	}
	return out
}
