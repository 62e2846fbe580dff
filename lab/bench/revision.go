package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// errNoBase is why there is nothing to compare with.
var errNoBase = errors.New("there is no base")

// A baseRevision is a revision of the repository to compare with.
type baseRevision struct {
	repository string // root of the working tree
	commit     string
	why        string // it is the base
}

func (r *baseRevision) describe() string {
	return r.commit[:min(12, len(r.commit))] + " (" + r.why + ")"
}

// findBase returns the base: the revision asked for, which must be there, or the one that the environment names, or
// where HEAD left its upstream branch, or the one before HEAD. Where there is none of these, as in a clone of one
// commit, the error is errNoBase.
func findBase(ctx context.Context, asked, environment string) (*baseRevision, error) {
	root, err := git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		if asked != "" {
			return nil, err
		}
		return nil, fmt.Errorf("%w: this is not a clone of a repository", errNoBase)
	}
	r := &baseRevision{repository: root}
	commit := func(rev string) error {
		r.commit, err = git(ctx, root, "rev-parse", "--verify", "--quiet", rev+"^{commit}")
		return err
	}
	if asked != "" {
		r.why = asked
		if commit(asked) != nil {
			return nil, fmt.Errorf("there is no revision %q here; git fetch may bring it", asked)
		}
		return r, nil
	}
	if environment != "" {
		r.why = "which BENCH_BASE names"
		if commit(environment) != nil {
			return nil, fmt.Errorf("%w: BENCH_BASE names %q, which is not in this clone", errNoBase, environment)
		}
		return r, nil
	}
	head, err := git(ctx, root, "rev-parse", "HEAD")
	if err != nil {
		return nil, fmt.Errorf("%w: there is no commit yet", errNoBase)
	}
	if fork, err := git(ctx, root, "merge-base", "HEAD", "@{upstream}"); err == nil && fork != head {
		r.commit, r.why = fork, "where HEAD left its upstream branch"
		return r, nil
	}
	r.why = "the commit before HEAD"
	if commit("HEAD~1") != nil {
		return nil, fmt.Errorf("%w: HEAD has no commit before it in this clone; fetch more of its history, or set BENCH_BASE", errNoBase)
	}
	return r, nil
}

// build builds the program of the base, in a working tree below dir that is gone afterwards.
func (r *baseRevision) build(ctx context.Context, to, dir string) (err error) {
	tree := filepath.Join(dir, "tree")
	if _, err := git(ctx, r.repository, "worktree", "add", "--detach", "--force", tree, r.commit); err != nil {
		return fmt.Errorf("the base %s cannot be checked out: %w", r.describe(), err)
	}
	defer func() {
		// It must go even when the check was interrupted.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		_, rerr := git(ctx, r.repository, "worktree", "remove", "--force", tree)
		err = errors.Join(err, rerr)
	}()
	if err := build(ctx, to, tree); err != nil {
		return fmt.Errorf("the base %s cannot be built: %w", r.describe(), err)
	}
	return nil
}

// git runs a command of git in a directory and returns its line of output.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	out, err := output(cmd)
	return strings.TrimSpace(string(out)), err
}
