package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/scale"
)

// A world is a bot, the server that it talks to, and what it did.
type world struct {
	t    *testing.T
	s    *server
	bots *Bots
	end  context.CancelFunc
	done chan struct{}

	mu        sync.Mutex
	log       bytes.Buffer
	decided   []decision.Request
	verdict   func(decision.Request) decision.Verdict
	decisions []decision.Decision
	muted     []string
	status    string
}

// Users of the tests.
const (
	admin    = 7
	stranger = 666
	group    = int64(-1001234567890)
)

// inWorld calls do inside a bubble with a bot that runs, whose administrator is admin and whose chat is group.
func inWorld(t *testing.T, do func(*testing.T, *world)) {
	inWorldOf(t, []Spec{{"ops", testConfig(fmt.Sprint(group))}}, nil, do)
}

// inWorldOf is inWorld with other blocks; prepare, where it is not nil, is called before the bot runs.
func inWorldOf(t *testing.T, specs []Spec, prepare func(*world), do func(*testing.T, *world)) {
	t.Setenv("TELEGRAM_BOT_TOKEN", testToken)
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, s: newServer(t), done: make(chan struct{}), status: "mode: enforce\nlost: 0 <none>"}
		w.verdict = func(r decision.Request) decision.Verdict {
			d := &decision.Decision{Kind: r.Kind, Target: r.Target, Origin: r.By}
			if r.For > 0 {
				d.Until = time.Now().UTC().Add(r.For)
			}
			return decision.Verdict{Outcome: decision.Decided, Decision: d}
		}
		bots, err := NewBots(specs, w.options())
		if err != nil {
			t.Fatal(err)
		}
		w.bots = bots
		if prepare != nil {
			prepare(w)
		}
		var ctx context.Context
		ctx, w.end = context.WithCancel(context.Background())
		go func() {
			defer close(w.done)
			bots.Run(ctx)
		}()
		w.settle()
		do(t, w)
		w.stop()
		for _, text := range []string{w.logged(), fmt.Sprintf("%+v", bots.Status())} {
			if strings.Contains(text, password) {
				t.Errorf("the token is in %s", text)
			}
		}
	})
}

func (w *world) options() Options {
	return Options{
		Agent: "fw1",
		Decide: func(_ context.Context, rs []decision.Request) (vs []decision.Verdict) {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, r := range rs {
				w.decided = append(w.decided, r)
				vs = append(vs, w.verdict(r))
			}
			return vs
		},
		Decisions: func() []decision.Decision { return w.decisions },
		Covering: func(t decision.Target) (out []decision.Decision) {
			for _, d := range w.decisions {
				if d.Target == t {
					out = append(out, d)
				}
			}
			return out
		},
		Status: func(context.Context) string { return w.status },
		Rules: func(context.Context) ([]RuleLine, error) {
			return []RuleLine{{Name: "dns_tunnel", Severity: scale.SeverityHigh, Mode: "shadow"}, {Name: "port_scan", Severity: scale.SeverityMedium, Mode: "enforce", Muted: time.Now().Add(time.Hour)}}, nil
		},
		Mute: func(rule string, d time.Duration) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.muted = append(w.muted, rule+" "+d.String())
			return nil
		},
		Log:     slog.New(slog.NewJSONHandler(&locked{w: w}, nil)),
		through: w.s.through(),
	}
}

// locked writes to the log of a world.
type locked struct{ w *world }

func (l *locked) Write(p []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(p)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// settle lets the time of the bubble go on until what was pushed has been asked for and handled.
func (w *world) settle() {
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

// stop ends the bots, and fails where that takes long.
func (w *world) stop() {
	begin := time.Now()
	w.end()
	<-w.done
	if took := time.Since(begin); took > 0 {
		w.t.Errorf("the end took %v", took)
	}
}

// stats returns those of the first bot.
func (w *world) stats() Status { return w.bots.Status()[0] }

func user(id int64) map[string]any {
	return map[string]any{"id": id, "is_bot": false, "first_name": fmt.Sprintf("User %d", id), "username": "evil\u202e\n"}
}

// chatOf is the chat of a number: below zero a group, else that of the user in private.
func chatOf(id int64) map[string]any {
	kind := "private"
	if id < 0 {
		kind = "supergroup"
	}
	return map[string]any{"id": id, "type": kind}
}

// text is a message of now.
func text(from, chat int64, s string) map[string]any {
	return map[string]any{"message_id": 77, "date": time.Now().Unix(), "from": user(from), "chat": chatOf(chat), "text": s}
}

// says pushes a message and returns the answers to the chat.
func (w *world) says(from, chat int64, s string) []string {
	w.s.push(0, "message", text(from, chat, s))
	w.settle()
	return w.s.texts(fmt.Sprint(chat))
}

// presses pushes the press of a button under a message.
func (w *world) presses(from, chat int64, data, under string) {
	w.s.push(0, "callback_query", map[string]any{"id": "q1", "from": user(from), "data": data, "message": map[string]any{
		"message_id": 55, "date": time.Now().Unix(), "chat": chatOf(chat), "text": under, "entities": []any{map[string]any{"type": "bold", "offset": 0, "length": 4}}}})
	w.settle()
}

// asked returns what was asked of the book, in a line each, and forgets it.
func (w *world) asked() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, r := range w.decided {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %v %s", r.Kind, r.Target, r.For, r.Reason)))
		if r.By.Source != decision.SourceTelegram || r.By.Who != "User 7 @evil\\u202e (7)" || r.Force {
			w.t.Errorf("by %+v", r.By)
		}
	}
	w.decided = nil
	return strings.Join(out, "\n")
}

// answerOK answers with a result.
func answerOK(result string) fault {
	return func(rw http.ResponseWriter, _ *http.Request) {
		reply(rw, 200, map[string]any{"ok": true, "result": json.RawMessage(result)})
	}
}
