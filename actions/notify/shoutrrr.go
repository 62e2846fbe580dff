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

	"github.com/ruleids/ruleids/internal/setting"
)

// ShoutrrrConfig is the settings of kind "shoutrrr": any service of the library of that name, by its URL.
type ShoutrrrConfig struct {
	// URL is the service's URL as the library's documentation has it. One that may hold a secret belongs into a file or an
	// environment variable: of other services than ntfy, generic and logger, and with a user or parameters.
	URL setting.Source `setting:"url,inline,required"`

	Common
}

// Check returns what is wrong with the settings as they go together.
func (c *ShoutrrrConfig) Check() []setting.Problem {
	if c.URL.Value == "" {
		return nil
	}
	u, err := url.Parse(c.URL.Value.Reveal())
	detail := ""
	switch {
	case err != nil || u.Scheme == "":
		detail = "Write the URL of a service, as \"ntfy://ntfy.example.com/topic\"."
	case !isOpen(u):
		detail = "The URL of this service may hold a secret; put it into a file and name that in url_file, or into an environment variable named in url_env."
	default:
		if err := checkService(u.String()); err != nil {
			detail = err.Error() + "."
		}
	}
	if detail == "" {
		return nil
	}
	return []setting.Problem{{Setting: "url", Detail: detail}}
}

// isOpen reports whether the URL of a service surely holds no secret.
func isOpen(u *url.URL) bool {
	switch scheme, _, _ := strings.Cut(u.Scheme, "+"); scheme {
	case "ntfy", "generic", "logger":
		return u.User == nil && u.RawQuery == ""
	}
	return false
}

// checkService looks whether the library knows the service, and whether its URL is of the right form as far as that
// can be told without contacting it. The error does not repeat the URL.
func checkService(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("that is not the URL of a service")
	}
	scheme, _, _ := strings.Cut(u.Scheme, "+")
	r := &router.ServiceRouter{}
	if _, err := r.NewService(scheme); err != nil {
		return fmt.Errorf("there is no service %q; see the list of https://shoutrrr.nickfedor.com", oneLine(scheme, 40))
	}
	if scheme == "matrix" { // making it logs in
		return nil
	}
	if _, err := r.Locate(address); err != nil {
		secrets := addressSecrets(address)
		return fmt.Errorf("service %s cannot be set up with that URL: %s", scheme, inText.ReplaceAllString(blot(err.Error(), secrets), "[address]"))
	}
	return nil
}

// Open implements Config.
func (c *ShoutrrrConfig) Open(opt Options) (Transport, error) {
	secret, err := c.URL.Read("url")
	if err != nil {
		return nil, err
	}
	address := secret.Reveal()
	if err := checkService(address); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("url: that is not the URL of a service")
	}
	secrets := []string(nil)
	if !isOpen(u) { // of some services the host is the secret
		secrets = append(secrets, u.Host)
	}
	return newLibrary(opt, "", address, func(m *Message) (string, types.Params) { return titled(m) }, secrets...)
}

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
