package telegram

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/notify"
)

// maxAge is how old a command may be when contact with Telegram begins. Telegram keeps commands for a day; what
// somebody wanted in an emergency of last night must not happen in the morning.
const maxAge = 2 * time.Minute

// Times for what an administrator waits for.
const (
	decideTime = 30 * time.Second
	askTime    = 10 * time.Second
)

// seen are the numbers of the last updates. Telegram may hand one out again, after a lost answer, and after a quiet
// week goes on with any number (https://core.telegram.org/bots/api#update), so that the highest tells nothing.
type seen struct {
	ids [256]int64
	n   int
}

// before reports whether the number was there lately, and keeps it.
func (s *seen) before(id int64) bool {
	if slices.Contains(s.ids[:min(s.n, len(s.ids))], id) {
		return true
	}
	s.ids[s.n%len(s.ids)] = id
	s.n++
	return false
}

// update handles what Telegram hands out.
func (b *Bot) update(ctx context.Context, u *models.Update) {
	switch {
	case u == nil || b.seen.before(u.ID):
	case u.Message != nil:
		b.message(ctx, u.Message)
	case u.CallbackQuery != nil:
		b.press(ctx, u.CallbackQuery)
	}
}

// late reports whether what was sent at a time, in Unix seconds, waited for long when contact with Telegram began.
func (b *Bot) late(date int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Unix(int64(date), 0).Before(b.since.Add(-maxAge))
}

// begun reports whether contact with Telegram began so lately that what it hands out may have waited for long.
func (b *Bot) begun() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Since(b.since) < maxAge
}

// message handles a message.
func (b *Bot) message(ctx context.Context, m *models.Message) {
	if m.From == nil || m.ForwardOrigin != nil || m.ViaBot != nil {
		return // not what the user wrote
	}
	private := m.Chat.Type == models.ChatTypePrivate
	name, args, addressed := parseCommand(m.Text, b.username)
	c := findCommand(name)
	if !private && (name == "" || c == nil && !addressed) {
		return // what people say in a group, and commands of other bots
	}
	if m.From.IsBot || m.SenderChat != nil || !b.allowed(m.From.ID, m.Chat) {
		answer := b.refuse(m.From, m.Chat, m.Text)
		if answer != "" && !m.From.IsBot && m.SenderChat == nil {
			b.once(ctx, func(ctx context.Context) error { return b.reply(ctx, m, newPage(maxText).plain(answer)) })
		}
		return
	}
	var p *page
	switch {
	case c == nil:
		p = wrong("There is no such command. /help lists them.")
	case b.late(m.Date):
		b.count(func(s *Status) { s.Old++ })
		b.log.Warn("a command in Telegram came too late and was not carried out", "notifier", b.name(), "user", who(m.From), "command", clean(m.Text, maxValue))
		p = wrong("Too old: the command was sent at " + time.Unix(int64(m.Date), 0).UTC().Format("2006-01-02 15:04:05 UTC") +
			", before the sensor was in contact with Telegram. It was not carried out; send it again if it is still wanted.")
	default:
		b.count(func(s *Status) { s.Commands++ })
		b.log.Info("an administrator gave a command in Telegram", "notifier", b.name(), "user", who(m.From), "chat", m.Chat.ID, "command", clean(m.Text, maxValue))
		p = c.run(ctx, b, call{who: who(m.From), args: args})
	}
	b.deliver(ctx, func(ctx context.Context) error { return b.reply(ctx, m, p) })
}

// press handles the press of a button. The message under which it is may be one that Telegram shows no more.
func (b *Bot) press(ctx context.Context, q *models.CallbackQuery) {
	under := q.Message.Message
	if under == nil {
		if q.Message.InaccessibleMessage == nil {
			return // of an inline message, which this bot writes none of
		}
		under = &models.Message{ID: q.Message.InaccessibleMessage.MessageID, Chat: q.Message.InaccessibleMessage.Chat}
	}
	if q.From.IsBot || !b.allowed(q.From.ID, under.Chat) {
		if answer := b.refuse(&q.From, under.Chat, "button: "+q.Data); answer != "" {
			b.once(ctx, func(ctx context.Context) error { return b.acknowledge(ctx, q, answer) })
		}
		return
	}
	r, ok := parseButton(q.Data)
	if !ok {
		b.once(ctx, func(ctx context.Context) error {
			return b.acknowledge(ctx, q, "This button is not known to this version.")
		})
		return
	}
	// When a button was pressed is not told; but only presses of late can be acknowledged.
	ack, cancel := context.WithTimeout(ctx, askTime)
	err := b.acknowledge(ack, q, "")
	cancel()
	if errors.Is(err, bot.ErrorBadRequest) || err != nil && b.begun() {
		b.count(func(s *Status) { s.Old++ })
		b.log.Warn("a button in Telegram was pressed too long ago; nothing was done", "notifier", b.name(), "user", who(&q.From), "button", clean(q.Data, maxValue))
		b.deliver(ctx, func(ctx context.Context) error {
			return b.reply(ctx, under, wrong("Too old: the button was pressed before the sensor was in contact with Telegram. Nothing was done; press it again if that is still wanted."))
		})
		return
	}
	b.count(func(s *Status) { s.Commands++ })
	b.log.Info("an administrator pressed a button in Telegram", "notifier", b.name(), "user", who(&q.From), "chat", under.Chat.ID, "button", clean(q.Data, maxValue))
	r.By, r.Reason = origin(who(&q.From)), "button in Telegram"
	v := b.decide(ctx, r)
	b.deliver(ctx, func(ctx context.Context) error { return b.conclude(ctx, under, &q.From, r, v) })
}

