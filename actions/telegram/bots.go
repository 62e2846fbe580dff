package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Spec is a block of settings with its name.
type Spec struct {
	Name   string
	Config *Config
}

// Options are the powers that administrators have through a bot. Functions may be called by several goroutines, one
// for each token. All but Decisions, Covering, Agent and Log have to be there.
type Options struct {
	// Agent is the name of this sensor, for answers; several sensors may be in one Chat.
	Agent string
	// Decide makes decisions, as decision.Store.DecideAll does.
	Decide func(context.Context, []decision.Request) []decision.Verdict
	// Decisions returns what holds and would hold, as decision.Store.List does.
	Decisions func() []decision.Decision
	// Covering returns what holds and would hold about a target, as decision.Store.Covering does.
	Covering func(decision.Target) []decision.Decision
	// Status says how the program is, in a few lines of text.
	Status func(context.Context) string
	// Rules returns the rules that are loaded.
	Rules func(context.Context) ([]RuleLine, error)
	// Mute has no notifier tell of a rule's alerts for a time. The rule exists.
	Mute func(rule string, d time.Duration) error
	// Log gets what an operator should know. Default: nothing is logged.
	Log *slog.Logger

	through http.RoundTripper // of tests
}

// A RuleLine is what /rules says of a rule.
type RuleLine struct {
	Name     string
	Severity scale.Severity
	Mode     string    // "enforce", "shadow", or "" where there is no difference
	Muted    time.Time // until then its alerts send no notifications; zero for not at all
}

// Bots are the bots that administrators give commands to: one for each token, because Telegram hands each command to one
// asker.
type Bots struct {
	bots []*Bot
}

// NewBots returns the bots of the blocks with administrators. Blocks of one token share a bot, and in it each block
// lets its own administrators give commands in its own chats. It contacts no server. The settings were checked, and may not
// change afterwards. An error is that of a token that is not to be had.
func NewBots(specs []Spec, opt Options) (*Bots, error) {
	if opt.Decide == nil || opt.Status == nil || opt.Rules == nil || opt.Mute == nil {
		return nil, errors.New("bots need the functions Decide, Status, Rules and Mute")
	}
	if opt.Decisions == nil {
		opt.Decisions = func() []decision.Decision { return nil }
	}
	if opt.Covering == nil {
		opt.Covering = func(decision.Target) []decision.Decision { return nil }
	}
	opt.Log = cmp.Or(opt.Log, slog.New(slog.DiscardHandler))
	var all Bots
	byToken := map[setting.Secret]*Bot{}
	for _, s := range specs {
		if !s.Config.administered() {
			continue
		}
		t, err := s.Config.readToken()
		if err != nil {
			return nil, fmt.Errorf("notifier %q: %w", s.Name, err)
		}
		server := strings.TrimRight(s.Config.URL.String(), "/")
		b := byToken[t]
		switch {
		case b == nil:
			b = newBot(newClient(t, server, opt.through), opt)
			byToken[t] = b
			all.bots = append(all.bots, b)
		case b.client.url != server:
			return nil, fmt.Errorf("notifier %q: url: it has the token of notifier %q and another server; write the same url", s.Name, b.scopes[0].name)
		}
		b.scopes = append(b.scopes, scope{name: s.Name, chats: s.Config.Chats, administrators: slices.Clone(s.Config.Administrators)})
	}
	return &all, nil
}

// Run takes commands until ctx is done. It returns when all that it started has ended, at most a few seconds later.
// It may be called once.
func (b *Bots) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, one := range b.bots {
		wg.Go(func() { one.run(ctx) })
	}
	wg.Wait()
}

// Status returns how each bot is, in the order of the blocks.
func (b *Bots) Status() []Status {
	out := make([]Status, len(b.bots))
	for i, one := range b.bots {
		out[i] = one.snapshot()
	}
	return out
}

// A State is how a bot stands with Telegram.
type State string

const (
	StateStarting State = "starting" // nothing is known yet
	StatePolling  State = "polling"  // it takes commands
	StateFailing  State = "failing"  // Telegram is out of reach or out of order; it tries again
	StateLimited  State = "limited"  // Telegram wants to be left alone for a while
	StateConflict State = "conflict" // another program takes the commands of this bot, or a webhook does
	StateRefused  State = "refused"  // Telegram refuses the token
	StateClosed   State = "closed"   // it was told to end
)

// Status is how a bot is, and its counts since it was made.
type Status struct {
	Notifiers []string `json:"notifiers"` // the blocks that it serves
	Username  string   `json:"username"`  // without @; "" until it is known
	State     State    `json:"state"`
	Commands  uint64   `json:"commands"` // and presses of administrators that were carried out or answered
	Refused   uint64   `json:"refused"`  // commands and presses by others, or in other chats
	Old       uint64   `json:"old"`      // commands and presses that came too late to be carried out
	Unsent    uint64   `json:"unsent"`   // answers that did not reach Telegram
	retry.Report
}
