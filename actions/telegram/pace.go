package telegram

import (
	"context"
	"errors"
	"time"

	"github.com/go-telegram/bot"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/internal/retry"
)

const (
	// pollEvery is the least time between two requests for updates: a server that answers at once without
	// having any must not be asked as fast as it can.
	pollEvery = time.Second
	// minRest and maxRest bound the time between tries while Telegram is out of reach; it doubles each time.
	minRest = time.Second
	maxRest = time.Minute
	// restConflict is the time while another program takes the commands: it is likely to stay.
	restConflict = time.Minute
	// restRefused is the time while the token is refused: only a person can change that.
	restRefused = 10 * time.Minute
)

// A pace says when to ask again.
type pace struct {
	last time.Time     // of the last request
	wait retry.Backoff // from minRest to maxRest
}

// begin waits until a request may be made. It reports false when ctx is done.
func (p *pace) begin(ctx context.Context) bool {
	ok := sleep(ctx, time.Until(p.last.Add(pollEvery)))
	p.last = time.Now()
	return ok
}

// rest waits after a failed request, as long as its error asks for.
func (b *Bot) rest(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	trouble := b.client.trouble(err)
	state, wait := StateFailing, b.pace.wait.Next()
	var asked *notify.RetryError
	var other *errNoAPI
	var many *bot.TooManyRequestsError
	switch {
	case errors.As(err, &many):
		state = StateLimited
		if errors.As(trouble, &asked) {
			wait = max(wait, asked.After)
		}
	case errors.Is(err, bot.ErrorConflict):
		state, wait = StateConflict, restConflict
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound), errors.Is(err, bot.ErrorForbidden), errors.As(err, &other):
		state, wait = StateRefused, restRefused
	}
	b.lost(state, trouble, wait)
	sleep(ctx, wait)
}

// sleep waits, and reports false when ctx is done before.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
