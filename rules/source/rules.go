package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"aead.dev/minisign"

	"github.com/ruleids/ruleids/internal/fetch"
	"github.com/ruleids/ruleids/internal/files"
)

const (
	setsDir = "rules"
	setFile = "current.json"
	// signatureSuffix is what minisign adds to the name of a file for that of its signature, and maxSignature more than it has.
	signatureSuffix = ".minisig"
	maxSignature    = 8 << 10
	// longest is how long a repository or an artifact may take; a tar file has the same bound in package fetch.
	longest = 10 * time.Minute
)

// Current returns the directory with the copy of a rule set, and what there is to say of it; "" where there is none of the source.
func Current(dir, source string) (path string, c Copy) {
	if dir == "" || source == "" {
		return "", Copy{}
	}
	c = readMeta(filepath.Join(dir, setsDir, setFile))
	if c.Source != source || len(c.SHA256) < 16 {
		return "", Copy{}
	}
	path = filepath.Join(dir, setsDir, c.SHA256[:16])
	if _, err := os.Stat(path); err != nil {
		return "", Copy{}
	}
	return path, c
}

// fetched is a rule set that came, before anybody judged it.
type fetched struct {
	same    bool
	copy    Copy
	archive []byte // of a tar file
}

// Rules fetches a rule set. good judges the directory of what is new; after an error of it, or any other, the copy is as it was.
// changed says that it is another one now.
func (s *Store) Rules(ctx context.Context, spec Spec, good func(dir string) error) (c Copy, changed bool, err error) {
	_, c = Current(s.Dir, spec.Source)
	if problems := spec.Check(); len(problems) > 0 {
		return c, false, errors.New(problems[0].Detail)
	}
	w, err := spec.parse()
	if err != nil {
		return c, false, err
	}
	get := map[Kind]func(context.Context, Spec, where, Copy) (fetched, error){Archive: s.archive, Git: s.git, OCI: s.oci}[w.kind]
	f, err := get(ctx, spec, w, c)
	if err != nil {
		return c, false, err
	}
	now := s.now().UTC()
	if f.same || f.copy.SHA256 == c.SHA256 {
		if !f.same {
			f.copy.Source, f.copy.Changed, f.copy.Files = c.Source, c.Changed, c.Files
			c = f.copy
		}
		c.Checked = now
		return c, false, writeMeta(filepath.Join(s.Dir, setsDir, setFile), c)
	}
	next := f.copy
	next.Source, next.Checked, next.Changed = spec.Source, now, now
	sets := filepath.Join(s.Dir, setsDir)
	if err := os.MkdirAll(sets, 0o750); err != nil {
		return c, false, err
	}
	dir, err := os.MkdirTemp(sets, ".next-")
	if err != nil {
		return c, false, err
	}
	defer os.RemoveAll(dir)
	if next.Files, err = unpack(bytes.NewReader(f.archive), w.dir, dir); err != nil {
		return c, false, err
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		return c, false, err
	}
	if err := good(dir); err != nil {
		return c, false, err
	}
	path := filepath.Join(sets, next.SHA256[:16])
	err = errors.Join(os.RemoveAll(path), files.Rename(dir, path))
	if err == nil {
		err = writeMeta(filepath.Join(sets, setFile), next)
	}
	if err != nil {
		return c, false, err
	}
	tidy(sets, next.SHA256[:16])
	return next, true, nil
}

// tidy removes the sets that do not run. What is being fetched has a name with a dot.
func tidy(sets, keep string) {
	entries, err := os.ReadDir(sets)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != keep && !strings.HasPrefix(e.Name(), ".") {
			_ = os.RemoveAll(filepath.Join(sets, e.Name())) // the next time
		}
	}
}

// archive fetches a tar file, and its signature.
func (s *Store) archive(ctx context.Context, spec Spec, w where, c Copy) (fetched, error) {
	a, err := s.Client.Get(ctx, fetch.Request{URL: w.url, Max: maxPacked, Token: spec.Token, ETag: c.ETag, LastModified: c.LastModified})
	if err != nil || a.Same && spec.SHA256 == "" && spec.Key == "" {
		return fetched{same: err == nil}, err
	}
	if a.Same {
		// What the settings ask of it may be more than when it came.
		if spec.SHA256 != "" && !strings.EqualFold(spec.SHA256, c.SHA256) {
			return fetched{}, errDigest(c.SHA256)
		}
		if spec.Key == "" || c.Signed > 0 {
			return fetched{same: true}, nil
		}
		if a, err = s.Client.Get(ctx, fetch.Request{URL: w.url, Max: maxPacked, Token: spec.Token}); err != nil {
			return fetched{}, err
		}
	}
	if isPage(a) {
		return fetched{}, errors.New("the server sent a page for people, not a tar file")
	}
	var signature []byte
	if spec.Key != "" {
		sig, err := s.Client.Get(ctx, fetch.Request{URL: w.url + signatureSuffix, Max: maxSignature, Token: spec.Token})
		if err != nil {
			return fetched{}, fmt.Errorf("its signature (%s): %w", signatureSuffix, err)
		}
		signature = sig.Data
	}
	out := fetched{archive: a.Data, copy: Copy{ETag: a.ETag, LastModified: a.LastModified}}
	return out, out.verify(spec, signature, c)
}

func errDigest(have string) error {
	return fmt.Errorf("its SHA-256 is %s, not the one in the settings", have)
}

// verify checks that an archive is the right one, and not an older one than that in hand.
func (f *fetched) verify(spec Spec, signature []byte, before Copy) error {
	f.copy.SHA256 = digest(f.archive)
	if spec.SHA256 != "" && !strings.EqualFold(f.copy.SHA256, spec.SHA256) {
		return errDigest(f.copy.SHA256)
	}
	if spec.Key == "" {
		return nil
	}
	var key minisign.PublicKey
	if err := key.UnmarshalText([]byte(spec.Key)); err != nil {
		return err
	}
	if len(signature) == 0 {
		return fmt.Errorf("there is no signature (%s) with it", signatureSuffix)
	}
	var sig minisign.Signature
	if err := sig.UnmarshalText(signature); err != nil {
		return fmt.Errorf("its signature (%s) is none of minisign, or damaged", signatureSuffix)
	}
	if !minisign.Verify(key, f.archive, signature) {
		return errors.New("it was not signed with the key in the settings, or was changed since")
	}
	f.copy.Signed = signedAt(sig.TrustedComment)
	if f.copy.Signed > 0 && f.copy.Signed < before.Signed {
		return errors.New("it was signed before the one that runs: somebody gives out an old one")
	}
	return nil
}

// signedAt returns the time in a trusted comment as minisign writes it, "timestamp:1700000000	file:rules.tar.gz"; 0 where there is none.
func signedAt(comment string) int64 {
	for _, word := range strings.Fields(comment) {
		if text, ok := strings.CutPrefix(word, "timestamp:"); ok {
			n, err := strconv.ParseInt(text, 10, 64)
			if err == nil {
				return n
			}
		}
	}
	return 0
}
