package rules

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/check"
	"github.com/ruleids/ruleids/rules/lists"
)

// listAttributes are those of a list block.
var listAttributes = append([]string{"description", "type", "values", "file", "columns", "append", "for", "max"}, feedAttributes...)

// An appended is the list blocks that add to another.
type appended []*block

// appends takes the list blocks that add to another from the blocks, and sorts them to those: one of the user's goes to the
// user's list of the name where there is one, else to the shipped one.
func (l *loader) appends(blocks []*block) (lists []*block, to map[*block]appended) {
	to = map[*block]appended{}
	byName := map[string][2]*block{} // shipped, own
	own := func(b *block) int {
		if b.shipped() {
			return 0
		}
		return 1
	}
	var adding []*block
	for _, b := range blocks {
		if adds(b) {
			adding = append(adding, b)
			continue
		}
		lists = append(lists, b)
		pair := byName[b.name]
		pair[own(b)] = b
		byName[b.name] = pair
	}
	for _, b := range adding {
		pair := byName[b.name]
		switch home := pair[own(b)]; {
		case home != nil:
			to[home] = append(to[home], b)
		case pair[0] != nil:
			to[pair[0]] = append(to[pair[0]], b)
		default:
			l.report(diag.UnknownList, b.labelRange(), "There is no list %q to add to.%s", b.name, l.sym.Hint("list", b.name, slices.Sorted(maps.Keys(byName))))
		}
	}
	return lists, to
}

// adds reports whether a block is a list that adds to another.
func adds(b *block) bool {
	a := b.attrs["append"]
	if b.kind != "list" || a == nil {
		return false
	}
	v, _ := literalValue(a.Expr)
	yes, _ := v.(bool)
	return yes
}

// loadList checks a list block and reads its file, and those of the blocks that add to it.
func (l *loader) loadList(b *block, more appended) {
	list := &lists.List{Name: b.name, Description: l.stringAttr(b, "description"), Shipped: b.file.shipped, Range: b.header()}
	l.define(b, func(s *check.Symbols) { s.Lists[b.name] = list })
	word, at, ok := l.stringValue(b, "type")
	typed := false
	if !ok {
		if b.attrs["type"] == nil {
			l.report(diag.MissingAttribute, b.header(), "The list %q needs a type: \"ip\", \"port\", \"string\" or \"domain\".", b.name)
		}
	} else if typed = l.oneOf(at, "type", word, lists.Types()); typed {
		list.Type = lists.Type(slices.Index(lists.Types(), word))
	}
	header, places := l.columnNames(b)
	list.Header = header
	for i := range header {
		if i > 0 {
			list.Columns = append(list.Columns, lists.NewColumn(header[i], places[i]))
		}
	}
	if b.attrs["for"] != nil {
		l.loadTracked(b, list, more)
		return
	}
	if a := b.attrs["max"]; a != nil {
		l.report(diag.MissingAttribute, a.NameRange, "max bounds a list that rules fill, and such a list says how long an entry lasts. Add for, as in for = \"1h\".")
	}
	s := lists.NewEntries(list)
	good := true
	for _, part := range append(appended{b}, more...) {
		good = l.listPart(part, list, s, typed) && good
	}
	if !typed || !good {
		return
	}
	if err := s.Settle(); err != nil {
		l.report(diag.BadValue, b.header(), "%s.", diag.Capital(err.Error()))
	}
}

// listPart adds the entries of one block to a list. It returns false where the block says nothing of its entries.
func (l *loader) listPart(b *block, list *lists.List, s *lists.Entries, typed bool) bool {
	l.known(b, listAttributes, nil)
	values, fileAttr, feed := b.attrs["values"], b.attrs["file"], l.feed(b)
	switch {
	case values != nil && fileAttr != nil:
		l.report(diag.BadValue, fileAttr.NameRange, "A list has values or a file, not both.")
		return false
	case values == nil && fileAttr == nil && b.attrs["url"] == nil:
		l.report(diag.MissingAttribute, b.header(), "The list %q needs values, as in values = [\"10.0.0.0/8\"], a file or a url; or for, as in for = \"1h\", where rules fill it.", b.name)
		return false
	}
	if a := b.attrs["append"]; a != nil && !adds(b) {
		l.report(diag.BadValue, a.Expr.Range(), "append needs true, or is left out.")
	}
	if b.header() != list.Range { // it adds to the list
		if word, at, ok := l.stringValue(b, "type"); ok && typed && word != list.Type.String() {
			l.report(diag.BadValue, at, "The list %q in %s has the type %q. Leave the type out.", b.name, place(list.Range), list.Type)
			return false
		}
		if names, _ := l.columnNames(b); names != nil && !slices.Equal(names, list.Header) {
			l.report(diag.BadValue, b.attrs["columns"].Expr.Range(), "The list %q in %s has not these columns. Leave columns out.", b.name, place(list.Range))
			return false
		}
	}
	if !typed {
		return false
	}
	if feed != nil && (l.listFeed(feed, list, s) || values == nil && fileAttr == nil) {
		return true
	}
	if values != nil {
		if list.Header != nil || b.attrs["columns"] != nil {
			l.report(diag.BadValue, values.NameRange, "The columns of a list come from a CSV file, as in file = \"feed.csv\". Entries without data make a list of their own.")
			return false
		}
		l.listValues(values, list, s)
		return true
	}
	name, at, ok := l.stringValue(b, "file")
	if !ok {
		return false
	}
	data, full, err := l.readBeside(b.file, name)
	if err != nil {
		l.report(diag.UnreadableFile, at, "The list file cannot be read: %v.", err)
		return false
	}
	if !b.shipped() {
		list.Files = append(list.Files, full)
	}
	l.addListFile(full, data, s)
	return true
}

