package telegram

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

func block(ctx context.Context, b *Bot, c call) *page {
	t, rest, fault := readTarget(c.args)
	return b.request(ctx, c, "block", decision.Request{Kind: decision.Block, Target: t}, rest, fault)
}

func unblock(ctx context.Context, b *Bot, c call) *page {
	t, rest, fault := readTarget(c.args)
	return b.request(ctx, c, "unblock", decision.Request{Kind: decision.Release, Target: t}, rest, fault)
}

func quarantine(ctx context.Context, b *Bot, c call) *page {
	t, rest, fault := readTarget(c.args)
	var d time.Duration
	if fault == "" {
		d, rest, fault = readMinutes(rest)
	}
	return b.request(ctx, c, "quarantine", decision.Request{Kind: decision.Quarantine, Target: t, For: d}, rest, fault)
}

// request makes a decision and tells of it, unless a fault was found already.
func (b *Bot) request(ctx context.Context, c call, name string, r decision.Request, rest, fault string) *page {
	if fault == "" {
		r.Reason, fault = readReason(rest)
	}
	if fault != "" {
		return misused(name, fault)
	}
	r.By = origin(c.who)
	v := b.decide(ctx, r)
	p := newPage(maxText).plain(resultSign(v) + " ").code(clean(result(r, v), 1500))
	return b.sign(p)
}

// sign adds the name of the sensor: several may be in one Chat.
func (b *Bot) sign(p *page) *page {
	if b.opt.Agent != "" {
		p.plain("\nsensor: ").code(clean(b.opt.Agent, maxValue))
	}
	return p
}

// result says what became of a request.
func result(r decision.Request, v decision.Verdict) string {
	return fmt.Sprintf("%s of %s: %s", r.Kind, r.Target, v)
}

// resultSign shows from afar whether what was asked for is so now.
func resultSign(v decision.Verdict) string {
	switch {
	case v.Err != nil:
		return "❌"
	case v.Covered != nil:
		return "⚠"
	case v.Outcome == decision.Decided, v.Outcome == decision.Released, v.Outcome == decision.Kept:
		return "✅"
	case v.Outcome == decision.Recorded:
		return "📝"
	}
	return "⚠"
}

