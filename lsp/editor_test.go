package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/ruleids/ruleids/stdlib"
)

// An editor is a client on the other end of a pipe.
type editor struct {
	t         testing.TB
	server    *Server
	conn      *jsonrpc2.Conn
	dir       string
	published chan publishParams
	ended     chan error
	versions  map[string]int
}

// open starts a server on a workspace of files.
func open(t testing.TB, files map[string]string, options map[string]any) *editor {
	t.Helper()
	e := &editor{t: t, dir: t.TempDir(), published: make(chan publishParams, 1000), ended: make(chan error, 1), versions: map[string]int{}}
	for name, text := range files {
		e.write(name, text)
	}
	toServer, fromEditor := io.Pipe()
	toEditor, fromServer := io.Pipe()
	s := &Server{Version: "test", Stdlib: stdlib.FS(), Pages: "https://example.com/lint.md#"}
	e.server = s
	go func() {
		e.ended <- s.Serve(context.Background(), toServer, fromServer)
		fromServer.Close()
	}()
	e.conn = jsonrpc2.NewConn(context.Background(), jsonrpc2.NewBufferedStream(stream{toEditor, fromEditor}, jsonrpc2.VSCodeObjectCodec{}),
		jsonrpc2.HandlerWithError(func(_ context.Context, _ *jsonrpc2.Conn, r *jsonrpc2.Request) (any, error) {
			var p publishParams
			if r.Method == "textDocument/publishDiagnostics" && json.Unmarshal(*r.Params, &p) == nil {
				e.published <- p
			}
			return nil, nil
		}))
	params := map[string]any{"rootUri": uriOf(e.dir), "initializationOptions": options}
	if enc, ok := options["encodings"]; ok {
		params["capabilities"] = map[string]any{"general": map[string]any{"positionEncodings": enc}}
	}
	e.call("initialize", params)
	e.notify("initialized", map[string]any{})
	t.Cleanup(func() {
		e.call("shutdown", nil)
		e.notify("exit", nil)
		if err := <-e.ended; err != nil {
			t.Error(err)
		}
		e.conn.Close()
	})
	return e
}

func (e *editor) write(name, text string) {
	e.t.Helper()
	path := filepath.Join(e.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		e.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		e.t.Fatal(err)
	}
}

func (e *editor) uri(name string) string { return uriOf(filepath.Join(e.dir, name)) }

// call sends a request and returns the answer as it stands.
func (e *editor) call(method string, params any) json.RawMessage {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var out json.RawMessage
	if err := e.conn.Call(ctx, method, params, &out); err != nil {
		return json.RawMessage(fmt.Sprintf("%q", "error: "+err.Error()))
	}
	return out
}

func (e *editor) notify(method string, params any) {
	e.t.Helper()
	if err := e.conn.Notify(context.Background(), method, params); err != nil {
		e.t.Fatal(err)
	}
}

// show opens a file in the editor.
func (e *editor) show(name, text string) {
	e.t.Helper()
	e.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": e.uri(name), "languageId": "hcl", "version": 1, "text": text}})
}

// await waits for diagnostics of a file that are as wanted.
func (e *editor) await(name string, want func([]Diagnostic) bool) []Diagnostic {
	e.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case p := <-e.published:
			if p.URI == e.uri(name) && want(p.Diagnostics) {
				return p.Diagnostics
			}
		case <-deadline:
			e.t.Fatalf("no diagnostics of %s as wanted", name)
		}
	}
}

// at is the parameters of a place: the one that ‸ marks in text.
func (e *editor) at(name, text string) (string, map[string]any) {
	e.t.Helper()
	before, after, ok := strings.Cut(text, "‸")
	if !ok {
		e.t.Fatal("no place is marked")
	}
	line := strings.Count(before, "\n")
	units := 0
	for _, r := range before[strings.LastIndex(before, "\n")+1:] {
		units += utf16Units.width(r, 0)
	}
	return before + after, map[string]any{"textDocument": map[string]any{"uri": e.uri(name)}, "position": Position{line, units}}
}

const scan = `list "friends" {
  description = "Friends."
  type        = "ip"
  values      = ["192.0.2.1"]
}

macro "web" {
  description = "To a web server."
  expr        = "tcp.dstport in [80, 443]"
}

rule "web_scan" {
  description = "A scan of web servers."
  severity    = "low"
  where       = "new_connection and web and ip.src not in list.friends"
  by          = ["ip.src"]
  window "10s" {
    hosts = "distinct(ip.dst)"
  }
  threshold = 20
  when      = "hosts >= threshold"
}
`
