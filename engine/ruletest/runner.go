package ruletest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A Runner runs tests with one set of rules. Its fields are set before the first use and not changed
// after it; its methods may be called from several goroutines. It must not be copied.
type Runner struct {
	// Rules say which rules are loaded, as for every other command.
	Rules rules.Options
	// Tests are the paths that the tests were loaded from. The rule files in and below these directories,
	// and those beside these files, are loaded too.
	Tests []string
	// Engine says how plans are compiled.
	Engine engine.Options

	once  sync.Once
	opt   rules.Options
	base  *rules.RuleSet // with no test's settings
	diags hcl.Diagnostics

	mu    sync.Mutex
	plans map[string]*variant
}

// A variant is the rule set as some tests need it: with their settings, and with the disabled rules
// that they name enabled.
type variant struct {
	once  sync.Once
	rules *rules.RuleSet
	plan  *engine.Plan
	diags hcl.Diagnostics
}

// Load loads the rules, the first time that it is called, and returns them with everything that is
// wrong with them. When there are errors no test can run.
func (r *Runner) Load() (*rules.RuleSet, hcl.Diagnostics) {
	r.once.Do(func() {
		r.opt, r.diags = r.options()
		var diags hcl.Diagnostics
		r.base, diags = rules.Load(r.opt)
		r.diags = append(r.diags, diags...)
	})
	return r.base, r.diags
}

