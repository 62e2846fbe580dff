package telegram

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/ruleids/ruleids/internal/retry"
)

// A scope is what a block allows: its administrators, in private and in its chats.
type scope struct {
	name           string
	chats          []Chat
	administrators []int64
}

// A Bot takes commands by long polling for one token. Updates are handled one after the other, in the order in which
// Telegram has them.
type Bot struct {
	client *client
	opt    Options
	log    *slog.Logger
	scopes []scope

	mu     sync.Mutex
	status Status
	since  time.Time // when the contact with Telegram began that lasts; commands from long before are too old

	// Of the goroutine of run, and after it that of the poller, and after it that of the handler.
	username string
	pace     pace
	seen     seen
	strange  strangers
}

func newBot(c *client, opt Options) *Bot {
	return &Bot{client: c, opt: opt, log: opt.Log, pace: pace{wait: retry.Backoff{First: minRest, Max: maxRest}}, status: Status{State: StateStarting}}
}

// snapshot returns the state and the counts.
func (b *Bot) snapshot() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.status
	for _, r := range b.scopes {
		s.Notifiers = append(s.Notifiers, r.name)
	}
	return s
}

// count changes the counts.
func (b *Bot) count(change func(*Status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.status)
}

// run takes commands until ctx is done.
func (b *Bot) run(ctx context.Context) {
	defer func() {
		b.client.close()
		b.count(func(s *Status) { s.State = StateClosed })
	}()
	if !b.introduce(ctx) {
		return
	}
	// One worker, handlers that are waited for and no room in between keep the order, bound the memory, and confirm
	// an update to Telegram only when the handlers of those before it are through.
	b.client.library(poller{b}, bot.WithNotAsyncHandlers(), bot.WithWorkers(1), bot.WithUpdatesChannelCap(0),
		bot.WithAllowedUpdates(bot.AllowedUpdates{models.AllowedUpdateMessage, models.AllowedUpdateCallbackQuery}),
		bot.WithErrorsHandler(func(err error) { b.rest(ctx, err) }),
		bot.WithDefaultHandler(func(ctx context.Context, _ *bot.Bot, u *models.Update) { b.update(ctx, u) }),
	).Start(ctx)
}

// introduce learns the bot's name and sets the list of commands that clients show. It goes on until Telegram answers,
// and reports false when ctx is done.
func (b *Bot) introduce(ctx context.Context) bool {
	for ctx.Err() == nil {
		me, err := b.client.api.GetMe(ctx)
		if err == nil && me == nil {
			err = &errServer{"getMe is answered with nothing"}
		}
		if err != nil {
			b.rest(ctx, err)
			continue
		}
		b.username = me.Username
		b.count(func(s *Status) { s.Username = clean(me.Username, 64) })
		b.pace.wait.Reset()
		b.contact()
		var list []models.BotCommand
		for _, c := range commands() {
			if c.help != "" {
				list = append(list, models.BotCommand{Command: c.name, Description: c.help})
			}
		}
		if _, err := b.client.api.SetMyCommands(ctx, &bot.SetMyCommandsParams{Commands: list}); err != nil && ctx.Err() == nil {
			b.log.Warn("the list of the bot's commands could not be set; they work without it", "bot", b.name(), "error", b.client.trouble(err))
		}
		return ctx.Err() == nil
	}
	return false
}

// name is how logs call the bot.
func (b *Bot) name() string { return b.scopes[0].name }

// contact takes down that Telegram answers.
func (b *Bot) contact() {
	b.mu.Lock()
	before := b.status.State
	b.status.State, b.status.Error = StatePolling, ""
	if before != StatePolling {
		b.since = time.Now()
	}
	b.mu.Unlock()
	if before != StatePolling {
		b.log.Info("the bot takes commands in Telegram", "notifier", b.name(), "bot", "@"+clean(b.username, 64))
	}
}

// lost takes down that Telegram does not.
func (b *Bot) lost(state State, err error, wait time.Duration) {
	b.mu.Lock()
	before := b.status.State
	b.status.State = state
	b.status.Report = retry.Report{Errors: b.status.Errors + 1, Error: err.Error(), LastError: err.Error(), LastErrorTime: time.Now().UTC()}
	b.mu.Unlock()
	if before != state {
		b.log.Warn("the bot takes no commands in Telegram now", "notifier", b.name(), "state", string(state), "error", err, "next", wait.String())
	}
}

// allowed reports whether a user may give commands in a chat.
func (b *Bot) allowed(user int64, c models.Chat) bool {
	private := c.Type == models.ChatTypePrivate && c.ID == user
	return slices.ContainsFunc(b.scopes, func(r scope) bool {
		return slices.Contains(r.administrators, user) &&
			(private || slices.ContainsFunc(r.chats, func(one Chat) bool { return one.is(c.ID, c.Username) }))
	})
}

// who names a user for logs and decisions: the name as the user chose it, and the number, which cannot be chosen.
func who(u *models.User) string {
	name := clean(u.FirstName+" "+u.LastName, 64)
	if u.Username != "" {
		if name != "" {
			name += " "
		}
		name += "@" + clean(u.Username, 32)
	}
	if name == "" {
		return fmt.Sprintf("(%d)", u.ID)
	}
	return fmt.Sprintf("%s (%d)", name, u.ID)
}
