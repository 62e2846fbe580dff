package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
)

// A botServer speaks as much of the Bot API of Telegram as it takes: it hands out updates, and keeps what the bot says.
type botServer struct {
	mu      sync.Mutex
	updates []map[string]any
	next    int
	more    chan struct{}
	said    *record[spoken]
}

// A spoken is something that the bot sent.
type spoken struct {
	Method string
	Form   map[string]string
}

const (
	botToken      = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
	administrator = 4242
	stranger      = 6666
)

// serveTelegram serves the Bot API on port 8081 of the host itself.
func (h *host) serveTelegram() *botServer {
	h.t.Helper()
	b := &botServer{more: make(chan struct{}), said: newRecord[spoken]()}
	l := h.listen("127.0.0.1:8081")
	server := &http.Server{Handler: b}
	go func() { _ = server.Serve(l) }()
	h.t.Cleanup(func() { _ = server.Close() })
	return b
}

// write has a user write to the bot.
func (b *botServer) write(user int, text string) {
	from := map[string]any{"id": user, "is_bot": false, "first_name": "someone"}
	b.push("message", map[string]any{"message_id": 1, "date": time.Now().Unix(), "text": text, "from": from, "chat": map[string]any{"id": user, "type": "private"}})
}

// press has a user press a button under a message of the bot.
func (b *botServer) press(user int, data string) {
	from := map[string]any{"id": user, "is_bot": false, "first_name": "someone"}
	b.push("callback_query", map[string]any{"id": "1", "from": from, "data": data, "chat_instance": "1",
		"message": map[string]any{"message_id": 7, "date": time.Now().Unix(), "text": "an alert", "chat": map[string]any{"id": user, "type": "private"}}})
}

func (b *botServer) push(kind string, value any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	b.updates = append(b.updates, map[string]any{"update_id": b.next, kind: value})
	close(b.more)
	b.more = make(chan struct{})
}

