package rules

import (
	"maps"
	"slices"

	"github.com/ruleids/ruleids/rules/check"
)

// A shadow is a name of the user's that is a shipped one's too.
type shadow struct{ kind, name string }

// view returns what names mean in a file. A list, macro or variable of the user with a shipped name takes the place of the
// shipped one in files of the user alone, so that a name that is shipped later changes no rule.
func (l *loader) view(file string) *check.Symbols {
	if f := l.byName[file]; f != nil && f.shipped {
		return l.base
	}
	return l.sym
}

// define lets a block's name be known where it is to be known. Shipped blocks come first.
func (l *loader) define(b *block, in func(*check.Symbols)) {
	if b.shipped() {
		in(l.base)
	}
	in(l.sym)
}

// both returns what has a name of some kind, those of the user and those that they hide, by name.
func both[T comparable](l *loader, of func(*check.Symbols) map[string]T) []T {
	var out []T
	own, shipped := of(l.sym), of(l.base)
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if hidden, ok := shipped[name]; ok && hidden != own[name] {
			out = append(out, hidden)
		}
		out = append(out, own[name])
	}
	return slices.Clip(out)
}
