package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// quick is a client that waits for nobody for long.
func quick(whole time.Duration) *Client {
	c := NewClient("test")
	c.stall, c.whole = 200*time.Millisecond, whole
	return c
}

// TestServersThatMisbehave names what a server does wrong, and what there is to say of it.
func TestServersThatMisbehave(t *testing.T) {
	bomb := packed(t, make([]byte, 1<<20))
	stuck := make(chan struct{})
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  string
	}{
		{"an error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "the server answered 500 Internal Server Error"},
		{"not found", http.NotFound, "the server answered 404 Not Found"},
		{"not modified, unasked", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, "the server answered 304"},
		{"too large, as it says", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "999999999") }, "the file has over 65536 bytes"},
		{"too large, without a word", func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				_, _ = w.Write(make([]byte, 1000))
			}
		}, "the file has over 65536 bytes"},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "192.0.2.1\n")
		}, "cut short on the way"},
		{"stuck in the middle", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "192.0.2.1\n")
			w.(http.Flusher).Flush()
			<-stuck
		}, "the server sent nothing for"},
		{"slow", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "1")
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}, "the server was not done with the file after"},
		{"a loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }, "it redirects over 5 times"},
		{"packed garbage", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("\x1f\x8b\x08garbage that is no gzip"))
		}, "it is damaged or cut short"},
		{"packed and cut", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bomb[:len(bomb)-10]) }, "the file has over 65536 bytes"},
		{"a bomb", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bomb) }, "the file has over 65536 bytes"},
		{"a bomb on the way", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, "the file has over 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(c.serve)
			defer s.Close()
			if strings.HasPrefix(c.name, "stuck") {
				defer close(stuck)
			}
			_, err := quick(time.Second).Get(context.Background(), Request{URL: s.URL + "/list?key=secret", Max: 1 << 16, Unpack: true})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestRetryAfter hands on for how long a server wants to be left alone.
func TestRetryAfter(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer s.Close()
	_, err := quick(time.Second).Get(context.Background(), Request{URL: s.URL, Max: 1})
	if f, ok := errors.AsType[*Failure](err); !ok || f.Retry != 2*time.Minute || f.Status != 429 {
		t.Errorf("%v", err)
	}
}

// TestCertificates trusts no server that nobody vouches for, and follows none away from TLS.
func TestCertificates(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	s := httptest.NewUnstartedServer(http.RedirectHandler(plain.URL, http.StatusFound))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	_, err := quick(time.Second).Get(context.Background(), Request{URL: s.URL, Max: 1})
	if err == nil || !strings.Contains(err.Error(), "SSL_CERT_FILE") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	c := quick(time.Second)
	c.http.Transport = s.Client().Transport
	if _, err := c.Get(context.Background(), Request{URL: s.URL, Max: 1}); !errors.Is(err, errDowngrade) {
		t.Errorf("away from TLS: %v", err)
	}
}

// TestConditions gets a file once, and only word that it is the same afterwards; a token goes to no other server.
func TestConditions(t *testing.T) {
	var other *httptest.Server
	tokens := map[string]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens["first"] = r.Header.Get("Authorization")
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
			return
		}
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, "hello")
	}))
	defer s.Close()
	other = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens["other"] = r.Header.Get("Authorization")
		fmt.Fprint(w, "other")
	}))
	defer other.Close()
	c := quick(time.Second)
	a, err := c.Get(context.Background(), Request{URL: s.URL, Max: 10, Token: "t"})
	if err != nil || string(a.Data) != "hello" || a.ETag != `"1"` || a.Type != "text/plain" || tokens["first"] != "Bearer t" {
		t.Fatalf("%+v %v %v", a, err, tokens)
	}
	if a, err = c.Get(context.Background(), Request{URL: s.URL, Max: 10, ETag: a.ETag}); err != nil || !a.Same {
		t.Errorf("%+v %v", a, err)
	}
	if a, err = c.Get(context.Background(), Request{URL: s.URL + "/moved", Max: 10, Token: "t"}); err != nil || string(a.Data) != "other" || tokens["other"] != "" {
		t.Errorf("%+v %v %v", a, err, tokens)
	}
}

// TestDisk gets files from the disk, and sees when they change.
func TestDisk(t *testing.T) {
	name := filepath.Join(t.TempDir(), "list.gz")
	if err := os.WriteFile(name, packed(t, []byte("hello")), 0o600); err != nil {
		t.Fatal(err)
	}
	c := quick(time.Second)
	r := Request{URL: "file://" + filepath.ToSlash(name), Max: 100, Unpack: true}
	a, err := c.Get(context.Background(), r)
	if err != nil || string(a.Data) != "hello" {
		t.Fatalf("%+v %v", a, err)
	}
	r.LastModified = a.LastModified
	if a, err = c.Get(context.Background(), r); err != nil || !a.Same {
		t.Errorf("%+v %v", a, err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(name, later, later); err != nil {
		t.Fatal(err)
	}
	if a, err = c.Get(context.Background(), r); err != nil || a.Same {
		t.Errorf("%+v %v", a, err)
	}
	for _, wrong := range []string{"file://host/x", "ftp://x/y", "file:///no/such/file"} {
		if _, err := c.Get(context.Background(), Request{URL: wrong, Max: 1}); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}
