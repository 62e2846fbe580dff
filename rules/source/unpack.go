package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/rules"
)

// What a rule set may have at most.
const (
	maxPacked   = 64 << 20  // bytes of an archive
	maxUnpacked = 256 << 20 // bytes that it unpacks to, of all of its files, those that are left out too
	maxFiles    = 20_000    // in it
	maxDepth    = 32        // directories below each other
)

// kept are the names of files that rule sets are made of.
func kept(name string) bool {
	return rules.IsRuleFile(path.Base(name)) || slices.Contains([]string{".txt", ".csv", ".list"}, path.Ext(name))
}

var (
	errNotTar   = errors.New("it is no tar file, packed by gzip or not")
	errNoRules  = errors.New("there is no rule file in it")
	errTooLarge = fmt.Errorf("it unpacks to over %d bytes", maxUnpacked)
)

// unpack writes the rule files and lists of a tar file below a directory, which is there and empty, and nothing outside of it. It
// refuses names that lead out of it, and rule files that are links or stand twice; it returns how many it wrote.
func unpack(r io.Reader, below, to string) (files int, err error) {
	root, err := os.OpenRoot(to)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	if r, err = plainTar(r); err != nil {
		return 0, err
	}
	limited := &io.LimitedReader{R: r, N: maxUnpacked + 1}
	t := tar.NewReader(limited)
	ruleFiles, seen := 0, 0
	for {
		h, err := t.Next()
		switch {
		case limited.N <= 0:
			return 0, errTooLarge
		case errors.Is(err, io.EOF) && seen == 0:
			return 0, errNotTar
		case errors.Is(err, io.EOF):
			// What is behind the end of the tar file has the checksum of gzip.
			if _, err := io.Copy(io.Discard, limited); err != nil {
				return 0, damaged(err)
			}
			if limited.N <= 0 {
				return 0, errTooLarge
			}
			if ruleFiles == 0 {
				return 0, errNoRules
			}
			return files, nil
		case errors.Is(err, tar.ErrHeader) && seen == 0:
			return 0, errNotTar
		case err != nil:
			return 0, damaged(err)
		}
		if seen++; seen > maxFiles {
			return 0, fmt.Errorf("there are over %d files in it", maxFiles)
		}
		name := strings.TrimPrefix(strings.TrimSuffix(h.Name, "/"), "./")
		if h.Typeflag == tar.TypeXGlobalHeader || name == "." || name == "" {
			continue
		}
		if !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") || strings.Count(name, "/") > maxDepth {
			return 0, fmt.Errorf("there is a file of the name %q in it, which could lead elsewhere", h.Name)
		}
		inside, ok := within(name, below)
		if !ok || !kept(inside) || h.Typeflag == tar.TypeDir {
			continue
		}
		if h.Typeflag != tar.TypeReg {
			return 0, fmt.Errorf("%q in it is a link, or something else that is no file", h.Name)
		}
		if err := write(root, inside, t); err != nil {
			if limited.N <= 0 {
				err = errTooLarge
			}
			return 0, damaged(err)
		}
		files++
		if strings.HasSuffix(inside, ".hcl") {
			ruleFiles++
		}
	}
}

// within returns the name below a directory of the archive. The first directory of an archive often has the name of the project and
// its version, so below may stand behind it.
func within(name, below string) (string, bool) {
	if below == "" {
		return name, true
	}
	if rest, ok := strings.CutPrefix(name, below+"/"); ok {
		return rest, true
	}
	_, rest, ok := strings.Cut(name, "/")
	if !ok {
		return "", false
	}
	return strings.CutPrefix(rest, below+"/")
}

func write(root *os.Root, name string, from io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o750); err != nil {
		return fmt.Errorf("%q in it cannot be written: %w", name, err)
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%q stands in it twice", name)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Close())
}

// plainTar unpacks gzip where there is some.
func plainTar(r io.Reader) (io.Reader, error) {
	head := make([]byte, 2)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r = io.MultiReader(bytes.NewReader(head[:n]), r)
	if !bytes.Equal(head[:n], []byte{0x1f, 0x8b}) {
		return r, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, damaged(err)
	}
	return z, nil
}

func damaged(err error) error {
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrHeader) {
		return errors.New("it cannot be unpacked: it is damaged or cut short")
	}
	if strings.Contains(err.Error(), "flate") {
		return errors.New("it cannot be unpacked: it is damaged")
	}
	return err
}