// decide makes one decision.
func (b *Bot) decide(ctx context.Context, r decision.Request) decision.Verdict {
	ctx, cancel := context.WithTimeout(ctx, decideTime)
	defer cancel()
	vs := b.opt.Decide(ctx, []decision.Request{r})
	if len(vs) != 1 {
		return decision.Verdict{Outcome: decision.Failed, Err: errors.New("there was no verdict")}
	}
	return vs[0]
}

// conclude adds what a button did to the message that it is under; where that cannot be, it answers.
func (b *Bot) conclude(ctx context.Context, m *models.Message, by *models.User, r decision.Request, v decision.Verdict) error {
	line := clean(resultSign(v)+" "+who(by)+": "+result(r, v), 500)
	text := m.Text + "\n" + line
	switch {
	case m.Text == "" || units(text) > maxText:
		return b.reply(ctx, m, newPage(maxText).plain(line))
	case strings.HasSuffix(m.Text, "\n"+line):
		return nil // the second press of the same button, with the same result
	}
	p := &bot.EditMessageTextParams{ChatID: m.Chat.ID, MessageID: m.ID, Text: text, Entities: m.Entities,
		LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: bot.True()}}
	if keys := newKeyboard(r.Target); keys != nil {
		p.ReplyMarkup = keys
	}
	_, err := b.client.api.EditMessageText(ctx, p)
	switch {
	case errors.Is(err, bot.ErrorBadRequest) && strings.Contains(err.Error(), "message is not modified"):
		return nil // an answer to the edit before was lost
	case errors.Is(err, bot.ErrorBadRequest): // too old to edit, or deleted
		return b.reply(ctx, m, newPage(maxText).plain(line))
	}
	return err
}

// reply answers a message.
func (b *Bot) reply(ctx context.Context, m *models.Message, p *page) error {
	params := &bot.SendMessageParams{ChatID: m.Chat.ID, Text: p.String(), ParseMode: models.ParseModeHTML,
		LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: bot.True()},
		ReplyParameters:    &models.ReplyParameters{MessageID: m.ID, AllowSendingWithoutReply: true}}
	if m.IsTopicMessage {
		params.MessageThreadID = m.MessageThreadID
	}
	_, err := b.client.api.SendMessage(ctx, params)
	return err
}

// maxToast is the limit for the answer to a press, in characters: https://core.telegram.org/bots/api#answercallbackquery
const maxToast = 200

// acknowledge answers the press of a button, with a text that clients show for a moment or with none.
func (b *Bot) acknowledge(ctx context.Context, q *models.CallbackQuery, text string) error {
	_, err := b.client.api.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: q.ID, Text: clean(text, maxToast)})
	return err
}

const (
	// deliverTries is how often an answer is tried. Commands wait for it, so that it cannot be tried for long.
	deliverTries = 3
	deliverWait  = 30 * time.Second
)

// deliver does what answers an administrator, again where that may help.
func (b *Bot) deliver(ctx context.Context, do func(context.Context) error) {
	for try := 1; ctx.Err() == nil; try++ {
		call, cancel := context.WithTimeout(ctx, askTime)
		err := do(call)
		cancel()
		if err == nil || ctx.Err() != nil {
			return
		}
		err = b.client.trouble(err)
		wait := time.Second << try
		var retry *notify.RetryError
		again := errors.As(err, &retry)
		if again {
			wait = max(wait, retry.After)
		}
		if !again || try == deliverTries || wait > deliverWait {
			b.count(func(s *Status) { s.Unsent++ })
			b.log.Warn("an answer could not be sent to Telegram; what the command or button did stands", "notifier", b.name(), "error", err)
			return
		}
		sleep(ctx, wait)
	}
}

// once does what answers a stranger, and does not mind when it fails.
func (b *Bot) once(ctx context.Context, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	_ = do(ctx) // the refusal is in the log
}
