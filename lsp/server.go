// Package lsp is a language server for rule files: it speaks the Language Server Protocol with an editor.
//
// It loads the rules of the workspace as every command does, with what is in the editor in the place of what is on the disk, and
// answers from that: diagnostics with codes and fixes, completion and hover in conditions, definitions and references, rename,
// format, folding, colours, and lenses that run tests and say how often a rule fires on captures.
package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/sourcegraph/jsonrpc2"
)

// settleAfter is how long the server waits at most after a change for the next one before it looks at the rules again. It waits for
// a quarter of the time that the last look took: most take some hundredths of a second, and the one after an edit of what all rules use
// longer.
const settleAfter = 150 * time.Millisecond

// A Server serves one editor.
type Server struct {
	// Version is told to the editor.
	Version string
	// Stdlib are the shipped rules.
	Stdlib fs.FS
	// Pages is where the pages of codes are: "https://…/docs/lint.md#".
	Pages string

	mu       sync.Mutex
	enc      encoding
	root     string
	opt      Options
	docs     map[string]*document // by URI: what is open
	told     map[string]publishParams
	changes  uint64     // how often something changed
	state    *workspace // as of some change; nil before the first was looked at
	timer    *time.Timer
	took     time.Duration // the last look at the rules
	looking  bool          // the rules are looked at
	missed   bool          // meanwhile it was time to look at them again
	lenses   lensCache
	shutdown bool

	loading sync.Mutex // whoever takes it has mu, which it may leave to others then
	kept    kept
}

// Serve speaks with the editor until it says exit, or the connection ends. The error is that of an exit without a shutdown.
func (s *Server) Serve(ctx context.Context, in io.ReadCloser, out io.Writer) error {
	s.docs, s.told, s.enc = map[string]*document{}, map[string]publishParams{}, utf16Units
	conn := jsonrpc2.NewConn(ctx, jsonrpc2.NewBufferedStream(stream{in, out}, jsonrpc2.VSCodeObjectCodec{}),
		jsonrpc2.HandlerWithError(s.handle).SuppressErrClosed(), jsonrpc2.SetLogger(quiet{}))
	select {
	case <-conn.DisconnectNotify():
	case <-ctx.Done():
		_ = conn.Close() // the program ends
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	if !s.shutdown && ctx.Err() == nil {
		return errors.New("the editor ended without a shutdown")
	}
	return nil
}

// stream is standard input and output as one.
type stream struct {
	io.ReadCloser
	out io.Writer
}

func (s stream) Write(p []byte) (int, error) { return s.out.Write(p) }

// quiet drops what the library would log: a message that cannot be read ends the connection.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// handle answers one message.
func (s *Server) handle(ctx context.Context, conn *jsonrpc2.Conn, r *jsonrpc2.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shutdown && r.Method != "exit" {
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidRequest, Message: "the server was told to shut down"}
	}
	switch r.Method {
	case "initialize":
		return answer(r, s.initialize)
	case "initialized", "$/cancelRequest", "$/setTrace", "workspace/didChangeConfiguration":
		return nil, nil
	case "shutdown":
		s.shutdown = true
		return nil, nil
	case "exit":
		go conn.Close() // not before this message is dealt with
		return nil, nil
	case "textDocument/didOpen":
		return answer(r, func(p struct {
			TextDocument documentItem `json:"textDocument"`
		}) (any, error) {
			s.docs[p.TextDocument.URI] = newDocument(p.TextDocument.URI, p.TextDocument.Text, p.TextDocument.Version)
			s.changed(ctx, conn, 0)
			return nil, nil
		})
	case "textDocument/didChange":
		return answer(r, func(p changeParams) (any, error) {
			d := s.docs[p.TextDocument.URI]
			if d == nil {
				return nil, nil
			}
			for _, c := range p.ContentChanges {
				d.edit(c.Range, c.Text, s.enc)
			}
			d.version = p.TextDocument.Version
			s.changed(ctx, conn, min(settleAfter, s.took/4))
			return nil, nil
		})
	case "textDocument/didClose":
		return answer(r, func(p documentParams) (any, error) {
			delete(s.docs, p.TextDocument.URI)
			s.changed(ctx, conn, 0)
			return nil, nil
		})
	case "textDocument/didSave", "workspace/didChangeWatchedFiles":
		s.changed(ctx, conn, 0)
		return nil, nil
	case "textDocument/completion":
		return answer(r, s.complete)
	case "textDocument/hover":
		return answer(r, s.hover)
	case "textDocument/definition":
		return answer(r, s.definition)
	case "textDocument/references":
		return answer(r, s.references)
	case "textDocument/prepareRename":
		return answer(r, s.prepareRename)
	case "textDocument/rename":
		return answer(r, s.rename)
	case "textDocument/formatting":
		return answer(r, s.format)
	case "textDocument/codeAction":
		return answer(r, s.actions)
	case "textDocument/foldingRange":
		return answer(r, s.folds)
	case "textDocument/documentSymbol":
		return answer(r, s.symbols)
	case "workspace/symbol":
		return answer(r, s.workspaceSymbols)
	case "textDocument/semanticTokens/full":
		return answer(r, s.tokens)
	case "textDocument/codeLens":
		return answer(r, s.codeLenses)
	case "workspace/executeCommand":
		return answer(r, func(p executeParams) (any, error) { return s.execute(ctx, conn, p) })
	}
	if r.Notif {
		return nil, nil // what a server does not know it may leave aside
	}
	return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "there is no method " + r.Method}
}

