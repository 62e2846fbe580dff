package check

import (
	"strings"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// Symbols are the names that expressions can use besides fields, layers and functions.
type Symbols struct {
	Lists  map[string]*lists.List
	Macros map[string]*Macro
	Vars   map[string]*ast.Variable
	Rules  map[string]bool    // nil where they are not known
	Models map[string]bool    // as rules
	Used   map[*bool]struct{} // marks of what was used, to be set when all is checked
	// Elsewhere says where a name is declared that these lack, by its kind as in HCL, in a sentence; "" for nowhere. It may be nil.
	Elsewhere func(kind, name string) string
	// checking are the macros that are being checked, each used by the one before it.
	checking []*Macro
}

// NewSymbols returns no names.
func NewSymbols() *Symbols {
	return &Symbols{Lists: map[string]*lists.List{}, Macros: map[string]*Macro{}, Vars: map[string]*ast.Variable{}, Used: map[*bool]struct{}{}}
}

// Use notes that something is used. The mark itself is set by Settle: rules are checked at once on
// several processors.
func (s *Symbols) Use(mark *bool) { s.Used[mark] = struct{}{} }

// UseWords takes every name in a text as used.
func (s *Symbols) UseWords(text string) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !isWord(r) }) {
		head, rest, _ := strings.Cut(w, ".")
		if m := s.Macros[w]; m != nil {
			s.Use(&m.Declared.Used)
		} else if v := s.Vars[rest]; head == "var" && v != nil {
			s.Use(&v.Used)
		} else if l := s.Lists[rest]; head == "list" && l != nil {
			s.Use(&l.Used)
		}
	}
}

// Settle sets the marks of all that was used.
func (s *Symbols) Settle() {
	for mark := range s.Used {
		*mark = true
	}
}

// With returns the same names with other marks of what was used.
func (s *Symbols) With(used map[*bool]struct{}) *Symbols {
	return &Symbols{Lists: s.Lists, Macros: s.Macros, Vars: s.Vars, Rules: s.Rules, Models: s.Models, Used: used, Elsewhere: s.Elsewhere}
}

// Hint is what to say of a name that is not declared, with a space before it: where it is, or which of those that are it may
// be meant for; "" for neither.
func (s *Symbols) Hint(kind, name string, declared []string) string {
	if s.Elsewhere != nil {
		if where := s.Elsewhere(kind, name); where != "" {
			return " " + where
		}
	}
	return diag.DidYouMean(name, declared)
}

// cycle names the macros from m to the one that uses it.
func (s *Symbols) cycle(m *Macro) string {
	var names []string
	for i := len(s.checking) - 1; i >= 0; i-- {
		names = append([]string{s.checking[i].Declared.Name}, names...)
		if s.checking[i] == m {
			break
		}
	}
	return strings.Join(append(names, m.Declared.Name), " -> ")
}
