package rules

import (
	"maps"
	"regexp"
	"slices"
	"time"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
	"github.com/ruleids/ruleids/rules/domain"
)

var (
	modeWords = []string{"enforce", "shadow"}
	attackID  = regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)

	ruleAttrs = []string{"description", "severity", "category", "attack", "references", "enabled", "mode", "on",
		"where", "by", "threshold", "when", "cooldown", "silent"}
	ruleBlocks   = []string{"window", "memory", "sequence", "level", "track", "except", "escalate", "evidence", "block", "quarantine", "notify"}
	actionBlocks = []string{"block", "quarantine", "notify"}
)

// A ruleDecl is a rule block joined with its overrides.
type ruleDecl struct {
	block
	overridden bool
}

// override makes the attributes and blocks the declaration's own before the first override changes them.
func (d *ruleDecl) override() {
	if d.overridden {
		return
	}
	d.overridden = true
	own := make(map[string]*hclsyntax.Attribute, len(d.attrs))
	maps.Copy(own, d.attrs)
	d.attrs, d.blocks = own, slices.Clone(d.blocks)
}

// A ruleBuilder checks one rule.
type ruleBuilder struct {
	*loader
	d      *ruleDecl
	r      *Rule
	fields check.Scope // for where, by, aggregates, targets: one packet
	full   check.Scope // for when and messages: aggregates too
	failed bool        // a condition could not be checked
	never  bool        // a macro never holds, as was reported with it
	given  bool        // a variable has another value than its default
}

func (l *loader) buildRule(d *ruleDecl) *Rule {
	rb := &ruleBuilder{loader: l, d: d, r: &Rule{
		Name: d.name, Severity: scale.SeverityMedium, Shipped: d.shipped(), Overridden: d.overridden,
		Range: d.header(), AttrRanges: make(map[string]hcl.Range, len(d.attrs)),
	}}
	before := len(l.diags)
	rb.build()
	if rb.given {
		check.Forgive(l.diags[before:])
	}
	rb.r.Broken = rb.failed
	return rb.r
}

func (rb *ruleBuilder) build() {
	r, d := rb.r, rb.d
	body := d.hcl.Range()
	r.Body = string(body.SliceBytes(d.file.bytes))
	for name, a := range d.attrs {
		r.AttrRanges[name] = a.Expr.Range()
	}
	rb.known(&d.block, ruleAttrs, ruleBlocks)
	rb.scalars()

	rb.fields = check.Scope{Event: r.On, Aggregates: map[string]*ast.Aggregate{}, NoAggs: "Only when and messages know aggregates."}
	if r.Threshold != nil {
		rb.fields.Threshold = &r.Threshold.Value
	} else if d.attrs["threshold"] != nil {
		// There is one, and what is wrong with it was told: when is not to be blamed as well.
		one := 1.0
		rb.fields.Threshold = &one
	}
	if rb.sequenced() {
		rb.sequence()
		rb.lastStep()
	} else {
		first := map[string]hcl.Range{}
		rb.windows(first)
		rb.memories(first)
	}
	rb.full = rb.fields
	rb.full.NoAggs = ""

	if !rb.sequenced() {
		if d.attrs["where"] != nil {
			r.SourceWhere = rb.check(&d.block, "where", &rb.fields, (*check.Checker).Whole)
		}
		if d.attrs["when"] != nil {
			r.When = rb.check(&d.block, "when", &rb.full, (*check.Checker).Whole)
		}
		rb.levels()
		r.By = rb.keys(d.attrs["by"], &rb.fields)
		rb.conditions()
	}
	for _, h := range d.blocks {
		sub := &block{kind: h.Type, file: d.file, hcl: h, attrs: h.Body.Attributes, blocks: h.Body.Blocks}
		switch h.Type {
		case "except":
			rb.except(sub)
		case "escalate":
			rb.escalate(sub)
		case "block", "quarantine":
			rb.target(sub)
		case "notify":
			rb.notify(sub)
		case "track":
			rb.track(sub)
		case "evidence":
			rb.evidence(sub)
		}
	}
	rb.where()
	rb.stepWheres()
	rb.afterwards()
	if !rb.failed && !rb.never {
		rb.contradictions()
	}
}

