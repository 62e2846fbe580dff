package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Feed is where entries of a list are fetched from. Loading fetches nothing: it reads the copy that was fetched last.
type Feed struct {
	URL     string        // https, http or file
	Refresh time.Duration // between two looks
	MaxAge  time.Duration // of the copy, that is still good; 0 for any
	MaxSize int64         // of the file, bytes, unpacked
	Copy    string        // path of the copy; "" where there is no directory for copies
	Fetched bool          // there is a copy, and the list has its entries
	Range   hcl.Range     // of the URL
}

// What a list with a url does where it does not say.
const (
	defaultRefresh = time.Hour
	minRefresh     = time.Minute
	maxRefresh     = 30 * 24 * time.Hour
	defaultMaxSize = 64 << 20
	maxMaxSize     = 1 << 30
)

// feedAttributes are those of a list that is fetched.
var feedAttributes = []string{"url", "refresh", "max_age", "max_size"}

// CopyPath returns the path of the copy of what a URL names, below the directory of copies.
func CopyPath(dir, address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(dir, "lists", hex.EncodeToString(sum[:8])+".list")
}

// feed reads where the entries of a block are fetched from; nil where it has no url, or a wrong one.
func (l *loader) feed(b *block) *Feed {
	text, at, ok := l.stringValue(b, "url")
	if !ok {
		if b.attrs["url"] == nil {
			for _, name := range feedAttributes[1:] {
				if a := b.attrs[name]; a != nil {
					l.report(diag.MissingAttribute, a.NameRange, "%s is for a list that is fetched. Add url, as in url = \"https://feeds.example/bad.txt\".", name)
				}
			}
		}
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		l.report(diag.BadValue, at, "This is no URL.")
		return nil
	case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file":
		l.report(diag.BadValue, at, "A list is fetched by https, http or file, as from \"https://feeds.example/bad.txt\" or \"file:///srv/mirror/bad.txt\".")
		return nil
	case u.Scheme != "file" && u.Host == "", u.Scheme == "file" && (u.Host != "" || u.Path == ""):
		l.report(diag.BadValue, at, "This URL has no server or no path: write \"https://feeds.example/bad.txt\", or \"file:///srv/mirror/bad.txt\" with three slashes.")
		return nil
	}
	f := &Feed{URL: text, Refresh: l.durationValue(b, "refresh", defaultRefresh), MaxAge: l.durationValue(b, "max_age", 0), MaxSize: defaultMaxSize, Range: at}
	if f.Refresh < minRefresh || f.Refresh > maxRefresh {
		l.report(diag.BadValue, b.attrs["refresh"].Expr.Range(), "refresh needs a duration from %s to %s.", setting.FormatDuration(minRefresh), setting.FormatDuration(maxRefresh))
	}
	if f.MaxAge > 0 && f.MaxAge < f.Refresh {
		l.report(diag.BadValue, b.attrs["max_age"].Expr.Range(), "max_age is shorter than refresh (%s), so the copy would be too old between any two looks.", setting.FormatDuration(f.Refresh))
	}
	if word, at, ok := l.stringValue(b, "max_size"); ok {
		var size setting.Size
		if err := size.UnmarshalText([]byte(word)); err != nil {
			l.report(diag.BadValue, at, "%s.", capital(err.Error()))
		} else if size < 1 || size > maxMaxSize {
			l.report(diag.BadValue, at, "max_size needs a size from 1B to %s.", setting.Size(maxMaxSize))
		} else {
			f.MaxSize = int64(size)
		}
	}
	if l.opt.Fetched != "" {
		f.Copy = CopyPath(l.opt.Fetched, f.URL)
	}
	return f
}

// copyOf returns the name and the bytes of the copy of a feed; ok is false where there is none.
func (l *loader) copyOf(f *Feed) (name string, data []byte, ok bool) {
	if name = l.opt.Copies[f.URL]; name == "" {
		name = f.Copy
	}
	if name == "" {
		return "", nil, false
	}
	data, err := os.ReadFile(name)
	if err == nil {
		f.Fetched = true
		return filepath.ToSlash(name), data, true
	}
	if !errors.Is(err, os.ErrNotExist) {
		l.report(diag.NotFetched, f.Range, "The copy of this list cannot be read: %v. Until it can, the list has what the block says besides.", err)
	}
	return name, nil, false
}

// listFeed adds the entries of the copy of a feed to a list. Without a copy it returns false, and the block's own entries count.
func (l *loader) listFeed(f *Feed, list *List, s *entries, header []string) bool {
	list.Feeds = append(list.Feeds, f)
	if f.Copy != "" {
		list.Files = append(list.Files, f.Copy)
	}
	name, data, ok := l.copyOf(f)
	if !ok {
		if f.Copy != "" {
			l.report(diag.NotFetched, f.Range, "There is no copy of this list yet, so it has no entries but those that the block itself names. The daemon fetches it, or ruleids fetch.")
		}
		return false
	}
	l.addListFile(name, data, list, s, header)
	return true
}

// Sift returns what of a file is good for a list of a type, with the names of its columns or nil for one entry a line: its bytes
// without the lines that no entry can be read from. It counts the entries and the others, and first is what is wrong with the
// first of those.
func Sift(typ ListType, header []string, data []byte) (good []byte, entries, others int, first error) {
	take := func(part []byte) {
		n, diags := sift(typ, header, part)
		if diags.HasErrors() {
			others++
			if first == nil {
				first = errors.New(diags[0].Detail)
			}
			return
		}
		entries += n
		good = append(good, part...)
	}
	if header == nil {
		for line := range bytes.Lines(data) {
			take(line)
		}
		return good, entries, others, first
	}
	r := csvReader(data)
	for from := int64(0); ; from = r.InputOffset() {
		_, err := r.Read()
		if errors.Is(err, io.EOF) {
			return good, entries, others, first
		}
		if _, ok := errors.AsType[*csv.ParseError](err); err != nil && !ok {
			others++
			return good, entries, others, err
		}
		take(data[from:r.InputOffset()])
	}
}

// sift reads one line or row.
func sift(typ ListType, header []string, part []byte) (int, hcl.Diagnostics) {
	s := entries{typ: typ}
	if header == nil {
		diags := s.readLines("", part)
		return s.n, diags
	}
	columns := make([]*Column, len(header)-1)
	for i := range columns {
		columns[i] = &Column{known: map[string]uint32{}}
	}
	diags := s.readRows("", part, columns, header)
	return s.n, diags
}
