package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// errNotInRevision says that a path is not in a revision of its repository.
var errNotInRevision = errors.New("it is not in the revision")

// checkout writes what a file or directory is in a revision of its git repository to a temporary directory, and returns where it
// is there and what removes it. Of the working tree nothing changes. The error is errNotInRevision where the revision exists without
// the path.
func checkout(ctx context.Context, revision, path string) (at string, remove func(), err error) {
	if err := exists(path); err != nil {
		return "", nil, err
	}
	dir, name := path, ""
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir, name = filepath.Dir(path), filepath.Base(path)
	}
	if strings.HasPrefix(revision, "-") {
		return "", nil, misused("--git takes a revision, not %q", revision)
	}
	git := func(args ...string) (out bytes.Buffer, err error) {
		var complaint bytes.Buffer
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
		cmd.Stdout, cmd.Stderr = &out, &complaint
		if err = cmd.Run(); errors.Is(err, exec.ErrNotFound) {
			err = errors.New("--git needs the program git, which is not installed")
		} else if err != nil {
			err = fmt.Errorf("git has no revision %s of %s: %s", revision, path, strings.TrimSpace(complaint.String()))
		}
		return out, err
	}
	if _, err := git("rev-parse", "--verify", revision+"^{commit}"); err != nil {
		return "", nil, err
	}
	if _, err := git("cat-file", "-e", revision+":./"+name); err != nil {
		return "", nil, errNotInRevision
	}
	// The archive of a directory holds what is in it, with names that begin there.
	out, err := git("archive", "--format=tar", revision)
	if err != nil {
		return "", nil, err
	}
	temp, err := os.MkdirTemp("", "ruleids-diff-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(temp) } // it is in the directory for temporary files
	if err := unpack(&out, temp); err != nil {
		remove()
		return "", nil, err
	}
	return filepath.Join(temp, name), remove, nil
}

// unpack writes the files and directories of a tar archive below a directory, and nothing outside of it.
func unpack(archive io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading what git wrote: %w", err)
		}
		name := filepath.FromSlash(strings.TrimSuffix(h.Name, "/"))
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		case tar.TypeReg:
			if err = root.MkdirAll(filepath.Dir(name), 0o755); err == nil {
				var text []byte
				if text, err = io.ReadAll(r); err == nil {
					err = root.WriteFile(name, text, 0o644)
				}
			}
		}
		if err != nil {
			return err
		}
	}
}