// scalars reads the attributes that are no expressions.
func (rb *ruleBuilder) scalars() {
	r, b := rb.r, &rb.d.block
	r.Description = rb.stringAttr(b, "description")
	r.Category = rb.stringAttr(b, "category")
	if s, at, ok := rb.stringValue(b, "severity"); ok && rb.oneOf(at, "severity", s, scale.SeverityWords()) {
		r.Severity, _ = scale.ParseSeverity(s)
	}
	if s, at, ok := rb.stringValue(b, "mode"); ok && rb.oneOf(at, "mode", s, modeWords) {
		r.Mode = Mode(slices.Index(modeWords, s))
	}
	if s, at, ok := rb.stringValue(b, "on"); ok && rb.oneOf(at, "kind of event", s, packet.EventWords()) {
		r.On, _ = packet.EventByWord(s)
	}
	r.Attack = rb.stringsValue(b, "attack", func(s string, at hcl.Range) {
		if !attackID.MatchString(s) {
			rb.report(diag.BadValue, at, "%q is no technique of MITRE ATT&CK: write \"T1046\" or \"T1110.001\".", s)
		}
	})
	r.References = rb.stringsValue(b, "references", nil)
	r.Enabled = rb.boolValue(b, "enabled", true)
	r.Silent = rb.boolValue(b, "silent", false)
	r.Cooldown = rb.durationValue(b, "cooldown", DefaultCooldown)
	if v, at, ok := rb.numberValue(b, "threshold"); ok {
		if v < 0 {
			rb.report(diag.BadValue, at, "The threshold is negative.")
		}
		if given, ok := rb.opt.Thresholds[r.Name]; ok {
			v = given
		}
		r.Threshold = &Threshold{v, at}
	}
}

// check parses and checks the expression of an attribute.
func (rb *ruleBuilder) check(b *block, name string, sc *check.Scope, how func(*check.Checker, exprast.Node) ast.Expr) ast.Expr {
	p, ok := rb.condition(b, name)
	if !ok {
		rb.failed = true
		return nil
	}
	return rb.checked(p, sc, how)
}

// fail reports an error that leaves the rule broken.
func (rb *ruleBuilder) fail(code string, rng hcl.Range, format string, args ...any) {
	rb.failed = true
	rb.report(code, rng, format, args...)
}

// checked remembers that an expression of the rule failed: its error may be reported elsewhere, with a
// macro.
func (rb *ruleBuilder) checked(p check.Source, sc *check.Scope, how func(*check.Checker, exprast.Node) ast.Expr) ast.Expr {
	c := check.New(rb.view(p.Src.Whole.Filename), p, sc)
	e := c.Run(func(n exprast.Node) ast.Expr { return how(c, n) })
	rb.diags = append(rb.diags, c.Diags...)
	rb.failed = rb.failed || e == nil
	rb.never = rb.never || c.Never
	rb.given = rb.given || c.Given
	return e
}

// windows reads the windows and their aggregates.
func (rb *ruleBuilder) windows(first map[string]hcl.Range) {
	for _, h := range rb.d.blocks {
		if h.Type != "window" {
			continue
		}
		b := &block{kind: "window", file: rb.d.file, hcl: h, attrs: h.Body.Attributes, blocks: h.Body.Blocks}
		w := &ast.Window{Range: h.DefRange(), Span: rb.span(h, "window", "10s"), MaxKeys: rb.maxKeys(b)}
		rb.r.Windows = append(rb.r.Windows, w)
		if rb.aggregates(h, windowAttrs, first, func(a *ast.Aggregate, sc *check.Scope) { a.Window, sc.Span = w, w.Span }, func(a *ast.Aggregate) { w.Aggregates = append(w.Aggregates, a) }) == 0 {
			rb.report(diag.MissingAttribute, h.DefRange(), "The window has no aggregate. Add one, as in n = \"count()\".")
		}
	}
}

// span reads the label of a block, which is a span of time; 0 where it has none that is right.
func (rb *ruleBuilder) span(h *hclsyntax.Block, kind, example string) time.Duration {
	if len(h.Labels) != 1 {
		rb.report(diag.BadName, h.TypeRange, "%s has its span in quotes, as in %s %q { … }.", article(kind), kind, example)
		return 0
	}
	span, err := setting.ParseDuration(h.Labels[0])
	switch {
	case err != nil:
		rb.report(diag.BadValue, h.LabelRanges[0], "%s.", diag.Capital(err.Error()))
	case span == 0:
		rb.report(diag.BadValue, h.LabelRanges[0], "%s must be longer than 0.", article(kind))
	}
	return span
}

