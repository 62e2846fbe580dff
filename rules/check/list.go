package check

import (
	"maps"
	"slices"
	"strings"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// column checks list.name[key].column. It returns false for what is not of this form.
func (c *Checker) column(n *exprast.MemberNode) (ast.Expr, bool) {
	if c.tree.opensIndex(n.Location().From) { // without a column
		if name, ok := c.dotted(n.Node); ok && strings.HasPrefix(name, "list.") {
			return c.wholeRow(n, name[len("list."):]), true
		}
		return nil, false
	}
	row, ok := n.Node.(*exprast.MemberNode)
	prop, isName := n.Property.(*exprast.StringNode)
	if !ok || !isName || !c.tree.opensIndex(row.Location().From) {
		return nil, false
	}
	name, ok := c.dotted(row.Node)
	if !ok || !strings.HasPrefix(name, "list.") {
		return nil, false
	}
	l := c.list(c.Token(row.Node), name[len("list."):])
	key := c.Value(row.Property)
	if l == nil || key == nil {
		return nil, true
	}
	if l.Columns == nil {
		return c.Errorf(diag.TypeMismatch, c.Token(row.Node), "list.%s has no columns. Give the block columns = [\"entry\", …] and a CSV file, or use the list with in.", l.Name), true
	}
	i := slices.IndexFunc(l.Columns, func(k *lists.Column) bool { return k.Name == prop.Value })
	if i < 0 {
		whole := c.Token(n)
		at := c.Src.Range(n.Location().From, n.Location().To)
		at.End = whole.End
		return c.Errorf(diag.UnknownName, at, "list.%s has no column %q.%s", l.Name, prop.Value, diag.DidYouMean(prop.Value, l.ColumnNames())), true
	}
	c.sym.Use(&l.Columns[i].Used)
	if key = c.entryOf(l, row.Property, key); key == nil || l.Set == nil {
		return nil, true
	}
	return &ast.ColumnExpr{At: ast.At{Rng: c.Range(n)}, Key: key, List: l, Column: i}, true
}

// wholeRow reports a row of which no column is named.
func (c *Checker) wholeRow(n *exprast.MemberNode, name string) ast.Expr {
	l := c.list(c.Token(n.Node), name)
	c.Value(n.Property)
	if l == nil {
		return nil
	}
	if l.Columns == nil {
		return c.Errorf(diag.TypeMismatch, c.Token(n.Node), "list.%s has no columns. Use it with in, as in %s in list.%s.", name, exampleField(l.Type), name)
	}
	return c.Errorf(diag.TypeMismatch, c.Range(n), "Name a column of the entry, as in %s.%s.", c.Text(n), l.Columns[0].Name)
}

// entryOf checks that a key is of the type of a list's entries.
func (c *Checker) entryOf(l *lists.List, n exprast.Node, key ast.Expr) ast.Expr {
	want := [...]packet.Kind{packet.KindIP, packet.KindInt, packet.KindString, packet.KindString}[l.Type]
	if want == packet.KindIP {
		if key = c.coerce(n, key, want); key == nil {
			return nil
		}
	}
	if k := key.Kind(); k != want && !(k.IsText() && want.IsText()) {
		return c.Errorf(diag.TypeMismatch, c.Range(n), "The entries of list.%s are asked for by %s, and %s is %s.", l.Name, An(want), c.Text(n), An(k))
	}
	return key
}

// A wordList is the texts on the right of an operator that takes any of several.
type wordList struct {
	list  *lists.List // nil where they are written out
	texts []string
	at    []hcl.Range // of each text; one for all of them where they stand elsewhere
}

func (w *wordList) place(i int) hcl.Range { return w.at[min(i, len(w.at)-1)] }

// wordList reads a list, an array or a variable of texts on the right of an operator. It returns false for what is none
// of these; failed says that there was an error.
func (c *Checker) wordList(n exprast.Node, op string, bytes bool) (w *wordList, ok, failed bool) {
	whole := c.Token(n)
	if name, isName := c.dotted(n); isName {
		switch head, rest, _ := strings.Cut(name, "."); head {
		case "list":
			l := c.list(whole, rest)
			if l != nil && l.Tracked() {
				c.Errorf(diag.TypeMismatch, whole, "list.%s is filled by rules. Use it with in; %s needs a list with fixed entries.", rest, op)
			}
			if l == nil || l.Set == nil {
				return nil, true, true
			}
			if l.Type != lists.String {
				c.Errorf(diag.TypeMismatch, whole, "list.%s has the type %q; %s needs one of type \"string\".", rest, l.Type, op)
				return nil, true, true
			}
			return &wordList{l, slices.Sorted(maps.Keys(l.Set.Strs)), []hcl.Range{whole}}, true, false
		case "var":
			if v := c.sym.Vars[rest]; v != nil {
				return c.wordsOfVariable(whole, v, op)
			}
		}
		return nil, false, false
	}
	arr, isArray := n.(*exprast.ArrayNode)
	if !isArray {
		return nil, false, false
	}
	w = &wordList{}
	for _, x := range arr.Nodes {
		y := c.Value(x)
		k, isConst := y.(*ast.ConstExpr)
		switch {
		case y == nil:
			failed = true
		case !isConst:
			c.Errorf(diag.TypeMismatch, c.Range(x), "%s is not a text that is written out; %s needs such texts in an array.", c.Text(x), op)
			failed = true
		case !k.Value.Kind.IsText():
			c.Errorf(diag.TypeMismatch, c.Range(x), "The array has %s, and %s needs texts.", An(k.Value.Kind), op)
			failed = true
		default:
			if bytes {
				k = c.asBytes(x, k)
			}
			w.texts, w.at = append(w.texts, k.Value.Str), append(w.at, c.Range(x))
		}
	}
	return w, true, failed
}

func (c *Checker) wordsOfVariable(rng hcl.Range, v *ast.Variable, op string) (w *wordList, ok, failed bool) {
	items, isList := v.Value.([]any)
	if !isList {
		return nil, false, false
	}
	c.variable(rng, v.Name)
	w = &wordList{at: []hcl.Range{rng}}
	for _, x := range items {
		s, isString := x.(string)
		if !isString {
			c.Errorf(diag.TypeMismatch, rng, "var.%s has the value %v, and %s needs texts.", v.Name, x, op)
			return nil, true, true
		}
		w.texts = append(w.texts, s)
	}
	return w, true, false
}

// anyOf checks an operator with several texts on its right.
func (c *Checker) anyOf(n *exprast.BinaryNode, x ast.Expr, w *wordList) ast.Expr {
	rng := c.Range(n)
	if !x.Kind().IsText() {
		return c.notText(n.Left, x, n.Operator)
	}
	e := &ast.AnyExpr{At: ast.At{Rng: rng}, Op: operators[n.Operator], X: x, List: w.list}
	seen := map[string]bool{}
	never := 0
	for i, s := range w.texts {
		if c.judgeCase(x, e.Op, w.place(i), s) {
			never++
		}
		if seen[s] {
			continue
		}
		seen[s] = true
		if e.Op == ast.OpMatches {
			p, err := ast.NewPattern(s, ast.OnBytes(x))
			if err != nil {
				from := ""
				if w.list != nil {
					from = "An entry of list." + w.list.Name + ": "
				}
				return c.Errorf(diag.BadRegexp, w.place(i), "%s%s", from, ast.PatternProblem(s, err))
			}
			e.Patterns = append(e.Patterns, p)
		}
		e.Words = append(e.Words, s)
	}
	if len(w.texts) == 0 {
		if w.list == nil {
			c.doubt(c.Range(n.Right), "There is nothing to look for.")
		}
		return ast.Never(rng)
	}
	if k, ok := x.(*ast.ConstExpr); ok {
		return ast.Bool(rng, e.Holds(k.Value.Str))
	}
	if never == len(w.texts) {
		return ast.Never(rng)
	}
	return ast.Present(e, x)
}