// addListFile adds the entries of a file to a list.
func (l *loader) addListFile(name string, data []byte, s *lists.Entries) {
	l.digest = append(l.digest, sha256.Sum256(data))
	l.diags = append(l.diags, s.Read(name, data)...)
}

// listValues adds the entries of an inline list; each bad one is reported at its place.
func (l *loader) listValues(attr *hclsyntax.Attribute, list *lists.List, s *lists.Entries) {
	add := func(v any, rng hcl.Range) {
		var err error
		switch v := v.(type) {
		case string:
			err = s.Add(v)
		case int64:
			if list.Type == lists.Port {
				err = s.Add(strconv.FormatInt(v, 10))
				break
			}
			err = fmt.Errorf("%d is a number; a list of type %q has texts in quotes", v, list.Type)
		case []any:
			for _, x := range v {
				if t, ok := x.(string); ok {
					err = s.Add(t)
				} else if n, ok := x.(int64); ok && list.Type == lists.Port {
					err = s.Add(strconv.FormatInt(n, 10))
				} else {
					err = fmt.Errorf("a list of type %q has no entries such as %v", list.Type, x)
				}
				if err != nil {
					break
				}
			}
		default:
			err = fmt.Errorf("a list of type %q has no entries such as %v", list.Type, v)
		}
		if err != nil {
			l.report(diag.BadListEntry, rng, "%s.", diag.Capital(err.Error()))
		}
	}
	if t, ok := attr.Expr.(*hclsyntax.TupleConsExpr); ok {
		for _, e := range t.Exprs {
			if v, ok := l.eval(e); ok {
				add(v, e.Range())
			}
		}
		return
	}
	v, ok := l.eval(attr.Expr)
	if !ok {
		return
	}
	if items, isList := v.([]any); isList {
		add(items, attr.Expr.Range())
		return
	}
	l.report(diag.BadValue, attr.Expr.Range(), "The values of a list are written in brackets, as in values = [80, 443].")
}

// readBeside reads a file that a rule file names, from the directory of that file.
func (l *loader) readBeside(f *ruleFile, name string) (data []byte, full string, err error) {
	full = name
	if !path.IsAbs(name) && !filepath.IsAbs(name) {
		full = path.Join(path.Dir(f.name), name)
	}
	if l.confined(f) && !below(l.opt.Confined, full) {
		return nil, full, errOutside
	}
	data, err = l.read(f, full)
	return data, full, err
}

// columnNames reads the columns attribute of a list, and checks it.
func (l *loader) columnNames(b *block) (names []string, at []hcl.Range) {
	a := b.attrs["columns"]
	if a == nil {
		return nil, nil
	}
	seen := map[string]bool{}
	good := true
	names = l.stringsValue(b, "columns", func(s string, rng hcl.Range) {
		switch {
		case !isName(s, false):
			good = false
			l.report(diag.BadName, rng, "%q cannot name a column: it has letters, digits and underscores, and begins with no digit.", s)
		case seen[s]:
			good = false
			l.report(diag.DuplicateName, rng, "The column %q stands twice.", s)
		}
		seen[s] = true
		at = append(at, rng)
	})
	if good && len(names) < 2 {
		l.report(diag.BadValue, a.Expr.Range(), "columns names the entry and one column of data at least, as in columns = [\"indicator\", \"threat\"].")
		return nil, nil
	}
	if !good {
		return nil, nil
	}
	return names, at
}

var errOutside = errors.New("it is outside of the rule set, which is fetched from elsewhere. Publish the file with the rules, or add to the list with append = true in a rule file of this host")

// confined reports whether a rule file may name only files beside it.
func (l *loader) confined(f *ruleFile) bool {
	return l.opt.Confined != "" && !f.shipped && below(l.opt.Confined, f.name)
}

// below reports whether a path leads into a directory.
func below(dir, name string) bool {
	rel, err := filepath.Rel(filepath.FromSlash(dir), filepath.FromSlash(name))
	return err == nil && filepath.IsLocal(rel)
}