// RunAll runs tests on all processors and returns their results in the order of the tests.
func (r *Runner) RunAll(tests []*Test) []Result {
	results := make([]Result, len(tests))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(tests)) {
		wg.Go(func() {
			for i := range next {
				results[i] = r.Run(tests[i])
			}
		})
	}
	for i := range tests {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

// Run runs one test.
//
// A rule that is disabled is enabled in the tests that name it in an alert block: a rule that is
// shipped disabled can so be tested, and does not fire in the tests of others.
func (r *Runner) Run(t *Test) Result {
	began := time.Now()
	res := Result{Name: t.Name, File: t.File, Line: t.Line}
	r.run(t, &res)
	res.Seconds = time.Since(began).Seconds()
	return res
}

func (r *Runner) run(t *Test, res *Result) {
	if t.Mistakes.HasErrors() {
		res.cannotRun(t.Mistakes)
		return
	}
	base, diags := r.Load()
	if diags.HasErrors() {
		res.cannotRun(diags)
		return
	}
	if diags := t.resolve(base); diags.HasErrors() {
		res.cannotRun(diags)
		return
	}
	v := r.variant(t, base)
	if v.diags.HasErrors() {
		res.cannotRun(v.diags)
		return
	}
	models, diags := t.learned(v.plan)
	if diags.HasErrors() {
		res.cannotRun(diags)
		return
	}
	eng := engine.New(v.plan, engine.Config{Seed: 1, Models: models})
	var o outcome
	emit := func(a *alert.Alert) { o.alerts = append(o.alerts, a) }
	events, problems := t.readLogs(v.rules)
	diags = t.play(events, player{
		frames: func(frames []packet.Frame) {
			if o.packets == 0 && len(frames) > 0 {
				o.start = frames[0].Time
			}
			o.packets += uint64(len(frames))
			eng.Process(frames, emit)
		},
		event: func(ev *packet.Packet) {
			if o.packets == 0 {
				o.start = ev.Time
			}
			o.packets++
			eng.Post(ev, emit)
		},
	})
	if diags.HasErrors() {
		res.cannotRun(diags)
		return
	}
	o.matched = make(map[string]uint64)
	for _, s := range eng.Stats().Rules {
		o.matched[s.Name] = s.Matched
	}
	o.explain = func(rule string) string { return t.explain(v.rules, rule, o.start) }
	res.fired(t, &o)
	res.Status = Pass
	if res.Problems = append(problems, t.check(&o)...); len(res.Problems) > 0 {
		res.Status = Fail
	}
}

// cannotRun makes the result that of a test that could not be run.
func (res *Result) cannotRun(diags hcl.Diagnostics) {
	const most = 20
	res.Status, res.Diagnostics = Error, diags
	errs := diags.Errs()
	for i, err := range errs {
		if i == most {
			res.Problems = append(res.Problems, fmt.Sprintf("and %d more errors", len(errs)-most))
			break
		}
		res.Problems = append(res.Problems, problem(err))
	}
}

// problem is an error in the form in which lint names it.
func problem(err error) string {
	d, ok := errors.AsType[*hcl.Diagnostic](err)
	if !ok {
		return err.Error()
	}
	text := d.Summary + ". " + d.Detail
	if d.Subject != nil {
		text = fmt.Sprintf("%s:%d:%d: %s", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column, text)
	}
	return text
}

// fired notes which rules fired, and which saw packets of theirs and stayed quiet.
func (res *Result) fired(t *Test, o *outcome) {
	count := make(map[string]int)
	for _, a := range o.alerts {
		count[a.Rule]++
	}
	for _, name := range slices.Sorted(maps.Keys(count)) {
		res.Fired = append(res.Fired, Fired{name, count[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(o.matched)) {
		if count[name] == 0 && (o.matched[name] > 0 || t.names(name)) {
			res.quiet = append(res.quiet, name)
		}
	}
}

// resolve checks the names in a test against the rules: those of rules, of variables, and of keys.
func (t *Test) resolve(rs *rules.RuleSet) hcl.Diagnostics {
	rd := &reader{}
	names := make([]string, len(rs.Rules))
	for i, x := range rs.Rules {
		names[i] = x.Name
	}
	for _, e := range t.expects {
		i := slices.Index(names, e.rule)
		if i < 0 {
			rd.report(diag.UnknownRule, e.ruleAt, "There is no rule %q.%s", e.rule, diag.DidYouMean(e.rule, names))
			continue
		}
		if rs.Rules[i].Silent && e.max != 0 {
			rd.report(diag.BadValue, e.ruleAt, "The rule %q is silent: it never alerts. Expect the alerts of a rule that reads what it tracks, or write max = 0.", e.rule)
			continue
		}
		var keys []string
		for _, k := range rs.Rules[i].By {
			keys = append(keys, k.Text)
		}
		for _, k := range e.key {
			switch {
			case slices.Contains(keys, k.name):
			case len(keys) == 0:
				rd.report(diag.BadValue, k.nameAt, "Alerts of %q have no key: the rule has no by.", e.rule)
			default:
				advice := cmp.Or(diag.DidYouMean(k.name, keys), " The rule has by = ["+strings.Join(keys, ", ")+"].")
				rd.report(diag.BadValue, k.nameAt, "Alerts of %q have no %q in their key.%s", e.rule, k.name, advice)
			}
		}
	}
	var vars []string
	for _, v := range rs.Variables {
		vars = append(vars, v.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(t.set)) {
		if !slices.Contains(vars, name) {
			rd.report(diag.UnknownVariable, t.set[name].nameAt, "There is no variable %q.%s", name, diag.DidYouMean(name, vars))
		}
	}
	return diag.Sort(rd.diags)
}

// variant returns the rules as a test needs them, made once for all tests that need the same.
func (r *Runner) variant(t *Test, base *rules.RuleSet) *variant {
	var enable []string
	for _, x := range base.Rules {
		if !x.Enabled && t.names(x.Name) {
			enable = append(enable, x.Name)
		}
	}
	id := fmt.Sprintf("%q", enable)
	for _, name := range slices.Sorted(maps.Keys(t.set)) {
		id += fmt.Sprintf(" %q=%q", name, t.set[name].text)
	}
	if len(t.places) > 0 {
		id += fmt.Sprint(t.places)
	}
	r.mu.Lock()
	v := r.plans[id]
	if v == nil {
		if r.plans == nil {
			r.plans = make(map[string]*variant)
		}
		v = &variant{}
		r.plans[id] = v
	}
	r.mu.Unlock()
	v.once.Do(func() { v.make(r, t, base, enable) })
	return v
}

func (v *variant) make(r *Runner, t *Test, base *rules.RuleSet, enable []string) {
	v.rules = base
	if len(t.set) > 0 {
		opt := r.opt
		opt.Set = maps.Clone(opt.Set)
		if opt.Set == nil {
			opt.Set = make(map[string]string)
		}
		for name, s := range t.set {
			opt.Set[name] = s.text
		}
		if v.rules, v.diags = rules.Load(opt); v.diags.HasErrors() {
			t.claim(v.rules, v.diags)
			return
		}
	}
	if len(enable) > 0 {
		with := *v.rules
		with.Rules = slices.Clone(with.Rules)
		for i, x := range with.Rules {
			if slices.Contains(enable, x.Name) {
				on := *x
				on.Enabled = true
				with.Rules[i] = &on
			}
		}
		v.rules = &with
	}
	if len(t.places) > 0 {
		with := *v.rules
		with.Geo = geo.Of(t.places...)
		v.rules = &with
	}
	v.plan, v.diags = engine.Compile(v.rules, r.Engine)
}

// claim makes diagnostics about the values of variables that the test sets point to the test.
func (t *Test) claim(rs *rules.RuleSet, diags hcl.Diagnostics) {
	for _, d := range diags {
		if diag.CodeOf(d) != diag.BadVariable || d.Subject == nil {
			continue
		}
		for _, v := range rs.Variables {
			if s, ok := t.set[v.Name]; ok && v.Range == *d.Subject {
				d.Subject = &s.valueAt
				d.Detail = strings.Replace(d.Detail, "--set ", "set ", 1)
			}
		}
	}
}

// play hands out the packets of a test, in order. The frames are valid until yield returns.
func (t *Test) play(events []*packet.Packet, to player) hcl.Diagnostics {
	if t.pcap == "" {
		return replayWith(t.packets, events, to)
	}
	in, err := capture.Open(t.pcap)
	if err != nil {
		return t.badCapture(err)
	}
	var b capture.Batch
	for {
		if err = in.Read(&b); err != nil {
			break
		}
		to.frames(b.Frames)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, in.Close()); err != nil {
		return t.badCapture(err)
	}
	return nil
}

func (t *Test) badCapture(err error) hcl.Diagnostics {
	return hcl.Diagnostics{diag.New(diag.UnreadableFile, t.pcapAt, "%v.", err)}
}
