package ui

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// What is served packed is what is served as it is, under another tag; the first load is small; what is no file is the page, unless
// its name looks like that of one.
func TestHandler(t *testing.T) {
	h := Handler()
	ask := func(path, accepts, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", accepts)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	total := 0
	for _, path := range []string{"/", "/app.js", "/app.css", "/icon.svg"} {
		plain, packed := ask(path, "br, gzip;q=0", ""), ask(path, "br, gzip", "")
		if plain.Code != 200 || plain.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %d, %v, %v", path, plain.Code, plain.Header(), packed.Header())
		}
		total += packed.Body.Len()
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil || string(text) != plain.Body.String() {
			t.Errorf("%s is another when it is packed: %v", path, err)
		}
		tag := packed.Header().Get("ETag")
		if tag == plain.Header().Get("ETag") || ask(path, "gzip", tag).Code != 304 || ask(path, "", tag).Code != 200 {
			t.Errorf("%s: the tag %s does not tell the two apart", path, tag)
		}
		if csp := packed.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	if total > 100_000 {
		t.Errorf("the first load has %d bytes", total)
	}
	if w := ask("/inbox", "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `<div id="app">`) {
		t.Errorf("a place in the page: %d %s", w.Code, w.Body)
	}
	if w := ask("/old.js", "", ""); w.Code != 404 {
		t.Errorf("a file that is not there: %d", w.Code)
	}
}
