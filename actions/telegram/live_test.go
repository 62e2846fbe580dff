package telegram

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

// A quietHost has one gateway and nothing else to protect.
type quietHost struct{ facts host.Info }

func (h *quietHost) Info() (*host.Info, error) { return &h.facts, nil }
func (h *quietHost) Changes() <-chan struct{}  { return nil }
func (h *quietHost) Close() error              { return nil }

// With a real connection and a real book of decisions: an alert is told, and a command is carried out.
func TestLive(t *testing.T) {
	t.Setenv("TELEGRAM_BOT_TOKEN", testToken)
	s := &server{done: make(chan struct{}), faults: map[string][]fault{}, changed: make(chan struct{})}
	answers := make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := len(s.got("sendMessage"))
		s.ServeHTTP(w, r)
		if sent := s.got("sendMessage"); strings.HasSuffix(r.URL.Path, "/sendMessage") && len(sent) > before {
			answers <- sent[len(sent)-1].form["text"]
		}
	}))
	defer srv.Close()
	defer s.Close()
	c := testConfig("5")
	c.URL = settingtest.Value[setting.URL](srv.URL)

	tr, err := c.Open(notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if err := tr.Send(t.Context(), message(1)); err != nil {
		t.Fatal(err)
	}
	if got := <-answers; !strings.Contains(got, "port_scan") {
		t.Errorf("%s", got)
	}

	settings := setting.New[decision.Config]()
	settings.Mode, settings.Journal, settings.Audit = decision.Enforce, filepath.Join(t.TempDir(), "decisions.jsonl"), ""
	book, _, err := decision.Open(t.Context(), settings, decision.Options{
		Host: &quietHost{host.Info{Gateways: []netip.Addr{addr("192.0.2.1").Netip()}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	w := &world{s: s}
	opt := w.options()
	opt.Decide, opt.Decisions, opt.Covering, opt.through, opt.Agent = book.DecideAll, book.List, book.Covering, nil, ""
	bots, err := NewBots([]Spec{{"ops", c}}, opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		bots.Run(ctx)
	}()
	asks := []struct{ says, want string }{
		{"/block 198.51.100.7 it scans", "✅ <code>block of 198.51.100.7: decided: block of 198.51.100.7 until it is lifted, by telegram User 7 @evil\\u202e (7)</code>"},
		{"/block 198.51.100.7", "✅ <code>block of 198.51.100.7: kept"},
		{"/block 192.0.2.1", "⚠ <code>block of 192.0.2.1: refused: "},
		{"/unblock 198.51.100.7", "✅ <code>release of 198.51.100.7: released"},
		{"/unblock 198.51.100.7", "⚠ <code>release of 198.51.100.7: absent"},
	}
	for _, e := range asks {
		s.push(0, "message", text(admin, admin, e.says))
	}
	for _, e := range asks {
		select {
		case got := <-answers:
			if !strings.HasPrefix(got, e.want) {
				t.Errorf("%s: %s", e.says, got)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: no answer", e.says)
		}
	}
	end()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("the bots do not end")
	}
}
