package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bytes"

	"github.com/ruleids/ruleids/internal/setting"
)

const (
	marker     = "0a1b2c3d4e5f60718293a4b5c6d7e8f9" // is in every secret
	slackHook  = "https://hooks.slack.com/services/T01234567/B01234567/" + marker
	slackToken = "xoxb-123456789012-123456789012-" + marker
	teamsHook  = "https://example.webhook.office.com/webhookb2/11111111-2222-3333-4444-555555555555@11111111-2222-3333-4444-555555555555/IncomingWebhook/" +
		marker + "/11111111-2222-3333-4444-555555555555/V2" + marker
	teamsFlow   = "https://prod-01.westeurope.logic.azure.com/workflows/abc/triggers/manual/paths/invoke?api-version=2016-06-01&sig=" + marker
	discordHook = "https://discord.com/api/webhooks/123456789012345678/" + marker
)

// A cannedServer answers requests for any host from a server of this test, and keeps what was asked.
type cannedServer struct {
	server *httptest.Server

	mu   sync.Mutex
	got  []request
	base http.RoundTripper
}

type request struct {
	url    string
	header http.Header
	body   string
}

func serveAll(t *testing.T, answer http.HandlerFunc) *cannedServer {
	s := &cannedServer{server: httptest.NewServer(answer), base: &http.Transport{}}
	t.Cleanup(func() {
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

func (s *cannedServer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.got = append(s.got, request{r.URL.String(), r.Header, string(body)})
	s.mu.Unlock()
	to, err := url.Parse(s.server.URL)
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	out.URL.Scheme, out.URL.Host, out.Host = to.Scheme, to.Host, r.URL.Host
	return s.base.RoundTrip(out)
}

// A switchboard stands in for http.DefaultTransport, which the services that take no client of ours use.
type switchboard struct {
	mu sync.Mutex
	to http.RoundTripper
}

func (s *switchboard) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	to := s.to
	s.mu.Unlock()
	if to == nil {
		return nil, errors.New("this test speaks to no service")
	}
	return to.RoundTrip(r)
}

var theSwitchboard = &switchboard{}

func TestMain(m *testing.M) {
	http.DefaultTransport = theSwitchboard
	m.Run()
}

// divert makes the services that take no client of ours use a server. The test must not be parallel.
func divert(t *testing.T, to http.RoundTripper) {
	set := func(to http.RoundTripper) {
		theSwitchboard.mu.Lock()
		defer theSwitchboard.mu.Unlock()
		theSwitchboard.to = to
	}
	set(to)
	t.Cleanup(func() { set(nil) })
}

// take returns what was asked, and forgets it.
func (s *cannedServer) take() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.got
	s.got = nil
	return out
}

// services are settings of all kinds that speak HTTP, by name.
func services(t *testing.T) map[string]Config {
	slack, slackBot, discord, teams, flow, ntfy, ntfyUser, matrix, duty, hook, other := setting.New[SlackConfig](), setting.New[SlackConfig](), setting.New[DiscordConfig](), setting.New[TeamsConfig](), setting.New[TeamsConfig](), setting.New[NtfyConfig](), setting.New[NtfyConfig](), setting.New[MatrixConfig](), setting.New[PagerDutyConfig](), setting.New[WebhookConfig](), setting.New[ShoutrrrConfig]()
	slack.WebhookURL.File = secretFile(t, slackHook)
	slackBot.Token.File, slackBot.Channel, slackBot.Username = secretFile(t, slackToken), "C0123456789", "ids"
	discord.WebhookURL.File = secretFile(t, discordHook)
	teams.WebhookURL.File = secretFile(t, teamsHook)
	flow.WebhookURL.File = secretFile(t, teamsFlow)
	ntfy.Topic.File, ntfy.Token.File, ntfy.Tags = secretFile(t, marker), secretFile(t, "tk_"+marker), []string{"rotating_light"}
	ntfyUser.Topic.Value, ntfyUser.Username, ntfyUser.Password.File = "alerts", "ids", secretFile(t, marker)
	matrix.Server, matrix.Token.File, matrix.Rooms = address(t, "https://matrix.example.org"), secretFile(t, "syt_"+marker), []MatrixRoom{"!abc:example.org"}
	duty.IntegrationKey.File, duty.Region = secretFile(t, marker), "eu"
	hook.URL.File, hook.Secret.File, hook.Authorization.File = secretFile(t, "https://hooks.example.com/"+marker), secretFile(t, marker+"x"), secretFile(t, "Bearer "+marker+"y")
	other.URL.File = secretFile(t, "pushover://shoutrrr:"+marker+"@"+marker+"/")
	return map[string]Config{"slack": slack, "slack bot": slackBot, "discord": discord, "teams": teams, "teams workflow": flow, "ntfy": ntfy, "ntfy user": ntfyUser,
		"matrix": matrix, "pagerduty": duty, "webhook": hook, "shoutrrr": other}
}

func TestServices(t *testing.T) {
	s := serveAll(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Host {
		case "discord.com":
			w.WriteHeader(204)
		case "hooks.slack.com":
			io.WriteString(w, "ok")
		case "slack.com":
			io.WriteString(w, `{"ok":true}`)
		case "matrix.example.org":
			io.WriteString(w, `{"room_id":"!abc:example.org","event_id":"$1"}`)
		default:
			io.WriteString(w, `{"status":1}`)
		}
	})
	divert(t, s)
	settings := services(t)
	delete(settings, "webhook")
	for name, want := range map[string]struct {
		url    string
		header string   // "Name: value"
		body   []string // parts of it
	}{
		"slack":          {url: slackHook, body: []string{`"text":"[CRITICAL] port_scan \u0026lt;über\u0026gt;"`, `"text":"first line \u0026amp; more"`, `"color":"#E01E5A"`}},
		"slack bot":      {url: "https://slack.com/api/chat.postMessage", header: "Authorization: Bearer " + slackToken, body: []string{`"channel": "C0123456789"`, `"username": "ids"`}},
		"discord":        {url: discordHook, body: []string{`"title":"[CRITICAL] port_scan \u003cüber\u003e"`, `"description":"first line \u0026 more\nsecond line"`, `"color":14687834`}},
		"teams":          {url: teamsHook, body: []string{`"title":"[CRITICAL] port_scan`, `"text":"second line"`, `"themeColor":"E01E5A"`}},
		"teams workflow": {url: teamsFlow, body: []string{`"contentType":"application/vnd.microsoft.card.adaptive"`, `"text":"second line"`, `"color":"attention"`}},
		"ntfy":           {url: "https://ntfy.sh/" + marker, header: "Priority: Max", body: []string{"first line & more\nsecond line"}},
		"ntfy user":      {url: "https://ntfy.sh/alerts", header: "Authorization: Basic " + basic(url.UserPassword("ids", marker)), body: []string{"second line"}},
		"matrix":         {url: "https://matrix.example.org/_matrix/client/r0/rooms/%21abc:example.org/send/m.room.message?access_token=syt_" + marker, body: []string{`"body":"[CRITICAL] port_scan`, `second line`}},
		"pagerduty":      {url: "https://events.eu.pagerduty.com:443/v2/enqueue", body: []string{`"severity":"critical"`, `"routing_key":"` + marker + `"`, `"source":"sensor-1"`, `"summary":"[CRITICAL] port_scan`, `"count":3`}},
		"shoutrrr":       {url: "https://api.pushover.net/1/messages.json", body: []string{"token=" + marker, "second+line"}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := open(t, settings[name], Options{connect: s}).Send(soon(t), message()); err != nil {
				t.Fatal(err)
			}
			asked := s.take()
			if len(asked) == 0 {
				t.Fatal("no request")
			}
			got := asked[len(asked)-1]
			at, err := url.Parse(got.url)
			wantAt, werr := url.Parse(want.url)
			if err != nil || werr != nil || at.Scheme != wantAt.Scheme || at.Host != wantAt.Host || at.Path != wantAt.Path || at.RawQuery != wantAt.RawQuery {
				t.Errorf("%s, want %s", got.url, want.url)
			}
			if k, v, ok := strings.Cut(want.header, ": "); ok && got.header.Get(k) != v {
				t.Errorf("%s: %q, want %q", k, got.header.Get(k), v)
			}
			for _, part := range want.body {
				if !strings.Contains(got.body, part) {
					t.Errorf("%q is not in %s", part, got.body)
				}
			}
			if strings.HasPrefix(got.body, "{") && !json.Valid([]byte(got.body)) {
				t.Errorf("no JSON: %s", got.body)
			}
		})
	}
}

