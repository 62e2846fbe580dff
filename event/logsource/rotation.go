package logsource

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/files"
)

// archive reads what was not read yet of a rotated file, compressed or not, and takes down that it was seen. It reports false for
// one that has vanished meanwhile, or in whose place is another.
func (t *tail) archive(ctx context.Context, x sibling) (bool, error) {
	in, err := openArchive(x.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer in.Close()
	head, err := io.ReadAll(io.LimitReader(in, headBytes))
	if err != nil || !bytes.HasPrefix(head, x.text) {
		return false, nil
	}
	from := t.from(x)
	text := io.MultiReader(bytes.NewReader(head), in)
	if _, err := io.CopyN(io.Discard, text, from); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	t.aside = &mark{Offset: from, Head: digest(head), HeadBytes: len(head)}
	if err := t.save(); err != nil { // a position in it says nothing without that
		return false, err
	}
	buf, rest := make([]byte, readBytes), []byte(nil)
	for {
		n, err := text.Read(buf)
		rest = append(rest, buf[:n]...)
		end := bytes.LastIndexByte(rest, '\n') + 1
		if errors.Is(err, io.EOF) || end == 0 && len(rest) > lineMost {
			end = len(rest)
		}
		if end > 0 {
			if err := t.deliver(ctx, rest[:end], t.aside); err != nil {
				return false, err
			}
			rest = append(rest[:0], rest[end:]...)
		}
		if errors.Is(err, io.EOF) {
			t.saw(t.aside.Head)
			t.aside = nil
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// rotation is what logrotate and newsyslog add to a name: ".1", "-20261129", each with ".gz" or without.
var rotation = regexp.MustCompile(`^(?:\.\d{1,5}|[-.]\d{8}(?:[-T]?\d{2,10})?)(?:\.gz)?$`)

// A sibling is a file that rotation has made of the log.
type sibling struct {
	path string
	time time.Time
	text []byte // the first headBytes of its text, or less where it has no more
	head string // digest of that
}

// rotated returns the files that rotation has made of the log, the oldest first: those beside it whose names begin with its own.
// It reports false where it did not see all of them, since they were rotated while it looked.
func (t *tail) rotated() (out []sibling, ok bool) {
	for range maxTries {
		before := t.beside()
		out, ok = out[:0], true
		for _, st := range before {
			x := sibling{path: filepath.Join(filepath.Dir(t.config.Path), st.Name()), time: st.ModTime()}
			same, has := x.read(st)
			ok = ok && same
			if has {
				out = append(out, x)
			}
		}
		if ok = ok && slices.EqualFunc(before, t.beside(), func(a, b fs.FileInfo) bool { return a.Name() == b.Name() && os.SameFile(a, b) }); ok {
			break
		}
	}
	slices.SortFunc(out, func(a, b sibling) int {
		return cmp.Or(a.time.Compare(b.time), strings.Compare(b.path, a.path)) // ".2" is older than ".1"
	})
	if i := slices.IndexFunc(out, func(x sibling) bool { return x.isOf(t.aside) }); i > 0 {
		x := out[i]
		out = slices.Insert(slices.Delete(out, i, i+1), 0, x) // what was begun is ended first
	}
	return out, ok
}

// beside returns the files beside the log that have names of rotated ones, by name.
func (t *tail) beside() (out []fs.FileInfo) {
	entries, err := os.ReadDir(filepath.Dir(t.config.Path))
	if err != nil {
		return nil
	}
	base := filepath.Base(t.config.Path)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	for _, e := range entries {
		name := e.Name()
		// "auth.log.1", "auth.log-20261129.gz", and with logrotate's "extension" "auth-20261129.log".
		if !(strings.HasPrefix(name, base) && rotation.MatchString(name[len(base):])) && !(strings.HasPrefix(name, stem+"-") && rotation.MatchString(strings.Replace(name[len(stem):], filepath.Ext(base), "", 1))) {
			continue
		}
		// Not all listings of Windows have the number of the file, by which it is told from others.
		if st, err := os.Lstat(filepath.Join(filepath.Dir(t.config.Path), name)); err == nil && st.Mode().IsRegular() {
			out = append(out, st)
		}
	}
	return out
}

// read reads the head of a rotated file. same is false where another is in its place, or none; has where there is no text in
// it, or it cannot be read: a file that is being compressed is there in part for a while.
func (x *sibling) read(st fs.FileInfo) (same, has bool) {
	if now, err := os.Stat(x.path); err != nil || !os.SameFile(st, now) {
		return false, false
	}
	in, err := openArchive(x.path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist), false
	}
	defer in.Close()
	x.text, err = io.ReadAll(io.LimitReader(in, headBytes))
	x.head = digest(x.text)
	return true, err == nil && len(x.text) > 0
}

// begins reports whether a file begins with all that is read of the rotated one: that is a copy of it, then, or a part of one.
func (x *sibling) begins(f io.ReaderAt) bool {
	head := make([]byte, len(x.text))
	n, _ := f.ReadAt(head, 0)
	return bytes.Equal(head[:n], x.text)
}

// isFile reports whether the rotated file is f.
func (x *sibling) isFile(f *os.File) bool {
	a, err := os.Stat(x.path)
	if err != nil {
		return true // it is gone
	}
	b, err := f.Stat()
	return err == nil && os.SameFile(a, b)
}

// headOf returns the digest of the first headBytes of a file.
func headOf(f io.ReaderAt) string {
	return headMark(f).Head
}

// headMark returns a mark at the start of a file.
func headMark(f io.ReaderAt) mark {
	head := make([]byte, headBytes)
	n, _ := f.ReadAt(head, 0)
	return mark{Head: digest(head[:n]), HeadBytes: n}
}

// is reports whether a file is the one of the mark, and has all that was read of it.
func (m *mark) is(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && inodeOf(st) == m.Inode && st.Size() >= m.Offset && m.sameHead(f)
}

// sameHead reports whether a file begins as that of the mark.
func (m *mark) sameHead(f io.ReaderAt) bool {
	head := make([]byte, m.HeadBytes)
	n, err := f.ReadAt(head, 0)
	return n == m.HeadBytes && (err == nil || errors.Is(err, io.EOF)) && digest(head) == m.Head
}

// isOf reports whether the rotated file, compressed or not, is the one of a mark or a copy of it. Less than a line tells no file
// from another.
func (x *sibling) isOf(m *mark) bool {
	if m == nil || m.HeadBytes > len(x.text) || m.HeadBytes < headBytes && bytes.IndexByte(x.text[:m.HeadBytes], '\n') < 0 {
		return false
	}
	return digest(x.text[:m.HeadBytes]) == m.Head
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// openArchive opens a rotated file, and takes it out of gzip.
func openArchive(path string) (io.ReadCloser, error) {
	f, err := files.OpenShared(path)
	if err != nil {
		return nil, err
	}
	if !compressed(f) {
		return f, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

// compressed reports whether a file is in gzip.
func compressed(f io.ReaderAt) bool {
	magic := make([]byte, 2)
	n, _ := f.ReadAt(magic, 0)
	return n == 2 && magic[0] == 0x1f && magic[1] == 0x8b
}
