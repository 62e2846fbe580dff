package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-telegram/bot"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/internal/setting"
)

// pollTime is how long Telegram holds a request for updates while there are none.
const pollTime = 30 * time.Second

// callTime bounds any request besides: one for updates takes longer than that only when the connection is dead.
const callTime = pollTime + 15*time.Second

// A client speaks the Bot API (https://core.telegram.org/bots/api) for one token. The library builds and reads the
// requests; what it leaves open is done here: a bound for answers, no redirections, errors that can be told apart, and
// none that has the token in it. It may be used by several goroutines.
type client struct {
	token setting.Secret
	url   string
	http  *http.Client
	api   *bot.Bot
}

// newClient returns a client. A nil RoundTripper stands for a transport of its own.
func newClient(t setting.Secret, server string, rt http.RoundTripper) *client {
	if rt == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost, own.MaxResponseHeaderBytes = 2, 64<<10
		rt = own
	}
	c := &client{token: t, url: strings.TrimRight(server, "/"), http: &http.Client{
		Transport: rt, Timeout: callTime,
		// To follow a redirection would hand the token, which is in the path, to wherever it leads.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	c.api = c.library(c, bot.WithErrorsHandler(func(error) {})) // its errors come back from the calls, too
	return c
}

// library returns the library's bot for the token. Without getMe it fails only for an empty token.
func (c *client) library(through bot.HttpClient, options ...bot.Option) *bot.Bot {
	// The library asks for updates for a second less than it is told.
	api, err := bot.New(c.token.Reveal(), append([]bot.Option{
		bot.WithSkipGetMe(), bot.WithServerURL(c.url), bot.WithHTTPClient(pollTime+time.Second, through),
	}, options...)...)
	if err != nil {
		panic(err) // the token was checked
	}
	return api
}

func (c *client) close() { c.http.CloseIdleConnections() }

// maxAnswer is more bytes than an answer has: a hundred updates with texts of 4096 characters are the largest.
const maxAnswer = 8 << 20

// An answer is what is read of any answer before the library reads it:
// https://core.telegram.org/bots/api#making-requests
type answer struct {
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result"`
}

// errServer is Telegram out of reach or out of order.
type errServer struct{ text string }

func (e *errServer) Error() string { return e.text }

var errTimeout = errors.New("no answer from Telegram in time")

// errNoAPI is an answer that no Bot API server gives.
type errNoAPI struct{ text string }

func (e *errNoAPI) Error() string { return e.text }

// Do implements the library's HttpClient. The answer is read whole before it is returned, and is JSON.
func (c *client) Do(req *http.Request) (*http.Response, error) {
	resp, _, err := c.do(req)
	return resp, err
}

func (c *client) do(req *http.Request) (*http.Response, *answer, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, broken(req.Context(), err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, nil, broken(req.Context(), err)
	}
	var a answer
	switch err := json.Unmarshal(body, &a); {
	case resp.StatusCode >= 500:
		return nil, nil, &errServer{fmt.Sprintf("Telegram answers HTTP %d", resp.StatusCode)}
	case len(body) > maxAnswer:
		return nil, nil, &errServer{fmt.Sprintf("the answer is larger than %d bytes", maxAnswer)}
	case resp.StatusCode == http.StatusTooManyRequests && err != nil: // of something between
		return nil, nil, &bot.TooManyRequestsError{Message: "too many requests"}
	case err != nil && resp.StatusCode == http.StatusOK:
		return nil, nil, &errServer{"the answer is no JSON, or not all of it came"}
	case err != nil:
		return nil, nil, &errNoAPI{fmt.Sprintf("HTTP %d without the JSON of the Bot API: does the url lead to a Bot API server?", resp.StatusCode)}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, &a, nil
}

// broken returns the error of a request without an answer: that of ctx where it is over. No other error is that of
// a context, because the library ends for good at one.
func broken(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var u *url.Error
	if errors.As(err, &u) { // whose text has the address
		if u.Timeout() {
			return &errServer{errTimeout.Error()}
		}
		err = u.Err
	}
	return &errServer{"Telegram cannot be reached: " + err.Error()}
}

// maxRetryAfter is the most that is believed of a server that wants to be left alone.
const maxRetryAfter = time.Hour

// trouble makes an error of the library one for notifiers: a *notify.RetryError where another try may help, any other
// with what to do. It has no token in it.
func (c *client) trouble(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return &notify.RetryError{Err: errTimeout}
	}
	var many *bot.TooManyRequestsError
	var server *errServer
	var other *errNoAPI
	switch {
	case errors.As(err, &many):
		after := min(max(time.Duration(many.RetryAfter), 0), maxRetryAfter/time.Second) * time.Second
		return &notify.RetryError{After: after, Err: fmt.Errorf("too many requests: Telegram wants to be left alone for %v", after)}
	case errors.As(err, &server):
		return redact(c.token, &notify.RetryError{Err: server})
	case errors.As(err, &other):
		return other
	}
	remedy := ""
	switch {
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound):
		remedy = "the token is not, or no longer, valid; get one from @BotFather with /token and put it in its place"
	case errors.Is(err, bot.ErrorForbidden):
		remedy = "the bot may not write there: add it to the group or channel, or have the user open a chat with it and press Start"
	case errors.Is(err, bot.ErrorConflict):
		remedy = "another program asks for the updates of this bot, or a webhook is set; give this program a bot of its own, or end the other"
	case errors.Is(err, bot.ErrorBadRequest) && strings.Contains(err.Error(), "chat not found"):
		remedy = "write the right number in chats; the bot has to be a member, and users have to press Start first"
	}
	err = errors.New(clean(err.Error(), 300))
	if remedy != "" {
		err = fmt.Errorf("%w: %s", err, remedy)
	}
	return redact(c.token, err)
}
