package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// secretFile writes a secret to a file.
func secretFile(t *testing.T, secret string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// open makes a transport of settings that must be good.
func open(t *testing.T, c Config, opt Options) Transport {
	t.Helper()
	if ps := setting.Check(c); len(ps) > 0 {
		t.Fatal(ps)
	}
	tr, err := c.Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

func message() *Message {
	at := time.Date(2026, 11, 20, 12, 0, 1, 0, time.UTC)
	return &Message{
		Notifier: "ops", Agent: "sensor-1", Rule: "port_scan", Severity: scale.SeverityCritical, Title: "[CRITICAL] port_scan <über>", Text: "first line & more\nsecond line",
		First: at, Last: at.Add(time.Second), Count: 3, Keys: []string{"ip.src=198.51.100.7"}, MoreKeys: 1,
		Alert: &alert.Alert{Time: at.UnixNano(), Rule: "port_scan", Severity: scale.SeverityCritical},
	}
}

// within a few seconds everything in these tests is over.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestWebhook(t *testing.T) {
	var got *http.Request
	var body []byte
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c := setting.New[WebhookConfig]()
	c.URL.File, c.Secret.File, c.Authorization.File, c.CAFile = secretFile(t, s.URL+"/in?x=1"), secretFile(t, "key"), secretFile(t, "Bearer abc"), ca
	c.Headers = map[string]setting.Secret{"X-Team": "blue"}
	if err := open(t, c, Options{}).Send(soon(t), message()); err != nil {
		t.Fatal(err)
	}
	h := got.Header
	if got.Method != "POST" || got.URL.String() != "/in?x=1" || h.Get("X-Team") != "blue" || h.Get("Authorization") != "Bearer abc" || h.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v", got.Method, got.URL, h)
	}
	if want := sign([]byte("key"), h.Get(TimestampHeader), body); h.Get(SignatureHeader) != want || len(want) != 7+64 {
		t.Errorf("signature %q, want %q", h.Get(SignatureHeader), want)
	}
	var p struct {
		payload
		Alert struct{ Ruleids struct{ Rule string } } `json:"alert"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	m := message()
	if p.Title != m.Title || p.Text != m.Text || p.Severity != scale.SeverityCritical || p.Rule != m.Rule || p.Count != 3 || !p.First.Equal(m.First) || !p.Last.Equal(m.Last) ||
		len(p.Keys) != 1 || p.MoreKeys != 1 || p.Agent != "sensor-1" || p.Alert.Ruleids.Rule != "port_scan" {
		t.Errorf("%s", body)
	}

	// Without trust in the server's certificate nothing is sent.
	got, c.CAFile = nil, ""
	var retry *RetryError
	if err := open(t, c, Options{}).Send(soon(t), message()); !errors.As(err, &retry) || got != nil || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
}

// The signature is that of openssl: printf '%s.%s' 1700000000 '{}' | openssl dgst -sha256 -hmac key.
func TestSign(t *testing.T) {
	if got := sign([]byte("key"), "1700000000", []byte("{}")); got != "sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae" {
		t.Error(got)
	}
}

func TestWebhookAnswers(t *testing.T) {
	elsewhere := 0
	for _, c := range []struct {
		name  string
		serve func(w http.ResponseWriter, r *http.Request)
		ok    bool
		retry bool
		after time.Duration
		text  string
	}{
		{name: "204", ok: true, serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }},
		{name: "an answer without an end", ok: true, serve: func(w http.ResponseWriter, r *http.Request) {
			junk := bytes.Repeat([]byte("x"), 1<<16)
			for r.Context().Err() == nil {
				if _, err := w.Write(junk); err != nil {
					return
				}
			}
		}},
		{name: "429", retry: true, after: 7 * time.Second, text: "the server answered 429 Too Many Requests: slow down", serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(429)
			io.WriteString(w, "slow\r\n\x1b[31mdown")
		}},
		{name: "503", retry: true, text: "the server answered 503", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }},
		{name: "404", text: "the server answered 404", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }},
		{name: "401", text: "does not take the secret, token or password in the settings", serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }},
		{name: "redirect", text: "redirects are not followed", serve: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				elsewhere++
			}
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}},
		{name: "lost connection", retry: true, serve: func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.Close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(c.serve))
			defer s.Close()
			conf := setting.New[WebhookConfig]()
			conf.URL.Value = setting.Secret(s.URL)
			err := open(t, conf, Options{}).Send(soon(t), message())
			var retry *RetryError
			if (err == nil) != c.ok || errors.As(err, &retry) != c.retry || c.retry && retry.After != c.after || err != nil && !strings.Contains(strings.ReplaceAll(err.Error(), "�", ""), strings.ReplaceAll(c.text, "down", "")) {
				t.Errorf("%v", err)
			}
		})
	}
	if elsewhere != 0 {
		t.Error("the redirect was followed")
	}
}

func TestWebhookUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hanging := "http://" + l.Addr().String() // connects, and says nothing
	defer l.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + gone.Addr().String()
	gone.Close()
	for _, address := range []string{hanging, refusing} {
		c := setting.New[WebhookConfig]()
		c.URL.File = secretFile(t, address+"/token-0123")
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var retry *RetryError
		if err := open(t, c, Options{}).Send(ctx, message()); !errors.As(err, &retry) || strings.Contains(err.Error(), "token-0123") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// The whole way: a storm, an answer that asks for patience, and delivery.
func TestWebhookStorm(t *testing.T) {
	var tries int
	counts := make(chan uint64, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p payload
		_ = json.NewDecoder(r.Body).Decode(&p)
		if tries++; tries == 1 {
			w.WriteHeader(500)
			return
		}
		counts <- p.Count
	}))
	defer s.Close()
	c := setting.New[WebhookConfig]()
	c.URL.Value = setting.Secret(s.URL)
	ns, _ := start(t, c)
	for range 10_000 {
		ns.Send(event("r", "a"))
	}
	var n uint64
	for n < 10_000 {
		select {
		case got := <-counts:
			n += got
		case <-soon(t).Done():
			t.Fatalf("%d alerts came", n)
		}
	}
	finish(t, ns)
	st := ns.Status()[0]
	balanced(t, st, 10_000)
	if st.Delivered != 10_000 || st.Sent > 2 || st.Retries != 1 {
		t.Errorf("%+v", st)
	}
}

func TestHugeAlertGoesWithoutItsJSON(t *testing.T) {
	m := message()
	m.Alert.Values = []alert.Named{{Name: "payload", Value: strings.Repeat("x", maxBody)}}
	body, err := m.payload()
	if err != nil || len(body) > maxBody || !bytes.Contains(body, []byte(`"alert":null`)) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}
