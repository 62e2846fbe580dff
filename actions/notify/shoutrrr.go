package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// maxOutstanding is how many sends of the library may hang, past their time, before no other is begun: most of its
// services cannot be told to stop.
const maxOutstanding = 4

// A library transport sends messages through a service of package shoutrrr.
type library struct {
	address string // what the library calls the service's URL; a secret
	// compose returns the text, and the parameters of the service.
	compose func(m *Message) (string, types.Params)
	base    http.RoundTripper
	secrets []string
	room    chan struct{}
}

func newLibrary(opt Options, caFile, address string, compose func(*Message) (string, types.Params), secrets ...string) (*library, error) {
	base, err := newBase(opt, caFile)
	if err != nil {
		return nil, err
	}
	l := &library{address: address, compose: compose, base: base, room: make(chan struct{}, maxOutstanding)}
	for _, s := range append(secrets, address) {
		l.secrets = append(l.secrets, s)
		l.secrets = append(l.secrets, addressSecrets(s)...)
	}
	return l, nil
}

// Send implements Transport.
func (l *library) Send(ctx context.Context, m *Message) error {
	select {
	case l.room <- struct{}{}:
	default:
		return &RetryError{Err: fmt.Errorf("%d messages before this one hang still; the service does not answer", maxOutstanding)}
	}
	result := make(chan error, 1)
	go func() {
		defer func() { <-l.room }()
		defer func() {
			if p := recover(); p != nil { // a library must not end the daemon
				result <- fmt.Errorf("the library failed: %v", p)
			}
		}()
		result <- l.send(ctx, m)
	}()
	select {
	case err := <-result:
		return Redact(err, l.secrets...)
	case <-ctx.Done():
		return &RetryError{Err: fmt.Errorf("the service did not answer in time: %w", ctx.Err())}
	}
}

// Close implements Transport.
func (l *library) Close() error {
	closeBase(l.base)
	return nil
}

// send makes the service again: some keep the parameters of the message before.
func (l *library) send(ctx context.Context, m *Message) error {
	service, err := (&router.ServiceRouter{}).Locate(l.address)
	if err != nil {
		return l.tidy(err, nil)
	}
	text, params := l.compose(m)
	x := l.connect(ctx, service)
	if err := service.Send(text, &params); err != nil {
		return l.tidy(err, x)
	}
	return nil
}

// connect puts our client into a service, where it takes one. Its requests then end with ctx, and every answer is
// seen.
func (l *library) connect(ctx context.Context, service types.Service) *exchange {
	client, x := newClient(within{ctx, l.base})
	switch s := service.(type) {
	case *discord.Service:
		// It tries again by itself, for up to five minutes. An error that it does not know as transient ends that.
		s.HTTPClient = client
		s.Sleeper = sleepless{}
	case interface{ SetHTTPClient(*http.Client) }: // ntfy, pagerduty
		s.SetHTTPClient(client)
	default:
		return nil
	}
	return x
}

// within carries requests that end with a context.
type within struct {
	ctx  context.Context
	base http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (w within) RoundTrip(req *http.Request) (*http.Response, error) {
	return w.base.RoundTrip(req.WithContext(w.ctx))
}

// sleepless lets the library's tries of its own pass at once.
type sleepless struct{}

// Sleep returns at once.
func (sleepless) Sleep(time.Duration) {}

var (
	// inText finds addresses, of which the library's errors have many, and in them secrets.
	inText = regexp.MustCompile(`[a-z][a-z0-9+.]*://[^\s"']+`)
	// statusInText finds the status of an answer other than success.
	statusInText = regexp.MustCompile(`\b[345]\d\d\b`)
)

// tidy returns an error of the library as one of ours.
func (l *library) tidy(err error, x *exchange) error {
	if x != nil && x.last != nil {
		return x.last // says the same without the address
	}
	text := blot(err.Error(), l.secrets)
	text = inText.ReplaceAllString(text, "[address]")
	out := errors.New(text)
	var configuration bool
	for _, e := range []error{router.ErrUnknownService, router.ErrInitializeFailed, router.ErrParseURLFailed, router.ErrCustomURLsNotSupported} {
		configuration = configuration || errors.Is(err, e)
	}
	if configuration || x != nil { // no request was made
		return out
	}
	// What is left has to be read from the text; where that says nothing, it is tried again.
	for _, s := range statusInText.FindAllString(text, -1) {
		if c, _ := strconv.Atoi(s); c < 500 && c != http.StatusTooManyRequests && c != http.StatusRequestTimeout {
			return out
		}
	}
	if isRefusal(text) {
		return out
	}
	return &RetryError{Err: out}
}

// isRefusal reports whether a service says that it will not take the message: Slack does so in words.
func isRefusal(text string) bool {
	return slices.ContainsFunc([]string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "channel_not_found", "not_in_channel", "is_archived", "channel_is_archived",
		"no_service", "no_team", "invalid_token", "invalid_payload", "action_prohibited", "M_FORBIDDEN", "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_NOT_FOUND"},
		func(word string) bool { return strings.Contains(text, word) })
}

// titled returns a message for services without titles.
func titled(m *Message) (string, types.Params) { return m.Title + "\n" + m.Text, types.Params{} }

// serviceURL makes an address of the library.
func serviceURL(scheme, host, path string, user *url.Userinfo, query url.Values) string {
	return (&url.URL{Scheme: scheme, User: user, Host: host, Path: path, RawQuery: query.Encode()}).String()
}
