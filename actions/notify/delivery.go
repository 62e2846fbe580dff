package notify

import (
	"context"
	"errors"
	"fmt"
	"text/template"
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

const (
	// firstBackoff is the time between the first failure and the next try; it doubles from there.
	firstBackoff = time.Second
	// maxBackoff spares a service that comes up again, and finds it soon after it did.
	maxBackoff = time.Minute
	// maxAfter bounds how long the other side may ask to be left alone.
	maxAfter = time.Hour
	// maxAge is the age of the newest alert of a message after which it is not tried any more.
	maxAge = time.Hour
)

// deliver sends a group.
func (n *notifier) deliver(ctx context.Context, g *group) {
	m, err := n.compose(g)
	if err != nil {
		n.mu.Lock()
		n.note(err)
		n.mu.Unlock()
	}
	err = n.try(ctx, ctx, m)
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	later := n.groups[g.rule]
	later.sending = false
	var asked *RetryError
	again := errors.As(err, &asked)
	if err != nil && (again || ctx.Err() != nil) {
		if n.closed {
			n.backoff.Reset()
		}
		wait := retry.Spread(n.backoff.Next())
		if again {
			wait = max(wait, min(asked.After, maxAfter))
		}
		n.notBefore, n.demanded = now.Add(wait), again && asked.After > 0
		n.counts.Retries++
		g.tried = now
		if later.count > 0 {
			g.fresh = later.fresh
			n.counts.Merged++ // the first of them
			n.waiting--
			n.held -= g.size + later.size
			g.absorb(later)
			n.held += g.size
		}
		n.groups[g.rule] = g
		n.failed(err, now)
		return
	}
	n.settle(g)
	later.until = now.Add(n.common.Group)
	later.ready = later.until
	if err != nil {
		n.lose(g.count)
		n.failed(err, now)
		return
	}
	n.counts.Sent++
	n.counts.Delivered += g.count
	n.recovered(now)
}

// try hands a message to the transport. ask is what the message is for.
func (n *notifier) try(ctx, ask context.Context, m *Message) error {
	c, cancel := context.WithTimeout(ask, n.common.Timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	err := n.transport.Send(c, m)
	var asked *RetryError
	if err != nil && c.Err() != nil && !errors.As(err, &asked) {
		err = &RetryError{Err: err} // it was cut off
	}
	return err
}

// compose makes the message of a group. Where a template of the settings fails, the built-in one is used, and the
// error returned.
func (n *notifier) compose(g *group) (*Message, error) {
	m := g.message()
	m.Notifier, m.Agent = n.name, n.opt.Agent
	var errs []error
	made := func(setting string, t *template.Template, builtin string) string {
		s, err := fill(t, m)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", setting, err))
			t, _ = parseTemplate(builtin) // it is good
			s, _ = fill(t, m)
		}
		return s
	}
	title, text := made("title", n.title, builtinTitle), made("template", n.text, builtinText)
	m.Title, m.Text = oneLine(title, maxTitle), lines(text, maxText)
	return m, errors.Join(errs...)
}
