package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/engine/ruletest"
)

// runTestCommand runs a test; its arguments are the path of the file and the name of the test.
const runTestCommand = "ruleids.runTest"

// maxLensBytes bounds what is read of captures for lenses: more would keep the editor waiting.
const maxLensBytes = 64 << 20

// lensCache keeps what rules did on captures, for as long as the rules are the same.
type lensCache struct {
	digest string
	rules  map[string]string
}

// codeLenses are the lines above tests that run them, and above rules that say what they do on captures.
func (s *Server) codeLenses(p documentParams) (any, error) {
	out := []codeLens{}
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return out, nil
	}
	for _, b := range spans(d.text) {
		at := Range{Position{b.from, 0}, Position{b.from, 0}}
		switch {
		case b.depth > 0 || b.label == "":
		case b.kind == "test" && strings.HasSuffix(d.path, testSuffix):
			out = append(out, codeLens{at, &command{"run test", runTestCommand, []any{d.path, b.label}}})
		case b.kind == "rule" && len(s.opt.Captures) > 0:
			if text := s.onCaptures(b.label); text != "" {
				out = append(out, codeLens{at, &command{Title: text}})
			}
		}
	}
	return out, nil
}

// onCaptures says how often a rule fires on the captures of the workspace, or how close it came; "" where the rules do not load.
func (s *Server) onCaptures(rule string) string {
	w := s.load()
	if w.diags.HasErrors() {
		return ""
	}
	if s.lenses.rules == nil || s.lenses.digest != w.set.Digest {
		s.lenses = lensCache{w.set.Digest, map[string]string{}}
	}
	if text, ok := s.lenses.rules[rule]; ok {
		return text
	}
	x, diags := engine.NewExplainer(w.set, []string{rule})
	if diags.HasErrors() {
		return ""
	}
	read, names := int64(0), 0
	for _, c := range s.captures() {
		if read > maxLensBytes {
			break
		}
		n, err := replay(c, x)
		if read += n; err == nil {
			names++
		}
	}
	text := ""
	for _, e := range x.Explanations() {
		if e.Rule != rule || names == 0 {
			continue
		}
		on := counted(names, "capture")
		switch {
		case e.Alerts > 0:
			text = fmt.Sprintf("fires %s on %s", counted(e.Alerts, "time"), on)
		case len(e.Closest) > 0 && e.Closest[0].Aggregate != "":
			text = fmt.Sprintf("does not fire on %s; closest %s %.4g of %.4g", on, e.Closest[0].Aggregate, e.Closest[0].Value, e.Closest[0].Bound)
		default:
			text = fmt.Sprintf("does not fire on %s; %s passed where", on, counted(e.Passed, "packet"))
		}
	}
	s.lenses.rules[rule] = text
	return text
}

// counted is a number with its noun: 1 capture, 2 captures.
func counted[N int | uint64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// captures returns the captures that the editor named, below the root of the workspace.
func (s *Server) captures() []string {
	var out []string
	for _, c := range s.opt.Captures {
		if !filepath.IsAbs(c) {
			c = filepath.Join(s.root, c)
		}
		_ = filepath.WalkDir(c, func(name string, e fs.DirEntry, err error) error { // what is not there has no captures
			if err == nil && e.Type().IsRegular() && slices.Contains([]string{".pcap", ".pcapng", ".cap"}, filepath.Ext(strings.TrimSuffix(name, ".gz"))) {
				out = append(out, name)
			}
			return nil
		})
	}
	slices.Sort(out)
	return out
}

// replay runs a capture past a rule, and returns how many bytes of it were read.
func replay(name string, x *engine.Explainer) (int64, error) {
	in, err := capture.Open(name)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	var b capture.Batch
	for {
		if err := in.Read(&b); errors.Is(err, io.EOF) {
			return in.Offset(), nil
		} else if err != nil {
			return in.Offset(), err
		}
		x.Process(b.Frames)
	}
}

// testFiles returns the test files in and below a path, with slashes.
func testFiles(path string) map[string]fs.FileInfo {
	out := map[string]fs.FileInfo{}
	_ = filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error { // what cannot be read has no tests
		switch {
		case err != nil:
		case e.IsDir() && name != path && strings.HasPrefix(e.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(name, testSuffix):
			if st, err := e.Info(); err == nil {
				out[filepath.ToSlash(name)] = st
			}
		}
		return nil
	})
	return out
}

// execute runs a command of a lens.
func (s *Server) execute(ctx context.Context, conn *jsonrpc2.Conn, p executeParams) (any, error) {
	if p.Command != runTestCommand || len(p.Arguments) != 2 {
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: "the command is " + runTestCommand + ", with the path of a test file and the name of a test"}
	}
	path, name := p.Arguments[0], p.Arguments[1]
	d := s.load().document(path)
	if d == nil {
		return nil, fmt.Errorf("%s is not there", path)
	}
	tests, diags := ruletest.Parse([]byte(d.text), path)
	i := slices.IndexFunc(tests, func(t *ruletest.Test) bool { return t.Name == name })
	if i < 0 {
		if diags.HasErrors() {
			return nil, diags
		}
		return nil, fmt.Errorf("there is no test %q in %s", name, path)
	}
	runner := ruletest.Runner{Rules: s.load().opt, Tests: []string{path}}
	result := runner.Run(tests[i])
	kind, text := 3, fmt.Sprintf("pass: %s", name)
	if result.Status != ruletest.Pass {
		kind, text = 1, fmt.Sprintf("%s: %s\n%s", result.Status, name, strings.Join(result.Problems, "\n"))
	}
	_ = conn.Notify(ctx, "window/showMessage", showMessageParams{kind, text}) // an editor that has gone needs nothing
	return map[string]any{"status": fmt.Sprint(result.Status), "message": text}, nil
}
