package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testToken = "123456789:AAabcdefghijklmnopqrstuvwxyz_012345"
	password  = "AAabcdefghijklmnopqrstuvwxyz_012345"
	testURL   = "http://localhost"
)

// A request is what a server got.
type request struct {
	method string
	form   map[string]string
	at     time.Time
}

// A fault answers a request in place of the server.
type fault func(w http.ResponseWriter, r *http.Request)

// A server speaks the Bot API over connections in memory, so that its time can be that of a bubble.
type server struct {
	conns chan net.Conn
	done  chan struct{}

	mu       sync.Mutex
	updates  []map[string]any // not confirmed
	nextID   int64
	requests []request
	faults   map[string][]fault // by method, the next first
	changed  chan struct{}      // closed when updates change
	messages int                // the number of the last message
}

func newServer(t *testing.T) *server {
	s := &server{conns: make(chan net.Conn), done: make(chan struct{}), nextID: 1000, faults: map[string][]fault{}, changed: make(chan struct{})}
	srv := &http.Server{Handler: s}
	go func() { _ = srv.Serve(s) }()
	t.Cleanup(func() { srv.Close() })
	return s
}

// Accept, Close and Addr make the server a net.Listener.
func (s *server) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *server) Close() error {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	return nil
}

func (s *server) Addr() net.Addr { return &net.TCPAddr{} }

// through returns a transport whose connections lead to the server.
func (s *server) through() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case s.conns <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.done:
			return nil, fmt.Errorf("connection refused")
		}
	}}
}

// fail has the next requests of a method answered by faults, in their order.
func (s *server) fail(method string, fs ...fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], fs...)
}

// push hands out an update; id 0 is the next one.
func (s *server) push(id int64, kind string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id == 0 {
		s.nextID++
		id = s.nextID
	}
	s.updates = append(s.updates, map[string]any{"update_id": id, kind: value})
	close(s.changed)
	s.changed = make(chan struct{})
}

// got returns the requests of a method.
func (s *server) got(method string) (out []request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.method == method {
			out = append(out, r)
		}
	}
	return out
}

// texts returns the texts that were sent to a chat, and forgets all requests.
func (s *server) texts(chat string) (out []string) {
	for _, r := range s.got("sendMessage") {
		if r.form["chat_id"] == chat {
			out = append(out, r.form["text"])
		}
	}
	s.mu.Lock()
	s.requests = nil
	s.mu.Unlock()
	return out
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+testToken+"/")
	form := readForm(r)
	s.mu.Lock()
	s.requests = append(s.requests, request{method, form, time.Now()})
	var f fault
	if fs := s.faults[method]; len(fs) > 0 {
		f, s.faults[method] = fs[0], fs[1:]
	}
	s.mu.Unlock()
	switch {
	case !ok || r.Method != http.MethodPost:
		refusal(401, "Unauthorized")(w, r)
	case f != nil:
		f(w, r)
	default:
		result, description := s.call(r.Context(), method, form)
		if description != "" {
			refusal(400, "Bad Request: "+description)(w, r)
			return
		}
		reply(w, 200, map[string]any{"ok": true, "result": result})
	}
}

// call does what a method does.
func (s *server) call(ctx context.Context, method string, form map[string]string) (result any, refused string) {
	switch method {
	case "getMe":
		return map[string]any{"id": 123456789, "is_bot": true, "first_name": "Sensor", "username": "Ruleids_Bot"}, ""
	case "setMyCommands", "answerCallbackQuery":
		return true, ""
	case "sendMessage", "editMessageText":
		if form["parse_mode"] == "HTML" && strings.Count(form["text"], "<") != strings.Count(form["text"], ">") {
			return nil, "can't parse entities"
		}
		if form["chat_id"] == "404" {
			return nil, "chat not found"
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.messages++
		chat, _ := strconv.ParseInt(form["chat_id"], 10, 64)
		return map[string]any{"message_id": s.messages, "date": time.Now().Unix(), "chat": map[string]any{"id": chat, "type": "private"}, "text": form["text"]}, ""
	case "getUpdates":
		return s.poll(ctx, form), ""
	}
	return nil, "no such method"
}

// poll implements getUpdates: an offset confirms all before it; without updates it waits.
func (s *server) poll(ctx context.Context, form map[string]string) any {
	offset, _ := strconv.ParseInt(form["offset"], 10, 64)
	seconds, _ := strconv.Atoi(form["timeout"])
	over := time.After(time.Duration(seconds) * time.Second)
	for {
		s.mu.Lock()
		for len(s.updates) > 0 && s.updates[0]["update_id"].(int64) < offset {
			s.updates = s.updates[1:]
		}
		out, changed := slices.Clone(s.updates[:min(len(s.updates), 100)]), s.changed
		s.mu.Unlock()
		if len(out) > 0 {
			return out
		}
		select {
		case <-changed:
		case <-over:
			return []any{}
		case <-ctx.Done():
			return []any{}
		case <-s.done:
			return []any{}
		}
	}
}

// readForm reads parameters as JSON or as a form, as the Bot API does.
func readForm(r *http.Request) map[string]string {
	out := map[string]string{}
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json":
		var m map[string]json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&m)
		for k, v := range m {
			out[k] = strings.Trim(string(v), `"`)
		}
	case "multipart/form-data":
		mr, err := r.MultipartReader()
		for err == nil {
			part, end := mr.NextPart()
			if end != nil {
				break
			}
			b, _ := io.ReadAll(part)
			out[part.FormName()] = string(b)
		}
	}
	_, _ = io.Copy(io.Discard, r.Body)
	return out
}

func reply(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// refusal is an error as the Bot API tells it.
func refusal(code int, description string) fault {
	return func(w http.ResponseWriter, _ *http.Request) {
		reply(w, code, map[string]any{"ok": false, "error_code": code, "description": description})
	}
}

// tooMany is 429 with the time to wait.
func tooMany(seconds int) fault {
	return func(w http.ResponseWriter, _ *http.Request) {
		reply(w, 429, map[string]any{"ok": false, "error_code": 429, "description": fmt.Sprintf("Too Many Requests: retry after %d", seconds),
			"parameters": map[string]any{"retry_after": seconds}})
	}
}

// raw answers with a body that no Bot API server would give.
func raw(status int, body string) fault {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cutOff ends the connection in the middle of the answer.
func cutOff(w http.ResponseWriter, _ *http.Request) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"ok\":true,\"result\":[{\"update_id\":7,")
	_ = c.Close()
}

// hang never answers.
func (s *server) hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.done:
	}
}
