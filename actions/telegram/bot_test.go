package telegram

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

func TestStart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		if s := w.stats(); s.State != StatePolling || s.Username != "Ruleids_Bot" || fmt.Sprint(s.Notifiers) != "[ops]" || s.LastError != "" {
			t.Errorf("%+v", s)
		}
		list := w.s.got("setMyCommands")
		if len(list) != 1 || !strings.HasPrefix(list[0].form["commands"], `[{"command":"block","description":"keep an address or prefix away until /unblock"},`) {
			t.Errorf("%+v", list)
		}
		poll := w.s.got("getUpdates")[0].form
		if poll["allowed_updates"] != `["message","callback_query"]` || poll["timeout"] != "30" {
			t.Errorf("%+v", poll)
		}
	})
}

func TestNobodyToCommand(t *testing.T) {
	c := testConfig("5")
	c.Administrators = nil
	t.Setenv("TELEGRAM_BOT_TOKEN", "")
	bots, err := NewBots([]Spec{{"ops", c}}, (&world{s: &server{}}).options())
	if err != nil || len(bots.Status()) != 0 {
		t.Errorf("%v", err)
	}
	bots.Run(t.Context()) // ends at once
}

// The order of commands is kept, each is carried out once however often it is handed out, and those of one answer
// are confirmed.
func TestOrderAndDuplicates(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.s.fail("getUpdates", cutOff)
		for i := range 50 {
			w.s.push(int64(2000+i), "message", text(admin, admin, fmt.Sprintf("/block 198.51.100.%d", i)))
			w.s.push(int64(2000+i), "message", text(admin, admin, fmt.Sprintf("/block 198.51.100.%d", i)))
		}
		w.s.push(2003, "message", text(admin, admin, "/block 198.51.100.3"))
		time.Sleep(time.Minute)
		synctest.Wait()
		var want []string
		for i := range 50 {
			want = append(want, fmt.Sprintf("block 198.51.100.%d 0s", i))
		}
		if got := w.asked(); got != strings.Join(want, "\n") {
			t.Errorf("%s", got)
		}
		if s := w.stats(); s.Commands != 50 {
			t.Errorf("%+v", s)
		}
	})
}

func TestRests(t *testing.T) {
	for name, c := range map[string]struct {
		fault fault
		state State
		says  string
		least time.Duration // until the next request
	}{
		"429":            {tooMany(40), StateLimited, "left alone for 40s", 40 * time.Second},
		"500":            {refusal(500, "Internal"), StateFailing, "HTTP 500", time.Second},
		"502 with HTML":  {raw(502, "<html>"+testToken), StateFailing, "HTTP 502", time.Second},
		"lost midway":    {cutOff, StateFailing, "cannot be reached", time.Second},
		"no JSON":        {raw(200, "<html>"), StateFailing, "no JSON", time.Second},
		"another poller": {refusal(409, "Conflict: terminated by other getUpdates request"), StateConflict, "another program", time.Minute},
		"401":            {refusal(401, "Unauthorized"), StateRefused, "@BotFather", 10 * time.Minute},
		"404":            {refusal(404, "Not Found"), StateRefused, "@BotFather", 10 * time.Minute},
		"wrong server":   {raw(404, "<html>"), StateRefused, "does the url lead", 10 * time.Minute},
	} {
		for _, method := range []string{"getMe", "getUpdates"} {
			t.Run(name+" of "+method, func(t *testing.T) {
				inWorldOf(t, []Spec{{"ops", testConfig("5")}}, func(w *world) { w.s.fail(method, c.fault, c.fault, c.fault) }, func(t *testing.T, w *world) {
					s := w.stats()
					if s.State != c.state || !strings.Contains(s.LastError, c.says) || s.LastErrorTime.IsZero() {
						t.Errorf("%+v", s)
					}
					time.Sleep(45 * time.Minute)
					synctest.Wait()
					got := w.s.got(method)
					if len(got) < 4 {
						t.Fatalf("%d requests", len(got))
					}
					for i := range 3 {
						if wait := got[i+1].at.Sub(got[i].at); wait < c.least {
							t.Errorf("request %d after %v", i+1, wait)
						}
					}
					if s := w.stats(); s.State != StatePolling || s.LastError == "" {
						t.Errorf("%+v", s)
					}
					if n := strings.Count(w.logged(), "takes no commands"); n != 1 {
						t.Errorf("%d lines about it:\n%s", n, w.logged())
					}
				})
			})
		}
	}
}

// A dead server is asked with growing rests, up to a minute, and the end does not wait for it.
func TestBackOff(t *testing.T) {
	inWorldOf(t, []Spec{{"ops", testConfig("5")}}, func(w *world) {
		for range 1000 {
			w.s.fail("getMe", raw(502, ""))
		}
	}, func(t *testing.T, w *world) {
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(w.s.got("getMe")); n < 55 || n > 70 {
			t.Errorf("%d requests in an hour", n)
		}
	})
}