// What each kind makes of answers that are no success.
func TestServiceAnswers(t *testing.T) {
	var status int
	s := serveAll(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "9")
		w.WriteHeader(status)
	})
	divert(t, s)
	for name, c := range services(t) {
		for _, status = range []int{429, 503, 403} {
			err := open(t, c, Options{connect: s}).Send(soon(t), message())
			asked := len(s.take())
			var retry *RetryError
			if err == nil || errors.As(err, &retry) != (status != 403) {
				t.Errorf("%s, %d: %v", name, status, err)
				continue
			}
			if seen := slices.Contains([]string{"discord", "ntfy", "pagerduty", "webhook", "teams workflow"}, name); status != 403 && seen && retry.After != 9*time.Second {
				t.Errorf("%s, %d: after %v", name, status, retry.After)
			}
			if asked != 1 {
				t.Errorf("%s, %d: %d requests", name, status, asked)
			}
		}
	}
}

// A service that hangs costs a bounded number of goroutines.
func TestServiceHangs(t *testing.T) {
	release := make(chan struct{})
	s := serveAll(t, func(http.ResponseWriter, *http.Request) { <-release })
	divert(t, s)
	tr := open(t, services(t)["teams"], Options{connect: s})
	for range 3 * maxOutstanding {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		var retry *RetryError
		if err := tr.Send(ctx, message()); !errors.As(err, &retry) {
			t.Error(err)
		}
		cancel()
	}
	if n := len(s.take()); n != maxOutstanding {
		t.Errorf("%d requests hang, want %d", n, maxOutstanding)
	}
	close(release)
	for range maxOutstanding { // they end, and others may follow
		select {
		case tr.(*library).room <- struct{}{}:
		case <-soon(t).Done():
			t.Fatal("a request hangs still")
		}
	}
}

