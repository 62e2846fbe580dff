package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/state"
)

// TestSessions: a person logs in and out; a cookie alone changes nothing that comes from another site.
func TestSessions(t *testing.T) {
	w := newWorld(t)
	var cookie *http.Cookie
	send := func(method, path, body string, edit func(*http.Request)) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if cookie != nil {
			r.AddCookie(cookie)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if edit != nil {
			edit(r)
		}
		answer, err := w.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer
	}
	login, _ := json.Marshal(api.Login{Name: "admin", Password: w.password})
	if a := send("POST", "/api/v1/login", string(login), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); a.StatusCode != 403 {
		t.Errorf("a log-in from another site: %d", a.StatusCode)
	}
	a := send("POST", "/api/v1/login", string(login), nil)
	if a.StatusCode != 200 || len(a.Cookies()) != 1 {
		t.Fatalf("%d %v", a.StatusCode, a.Cookies())
	}
	cookie = a.Cookies()[0]
	if cookie.Name != "__Host-ruleids" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("%+v", cookie)
	}
	const decision = `{"target":"203.0.113.9","for":"1m"}`
	if a := send("POST", "/api/v1/decisions", decision, nil); a.StatusCode != 201 {
		t.Errorf("from our own page: %d", a.StatusCode)
	}
	for name, edit := range map[string]func(*http.Request){
		"cross-site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"origin":     func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
	} {
		if a := send("POST", "/api/v1/decisions", decision, edit); a.StatusCode != 403 {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
		if a := send("DELETE", "/api/v1/decisions/203.0.113.9", "", edit); a.StatusCode != 403 {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	// Each was refused with a word in both logs.
	if lines, err := w.state.Audits(t.Context(), 0, 100); err != nil || !slices.ContainsFunc(lines, func(a state.Audit) bool {
		return a.Action == "request.refuse" && a.Target == "/api/v1/decisions" && strings.Contains(a.Detail, "another site")
	}) {
		t.Errorf("%v %+v", err, lines)
	}
	if !strings.Contains(w.said.String(), "another site") {
		t.Errorf("%s", w.said.String())
	}
	if a := send("POST", "/api/v1/logout", "{}", nil); a.StatusCode != 200 {
		t.Errorf("%d", a.StatusCode)
	}
	if a := send("GET", "/api/v1/me", "", nil); a.StatusCode != 401 {
		t.Errorf("after the end of the session: %d", a.StatusCode)
	}
}

// TestWrongPasswords: thousands of wrong passwords are refused, most of them unseen; they lock out neither others nor keys,
// and the log has no password.
func TestWrongPasswords(t *testing.T) {
	w := newWorld(t)
	seen := map[int]int{}
	for n := range 10_000 {
		r := httptest.NewRequest("POST", "/api/v1/login", strings.NewReader(fmt.Sprintf(`{"name":"admin","password":"guess number %d"}`, n)))
		r.RemoteAddr = fmt.Sprintf("192.0.2.%d:4000", n%3)
		rec := httptest.NewRecorder()
		w.api.Handler(false).ServeHTTP(rec, r)
		seen[rec.Code]++
	}
	if seen[200] != 0 || seen[401] == 0 || seen[401] > 40 || seen[401]+seen[429] != 10_000 {
		t.Errorf("%v", seen)
	}
	if code, _ := w.ask(w.keys[state.Viewer], "GET", "/api/v1/me", ""); code != 200 {
		t.Errorf("a key is locked out: %d", code)
	}
	if err := w.state.SetAccount(t.Context(), "lee", "correct horse battery", state.Viewer); err != nil {
		t.Fatal(err)
	}
	if code, body := w.ask("", "POST", "/api/v1/login", `{"name":"lee","password":"correct horse battery"}`); code != 200 {
		t.Errorf("another account is locked out: %d %s", code, body)
	}
	if n := strings.Count(w.said.String(), "too many wrong passwords"); n == 0 || n > 300 {
		t.Errorf("the log has %d lines on thousands of requests", n)
	}
	lines, err := w.state.Audits(t.Context(), 0, 1000)
	if err != nil || !slices.ContainsFunc(lines, func(a state.Audit) bool { return a.Action == "login.fail" }) {
		t.Errorf("no failed log-in in the audit log: %v", err)
	}
	for _, a := range lines {
		if strings.Contains(a.Target+a.Detail, "guess") {
			t.Errorf("a password is in the audit log: %+v", a)
		}
	}
}
