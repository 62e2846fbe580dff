package telegram

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/ruleids/ruleids/actions/notify"
)

// A transport implements notify.Transport.
type transport struct {
	client  *client
	chats   []Chat
	buttons bool
	words   composer

	left  map[content][]Chat // the chats that wait still, of messages that others have
	moved map[int64]int64    // groups that became supergroups while the program runs, to their new numbers
}

// A content is what tells a message that is tried again from one that has more alerts by now.
type content struct {
	rule        string
	first, last int64 // nanoseconds since 1970
	count       uint64
}

// maxLeft bounds how many messages are remembered. Beyond it some chats get a message twice.
const maxLeft = 100

func newTransport(c *Config, cl *client) *transport {
	return &transport{client: cl, chats: c.Chats, buttons: c.Buttons && c.administered(),
		words: composer{title: c.Title.IsSet(), text: c.Template.IsSet()},
		left:  map[content][]Chat{}, moved: map[int64]int64{}}
}

// Send implements notify.Transport. When a message is sent again after a *notify.RetryError and has the same alerts,
// chats that have it, or refused it for good, are left out.
func (t *transport) Send(ctx context.Context, m *notify.Message) error {
	is := content{m.Rule, m.First.UnixNano(), m.Last.UnixNano(), m.Count}
	todo, again := t.left[is]
	if !again {
		todo = t.chats
	}
	delete(t.left, is)
	p := &bot.SendMessageParams{ParseMode: models.ParseModeHTML, LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: bot.True()}}
	text, target := t.words.compose(m)
	p.Text = text
	if t.buttons && m.Alert != nil {
		if keys := newKeyboard(target); keys != nil {
			p.ReplyMarkup = keys
		}
	}
	var left []Chat
	var retry *notify.RetryError
	var errs []error
	for i, to := range todo {
		err := t.client.send(ctx, p, to, t.moved)
		if err == nil {
			continue
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			t.keep(is, append(left, todo[i:]...))
			return ctx.Err()
		}
		if again, ok := errors.AsType[*notify.RetryError](err); ok {
			left = append(left, to)
			if retry == nil || again.After > retry.After {
				retry = &notify.RetryError{After: again.After}
			}
		}
		errs = append(errs, fmt.Errorf("chat %s: %w", to, err))
	}
	if retry == nil {
		return errors.Join(errs...)
	}
	// What failed for good is told with it: the next try knows nothing of it.
	t.keep(is, left)
	retry.Err = errors.Join(errs...)
	return retry
}

// keep remembers which chats wait for a message.
func (t *transport) keep(is content, left []Chat) {
	if is.count == 0 {
		return // a message of the daemon itself, whose time is not an alert's
	}
	if len(t.left) >= maxLeft {
		clear(t.left)
	}
	t.left[is] = left
}

// send sends a message to a chat. A group that became a supergroup has another number: it is kept in moved.
func (c *client) send(ctx context.Context, p *bot.SendMessageParams, to Chat, moved map[int64]int64) error {
	p.ChatID = to.value()
	if id, ok := moved[to.id]; ok && to.name == "" {
		p.ChatID = id
	}
	_, err := c.api.SendMessage(ctx, p)
	if migrated, ok := errors.AsType[*bot.MigrateError](err); ok && to.name == "" {
		moved[to.id] = int64(migrated.MigrateToChatID)
		p.ChatID = moved[to.id]
		_, err = c.api.SendMessage(ctx, p)
	}
	return c.trouble(err)
}

// Close implements notify.Transport.
func (t *transport) Close() error {
	t.client.close()
	return nil
}