// TestNoSecretIsTold has every kind fail in every way, against servers that repeat all that they are sent.
func TestNoSecretIsTold(t *testing.T) {
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(status)
			fmt.Fprintf(w, "https://%s%s %v %q %s", r.Host, r.URL, r.Header, r.URL.RequestURI(), body)
		}
	}
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		conn.Close()
	}
	for how, answer := range map[string]http.HandlerFunc{"403": echo(403), "500": echo(500), "200": echo(200), "302": echo(302), "gone": refuse} {
		s := serveAll(t, answer)
		divert(t, s)
		for name, c := range services(t) {
			told(t, name+" "+how, c, Options{connect: s}, marker)
		}
	}
	cert, ca := certificate(t)
	for _, verb := range []string{"AUTH", "RCPT", "EHLO"} {
		// The server repeats the password, and what of it came over the line.
		b := serveMail(t, cert, false, map[string]string{verb: "535 5.7.8 " + marker + " is wrong, AGlkcwA" + marker})
		c := mailSettings(t, b, ca, "starttls")
		c.Username, c.Password.File = "ids", secretFile(t, marker)
		told(t, "email "+verb, c, Options{}, marker)
	}
	// Nor do errors of settings.
	for name, c := range services(t) {
		file := secretFile(t, "://"+marker+"\x7f%zz")
		switch c := c.(type) {
		case *SlackConfig:
			if c.WebhookURL.File != "" {
				c.WebhookURL.File = file
			} else {
				c.Token.File = file
			}
		case *DiscordConfig:
			c.WebhookURL.File = file
		case *TeamsConfig:
			c.WebhookURL.File = file
		case *PagerDutyConfig:
			c.IntegrationKey.File = file
		case *WebhookConfig:
			c.URL.File = file
		case *ShoutrrrConfig:
			c.URL.File = file
		case *NtfyConfig:
			if c.Topic.File == "" {
				continue
			}
			c.Topic.File = file
		default:
			continue
		}
		if _, err := New([]Spec{{Name: "ops", Config: c}}, Options{}); err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// told runs a notifier and looks for a secret in all that it says.
func told(t *testing.T, name string, c Config, opt Options, secret string) {
	t.Helper()
	var log locked
	opt.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ns, err := New([]Spec{{Kind: "k", Name: "ops", Config: c}}, opt)
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprintf("test: %v\n", ns.Test(soon(t), "ops"))
	ns.Send(event("r", "a"))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	said += fmt.Sprintf("close: %+v\n", ns.Close(ctx))
	said += fmt.Sprintf("stats: %+v\n", ns.Status())
	said += fmt.Sprintf("config: %v %+v\nlog: %s", setting.Fields(c), c, log.String())
	for _, form := range []string{secret, secret[:12], secret[len(secret)-12:]} {
		if strings.Contains(said, form) {
			t.Errorf("%s tells %q:\n%s", name, form, said)
			return
		}
	}
}

// address returns the address of a server in the settings.
func address(t *testing.T, text string) (out setting.URL) {
	t.Helper()
	if err := out.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return out
}
