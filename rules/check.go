package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
)

// symbols are the names that expressions can use besides fields, layers and functions.
type symbols struct {
	lists  map[string]*List
	macros map[string]*macroDecl
	vars   map[string]*Variable
	used   map[*bool]struct{} // marks of what was used, to be set when all is checked
	// checking are the macros that are being checked, each used by the one before it.
	checking []*macroDecl
}

func newSymbols() *symbols {
	return &symbols{lists: map[string]*List{}, macros: map[string]*macroDecl{}, vars: map[string]*Variable{}, used: map[*bool]struct{}{}}
}

// use notes that something is used. The mark itself is set by settle: rules are checked at once on
// several processors.
func (s *symbols) use(mark *bool) { s.used[mark] = struct{}{} }

func (s *symbols) settle() {
	for mark := range s.used {
		*mark = true
	}
}

// scope says what an expression may use besides the symbols.
type scope struct {
	event      packet.Event
	anyEvent   bool                  // a macro: the events in which it makes sense are worked out
	aggregates map[string]*Aggregate // nil for one with an error of its own
	noAggs     string                // why aggregates cannot be used here; empty where they can
	threshold  *float64              // nil for a rule without one
	noThresh   string                // why threshold cannot be used here; empty where it can
}

// A checker turns one parsed expression into typed nodes. Methods that return an Expr return nil after
// they have reported an error, and check what else there is to check first.
type checker struct {
	sym    *symbols
	src    *source
	tree   *tree
	scope  *scope
	diags  hcl.Diagnostics
	events uint8 // bit per kind of event: those that have all the names used so far
	vars   int   // variables replaced so far
	never  bool  // a macro was used that never holds, as was reported with it
}

func newChecker(sym *symbols, p parsed, sc *scope) *checker {
	return &checker{sym: sym, src: p.src, tree: p.tree, scope: sc, events: 1<<(packet.EventAuth+1) - 1}
}

// run applies one of the checks to the whole expression, or reports that it cannot be parsed.
func (c *checker) run(check func(ast.Node) Expr) Expr {
	if c.tree.err != nil {
		c.diags = append(c.diags, syntaxError(c.src, c.tree.err))
		c.markUsed()
		return nil
	}
	return check(c.tree.node)
}

// kindComposite is the kind of an expression that is no scalar: an array or a map that only the VM
// knows. It never leaves the checker.
const kindComposite packet.Kind = 255

func (c *checker) rng(n ast.Node) hcl.Range {
	x := c.tree.extentOf(n)
	return c.src.rangeOf(x.from, x.to)
}

// token is the range of the node without parentheses around it.
func (c *checker) token(n ast.Node) hcl.Range {
	x := c.tree.bareExtent(n)
	return c.src.rangeOf(x.from, x.to)
}

// text is what the author wrote for a node.
func (c *checker) text(n ast.Node) string {
	x := c.tree.bareExtent(n)
	return runeSlice(c.tree.text, x.from, x.to)
}

func runeSlice(s string, from, to int) string {
	if isPlain(s) {
		return s[max(0, min(from, len(s))):max(0, min(to, len(s)))]
	}
	r := []rune(s)
	return string(r[max(0, min(from, len(r))):max(0, min(to, len(r)))])
}

func (c *checker) errorf(code string, rng hcl.Range, format string, args ...any) Expr {
	c.diags = append(c.diags, diagnose(code, rng, format, args...))
	return nil
}

// an is the kind with its article.
func an(k packet.Kind) string {
	switch k {
	case packet.KindInt, packet.KindIP:
		return "an " + k.String()
	case packet.KindBytes:
		return "bytes"
	case kindComposite:
		return "an array"
	}
	return "a " + k.String()
}

func isNumber(k packet.Kind) bool { return k == packet.KindInt || k == packet.KindFloat }
func isText(k packet.Kind) bool   { return k == packet.KindString || k == packet.KindBytes }