func TestHangingServer(t *testing.T) {
	inWorldOf(t, []Spec{{"ops", testConfig("5")}}, func(w *world) { w.s.fail("getUpdates", w.s.hang) }, func(t *testing.T, w *world) {
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if s := w.stats(); s.State != StatePolling || !strings.Contains(s.LastError, "in time") {
			t.Errorf("%+v", s)
		}
		w.s.fail("getUpdates", w.s.hang)
		time.Sleep(40 * time.Second) // in the middle of one that hangs, the world ends
	})
}

// A server that answers at once with nothing is asked once a second.
func TestEagerServer(t *testing.T) {
	inWorldOf(t, []Spec{{"ops", testConfig("5")}}, func(w *world) {
		for range 200 {
			w.s.fail("getUpdates", answerOK("[]"))
		}
	}, func(t *testing.T, w *world) {
		time.Sleep(57 * time.Second)
		synctest.Wait()
		if n := len(w.s.got("getUpdates")); n < 50 || n > 62 {
			t.Errorf("%d requests in a minute", n)
		}
	})
}

func TestOldCommands(t *testing.T) {
	at := func(ago time.Duration, s string) map[string]any {
		m := text(admin, admin, s)
		m["date"] = time.Now().Add(-ago).Unix()
		return m
	}
	inWorldOf(t, []Spec{{"ops", testConfig("5")}}, func(w *world) {
		w.s.push(0, "message", at(3*time.Minute, "/block 198.51.100.1"))
		w.s.push(0, "message", at(time.Minute, "/block 198.51.100.2"))
	}, func(t *testing.T, w *world) {
		if got := w.asked(); got != "block 198.51.100.2 0s" {
			t.Errorf("%s", got)
		}
		got := w.s.texts("7")
		if len(got) != 2 || !strings.Contains(got[0], "Too old: the command was sent at 1999-12-31 23:57:00 UTC") {
			t.Errorf("%q", got)
		}
		// The same after an outage, in which Telegram kept the command.
		for range 12 {
			w.s.fail("getUpdates", raw(502, ""))
		}
		time.Sleep(40 * time.Second)
		w.s.push(0, "message", text(admin, admin, "/block 198.51.100.3"))
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if got := w.asked(); got != "" || w.stats().Old != 2 {
			t.Errorf("%s, %+v", got, w.stats())
		}
	})
}

func TestStrangers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for i, c := range []struct {
			from, chat int64
			says, want string
		}{
			{stranger, stranger, "/block 198.51.100.7", "You are not an administrator of this bot. Your number is 666."},
			{stranger, stranger, "/block 198.51.100.7", ""},
			{stranger, stranger, "hello", ""},
			{stranger, group, "/unblock 198.51.100.7", ""},
			{stranger + 1, group, "/status", "You are not an administrator of this bot. Your number is 667."},
			{stranger + 2, group, "hello all", ""},
			{stranger + 2, group, "/weather", ""},
			{admin, -55, "/status", "Not in this chat. Write to me in private, or have its number -55 added"},
			{admin, stranger, "/status", ""}, // a private chat is one with its own user
		} {
			got := w.says(c.from, c.chat, c.says)
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)) {
				t.Errorf("%d: %+v: %q", i, c, got)
			}
		}
		if w.asked() != "" || w.stats().Refused != 7 || w.stats().Commands != 0 {
			t.Errorf("%+v", w.stats())
		}
		if log := w.logged(); !strings.Contains(log, `"user":"User 666 @evil\\u202e (666)","user_id":666`) || strings.ContainsRune(log, '\u202e') {
			t.Errorf("%s", log)
		}
	})
}

// Answers to strangers and lines about them are bounded, whatever comes, and an administrator is heard meanwhile.
func TestFloodOfStrangers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		before := runtime.NumGoroutine()
		for i := range 1000 {
			m := text(int64(10_000+i), int64(10_000+i), strings.Repeat("x", 500))
			m["from"].(map[string]any)["first_name"] = strings.Repeat("\u202eA\n", 100)
			w.s.push(0, "message", m)
		}
		w.s.push(0, "message", text(admin, admin, "/block 198.51.100.7"))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := w.asked(); got != "block 198.51.100.7 0s" {
			t.Errorf("%q", got)
		}
		if n := len(w.s.got("sendMessage")); n != maxAnswers+1 {
			t.Errorf("%d answers", n)
		}
		if s := w.stats(); s.Refused != 1000 {
			t.Errorf("%+v", s)
		}
		if log := w.logged(); strings.Count(log, "refused in Telegram") != maxLogged || len(log) > 20_000 {
			t.Errorf("%d lines, %d bytes", strings.Count(log, "refused in Telegram"), len(log))
		}
		if after := runtime.NumGoroutine(); after > before+5 {
			t.Errorf("%d goroutines, before %d", after, before)
		}
		if n := len(w.bots.bots[0].strange.answered); n > maxAnswers {
			t.Errorf("%d strangers are remembered", n)
		}
	})
}

