package logsource

import (
	"bytes"
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
)

// archive reads a rotated file from an offset of its text on, compressed or not, and remembers how far. It reports false for one
// that has vanished meanwhile, or in whose place is another.
func (t *tail) archive(ctx context.Context, x sibling, from int64) (bool, error) {
	in, err := openArchive(x.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer in.Close()
	head := make([]byte, len(x.text))
	if _, err := io.ReadFull(in, head); err != nil || !bytes.Equal(head, x.text) {
		return false, nil
	}
	text := io.MultiReader(bytes.NewReader(head), in)
	if _, err := io.CopyN(io.Discard, text, from); err != nil {
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		return false, err
	}
	m := mark{Offset: from, Head: x.head, HeadBytes: len(x.text)}
	buf, rest := make([]byte, readBytes), []byte(nil)
	for {
		n, err := text.Read(buf)
		rest = append(rest, buf[:n]...)
		end := bytes.LastIndexByte(rest, '\n') + 1
		if errors.Is(err, io.EOF) || end == 0 && len(rest) > lineMost {
			end = len(rest)
		}
		if end > 0 {
			if err := t.deliver(ctx, rest[:end]); err != nil {
				return false, err
			}
			rest = append(rest[:0], rest[end:]...)
			m.Offset += int64(end)
			next := t.mark
			next.Aside = &m
			if err := t.save(next); err != nil {
				return false, err
			}
		}
		if errors.Is(err, io.EOF) {
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
	from int64  // what of its text was dealt with before
}

// rotated returns the files that rotation has made of the log, the oldest first: those beside it whose names begin with its own.
func (t *tail) rotated() []sibling {
	entries, err := os.ReadDir(filepath.Dir(t.config.Path))
	if err != nil {
		return nil
	}
	base := filepath.Base(t.config.Path)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	var out []sibling
	for _, e := range entries {
		name := e.Name()
		// "auth.log.1", "auth.log-20261129.gz", and with logrotate's "extension" "auth-20261129.log".
		if !(strings.HasPrefix(name, base) && rotation.MatchString(name[len(base):])) && !(strings.HasPrefix(name, stem+"-") && rotation.MatchString(strings.Replace(name[len(stem):], filepath.Ext(base), "", 1))) {
			continue
		}
		if st, err := e.Info(); err == nil && st.Mode().IsRegular() {
			x := sibling{path: filepath.Join(filepath.Dir(t.config.Path), name), time: st.ModTime()}
			if x.read() {
				out = append(out, x)
			}
		}
	}
	slices.SortFunc(out, func(a, b sibling) int {
		if c := a.time.Compare(b.time); c != 0 {
			return c
		}
		return strings.Compare(b.path, a.path) // ".2" is older than ".1"
	})
	return out
}

// read reads the head of a rotated file, and reports whether there is one.
func (x *sibling) read() bool {
	in, err := openArchive(x.path)
	if err != nil {
		return false
	}
	defer in.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(in, head)
	x.text, x.head = head[:n], digest(head[:n])
	return n > 0 && (err == nil || errors.Is(err, io.ErrUnexpectedEOF))
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
	f, err := os.Open(path)
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