// condition checks a node that must be a boolean. What it returns always has a value.
func (c *checker) condition(n ast.Node) Expr {
	e := c.value(n)
	if e == nil {
		return nil
	}
	if e.Kind() != packet.KindBool {
		hint := "Compare it with something."
		switch {
		case isNumber(e.Kind()) && c.scope.noAggs == "" && isAggregate(e):
			hint = fmt.Sprintf("Compare it, as in %s >= threshold.", c.text(n))
		case isNumber(e.Kind()):
			hint = fmt.Sprintf("Compare it, as in %s > 0.", c.text(n))
		case e.Kind() == packet.KindIP:
			hint = fmt.Sprintf("Compare it, as in %s in ['10.0.0.0/8'].", c.text(n))
		}
		return c.errorf(CodeTypeMismatch, c.rng(n), "%s is %s where a condition is needed. %s", c.text(n), an(e.Kind()), hint)
	}
	return guard(e)
}

func isAggregate(e Expr) bool { _, ok := e.(*AggregateExpr); return ok }

// guard makes a boolean that may lack a value one that is false then.
func guard(e Expr) Expr {
	switch e.(type) {
	case *FieldExpr, *CallExpr, *OpaqueExpr:
		return conjunction(e.Range(), Presence(e), e)
	}
	return e
}

// scalar checks a node that must have a value of a kind that fields have.
func (c *checker) scalar(n ast.Node) Expr {
	e := c.value(n)
	if e != nil && e.Kind() == kindComposite {
		return c.errorf(CodeTypeMismatch, c.rng(n), "%s is an array or a map where a single value is needed.", c.text(n))
	}
	return e
}

// value checks any node.
func (c *checker) value(n ast.Node) Expr {
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode:
		if name, ok := c.dotted(n); ok {
			return c.name(n, name)
		}
		if m, ok := n.(*ast.MemberNode); ok {
			return c.index(m)
		}
	case *ast.IntegerNode:
		return &ConstExpr{At{c.token(n)}, Value{Kind: packet.KindInt, Int: int64(n.Value)}}
	case *ast.FloatNode:
		return &ConstExpr{At{c.token(n)}, Value{Kind: packet.KindFloat, Float: n.Value}}
	case *ast.BoolNode:
		return constBool(c.token(n), n.Value)
	case *ast.StringNode:
		return &ConstExpr{At{c.token(n)}, Value{Kind: packet.KindString, Str: n.Value}}
	case *ast.BytesNode:
		return &ConstExpr{At{c.token(n)}, Value{Kind: packet.KindBytes, Str: string(n.Value)}}
	case *ast.NilNode:
		return c.errorf(CodeTypeMismatch, c.token(n), "There is no nil: a comparison on a field that the packet lacks is false. Test for a layer by its name, as in not tcp.")
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.CallNode:
		return c.call(n)
	}
	return c.opaque(n)
}

// dotted joins a chain of members to one name.
func (c *checker) dotted(n ast.Node) (string, bool) { return dotted(c.tree, n) }

func dotted(t *tree, n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return n.Value, true
	case *ast.MemberNode:
		p, ok := n.Property.(*ast.StringNode)
		if !ok || n.Optional || t.opensIndex(n.Location().From) {
			return "", false
		}
		if head, ok := dotted(t, n.Node); ok {
			return head + "." + p.Value, true
		}
	}
	return "", false
}

