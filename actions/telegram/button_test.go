package telegram

import (
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

func TestButtonData(t *testing.T) {
	for _, s := range []string{"198.51.100.7", "2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222:3333:4444:5555:6660/124", "255.255.255.254/31"} {
		want, err := decision.ParseTarget(s)
		if err != nil {
			t.Fatal(err)
		}
		k := newKeyboard(want)
		if k == nil {
			t.Fatalf("%s: no buttons", s)
		}
		for i, kind := range []decision.Kind{decision.Block, decision.Quarantine, decision.Release} {
			data := k.Rows[0][i].Data
			if r, ok := parseButton(data); !ok || r.Kind != kind || r.Target != want || len(data) > 64 {
				t.Errorf("%q: %+v %v", data, r, ok)
			}
		}
	}
	for _, bad := range []string{"", "block", "block ", "explode 198.51.100.7", "block x", "block  198.51.100.7", "block 198.51.100.7 x", "block fe80::1%" + strings.Repeat("e", 60)} {
		if r, ok := parseButton(bad); ok {
			t.Errorf("%q: %+v", bad, r)
		}
	}
}

func TestPress(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const line = "✅ User 7 @evil\\u202e (7): quarantine of 198.51.100.7: decided: quarantine of 198.51.100.7 until "
		w.presses(admin, group, "quarantine 198.51.100.7", "HIGH port_scan")
		if got := w.asked(); got != "quarantine 198.51.100.7 1h0m0s button in Telegram" {
			t.Errorf("%s", got)
		}
		ack, edit := w.s.got("answerCallbackQuery"), w.s.got("editMessageText")
		if len(ack) != 1 || ack[0].form["callback_query_id"] != "q1" || len(edit) != 1 {
			t.Fatalf("%+v %+v", ack, edit)
		}
		f := edit[0].form
		if f["message_id"] != "55" || f["chat_id"] != "-1001234567890" || !strings.HasPrefix(f["text"], "HIGH port_scan\n"+line) ||
			!strings.Contains(f["entities"], `"type":"bold"`) || !strings.Contains(f["reply_markup"], "release 198.51.100.7") || f["parse_mode"] != "" {
			t.Errorf("%+v", f)
		}
		// A second press with the same result changes nothing.
		w.mu.Lock()
		w.verdict = func(decision.Request) decision.Verdict { return decision.Verdict{Outcome: decision.Kept} }
		w.mu.Unlock()
		w.presses(admin, group, "block 198.51.100.7", "HIGH port_scan\n✅ User 7 @evil\\u202e (7): block of 198.51.100.7: kept")
		if got := w.s.got("editMessageText"); len(got) != 1 || w.stats().Commands != 2 {
			t.Errorf("%+v %+v", got, w.stats())
		}
		w.asked()
	})
}

// Where the message cannot be changed, the result is an answer.
func TestPressUnderWhatCannotBeEdited(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.s.fail("editMessageText", refusal(400, "Bad Request: message can't be edited"))
		w.presses(admin, admin, "block 198.51.100.7", "HIGH port_scan")
		w.presses(admin, admin, "block 198.51.100.8", strings.Repeat("💥", 2040))
		w.s.push(0, "callback_query", map[string]any{"id": "q1", "from": user(admin), "data": "release 198.51.100.9",
			"message": map[string]any{"message_id": 55, "date": 0, "chat": chatOf(admin)}})
		w.settle()
		got := w.s.texts("7")
		if len(got) != 3 || !strings.HasPrefix(got[0], "✅ User 7 @evil\\u202e (7): block of 198.51.100.7") || !strings.Contains(got[2], "release of 198.51.100.9") {
			t.Errorf("%q", got)
		}
		w.s.fail("editMessageText", refusal(400, "Bad Request: message is not modified"))
		w.presses(admin, admin, "block 198.51.100.7", "HIGH port_scan")
		if got := w.s.texts("7"); len(got) > 0 {
			t.Errorf("%q", got)
		}
		w.asked()
	})
}

func TestPressByStrangers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for range 3 {
			w.presses(stranger, group, "release 198.51.100.7", "HIGH port_scan")
		}
		w.presses(admin, -99, "release 198.51.100.7", "HIGH port_scan")
		ack := w.s.got("answerCallbackQuery")
		if len(ack) != 2 || ack[0].form["text"] != "You are not an administrator of this bot. Your number is 666." {
			t.Errorf("%+v", ack)
		}
		if w.asked() != "" || w.stats().Refused != 4 || len(w.s.got("editMessageText"))+len(w.s.got("sendMessage")) > 0 {
			t.Errorf("%+v", w.stats())
		}
		w.presses(admin, group, "block everything", "HIGH port_scan")
		if ack := w.s.got("answerCallbackQuery"); len(ack) != 3 || !strings.Contains(ack[2].form["text"], "not known") || w.asked() != "" {
			t.Errorf("%+v", ack)
		}
	})
}

// Telegram takes no acknowledgement of a press of long ago: it waited while the bot was away.
func TestOldPress(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.s.fail("answerCallbackQuery", refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"))
		w.presses(admin, admin, "block 198.51.100.7", "HIGH port_scan")
		if got := w.s.texts("7"); len(got) != 1 || !strings.Contains(got[0], "Too old") || w.asked() != "" || w.stats().Old != 1 {
			t.Errorf("%q %+v", got, w.stats())
		}
		// One that fails otherwise is not a sign of age, unless contact has only begun.
		w.s.fail("answerCallbackQuery", raw(502, ""))
		w.presses(admin, admin, "block 198.51.100.7", "HIGH port_scan")
		if w.asked() != "" || w.stats().Old != 2 {
			t.Errorf("%+v", w.stats())
		}
		time.Sleep(5 * time.Minute)
		w.s.fail("answerCallbackQuery", raw(502, ""))
		w.presses(admin, admin, "block 198.51.100.7", "HIGH port_scan")
		if got := w.asked(); got != "block 198.51.100.7 0s button in Telegram" {
			t.Errorf("%s", got)
		}
	})
}
