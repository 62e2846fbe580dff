package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// maxRepository bounds what git fetches: one commit, so the files of the repository, packed.
	maxRepository = 256 << 20
	lookEvery     = 200 * time.Millisecond
)

// git fetches one commit by the git program, and has it make a tar file of the directory, which is unpacked as any other.
func (s *Store) git(ctx context.Context, spec Spec, w where, c Copy) (fetched, error) {
	ctx, done := context.WithTimeout(ctx, longest)
	defer done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ref := cmp.Or(w.ref, "HEAD")
	if commitForm.MatchString(ref) && ref == c.Version {
		return fetched{same: true}, nil
	}
	if !commitForm.MatchString(ref) {
		list, err := runGit(ctx, nil, "", spec.login(), "ls-remote", w.url, ref)
		if err != nil {
			return fetched{}, err
		}
		commit, _, found := bytes.Cut(list, []byte{'\t'})
		if !found {
			return fetched{}, fmt.Errorf("the repository has no branch or tag %q", ref)
		}
		if c.Version != "" && string(commit) == c.Version {
			return fetched{same: true}, nil
		}
	}
	dir, err := os.MkdirTemp("", "ruleids-git-")
	if err != nil {
		return fetched{}, err
	}
	defer os.RemoveAll(dir)
	if _, err := runGit(ctx, nil, dir, nil, "init", "--quiet", "--bare"); err != nil {
		return fetched{}, err
	}
	ended := make(chan struct{})
	go func() { // git has no bound of its own
		for tick := time.NewTicker(lookEvery); ; {
			select {
			case <-ended:
				tick.Stop()
				return
			case <-tick.C:
				if sizeOf(dir) > maxRepository {
					cancel(fmt.Errorf("the repository has over %d bytes", maxRepository))
				}
			}
		}
	}()
	_, err = runGit(ctx, nil, dir, spec.login(), "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options", w.url, ref)
	close(ended)
	if err != nil {
		return fetched{}, err
	}
	commit, err := runGit(ctx, nil, dir, nil, "rev-parse", "--verify", "FETCH_HEAD^{commit}")
	if err != nil {
		return fetched{}, err
	}
	id := strings.TrimSpace(string(commit))
	if commitForm.MatchString(w.ref) && id != w.ref {
		return fetched{}, fmt.Errorf("the repository gave commit %s, not the one in the settings", id)
	}
	if id == c.Version {
		return fetched{same: true}, nil
	}
	var tar capped
	args := []string{"archive", "--format=tar", id}
	if w.dir != "" {
		args = append(args, "--", w.dir)
	}
	if _, err := runGit(ctx, &tar, dir, nil, args...); err != nil {
		return fetched{}, err
	}
	return fetched{archive: tar.Bytes(), copy: Copy{Version: id, SHA256: digest(tar.Bytes())}}, nil
}

// capped takes as much as a rule set may have.
type capped struct{ bytes.Buffer }

// Write implements io.Writer.
func (c *capped) Write(p []byte) (int, error) {
	if c.Len()+len(p) > maxUnpacked {
		return 0, fmt.Errorf("it has over %d bytes", maxUnpacked)
	}
	return c.Buffer.Write(p)
}

// login returns the environment in which git gives the token to the server of the source, and to no other. A server that wants
// another user name than tokenUser has it in the URL, or in user:password.
func (s Spec) login() []string {
	u, err := url.Parse(strings.TrimPrefix(s.Source, "git+"))
	if err != nil || s.Token == "" || u.Scheme != "https" {
		return nil
	}
	user, password, both := strings.Cut(s.Token, ":")
	if !both {
		user, password = cmp.Or(u.User.Username(), tokenUser), s.Token
	}
	return []string{
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=credential.helper", "GIT_CONFIG_VALUE_0=", // none of the account's own
		"GIT_CONFIG_KEY_1=credential.https://" + u.Host + ".helper",
		`GIT_CONFIG_VALUE_1=!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$RULEIDS_GIT_USER" "$RULEIDS_GIT_PASSWORD"; }; f`,
		"RULEIDS_GIT_USER=" + user, "RULEIDS_GIT_PASSWORD=" + password,
	}
}

// trust has git trust the certificates that the rest of the program does.
func trust() (out []string) {
	for theirs, ours := range map[string]string{"GIT_SSL_CAINFO": "SSL_CERT_FILE", "GIT_SSL_CAPATH": "SSL_CERT_DIR"} {
		if value := os.Getenv(ours); value != "" && os.Getenv(theirs) == "" {
			out = append(out, theirs+"="+value)
		}
	}
	return out
}

// runGit runs git without a terminal to ask at, and returns its output where out is nil. Errors are its own words.
func runGit(ctx context.Context, out io.Writer, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.hooksPath=" + os.DevNull, "-c", "protocol.allow=never", "-c", "protocol.https.allow=always",
		"-c", "protocol.ssh.allow=always", "-c", "protocol.file.allow=always", "-c", "http.followRedirects=initial", "-c", "gc.auto=0"}, args...)...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), trust(), env, []string{"GIT_TERMINAL_PROMPT=0", "GIT_SSH_COMMAND=ssh -o BatchMode=yes", "GIT_HTTP_LOW_SPEED_LIMIT=100", "GIT_HTTP_LOW_SPEED_TIME=30", "LC_ALL=C"})
	cmd.WaitDelay = 5 * time.Second
	var buffer, words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buffer, &words
	if out != nil {
		cmd.Stdout = out
	}
	err := cmd.Run()
	switch {
	case err == nil:
		return buffer.Bytes(), nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("there is no git program on this host: install git, or publish a tar file")
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	// Behind an empty line git gives advice.
	said, _, _ := strings.Cut(strings.TrimSpace(words.String()), "\n\n")
	if said = strings.ReplaceAll(said, "fatal: ", ""); said != "" {
		return nil, fmt.Errorf("git: %.300s", strings.Join(strings.FieldsFunc(said, func(r rune) bool { return r == '\r' || r == '\n' }), "; "))
	}
	return nil, fmt.Errorf("git %s: %w", args[0], err)
}

// sizeOf returns the bytes of the files in a directory and below it.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if st, err := d.Info(); err == nil { // it may be gone by now
				n += st.Size()
			}
		}
		return nil
	})
	return n
}