// name resolves a field, a layer, a variable, a macro, an aggregate or threshold.
func (c *checker) name(n ast.Node, name string) Expr {
	rng := c.token(n)
	head, rest, isDotted := strings.Cut(name, ".")
	switch {
	case head == "var":
		v := c.variable(rng, rest)
		if v == nil {
			return nil
		}
		if _, isList := v.Value.([]any); isList {
			return c.errorf(CodeTypeMismatch, rng, "var.%s is a list of values. Use it with in, as in tcp.dstport in var.%s.", rest, rest)
		}
		return &ConstExpr{At{rng}, constantOf(v.Value)}
	case head == "list":
		if l := c.list(rng, rest); l != nil {
			c.errorf(CodeTypeMismatch, rng, "list.%s is a list. Use it with in, as in %s in list.%s.", rest, exampleField(l.Type), rest)
		}
		return nil
	}
	if f := packet.FieldByName(name); f != nil {
		if !c.seen(rng, name, f.Events) {
			return nil
		}
		return &FieldExpr{At{rng}, f}
	}
	if isDotted {
		return c.errorf(CodeUnknownField, rng, "There is no field %q.%s", name, fieldAdvice(name))
	}
	if l, ok := packet.LayerByName(name); ok {
		if !c.seen(rng, name, layerEvents(name)) {
			return nil
		}
		if l == packet.LayerFrame {
			return constBool(rng, true)
		}
		return &LayerExpr{At{rng}, l}
	}
	if name == "threshold" {
		if c.scope.noThresh != "" {
			return c.errorf(CodeMissingThreshold, rng, "%s", c.scope.noThresh)
		}
		if c.scope.threshold == nil {
			return c.errorf(CodeMissingThreshold, rng, "The rule has no threshold. Add the attribute, as in threshold = 10.")
		}
		return &ThresholdExpr{At{rng}, *c.scope.threshold}
	}
	if a, ok := c.scope.aggregates[name]; ok {
		if c.scope.noAggs != "" {
			return c.errorf(CodeMisplacedAggregate, rng, "%q is an aggregate of a window. %s", name, c.scope.noAggs)
		}
		if a == nil { // it has an error of its own
			return nil
		}
		return &AggregateExpr{At{rng}, a}
	}
	if m, ok := c.sym.macros[name]; ok {
		c.sym.use(&m.macro.Used)
		if !m.check(c.sym, c, rng) {
			return nil
		}
		if !c.scope.anyEvent && m.events&(1<<c.scope.event) == 0 {
			return c.errorf(CodeWrongEvent, rng, "The macro %q uses fields that %s do not have.", name, eventWords(c.scope.event))
		}
		c.events &= m.events
		c.never = c.never || m.never
		return m.macro.Expr
	}
	return c.errorf(CodeUnknownName, rng, "There is no field, layer, macro or aggregate %q.%s", name, didYouMean(name, c.names()))
}

// names are those that a bare identifier can stand for here.
func (c *checker) names() []string {
	names := append(packet.LayerNames(), "payload")
	if c.scope.noThresh == "" {
		names = append(names, "threshold")
	}
	if c.scope.noAggs == "" {
		for a := range c.scope.aggregates {
			names = append(names, a)
		}
	}
	for m := range c.sym.macros {
		names = append(names, m)
	}
	slices.Sort(names)
	return names
}

