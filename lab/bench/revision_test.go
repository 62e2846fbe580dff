package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// clone makes a repository with so many empty commits and works in it for the rest of the test.
func clone(t *testing.T, commits int) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git here")
	}
	t.Chdir(t.TempDir())
	for _, k := range []string{"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"} {
		t.Setenv(k, os.DevNull)
	}
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+who+"_NAME", "Somebody")
		t.Setenv("GIT_"+who+"_EMAIL", "somebody@example.org")
	}
	gitRun(t, "init", "--quiet", "--initial-branch=main")
	for range commits {
		gitRun(t, "commit", "--quiet", "--allow-empty", "--message=one more")
	}
}

func gitRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := git(t.Context(), ".", args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFindBase(t *testing.T) {
	find := func(t *testing.T, asked, environment string) *baseRevision {
		t.Helper()
		r, err := findBase(t.Context(), asked, environment)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	t.Run("before HEAD", func(t *testing.T) {
		clone(t, 3)
		if r := find(t, "", ""); r.commit != gitRun(t, "rev-parse", "HEAD~1") {
			t.Errorf("base %s", r.describe())
		}
	})
	t.Run("asked for, and named by the environment", func(t *testing.T) {
		clone(t, 3)
		want := gitRun(t, "rev-parse", "HEAD~2")
		if r := find(t, "HEAD~2", "HEAD"); r.commit != want {
			t.Errorf("base %s", r.describe())
		}
		if r := find(t, "", want); r.commit != want {
			t.Errorf("base %s", r.describe())
		}
	})
	t.Run("ahead of the upstream branch", func(t *testing.T) {
		clone(t, 2)
		gitRun(t, "checkout", "--quiet", "-b", "change", "--track", "main")
		at := gitRun(t, "rev-parse", "HEAD")
		if r := find(t, "", ""); r.commit != gitRun(t, "rev-parse", "HEAD~1") {
			t.Errorf("level with upstream, base %s", r.describe())
		}
		gitRun(t, "commit", "--quiet", "--allow-empty", "--message=a change")
		gitRun(t, "commit", "--quiet", "--allow-empty", "--message=another")
		if r := find(t, "", ""); r.commit != at {
			t.Errorf("ahead, base %s", r.describe())
		}
	})
	for _, tt := range []struct {
		name               string
		commits            int
		asked, environment string
		skipped            bool
	}{
		{name: "one commit", commits: 1, skipped: true},
		{name: "no commit", skipped: true},
		{name: "the environment names what is not there", commits: 2, environment: "0123456789012345678901234567890123456789", skipped: true},
		{name: "what was asked for is not there", commits: 2, asked: "nowhere"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clone(t, tt.commits)
			_, err := findBase(t.Context(), tt.asked, tt.environment)
			if err == nil || errors.Is(err, errNoBase) != tt.skipped {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("no repository", func(t *testing.T) {
		dir := t.TempDir()
		t.Chdir(dir)
		t.Setenv("GIT_CEILING_DIRECTORIES", dir)
		if _, err := findBase(t.Context(), "", ""); !errors.Is(err, errNoBase) {
			t.Errorf("error %v", err)
		}
	})
}

// TestBaseThatCannotBeBuilt says so, names the revision, and leaves no working tree behind.
func TestBaseThatCannotBeBuilt(t *testing.T) {
	clone(t, 2)
	r, err := findBase(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	err = r.build(t.Context(), dir+"/base", dir)
	if err == nil || !strings.Contains(err.Error(), "cannot be built") || !strings.Contains(err.Error(), r.commit[:12]) {
		t.Errorf("error %v", err)
	}
	if trees := gitRun(t, "worktree", "list"); strings.Contains(trees, dir) {
		t.Errorf("working trees: %s", trees)
	}
}
