package api_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/state"
)

// TestStream: a watcher gets alerts as they are stored, goes on where it stopped, and is told where it cannot.
func TestStream(t *testing.T) {
	w := newWorld(t)
	watch := func(last string) (io.ReadCloser, func() string) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.URL+"/api/v1/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+w.keys[state.Viewer])
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var all bytes.Buffer
		buf := make([]byte, 64<<10)
		return answer.Body, func() string {
			n, err := answer.Body.Read(buf)
			if err != nil {
				return "END " + err.Error()
			}
			all.Write(buf[:n])
			return all.String()
		}
	}
	body, next := watch("")
	defer body.Close()
	next()
	w.live.Add("alert", []byte(`{"n":1}`), []byte(`{"n":2}`))
	w.live.Add("agent", []byte(`{"name":"x"}`))
	text := ""
	for !strings.Contains(text, "event: agent") && !strings.HasPrefix(text, "END") {
		text = next()
	}
	if !strings.Contains(text, `data: [{"n":1},{"n":2}]`) {
		t.Errorf("%q", text)
	}
	last := w.live.Last()
	again, more := watch(fmt.Sprint(last - 1))
	defer again.Close()
	if text := more(); !strings.Contains(text, `data: [{"name":"x"}]`) || strings.Contains(text, "resync") {
		t.Errorf("%q", text)
	}
	lost, what := watch("99999999")
	defer lost.Close()
	if text := what(); !strings.Contains(text, "event: resync") {
		t.Errorf("%q", text)
	}
}

// TestSlowReader: who watches and does not read holds up nobody, and is dropped or told that it missed something.
func TestSlowReader(t *testing.T) {
	w := newWorld(t)
	open := func() *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.URL+"/api/v1/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+w.keys[state.Viewer])
		answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	slow := open()
	big := []byte(`"` + strings.Repeat("x", 2000) + `"`)
	begin := time.Now()
	for range 30_000 {
		w.live.Add("alert", big)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("adding events takes %v with a slow reader", took)
	}
	quick := open()
	w.live.Add("agent", []byte(`{"name":"after"}`))
	buf := make([]byte, 1<<20)
	for text := ""; !strings.Contains(text, "after"); {
		n, err := quick.Body.Read(buf)
		if err != nil {
			t.Fatalf("the quick reader: %v", err)
		}
		text += string(buf[:n])
	}
	if code, _ := w.ask(w.keys[state.Viewer], "GET", "/api/v1/alerts?limit=1", ""); code != 200 {
		t.Errorf("others get %d", code)
	}
	// It reads at last.
	missed := make(chan bool, 1)
	go func() {
		var all bytes.Buffer
		for {
			n, err := slow.Body.Read(buf[:64<<10])
			all.Write(buf[:n])
			if err != nil || bytes.Contains(all.Bytes(), []byte("event: resync")) {
				missed <- true
				return
			}
			all.Next(max(0, all.Len()-100))
		}
	}()
	select {
	case <-missed:
	case <-time.After(30 * time.Second):
		t.Error("the slow reader is not told that it missed something")
	}
	if !strings.Contains(w.said.String(), "a reader of the stream is too slow") {
		t.Errorf("the log does not tell of the slow reader:\n%s", w.said.String())
	}
}
