package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

func testConfig(chats ...string) *Config {
	c := setting.New[Config]()
	c.URL, c.Administrators = settingtest.Value[setting.URL](testURL), []int64{7}
	for _, text := range chats {
		c.Chats = append(c.Chats, settingtest.Value[Chat](text))
	}
	return c
}

// message is one of an alert.
func message(count uint64) *notify.Message {
	at := time.Date(2026, 11, 20, 12, 0, 1, 0, time.UTC)
	return &notify.Message{Notifier: "ops", Agent: "fw1", Rule: "port_scan", Severity: scale.SeverityHigh, Title: "[HIGH] port_scan", Text: "A scan.",
		First: at, Last: at, Count: count, Keys: []string{"ip.src=198.51.100.7"}, Alert: scan()}
}

// sending calls do with a transport of a server, inside a bubble.
func sending(t *testing.T, c *Config, do func(t *testing.T, s *server, send func(*notify.Message) error)) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		tr := newTransport(c, newClient(setting.Secret(testToken), c.URL.String(), s.through()))
		defer tr.Close()
		do(t, s, func(m *notify.Message) error {
			ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
			defer cancel()
			err := tr.Send(ctx, m)
			if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), password) {
				t.Errorf("the token is in %v", err)
			}
			return err
		})
	})
}

func TestSendWire(t *testing.T) {
	sending(t, testConfig("-1001234567890", "@ops_alerts"), func(t *testing.T, s *server, send func(*notify.Message) error) {
		if err := send(message(1)); err != nil {
			t.Fatal(err)
		}
		got := s.got("sendMessage")
		if len(got) != 2 || got[0].form["chat_id"] != "-1001234567890" || got[1].form["chat_id"] != "@ops_alerts" {
			t.Fatalf("%+v", got)
		}
		const keys = `{"inline_keyboard":[[{"text":"Block","callback_data":"block 198.51.100.7"},` +
			`{"text":"Quarantine 1 h","callback_data":"quarantine 198.51.100.7"},{"text":"Release","callback_data":"release 198.51.100.7"}]]}`
		f := got[0].form
		if f["reply_markup"] != keys || f["parse_mode"] != "HTML" || f["link_preview_options"] != `{"is_disabled":true}` {
			t.Errorf("%+v", f)
		}
		if !strings.HasPrefix(f["text"], "🟠 <b>HIGH</b> <code>port_scan</code>\n<pre>A scan.</pre>\nsource: <code>198.51.100.7:40000</code>") {
			t.Errorf("%s", f["text"])
		}
	})
}

func TestNoButtonsWithoutAdministrators(t *testing.T) {
	for _, change := range []func(*Config){func(c *Config) { c.Administrators = nil }, func(c *Config) { c.Buttons = false }} {
		c := testConfig("5")
		change(c)
		sending(t, c, func(t *testing.T, s *server, send func(*notify.Message) error) {
			if err := send(message(1)); err != nil {
				t.Fatal(err)
			}
			if k, ok := s.got("sendMessage")[0].form["reply_markup"]; ok {
				t.Errorf("%s", k)
			}
		})
	}
}

