package rules

import (
	"bytes"
	"os"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
	"github.com/ruleids/ruleids/rules/lists"
)

// A Cache keeps what Load made of files for the Load after it, which comes to the same with less work: it parses the files alone
// that changed, and checks the variables, lists, macros and rules alone that changed, or that have the name of a changed one in
// their text. What has a diagnostic is checked again whenever any name came, went or changed.
//
// Of the Options only Paths, Sources and Overlay may differ between Loads with one Cache, which come one after the other. A rule
// set shares variables, lists, macros and rules with those of later Loads, which set again what is Used and Broken: from then on
// it may be asked for the rest alone, and must be neither linted nor compiled. The zero Cache is empty.
type Cache struct {
	// Work is what the last Load did itself.
	Work Work

	shipped []*ruleFile
	files   map[string]*ruleFile // those of the user, by name
	set     []byte               // the settings file
	names   map[unitName]*unit   // variables, lists and macros
	others  map[unitName]bool    // rules and models that there are
	rules   map[string]*keptRule
}

// Work counts what a Load did: files that it parsed, variables, lists and macros that it read, and rules that it checked.
type Work struct{ Files, Names, Rules int }

// A unitName tells what a block declares; a name of the user may be a shipped one's too.
type unitName struct {
	kind, name string
	shipped    bool
}

func (b *block) unit() unitName { return unitName{b.kind, b.name, b.shipped()} }

// A unit is a variable, list or macro as it was loaded.
type unit struct {
	block    *block
	more     appended // of a list
	variable *ast.Variable
	list     *lists.List
	macro    *check.Macro
	files    map[string]stamp // of a list
	diags    hcl.Diagnostics
	used     map[*bool]struct{}
	digest   [][32]byte
}

// A keptRule is a rule as it was checked.
type keptRule struct {
	block *block
	rule  *Rule
	diags hcl.Diagnostics
	used  map[*bool]struct{}
}

// A stamp tells whether a file is as it was.
type stamp struct {
	size  int64
	mtime time.Time
}

func stampOf(name string) (stamp, bool) {
	st, err := os.Stat(name)
	if err != nil {
		return stamp{}, false
	}
	return stamp{st.Size(), st.ModTime()}, true
}

// text is a block as written.
func (b *block) text() []byte { return b.hcl.Range().SliceBytes(b.file.bytes) }

// same reports whether two blocks are one, or stand at one place with one text.
func (b *block) same(other *block) bool {
	return b.hcl == other.hcl || b.file.name == other.file.name && b.hcl.Range() == other.hcl.Range() && bytes.Equal(b.text(), other.text())
}

// good reports whether a unit need not be read again, as far as can be told without looking at others.
func (u *unit) good(b *block, more appended) bool {
	if !u.block.same(b) || !slices.EqualFunc(u.more, more, (*block).same) || u.list != nil && len(u.diags) > 0 {
		return false
	}
	for name, was := range u.files {
		if now, ok := stampOf(name); !ok || now != was {
			return false
		}
	}
	return true
}

// mistaken reports whether something was found wrong in a unit.
func (u *unit) mistaken() bool {
	return len(u.diags) > 0 || u.macro != nil && (len(u.macro.Diags) > 0 || u.macro.Declared.Expr == nil)
}