func status(ctx context.Context, b *Bot, c call) *page {
	if c.args != "" {
		return misused("status", quoted(c.args)+" is too much.")
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	text := cleanLines(b.opt.Status(ctx), maxText-200)
	if text == "" {
		return wrong("The sensor does not say how it is.")
	}
	return b.sign(newPage(maxText).block(text))
}

func decisions(_ context.Context, b *Bot, c call) *page {
	if c.args != "" {
		t, rest, fault := readTarget(c.args)
		if fault == "" && rest != "" {
			fault = quoted(rest) + " is too much."
		}
		if fault != "" {
			return misused("decisions", fault)
		}
		list := b.opt.Covering(t)
		if len(list) == 0 {
			return b.sign(newPage(maxText).plain("There is no decision about ").code(t.String()).plain("."))
		}
		return b.list(fmt.Sprintf("Decisions about %s: %d", t, len(list)), len(list), func(i int) string {
			d := list[i]
			s := decisionLine(d)
			if d.Reason != "" {
				s += ": " + clean(d.Reason, maxValue)
			}
			return s
		})
	}
	all := b.opt.Decisions()
	if len(all) == 0 {
		return b.sign(newPage(maxText).plain("There are no decisions."))
	}
	recorded := 0
	for _, d := range all {
		if d.Recorded {
			recorded++
		}
	}
	head := fmt.Sprintf("Decisions: %d", len(all)-recorded)
	if recorded > 0 {
		head += fmt.Sprintf(", and %d recorded only", recorded)
	}
	return b.list(head+"; the newest first", len(all), func(i int) string { return decisionLine(all[len(all)-1-i]) })
}

// decisionLine is a decision in a line.
func decisionLine(d decision.Decision) string {
	until := "until it is lifted"
	if !d.Until.IsZero() {
		until = "until " + d.Until.UTC().Format("2006-01-02 15:04 UTC")
	}
	s := fmt.Sprintf("%s %s %s, by %s", d.Kind, d.Target, until, d.Origin)
	if d.Recorded {
		s += " (recorded only)"
	}
	return clean(s, 2*maxValue)
}

func rules(ctx context.Context, b *Bot, c call) *page {
	lines, fault := b.rules(ctx)
	if fault != "" {
		return wrong(fault)
	}
	wanted := strings.ToLower(clean(c.args, maxValue))
	lines = slices.DeleteFunc(slices.Clone(lines), func(r RuleLine) bool { return !strings.Contains(strings.ToLower(r.Name), wanted) })
	if len(lines) == 0 {
		return wrong("No rule has " + quoted(c.args) + " in its name.")
	}
	now := time.Now()
	return b.list(fmt.Sprintf("Rules: %d", len(lines)), len(lines), func(i int) string {
		r := lines[i]
		s := clean(r.Name, maxValue) + " " + r.Severity.String()
		if r.Mode != "" && r.Mode != "enforce" {
			s += ", " + r.Mode
		}
		if r.Muted.After(now) {
			s += ", muted until " + r.Muted.UTC().Format("2006-01-02 15:04 UTC")
		}
		return s
	})
}

// rules returns the rules, or a sentence that says why not.
func (b *Bot) rules(ctx context.Context) (lines []RuleLine, fault string) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	lines, err := b.opt.Rules(ctx)
	switch {
	case err != nil:
		return nil, "The rules cannot be told: " + clean(redact(b.client.token, err).Error(), maxReason)
	case len(lines) == 0:
		return nil, "No rules are loaded."
	}
	return lines, ""
}

func mute(ctx context.Context, b *Bot, c call) *page {
	name, rest := cutWord(c.args)
	if name == "" {
		return misused("mute", "There is no rule.")
	}
	d, rest, fault := readMinutes(rest)
	if fault == "" && rest != "" {
		fault = quoted(rest) + " is too much."
	}
	if fault != "" {
		return misused("mute", fault)
	}
	lines, fault := b.rules(ctx)
	if fault != "" {
		return wrong(fault)
	}
	if !slices.ContainsFunc(lines, func(r RuleLine) bool { return r.Name == name }) {
		return wrong("There is no rule " + quoted(name) + ". /rules lists them.")
	}
	if err := b.opt.Mute(name, d); err != nil {
		return wrong("The rule was not muted: " + clean(redact(b.client.token, err).Error(), maxReason))
	}
	b.log.Info("a rule was muted in Telegram", "notifier", b.name(), "user", c.who, "rule", name, "for", d.String())
	return b.sign(newPage(maxText).plain("✅ ").code(name).plain(" sends no notifications until " + time.Now().Add(d).UTC().Format("2006-01-02 15:04 UTC") +
		". What it blocks and quarantines, it goes on to."))
}

func help(_ context.Context, b *Bot, _ call) *page {
	p := newPage(maxText)
	for _, c := range commands() {
		p.code(strings.TrimSpace("/" + c.name + " " + c.usage)).plain(" " + c.help)
		if c.alias != "" && c.name != "help" {
			p.plain("; also ").code("/" + c.alias)
		}
		p.plain("\n")
	}
	return b.sign(p)
}

// maxLines bounds a list: more is not read on a phone.
const maxLines = 40

// list writes a head and lines, as many as there is room for, and says how many are left out.
func (b *Bot) list(head string, n int, line func(int) string) *page {
	p := newPage(maxText)
	p.bold(head).plain("\n")
	const reserve = 2*maxValue + 60 // for what comes below
	for i := range n {
		s := line(i)
		if i == maxLines || units(s)+1 > p.room-reserve {
			p.plain(fmt.Sprintf("and %d more", n-i))
			break
		}
		p.code(s).plain("\n")
	}
	return b.sign(p)
}