// seen notes which events have a name, and reports one that the rule's events never have.
func (c *checker) seen(rng hcl.Range, name string, events []packet.Event) bool {
	var mask uint8
	for _, e := range events {
		mask |= 1 << e
	}
	c.events &= mask
	if c.scope.anyEvent || mask&(1<<c.scope.event) != 0 {
		return true
	}
	c.errorf(CodeWrongEvent, rng, "%s do not have %q; it belongs to a rule with %s.", capital(eventWords(c.scope.event)), name, onWords(events))
	return false
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func eventWords(e packet.Event) string {
	return [...]string{"packets", "events of a honeypot", "alerts", "logins"}[e]
}

func onWords(events []packet.Event) string {
	var words []string
	for _, e := range events {
		words = append(words, fmt.Sprintf("on = %q", eventNames[e]))
	}
	return strings.Join(words, " or ")
}

// layerEvents are the events that can have a layer with a bare name: all have a time and addresses.
func layerEvents(name string) []packet.Event {
	if name == "frame" || name == "ip" {
		return []packet.Event{packet.EventPacket, packet.EventHoneypot, packet.EventAlert, packet.EventAuth}
	}
	return []packet.Event{packet.EventPacket}
}

func (c *checker) variable(rng hcl.Range, name string) *Variable {
	v, ok := c.sym.vars[name]
	if !ok {
		c.errorf(CodeUnknownVariable, rng, "There is no variable %q.%s", name, didYouMean(name, sortedKeys(c.sym.vars)))
		return nil
	}
	c.sym.use(&v.Used)
	if v.Value == nil { // it has an error of its own
		return nil
	}
	c.vars++
	return v
}

func (c *checker) list(rng hcl.Range, name string) *List {
	l, ok := c.sym.lists[name]
	if !ok {
		c.errorf(CodeUnknownList, rng, "There is no list %q.%s", name, didYouMean(name, sortedKeys(c.sym.lists)))
		return nil
	}
	c.sym.use(&l.Used)
	return l
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func exampleField(t ListType) string {
	return [...]string{"ip.src", "tcp.dstport", "dns.qry.name"}[t]
}

// constantOf is the value of a variable that is no list.
func constantOf(v any) Value {
	switch v := v.(type) {
	case int64:
		return Value{Kind: packet.KindInt, Int: v}
	case float64:
		return Value{Kind: packet.KindFloat, Float: v}
	case bool:
		if v {
			return Value{Kind: packet.KindBool, Int: 1}
		}
		return Value{Kind: packet.KindBool}
	case string:
		return Value{Kind: packet.KindString, Str: v}
	}
	panic(fmt.Sprintf("rules: variable of type %T", v))
}

func (c *checker) unary(n *ast.UnaryNode) Expr {
	switch n.Operator {
	case "not", "!":
		x := c.condition(n.Node)
		if x == nil {
			return nil
		}
		return negation(c.rng(n), x)
	}
	x := c.value(n.Node)
	if x == nil {
		return nil
	}
	if x.Kind() == kindComposite {
		return c.opaque(n)
	}
	if !isNumber(x.Kind()) {
		return c.errorf(CodeTypeMismatch, c.rng(n.Node), "%s is %s and has no sign; %q needs a number.", c.text(n.Node), an(x.Kind()), n.Operator)
	}
	if n.Operator == "+" {
		return x
	}
	if k, ok := x.(*ConstExpr); ok {
		v := k.Value
		v.Int, v.Float = -v.Int, -v.Float
		return &ConstExpr{At{c.rng(n)}, v}
	}
	return &NegExpr{At{c.rng(n)}, x}
}

func (c *checker) binary(n *ast.BinaryNode) Expr {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n)
	case "in":
		return c.in(n)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.compare(n)
	case "matches":
		return c.matches(n)
	case "contains", "startsWith", "endsWith":
		return c.textual(n)
	case "+", "-", "*", "/", "%":
		return c.arith(n)
	case "..":
		return c.errorf(CodeTypeMismatch, c.rng(n), "A range has a meaning only on the right of in, as in tcp.dstport in 1..1024.")
	}
	return c.opaque(n)
}

// logic checks a chain of one operator as a whole, so that a long one makes one flat node.
func (c *checker) logic(n *ast.BinaryNode) Expr {
	or := isOr(n.Operator)
	var parts []ast.Node
	var collect func(ast.Node)
	collect = func(x ast.Node) {
		if b, ok := x.(*ast.BinaryNode); ok && isLogic(b.Operator) && isOr(b.Operator) == or {
			collect(b.Left)
			collect(b.Right)
			return
		}
		parts = append(parts, x)
	}
	collect(n)
	xs := make([]Expr, 0, len(parts))
	ok := true
	for _, p := range parts {
		x := c.condition(p)
		ok = ok && x != nil
		xs = append(xs, x)
	}
	if !ok {
		return nil
	}
	if or {
		return disjunction(c.rng(n), xs...)
	}
	return conjunction(c.rng(n), xs...)
}

func isOr(op string) bool    { return op == "or" || op == "||" }
func isLogic(op string) bool { return isOr(op) || op == "and" || op == "&&" }

func (c *checker) conditional(n *ast.ConditionalNode) Expr {
	cond, a, b := c.condition(n.Cond), c.value(n.Exp1), c.value(n.Exp2)
	if cond == nil || a == nil || b == nil {
		return nil
	}
	if a.Kind() == kindComposite || b.Kind() == kindComposite {
		return c.opaque(n)
	}
	a, b = c.unify(n.Exp1, a, n.Exp2, b)
	if a == nil || b == nil {
		return nil
	}
	ka, kb := a.Kind(), b.Kind()
	if ka != kb && !(isNumber(ka) && isNumber(kb)) && !(isText(ka) && isText(kb)) {
		return c.errorf(CodeTypeMismatch, c.rng(n.Exp2), "%s is %s, and %s is %s: both branches of ?: must be of one type.", c.text(n.Exp1), an(ka), c.text(n.Exp2), an(kb))
	}
	if k, ok := cond.(*ConstExpr); ok {
		if k.Value.Int != 0 {
			return a
		}
		return b
	}
	if ka == packet.KindBool {
		a, b = guard(a), guard(b)
	}
	return &CondExpr{At{c.rng(n)}, cond, a, b}
}