func TestSendErrors(t *testing.T) {
	const permanent = -1
	for name, c := range map[string]struct {
		fault fault
		after time.Duration // permanent, or of a *notify.RetryError
		says  string
	}{
		"429":            {tooMany(35), 35 * time.Second, "left alone for 35s"},
		"429 for a year": {tooMany(31_000_000), time.Hour, "left alone"},
		"429 below zero": {tooMany(-5), 0, "left alone"},
		"429 of a proxy": {raw(429, "slow down"), 0, "left alone"},
		"500":            {refusal(500, "Internal Server Error"), 0, "HTTP 500"},
		"502 with HTML":  {raw(502, "<html>Bad Gateway</html>"), 0, "HTTP 502"},
		"lost midway":    {cutOff, 0, "cannot be reached"},
		"half a JSON":    {raw(200, `{"ok":tr`), 0, "no JSON"},
		"HTML":           {raw(200, `<html>Welcome to the hotel's network</html>`), 0, "no JSON"},
		"too large":      {raw(200, `{"ok":true,"description":"`+strings.Repeat("x", maxAnswer)), 0, "larger than"},
		"401":            {refusal(401, "Unauthorized"), permanent, "@BotFather"},
		"404":            {refusal(404, "Not Found"), permanent, "@BotFather"},
		"404 with HTML":  {raw(404, "<html>"), permanent, "does the url lead"},
		"redirection":    {raw(302, ""), permanent, "does the url lead"},
		"403":            {refusal(403, "Forbidden: bot was kicked from the group chat"), permanent, "add it to the group"},
		"400":            {refusal(400, "Bad Request: chat not found"), permanent, "the bot has to be a member"},
		"400 else":       {refusal(400, "Bad Request: \x1b[31mTOPIC_CLOSED "+testToken), permanent, "TOPIC_CLOSED"},
	} {
		t.Run(name, func(t *testing.T) {
			sending(t, testConfig("5"), func(t *testing.T, s *server, send func(*notify.Message) error) {
				s.fail("sendMessage", c.fault)
				err := send(message(1))
				var retry *notify.RetryError
				switch isRetry := errors.As(err, &retry); {
				case err == nil:
					t.Fatal("no error")
				case isRetry != (c.after >= 0):
					t.Errorf("to be tried again: %v: %v", isRetry, err)
				case isRetry && retry.After != c.after:
					t.Errorf("after %v", retry.After)
				}
				if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "chat 5") || strings.ContainsRune(err.Error(), '\x1b') {
					t.Errorf("%v", err)
				}
				if err := send(message(1)); err != nil {
					t.Errorf("the next try: %v", err)
				}
			})
		})
	}
}

func TestSendHangs(t *testing.T) {
	sending(t, testConfig("5"), func(t *testing.T, s *server, send func(*notify.Message) error) {
		s.fail("sendMessage", s.hang)
		begin := time.Now()
		var retry *notify.RetryError
		if err := send(message(1)); !errors.As(err, &retry) || !strings.Contains(err.Error(), "no answer from Telegram in time") {
			t.Errorf("%v", err)
		}
		if took := time.Since(begin); took != 15*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// Only the chats that lack a message get it again, also where others were sent in between; and all get it when it
// has more alerts by then.
func TestSendAgain(t *testing.T) {
	sending(t, testConfig("1", "404", "2"), func(t *testing.T, s *server, send func(*notify.Message) error) {
		nothing := func(w *server) int {
			w.mu.Lock()
			defer w.mu.Unlock()
			n := len(w.requests)
			w.requests = nil
			return n
		}
		pass := func(m *notify.Message) (chats string, err error) {
			nothing(s)
			err = send(m)
			for _, r := range s.got("sendMessage") {
				chats += r.form["chat_id"] + " "
			}
			return chats, err
		}
		s.fail("sendMessage", tooMany(3))
		var retry *notify.RetryError
		if chats, err := pass(message(1)); chats != "1 404 2 " || !errors.As(err, &retry) || !strings.Contains(err.Error(), "chat not found") {
			t.Errorf("%q %v", chats, err)
		}
		other := message(5)
		if chats, err := pass(other); chats != "1 404 2 " || err == nil || errors.As(err, &retry) {
			t.Errorf("%q %v", chats, err)
		}
		if chats, err := pass(message(1)); chats != "1 " || err != nil {
			t.Errorf("%q %v", chats, err)
		}
		if chats, _ := pass(message(1)); chats != "1 404 2 " {
			t.Errorf("%q", chats)
		}
	})
}

func TestSendFollowsAGroup(t *testing.T) {
	if strconv.IntSize < 64 {
		t.Skip("the library reads the number of the supergroup into an int")
	}
	sending(t, testConfig("-42"), func(t *testing.T, s *server, send func(*notify.Message) error) {
		s.fail("sendMessage", raw(400, `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}`))
		for range 2 {
			if err := send(message(1)); err != nil {
				t.Fatal(err)
			}
		}
		var chats []string
		for _, r := range s.got("sendMessage") {
			chats = append(chats, r.form["chat_id"])
		}
		if fmt.Sprint(chats) != "[-42 -1001234567890 -1001234567890]" {
			t.Errorf("%v", chats)
		}
	})
}
