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

// checkout writes what a file or directory is in a revision of its git repository to a temporary directory, and returns where it
// is there and what removes it. Of the working tree nothing changes.
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
	// The archive of a directory holds what is in it, with names that begin there.
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", "-C", dir, "archive", "--format=tar", revision)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); errors.Is(err, exec.ErrNotFound) {
		return "", nil, errors.New("--git needs the program git, which is not installed")
	} else if err != nil {
		return "", nil, fmt.Errorf("git has no %s in revision %s: %s", path, revision, strings.TrimSpace(complaint.String()))
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
	at = filepath.Join(temp, name)
	if exists(at) != nil {
		remove()
		return "", nil, fmt.Errorf("%s is not there in revision %s", path, revision)
	}
	return at, remove, nil
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