// keep drops what is not as it was, and everything with the name of such a thing in its text; it returns these names.
func (l *loader) keep(kinds map[string][]*block, more map[*block]appended) map[string]bool {
	c := l.opt.Cache
	var set []byte
	if l.settingsFile != nil {
		set = l.settingsFile.bytes
	}
	changed := map[string]bool{}
	if c.names == nil || !bytes.Equal(set, c.set) {
		c.names, c.rules, c.set = map[unitName]*unit{}, map[string]*keptRule{}, set
	}
	now := map[unitName]bool{}
	for _, kind := range []string{"variable", "list", "macro"} {
		for _, b := range kinds[kind] {
			if adds(b) {
				continue
			}
			now[b.unit()] = true
			if u := c.names[b.unit()]; u == nil || !u.good(b, more[b]) {
				changed[b.name] = true
			}
		}
	}
	for name := range c.names {
		if !now[name] {
			changed[name.name] = true
			delete(c.names, name)
		}
	}
	others := map[unitName]bool{}
	for _, kind := range []string{"rule", "model"} {
		for _, b := range kinds[kind] {
			name := b.unit()
			others[name] = true
			if !c.others[name] {
				changed[name.name] = true
			}
		}
	}
	for name := range c.others {
		if !others[name] {
			changed[name.name] = true
			delete(c.rules, name.name)
		}
	}
	c.others = others
	for more := len(changed) > 0; more; {
		more = false
		for name, u := range c.names {
			if !changed[name.name] && (u.mistaken() || mentions(u.block.text(), changed)) {
				changed[name.name], more = true, true
			}
		}
	}
	for name := range c.names {
		if changed[name.name] {
			delete(c.names, name)
		}
	}
	return changed
}

// mentions reports whether a text of HCL may have one of some names in it.
func mentions(text []byte, names map[string]bool) bool {
	if len(names) > 0 && (bytes.Contains(text, []byte(`\u`)) || bytes.Contains(text, []byte(`\U`))) { // a letter of a name, perhaps
		return true
	}
	for name := range names {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(name))
			if i < 0 {
				break
			}
			from := at + i
			at = from + len(name)
			begins := from == 0 || !isWord(text[from-1]) || from > 1 && text[from-2] == '\\' // behind \n
			if begins && (at == len(text) || !isWord(text[at])) {
				return true
			}
		}
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// unit loads a variable, list or macro, or takes what was loaded of it before.
func (l *loader) unit(b *block, more appended, load func()) {
	c := l.opt.Cache
	if c == nil {
		load()
		return
	}
	name := b.unit()
	u := c.names[name]
	if u == nil {
		u = &unit{block: b, more: more}
		diags, digests := len(l.diags), len(l.digest)
		u.used = l.using(load)
		u.diags, u.digest = slices.Clone(l.diags[diags:]), slices.Clone(l.digest[digests:])
		names := l.view(b.file.name)
		switch b.kind {
		case "variable":
			u.variable = names.Vars[b.name]
		case "list":
			u.list = names.Lists[b.name]
			u.files = map[string]stamp{}
			for _, f := range u.list.Files {
				u.files[f], _ = stampOf(f)
			}
		case "macro":
			u.macro = names.Macros[b.name]
		}
		c.names[name] = u
		c.Work.Names++
		return
	}
	l.define(b, func(s *check.Symbols) {
		switch b.kind {
		case "variable":
			u.variable.Used = false
			s.Vars[b.name] = u.variable
		case "list":
			u.list.Used = false
			for _, k := range u.list.Columns {
				k.Used = false
			}
			s.Lists[b.name] = u.list
		case "macro":
			u.macro.Declared.Used, u.macro.Names = false, l.view(b.file.name)
			s.Macros[b.name] = u.macro
		}
	})
	l.diags, l.digest = append(l.diags, u.diags...), append(l.digest, u.digest...)
	l.use(u.used)
}

// using calls f and returns what that uses.
func (l *loader) using(f func()) map[*bool]struct{} {
	all, own := l.sym.Used, map[*bool]struct{}{}
	l.sym.Used, l.base.Used = own, own
	f()
	l.sym.Used, l.base.Used = all, all
	l.use(own)
	return own
}

func (l *loader) use(marks map[*bool]struct{}) {
	for mark := range marks {
		l.sym.Use(mark)
	}
}

// keptRule returns a rule as it was checked before; nil where it has to be checked.
func (l *loader) keptRule(d *ruleDecl, changed map[string]bool) *keptRule {
	if l.opt.Cache == nil || d.overridden {
		return nil
	}
	k := l.opt.Cache.rules[d.name]
	if k == nil || !k.block.same(&d.block) || len(changed) > 0 && (len(k.diags) > 0 || k.rule.Broken || mentions(d.text(), changed)) {
		return nil
	}
	k.block = &d.block
	return k
}