// What is not what the user wrote is not a command: forwarded, through another bot, in the name of a chat, or of a bot.
func TestNotOwnWords(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for key, value := range map[string]any{
			"forward_origin": map[string]any{"type": "hidden_user", "date": 1, "sender_user_name": "x"},
			"via_bot":        user(99),
			"sender_chat":    map[string]any{"id": group, "type": "supergroup"},
		} {
			m := text(admin, group, "/block 198.51.100.7")
			m[key] = value
			w.s.push(0, "message", m)
		}
		m := text(admin, group, "/block 198.51.100.7")
		m["from"].(map[string]any)["is_bot"] = true
		w.s.push(0, "message", m)
		m = text(admin, group, "/block 198.51.100.7")
		delete(m, "from")
		w.s.push(0, "message", m)
		w.s.push(0, "edited_message", text(admin, group, "/block 198.51.100.7"))
		w.settle()
		if got := w.asked(); got != "" {
			t.Errorf("%s", got)
		}
		if got := w.s.texts(fmt.Sprint(group)); len(got) > 0 {
			t.Errorf("%q", got)
		}
	})
}

// Blocks of one token share a bot; each has its administrators in its own chats.
func TestBlocksOfOneToken(t *testing.T) {
	other := testConfig("-77", "@Lobby")
	other.Administrators = []int64{8}
	inWorldOf(t, []Spec{{"ops", testConfig(fmt.Sprint(group))}, {"night", other}}, nil, func(t *testing.T, w *world) {
		if s := w.bots.Status(); len(s) != 1 || fmt.Sprint(s[0].Notifiers) != "[ops night]" {
			t.Fatalf("%+v", s)
		}
		for _, c := range []struct {
			from, chat int64
			ok         bool
		}{{admin, admin, true}, {8, 8, true}, {admin, group, true}, {8, group, false}, {8, -77, true}, {admin, -77, false}} {
			got := w.says(c.from, c.chat, "/status")
			if ok := len(got) == 1 && strings.Contains(got[0], "enforce"); ok != c.ok {
				t.Errorf("%+v: %q", c, got)
			}
		}
		m := text(8, -99, "/status")
		m["chat"].(map[string]any)["username"] = "lobby"
		w.s.push(0, "message", m)
		w.settle()
		if got := w.s.texts("-99"); len(got) != 1 {
			t.Errorf("%q", got)
		}
	})
	other.URL = settingtest.Value[setting.URL]("https://other.example")
	t.Setenv("TELEGRAM_BOT_TOKEN", testToken)
	if _, err := NewBots([]Spec{{"ops", testConfig("5")}, {"night", other}}, (&world{s: &server{}}).options()); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("%v", err)
	}
}

// An answer is sent again where that may help, and its loss is counted.
func TestAnswersAreTriedAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.s.fail("sendMessage", tooMany(5), cutOff)
		w.s.push(0, "message", text(admin, admin, "/block 198.51.100.7"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(w.s.got("sendMessage")); n != 3 || w.stats().Unsent != 0 {
			t.Errorf("%d tries, %+v", n, w.stats())
		}
		w.s.texts("7")
		w.s.fail("sendMessage", tooMany(500))
		w.says(admin, admin, "/block 198.51.100.8")
		w.s.fail("sendMessage", refusal(403, "Forbidden: bot was blocked by the user"))
		w.says(admin, admin, "/block 198.51.100.9")
		if s := w.stats(); s.Unsent != 2 || s.State != StatePolling {
			t.Errorf("%+v", s)
		}
		if got := w.asked(); strings.Count(got, "block") != 3 {
			t.Errorf("%s", got)
		}
	})
}

// Updates in forms that this program does not know, or that make no sense, are passed over.
func TestStrangeUpdates(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.s.fail("getUpdates", func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(rw, `{"ok":true,"result":[{"update_id":5},{"update_id":6,"poll":{"id":"1"}},{"update_id":7,"message":{}},
				{"update_id":8,"callback_query":{"id":"1","from":{"id":7},"data":"block 198.51.100.7"}},
				{"update_id":9,"message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},"photo":[]}}, null, 3,
				{"update_id":10,"message":{"message_id":"new form"}},
				{"update_id":11,"message":{"message_id":1,"date":946684800,"from":{"id":7,"first_name":"User 7","username":"evil\u202e"},"chat":{"id":7,"type":"private"},"text":"/unblock 198.51.100.9"}}]}`)
		})
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.asked(); got != "release 198.51.100.9 0s" || w.stats().State != StatePolling || w.stats().LastError != "" {
			t.Errorf("%q %+v", got, w.stats())
		}
		polls := w.s.got("getUpdates")
		if offset := polls[len(polls)-1].form["offset"]; offset != "12" {
			t.Errorf("the next request is from %s", offset)
		}
		if !strings.Contains(w.logged(), `"updates":3`) {
			t.Errorf("%s", w.logged())
		}
	})
}