// aggregates reads the attributes of a block that are aggregates, all but those of other, and returns how many there are.
// first holds where names stand already; begin makes an aggregate and its scope those of the block before it is checked, and
// take has one that is right.
func (rb *ruleBuilder) aggregates(h *hclsyntax.Block, other []string, first map[string]hcl.Range, begin func(*ast.Aggregate, *check.Scope), take func(*ast.Aggregate)) (n int) {
	for _, sub := range h.Body.Blocks {
		rb.report(diag.UnknownBlock, sub.TypeRange, "%s block has no block %q.", article(h.Type), sub.Type)
	}
	for _, a := range diag.SortedAttributes(h.Body.Attributes) {
		if slices.Contains(other, a.Name) {
			continue
		}
		n++
		l, isLayer := packet.LayerByName(a.Name)
		isLayer = isLayer && !l.Yields()
		switch {
		case !isName(a.Name, false) || reserved(a.Name) || isLayer || packet.FieldByName(a.Name) != nil:
			rb.report(diag.BadName, a.NameRange, "%q cannot name an aggregate: conditions read it as something else. Choose another name.", a.Name)
			continue
		case first[a.Name] != (hcl.Range{}):
			rb.report(diag.DuplicateName, a.NameRange, "The aggregate %q is already declared in %s.", a.Name, place(first[a.Name]))
			continue
		}
		first[a.Name] = a.NameRange
		rb.fields.Aggregates[a.Name] = nil
		p, ok := rb.expression(a.Expr, a.Name)
		if !ok {
			continue
		}
		agg := &ast.Aggregate{Name: a.Name, Range: a.Expr.Range(), Text: p.Src.Text}
		sc := rb.fields
		begin(agg, &sc)
		sc.NoAggs = "An aggregate cannot use another one; compare them in when."
		c := check.New(rb.sym, p, &sc)
		good := false
		c.Run(func(n exprast.Node) ast.Expr {
			if agg.Memory != nil {
				good = c.First(n, agg)
			} else {
				good = c.Aggregate(n, agg)
			}
			return nil
		})
		rb.diags = append(rb.diags, c.Diags...)
		if !good {
			rb.failed = true
			continue
		}
		agg.Index = len(rb.r.Aggregates)
		rb.r.Aggregates = append(rb.r.Aggregates, agg)
		take(agg)
		rb.fields.Aggregates[a.Name] = agg
	}
	return n
}

// keys reads a by attribute, nil for none, over events that a scope knows.
func (rb *ruleBuilder) keys(a *hclsyntax.Attribute, sc *check.Scope) (keys []ast.Key) {
	if a == nil {
		return nil
	}
	t, ok := a.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		rb.report(diag.BadValue, a.Expr.Range(), "by needs a list of expressions in quotes, as in by = [\"ip.src\"].")
		return nil
	}
	first := map[string]bool{}
	for _, e := range t.Exprs {
		p, ok := rb.expression(e, "by")
		if !ok {
			continue
		}
		x := rb.checked(p, sc, (*check.Checker).Scalar)
		if x == nil {
			continue
		}
		if _, isConst := x.(*ast.ConstExpr); isConst {
			rb.report(diag.BadValue, e.Range(), "A key that is the same for every packet has no meaning. Leave it out.")
			continue
		}
		if text := ast.Format(x); first[text] {
			rb.report(diag.DuplicateName, e.Range(), "The key %q stands twice in by.", p.Src.Text)
			continue
		} else {
			first[text] = true
		}
		keys = append(keys, ast.Key{Text: p.Src.Text, Expr: x})
	}
	return keys
}

// conditions reports a rule that has no condition to fire on.
func (rb *ruleBuilder) conditions() {
	attrs := rb.d.attrs
	switch {
	case attrs["when"] != nil, rb.onlyLevels():
	case rb.d.has("memory") && !rb.d.has("window"):
		rb.report(diag.MissingCondition, rb.d.header(), "The rule has a memory and no when, so that it asks nothing of it. Add one, as in when = \"fresh\".")
	case rb.d.has("window"):
		rb.report(diag.MissingCondition, rb.d.header(), "The rule has windows and no when, so that it never fires. Add one, as in when = \"n >= threshold\".")
	case attrs["where"] == nil:
		rb.report(diag.MissingCondition, rb.d.header(), "The rule has neither where nor when. Add where = \"…\" to say which events it looks at.")
	}
}

// where joins all that decides which events the rule looks at.
func (rb *ruleBuilder) where() {
	r := rb.r
	at := r.Range
	if a, ok := r.AttrRanges["where"]; ok {
		at = a
	}
	xs := keyed(r.By, r.SourceWhere)
	if r.On == packet.EventAuth && !rb.readsResult() {
		// A rule that counts logins must not count health checks.
		xs = append(xs, noProbe(at))
	}
	for _, e := range r.Excepts {
		if e.Where != nil {
			xs = append(xs, ast.Not(e.Range, e.Where))
		}
	}
	r.Where = ast.And(at, xs...)
}

// present returns the conditions that the values of a key are there.
func present(by []ast.Key) (xs []ast.Expr) {
	for _, k := range by {
		if p := ast.Presence(k.Expr); p != nil {
			xs = append(xs, p)
		}
	}
	return xs
}

// keyed returns the conditions that a condition holds and that the values of a key are there.
func keyed(by []ast.Key, where ast.Expr) []ast.Expr {
	xs := present(by)
	if and, ok := where.(*ast.LogicExpr); ok && !and.Or && !domain.IsGuard(and) {
		return append(xs, and.Xs...)
	}
	return append(xs, where)
}