// answer reads the parameters of a message.
func answer[P any](r *jsonrpc2.Request, do func(P) (any, error)) (any, error) {
	var p P
	if r.Params != nil {
		if err := json.Unmarshal(*r.Params, &p); err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: err.Error()}
		}
	}
	return do(p)
}

func (s *Server) initialize(p initializeParams) (any, error) {
	s.opt = p.InitializationOptions
	s.root = pathOf(p.RootURI)
	if len(p.WorkspaceFolders) > 0 {
		s.root = pathOf(p.WorkspaceFolders[0].URI)
	}
	s.enc = agree(p.Capabilities.General.PositionEncodings)
	return map[string]any{
		"serverInfo": map[string]string{"name": "ruleids", "version": s.Version},
		"capabilities": map[string]any{
			"positionEncoding":           s.enc,
			"textDocumentSync":           map[string]any{"openClose": true, "change": 2, "save": true},
			"completionProvider":         map[string]any{"triggerCharacters": []string{".", "\"", " ", "("}},
			"hoverProvider":              true,
			"definitionProvider":         true,
			"referencesProvider":         true,
			"renameProvider":             map[string]any{"prepareProvider": true},
			"documentFormattingProvider": true,
			"documentSymbolProvider":     true,
			"workspaceSymbolProvider":    true,
			"foldingRangeProvider":       true,
			"codeActionProvider":         map[string]any{"codeActionKinds": []string{"quickfix"}},
			"codeLensProvider":           map[string]any{},
			"executeCommandProvider":     map[string]any{"commands": []string{runTestCommand}},
			"semanticTokensProvider": map[string]any{
				"legend": map[string]any{"tokenTypes": tokenTypes, "tokenModifiers": []string{}}, "full": true,
			},
		},
	}, nil
}

// agree chooses the encoding of positions: of those that the editor offers, the one that is least work.
func agree(offered []string) encoding {
	for _, e := range []encoding{utf32Units, utf8Units} {
		if slices.Contains(offered, string(e)) {
			return e
		}
	}
	return utf16Units
}

// changed has the rules looked at again after a while without another change. Requests are answered meanwhile.
func (s *Server) changed(ctx context.Context, conn *jsonrpc2.Conn, after time.Duration) {
	s.changes++
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(after, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.shutdown {
			s.look(ctx, conn)
		}
	})
}

// look loads the rules and tells the editor what is wrong, unless something changes while it does: then it is looked at again
// anyway. The lock is held before and after, and not while it loads.
func (s *Server) look(ctx context.Context, conn *jsonrpc2.Conn) {
	if s.looking {
		s.missed = true
		return
	}
	s.looking = true
	defer func() { s.looking = false }()
	for again := true; again && !s.shutdown; again, s.missed = s.missed, false {
		w, now, begun := s.snapshot(), s.changes, time.Now()
		s.loading.Lock()
		s.mu.Unlock()
		w.load(&s.kept)
		findings := w.findings(&s.kept)
		s.loading.Unlock()
		s.mu.Lock()
		s.took = time.Since(begun)
		s.adopt(w)
		if !s.shutdown && s.changes == now {
			s.publish(ctx, conn, s.diagnostics(w, findings))
		}
	}
}

// publish tells the editor what is wrong, in each file of the workspace in which that is not as it was told, and in what was edited.
func (s *Server) publish(ctx context.Context, conn *jsonrpc2.Conn, found map[string][]Diagnostic) {
	for uri := range s.told {
		if _, still := found[uri]; !still {
			found[uri] = []Diagnostic{}
		}
	}
	for uri := range s.docs {
		if _, ok := found[uri]; !ok {
			found[uri] = []Diagnostic{}
		}
	}
	for uri, ds := range found {
		p := publishParams{URI: uri, Diagnostics: ds}
		if d := s.docs[uri]; d != nil {
			version := d.version
			p.Version = &version
		}
		if reflect.DeepEqual(s.told[uri], p) {
			continue
		}
		if len(ds) > 0 || p.Version != nil {
			s.told[uri] = p
		} else {
			delete(s.told, uri)
		}
		_ = conn.Notify(ctx, "textDocument/publishDiagnostics", p) // an editor that has gone needs nothing
	}
}
