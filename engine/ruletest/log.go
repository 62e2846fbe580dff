package ruletest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A log is one log block: lines that go through the parsers of logins.
type log struct {
	at           hcl.Range // of the block's type
	program      string
	start, every time.Duration
	lines        []string
	expected     []wantedLogin // in their order; nil where the block does not say
}

// A wantedLogin is one login block: the logins that a log block gives are these, in their order.
type wantedLogin struct {
	at     hcl.Range
	values map[string]string // by attribute
}

// loginAttributes are the attributes of a login block, with what they are of a login.
var loginAttributes = []struct {
	name string
	of   func(*packet.Auth) string
}{
	{"result", func(a *packet.Auth) string { return a.Result }},
	{"user", func(a *packet.Auth) string { return a.User }},
	{"service", func(a *packet.Auth) string { return a.Service }},
	{"host", func(a *packet.Auth) string { return a.Host }},
	{"method", func(a *packet.Auth) string { return a.Method }},
	{"reason", func(a *packet.Auth) string { return a.Reason }},
	{"src", func(a *packet.Auth) string { return addressOf(a.Src.Addr().IsValid(), a.Src.Addr().String()) }},
	{"srcport", func(a *packet.Auth) string { return fmt.Sprint(a.Src.Port()) }},
	{"dst", func(a *packet.Auth) string { return addressOf(a.Dst.Addr().IsValid(), a.Dst.Addr().String()) }},
	{"dstport", func(a *packet.Auth) string { return fmt.Sprint(a.Dst.Port()) }},
}

func addressOf(valid bool, text string) string {
	if !valid {
		return ""
	}
	return text
}

// expects reports whether the block says which logins it gives.
func (l *log) expects() bool { return l.expected != nil }

// maxLogLines bounds the lines of a log block.
const maxLogLines = 1_000_000

// log reads a log block.
func (r *reader) log(b *hclsyntax.Block) *log {
	l := &log{at: b.TypeRange, every: time.Second}
	body := r.enter(b.Body, "A log block")
	if len(b.Labels) > 0 {
		r.report(diag.BadName, b.LabelRanges[0], "A log block has no name; write log { … }.")
	}
	if a := body.attr("start"); a != nil {
		l.start = r.duration(a)
	}
	if a := body.attr("every"); a != nil {
		l.every = r.duration(a)
	}
	if a := body.attr("program"); a != nil {
		l.program = r.text(a)
	}
	lines, file := body.attr("lines"), body.attr("file")
	rng := hcl.RangeBetween(b.TypeRange, b.OpenBraceRange)
	switch {
	case lines == nil && file == nil:
		r.report(diag.MissingAttribute, rng, "The block has no lines; add lines = [\"…\"], or file = \"…\".")
	case lines != nil && file != nil:
		r.report(diag.BadValue, file.NameRange, "A log has either lines or a file; remove one of them.")
	case lines != nil:
		if v, ok := r.constant(lines, cty.List(cty.String)); ok {
			for _, line := range v.AsValueSlice() {
				if line.IsNull() {
					r.report(diag.BadValue, lines.Expr.Range(), "A line cannot be null.")
					break
				}
				l.lines = append(l.lines, strings.Split(strings.TrimSuffix(line.AsString(), "\n"), "\n")...)
			}
		}
	default:
		if name := r.text(file); name != "" {
			if !filepath.IsAbs(name) {
				name = filepath.Join(r.dir, filepath.FromSlash(name))
			}
			data, err := files.Read(name)
			if err != nil {
				r.report(diag.UnreadableFile, file.Expr.Range(), "%v.", err)
			}
			l.lines = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		}
	}
	if len(l.lines) > maxLogLines || l.start > maxSpan || l.every > maxSpan/time.Duration(max(len(l.lines), 1)) {
		r.report(diag.BadValue, rng, "The log has more than %d lines, or takes more than a hundred years.", maxLogLines)
		l.lines = nil
	}
	for _, w := range body.blocks("login") {
		l.expected = append(l.expected, r.wantedLogin(w))
	}
	body.finish()
	return l
}

// wantedLogin reads a login block.
func (r *reader) wantedLogin(b *hclsyntax.Block) wantedLogin {
	w := wantedLogin{at: b.TypeRange, values: map[string]string{}}
	body := r.enter(b.Body, "A login block")
	if len(b.Labels) > 0 {
		r.report(diag.BadName, b.LabelRanges[0], "A login block has no name; write login { … }.")
	}
	for _, x := range loginAttributes {
		a := body.attr(x.name)
		if a == nil {
			continue
		}
		v, ok := r.constant(a, cty.String)
		if !ok {
			continue
		}
		w.values[x.name] = v.AsString()
		if x.name == "result" && !slices.Contains(packet.AuthResults(), v.AsString()) {
			r.report(diag.BadValue, a.Expr.Range(), "result must be one of %s.", strings.Join(packet.AuthResults(), ", "))
		}
	}
	body.finish()
	return w
}

// readLogs runs the lines of all logs of a test through the parsers, and returns their logins in the order of their times, with
// what is wrong with them. A line without a time has one on the timeline of the test.
func (t *Test) readLogs(rs *rules.RuleSet) (events []*packet.Packet, problems []string) {
	for _, l := range t.logs {
		// A year from where the timeline begins, so that times without a year are on it.
		format := login.Format{Reference: time.Unix(0, epoch).AddDate(1, 0, 0).Add(-48 * time.Hour), Program: l.program}
		tracker := login.New(rs.Patterns())
		var got []packet.Auth
		for i, raw := range l.lines {
			line := format.Parse(raw)
			if !format.Dated() {
				line.Time = time.Unix(0, epoch).Add(l.start + time.Duration(i)*l.every)
			}
			got = append(got, tracker.Line(&line)...)
		}
		got = append(got, tracker.Flush()...)
		problems = append(problems, l.check(got)...)
		for i := range got {
			events = append(events, got[i].Event())
		}
	}
	slices.SortStableFunc(events, func(a, b *packet.Packet) int {
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
	return events, problems
}

// check holds the logins of a log against what the block expects.
func (l *log) check(got []packet.Auth) (problems []string) {
	if l.expected == nil {
		return nil
	}
	for i := range max(len(got), len(l.expected)) {
		switch {
		case i >= len(got):
			problems = append(problems, fmt.Sprintf("line %d: the log gives %d logins, and this one is not among them", l.expected[i].at.Start.Line, len(got)))
		case i >= len(l.expected):
			problems = append(problems, fmt.Sprintf("line %d: the log gives a login that no login block expects: %s", l.at.Start.Line, describeLogin(&got[i])))
		default:
			for _, x := range loginAttributes {
				if want, ok := l.expected[i].values[x.name]; ok && want != x.of(&got[i]) {
					problems = append(problems, fmt.Sprintf("line %d: want %s %q, got %q: %s", l.expected[i].at.Start.Line, x.name, want, x.of(&got[i]), describeLogin(&got[i])))
				}
			}
		}
		if len(problems) == maxListed {
			break
		}
	}
	return problems
}

// describeLogin writes a login as a login block would have it.
func describeLogin(a *packet.Auth) string {
	var out []string
	for _, x := range loginAttributes {
		if v := x.of(a); v != "" && v != "0" {
			out = append(out, fmt.Sprintf("%s = %q", x.name, v))
		}
	}
	return strings.Join(out, ", ")
}
