package server

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/state"
)

// ErrNeedsServer is returned for what only a running server can do.
var ErrNeedsServer = errors.New("this needs a running server")

// Alone answers a request about keys, accounts and tokens from a directory in which no server runs.
func Alone(r *http.Request, dir string, log *slog.Logger) (*http.Response, error) {
	needsNone := false
	for _, path := range []string{"keys", "accounts", "tokens", "audit", "operator-key"} {
		rest, ok := strings.CutPrefix(r.URL.Path, "/api/v1/"+path)
		needsNone = needsNone || ok && (rest == "" || rest[0] == '/')
	}
	if !needsNone {
		return nil, ErrNeedsServer
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ca, err := pki.Open(filepath.Join(dir, "pki"))
	if err != nil {
		return nil, err
	}
	db, err := state.Open(filepath.Join(dir, StateFile))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, follows, err := db.Base(r.Context()); err != nil {
		return nil, err
	} else if follows && r.Method != http.MethodGet {
		return nil, ErrNeedsServer // the other servers would not hear of it
	}
	w := &recorder{header: http.Header{}}
	handler := api.New(api.Options{State: db, CA: ca, Log: log, OperatorKey: operatorKey(db)}).Handler(true)
	handler.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
	return &http.Response{StatusCode: w.code, Status: http.StatusText(w.code), Header: w.header, Body: &w.body}, nil
}

// operatorKey returns what reads the key that rule sets are signed with.
func operatorKey(db *state.DB) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		key, err := db.Note(ctx, "operator_key")
		return string(key), err
	}
}

// A recorder takes an answer down.
type recorder struct {
	header http.Header
	code   int
	body   body
}

// A body is read by whoever asked.
type body struct{ bytes.Buffer }

// Close implements io.Closer.
func (*body) Close() error { return nil }

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(code int) { r.code = code }

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	r.code = cmp.Or(r.code, http.StatusOK)
	return r.body.Write(b)
}
