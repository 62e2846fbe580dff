package link

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/internal/files"
)

const (
	setsDir = "rules"
	setFile = "set.json"
)

// A chosen set is the one that runs, as the file has it.
type chosen struct {
	Digest string `json:"digest"`
}

// RuleSet returns the directory with the rule set that the server gave to the agent, and its digest; "" for none.
func RuleSet(dir string) (path, digest string) {
	if dir == "" {
		return "", ""
	}
	text, err := os.ReadFile(filepath.Join(dir, setsDir, setFile))
	var c chosen
	if err != nil || json.Unmarshal(text, &c) != nil || c.Digest == "" {
		return "", ""
	}
	path = filepath.Join(dir, setsDir, c.Digest[:min(len(c.Digest), 16)])
	if _, err := os.Stat(path); err != nil {
		return "", ""
	}
	return path, c.Digest
}

// ErrNoKey is returned where an agent pinned no operator's key.
var ErrNoKey = errors.New("this agent pinned no operator's key when it joined: join again")

// TakeRuleSet fetches a rule set, checks that the operator signed it, and makes it the one that RuleSet returns; "" makes it none.
// undo puts back the one before.
func (m *Membership) TakeRuleSet(ctx context.Context, dir, digest string, fetch func(context.Context) ([]byte, error)) (undo func() error, err error) {
	_, before := RuleSet(dir)
	undo = func() error { return choose(dir, before) }
	if digest == "" {
		return undo, choose(dir, "")
	}
	if m.OperatorKey == "" {
		return nil, ErrNoKey
	}
	key, err := bundle.ParsePublic(m.OperatorKey)
	if err != nil {
		return nil, err
	}
	data, err := fetch(ctx)
	if err != nil {
		return nil, err
	}
	if have := bundle.Digest(data); have != digest {
		return nil, fmt.Errorf("the server sent another rule set than it named: %.12s, not %.12s", have, digest)
	}
	set, err := bundle.Open(data, key)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, setsDir, digest[:16])
	if err := os.MkdirAll(filepath.Join(dir, setsDir), 0o750); err != nil {
		return nil, err
	}
	next, err := os.MkdirTemp(filepath.Join(dir, setsDir), ".next-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(next)
	if err := set.Write(next); err != nil {
		return nil, err
	}
	if err := os.Chmod(next, 0o750); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}
	if err := files.Rename(next, path); err != nil {
		return nil, err
	}
	return undo, choose(dir, digest)
}

// choose makes a set the one that runs.
func choose(dir, digest string) error {
	text, err := json.Marshal(chosen{digest})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, setsDir), 0o750); err != nil {
		return err
	}
	return files.Write(filepath.Join(dir, setsDir, setFile), text, 0o640)
}

// TidyRuleSets removes the sets that do not run, but for one.
func TidyRuleSets(dir, keep string) {
	_, digest := RuleSet(dir)
	entries, err := os.ReadDir(filepath.Join(dir, setsDir))
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != digest[:min(len(digest), 16)] && e.Name() != keep[:min(len(keep), 16)] {
			_ = os.RemoveAll(filepath.Join(dir, setsDir, e.Name())) // the next time
		}
	}
}