// index checks X[i]. A field of a map or an element of an array is left to the VM.
func (c *checker) index(n *ast.MemberNode) Expr {
	if n.Optional {
		return c.opaque(n)
	}
	if _, isName := n.Property.(*ast.StringNode); isName {
		if name, ok := c.dotted(n.Node); ok {
			if c.value(n.Node) != nil {
				c.errorf(CodeTypeMismatch, c.rng(n), "%s has no members.", name)
			}
			return nil
		}
		return c.opaque(n)
	}
	x, i := c.value(n.Node), c.value(n.Property)
	if x == nil || i == nil {
		return nil
	}
	if x.Kind() == kindComposite {
		return c.opaque(n)
	}
	if !isText(x.Kind()) {
		return c.errorf(CodeTypeMismatch, c.rng(n.Node), "%s is %s and has no bytes to index.", c.text(n.Node), an(x.Kind()))
	}
	k, ok := i.(*ConstExpr)
	if !ok || k.Value.Kind != packet.KindInt || k.Value.Int < 0 || k.Value.Int > math.MaxInt32 {
		return c.errorf(CodeBadArguments, c.rng(n.Property), "The index must be a constant integer, not negative.")
	}
	if s, ok := x.(*ConstExpr); ok && k.Value.Int < int64(len(s.Value.Str)) {
		return &ConstExpr{At{c.rng(n)}, Value{Kind: packet.KindInt, Int: int64(s.Value.Str[k.Value.Int])}}
	}
	return &IndexExpr{At{c.rng(n)}, x, int(k.Value.Int)}
}

func (c *checker) slice(n *ast.SliceNode) Expr {
	x := c.value(n.Node)
	bound := func(b ast.Node, otherwise int) (int, bool) {
		if b == nil {
			return otherwise, true
		}
		e := c.value(b)
		if e == nil {
			return 0, false
		}
		k, ok := e.(*ConstExpr)
		if !ok || k.Value.Kind != packet.KindInt || k.Value.Int < 0 || k.Value.Int > math.MaxInt32 {
			c.errorf(CodeBadArguments, c.rng(b), "The bounds of a slice must be constant integers, not negative.")
			return 0, false
		}
		return int(k.Value.Int), true
	}
	if x != nil && x.Kind() == kindComposite {
		return c.opaque(n)
	}
	from, ok1 := bound(n.From, 0)
	to, ok2 := bound(n.To, -1)
	if x == nil || !ok1 || !ok2 {
		return nil
	}
	if !isText(x.Kind()) {
		return c.errorf(CodeTypeMismatch, c.rng(n.Node), "%s is %s and cannot be sliced.", c.text(n.Node), an(x.Kind()))
	}
	if to >= 0 && to < from {
		return c.errorf(CodeBadArguments, c.rng(n), "The slice ends before it begins.")
	}
	e := &SliceExpr{At{c.rng(n)}, x, from, to}
	if k, ok := x.(*ConstExpr); ok {
		return &ConstExpr{e.At, Value{Kind: k.Value.Kind, Str: cut(k.Value.Str, from, to)}}
	}
	return e
}

// cut is s[from:to] of what there is; to is -1 for the end.
func cut(s string, from, to int) string {
	if to < 0 || to > len(s) {
		to = len(s)
	}
	return s[min(from, to):to]
}

// markUsed takes the names of an expression that cannot be parsed as used, so that nothing is called
// unused because of a typing error.
func (c *checker) markUsed() {
	for _, w := range strings.FieldsFunc(c.src.text, func(r rune) bool { return !isWord(r) }) {
		head, rest, _ := strings.Cut(w, ".")
		if m := c.sym.macros[w]; m != nil {
			c.sym.use(&m.macro.Used)
		} else if v := c.sym.vars[rest]; head == "var" && v != nil {
			c.sym.use(&v.Used)
		} else if l := c.sym.lists[rest]; head == "list" && l != nil {
			c.sym.use(&l.Used)
		}
	}
}