// ServeHTTP implements http.Handler.
func (b *botServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	form := map[string]string{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		if err := r.ParseMultipartForm(1 << 20); err == nil {
			for name, v := range r.MultipartForm.Value {
				form[name] = v[0]
			}
		}
	} else {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	var result any = true
	switch method := path.Base(r.URL.Path); method {
	case "getUpdates":
		result = b.poll(r, form["offset"])
	case "getMe":
		result = map[string]any{"id": 123456, "is_bot": true, "first_name": "ruleids", "username": "ruleids_bot"}
	case "sendMessage", "editMessageText":
		b.said.add(spoken{method, form})
		result = map[string]any{"message_id": 7, "date": time.Now().Unix(), "chat": map[string]any{"id": administrator, "type": "private"}}
	default:
		b.said.add(spoken{method, form})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
}

// poll answers with the updates from an offset, once there are some.
func (b *botServer) poll(r *http.Request, offset string) any {
	var from int
	_, _ = fmt.Sscan(offset, &from)
	for {
		b.mu.Lock()
		out := []map[string]any{}
		for _, u := range b.updates {
			if u["update_id"].(int) >= from {
				out = append(out, u)
			}
		}
		more := b.more
		b.mu.Unlock()
		if len(out) > 0 {
			return out
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return out
		case <-time.After(5 * time.Second):
			return out
		}
	}
}

// hears waits for something that the bot sends, from the nth on, with all of the words, and returns it and the place behind
// it.
func (b *botServer) hears(t *testing.T, n int, words ...string) (spoken, int) {
	t.Helper()
	at := n
	s, ok := b.said.await(patience, n, func(s spoken) bool {
		at++
		all := s.Form["text"] + " " + s.Form["reply_markup"]
		for _, w := range words {
			if !strings.Contains(all, w) {
				return false
			}
		}
		return true
	})
	if !ok {
		t.Fatalf("the bot never says %q; it says %+v", words, b.said.from(n))
	}
	return s, at
}

// TestTelegram has an alert come to a chat with buttons, and an administrator block, quarantine and release by button and
// by command, while a stranger is refused.
func TestTelegram(t *testing.T) {
	need(t, "ip", "ethtool", "nmap", "ping")
	l := newLAN(t)
	bot := l.home.serveTelegram()
	hcl := settings("rules {\n  paths = [\"rules\"]\n}\n" + response(`mode = "enforce"`) + fmt.Sprintf(`
notifier "telegram" "ops" {
  token_file     = "token"
  chats          = ["%d"]
  administrators = [%[1]d]
  url            = "http://127.0.0.1:8081"
}
`, administrator))
	s := prepareSensor(l.home, hcl, map[string]string{"scan.hcl": scanQuarantine})
	s.put("token", botToken+"\n")
	s.start()
	if out, status := s.verb("notify", "test", "ops"); status != 0 {
		t.Errorf("notify test: status %d: %s", status, out)
	}
	_ = l.remote.command("nmap", "-n", "-Pn", "-sS", "--max-retries", "0", "-p", "1-40", homeAddress).Run() // it is cut off
	m, _ := bot.hears(t, 0, "port_scan", remoteAddress, "callback_data")
	var markup struct {
		Keyboard [][]struct {
			Text string `json:"text"`
			Data string `json:"callback_data"`
		} `json:"inline_keyboard"`
	}
	if err := json.Unmarshal([]byte(m.Form["reply_markup"]), &markup); err != nil {
		t.Fatalf("%v: %s", err, m.Form["reply_markup"])
	}
	data := map[string]string{}
	for _, row := range markup.Keyboard {
		for _, b := range row {
			data[strings.Fields(b.Text)[0]] = b.Data
		}
	}
	if data["Block"] == "" || data["Quarantine"] == "" || data["Release"] == "" {
		t.Fatalf("buttons: %+v", markup)
	}
	holds := func(what string, n int) {
		t.Helper()
		s.statusWhen(what, func(st *api.Status) bool { return st.Responses.Blocks+st.Responses.Quarantines == n })
	}
	holds("the quarantine by the rule", 1)
	bot.press(stranger, data["Release"])
	bot.press(administrator, data["Release"])
	holds("the release by button", 0)
	until(t, "the ping", patience, func() bool { return l.reaches(homeAddress) })
	bot.press(administrator, data["Block"])
	holds("the block by button", 1)
	until(t, "the silence", patience, func() bool { return !l.reaches(homeAddress) })
	n := bot.said.len()
	bot.write(stranger, "/unblock "+remoteAddress)
	bot.write(administrator, "/unblock "+remoteAddress)
	_, n = bot.hears(t, n, "eleased")
	holds("the release by command", 0)
	bot.write(administrator, "/karantina "+remoteAddress+" 5")
	bot.write(administrator, "/decisions")
	bot.hears(t, n, remoteAddress, "quarantine")
	holds("the quarantine by command", 1)
	for command, words := range map[string][]string{
		"/status":                {"running", "enforce"},
		"/rules":                 {"ack_flood", "more"},
		"/rules port":            {"port_scan"},
		"/mute port_scan 10":     {"port_scan"},
		"/help":                  {"/quarantine"},
		"/block " + homeAddress:  {"an address of this host"},
		"/block 300.1.2.3":       {"300.1.2.3"},
		"/mute no_such_rule 10":  {"no_such_rule"},
		"/quarantine 203.0.113.": {"203.0.113."},
	} {
		n = bot.said.len()
		bot.write(administrator, command)
		bot.hears(t, n, words...)
	}
	st := s.status()
	if len(st.Bots) != 1 || st.Bots[0].State != "polling" || st.Bots[0].Refused < 2 || st.Bots[0].Username != "ruleids_bot" {
		t.Errorf("%+v", st.Bots)
	}
	ds, err := s.client.Decisions(t.Context(), decision.Target{})
	if err != nil || len(ds) != 1 || ds[0].Source != decision.SourceTelegram || !strings.Contains(ds[0].Who, fmt.Sprint(administrator)) {
		t.Errorf("%v, %+v", err, ds)
	}
	if text := strings.Join(s.out.from(0), "\n"); strings.Contains(text, botToken[7:]) {
		t.Error("the token is in the log")
	}
	s.stop()
}
