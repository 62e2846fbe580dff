package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aead.dev/minisign"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A store keeps the blobs of a registry and sends whoever asks for one to another server, as registries in front of an object
// store do.
type store struct {
	registry.BlobHandler
	elsewhere *httptest.Server

	lock     sync.Mutex
	tokens   int  // requests to the other server that had the token of the registry
	fetched  int  // blobs that were got there
	spoiling bool // it serves other bytes than it was given
}

func newBlobStore(t *testing.T) *store {
	s := &store{BlobHandler: registry.NewInMemoryBlobHandler()}
	s.elsewhere = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		s.lock.Lock()
		defer s.lock.Unlock()
		if q.Header.Get("Authorization") != "" {
			s.tokens++
		}
		h, err := v1.NewHash(strings.TrimPrefix(q.URL.Path, "/"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r, err := s.BlobHandler.Get(q.Context(), "", h)
		if err != nil {
			http.NotFound(w, q)
			return
		}
		data, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if s.spoiling {
			data[len(data)/2] ^= 1
		}
		s.fetched++
		_, _ = w.Write(data)
	}))
	t.Cleanup(s.elsewhere.Close)
	return s
}

// Get is registry.BlobHandler.
func (s *store) Get(_ context.Context, _ string, h v1.Hash) (io.ReadCloser, error) {
	return nil, registry.RedirectError{Location: s.elsewhere.URL + "/" + h.String(), Code: http.StatusTemporaryRedirect}
}

// Stat is registry.BlobStatHandler.
func (s *store) Stat(ctx context.Context, repo string, h v1.Hash) (int64, error) {
	return s.BlobHandler.(registry.BlobStatHandler).Stat(ctx, repo, h)
}

// Put is registry.BlobPutHandler.
func (s *store) Put(ctx context.Context, repo string, h v1.Hash, r io.ReadCloser) error {
	return s.BlobHandler.(registry.BlobPutHandler).Put(ctx, repo, h, r)
}

// guarded lets nobody ask without the token.
func guarded(token string, inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Authorization") != "Bearer "+token {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+q.Host+`/token",service="registry"`)
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, q)
	})
}

// ruleArchive packs one rule as a rule set is published.
func ruleArchive(t *testing.T, rule string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	text := fmt.Appendf(nil, "rule %q {\n  description = \"One rule.\"\n  severity    = \"low\"\n  where       = \"tcp.dstport == 9999\"\n}\n", rule)
	err := w.WriteHeader(&tar.Header{Name: "site-1/" + rule + ".hcl", Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o644})
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRegistry publishes a rule set in a registry that wants a token and has its blobs on another server, as an artifact with its
// signature beside it, and has the program fetch it from there.
func TestRegistry(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "ruleids")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./cmd/ruleids")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const token = "a-token-of-a-robot"
	blobs := newBlobStore(t)
	server := httptest.NewServer(guarded(token, registry.New(registry.WithBlobHandler(blobs), registry.Logger(log.New(io.Discard, "", 0)))))
	defer server.Close()
	reference := strings.TrimPrefix(server.URL, "http://") + "/site/rules:1"
	public, private, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(rule string, key minisign.PrivateKey) {
		t.Helper()
		img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
		data := ruleArchive(t, rule)
		for title, text := range map[string][]byte{"rules.tar.gz": data, "rules.tar.gz.minisig": minisign.Sign(key, data)} {
			layer := static.NewLayer(text, "application/vnd.example.rules")
			var err error
			if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, MediaType: "application/vnd.example.rules", Annotations: map[string]string{"org.opencontainers.image.title": title}}); err != nil {
				t.Fatal(err)
			}
		}
		ref, err := name.ParseReference(reference)
		if err == nil {
			err = remote.Write(ref, img, remote.WithAuth(&authn.Bearer{Token: token}))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	secret, settings, copies := filepath.Join(dir, "token"), filepath.Join(dir, "ruleids.hcl"), filepath.Join(dir, "fetched")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, token+"\n")
	write(settings, fmt.Sprintf("rules {\n  source            = %q\n  source_token_file = %q\n  minisign          = %q\n  fetched           = %q\n}\n", "oci://"+reference, secret, public.String(), copies))
	fetch := func(want string, ok bool) {
		t.Helper()
		out, err := exec.Command(program, "fetch", "--config", settings).CombinedOutput()
		if (err == nil) != ok || !strings.Contains(string(out), want) || strings.Contains(string(out), token) {
			t.Errorf("ends with %v and says\n%s\nwant %q", err, out, want)
		}
	}
	rule := func(want string) {
		t.Helper()
		found := ""
		_ = filepath.WalkDir(copies, func(path string, _ os.DirEntry, err error) error { // what is not there is not found
			if err == nil && strings.HasSuffix(path, ".hcl") {
				found += filepath.Base(path) + " "
			}
			return nil
		})
		if found != want {
			t.Errorf("the copy has %q, want %q", found, want)
		}
	}

	publish("first", private)
	fetch("changed", true)
	rule("first.hcl ")
	fetch("unchanged", true)
	if blobs.fetched != 2 {
		t.Errorf("%d blobs were fetched, want the archive and its signature, once", blobs.fetched)
	}

	publish("second", private)
	blobs.lock.Lock()
	blobs.spoiling = true
	blobs.lock.Unlock()
	fetch("other bytes", false)
	rule("first.hcl ")
	blobs.lock.Lock()
	blobs.spoiling = false
	blobs.lock.Unlock()
	fetch("changed", true)
	rule("second.hcl ")

	_, stranger, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	publish("third", stranger)
	fetch("sign", false)
	write(secret, "another")
	fetch("401", false)
	rule("second.hcl ")
	if blobs.tokens > 0 {
		t.Errorf("the token of the registry went to another server %d times", blobs.tokens)
	}
}
