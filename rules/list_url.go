package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/rules/lists"
)

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
func (l *loader) feed(b *block) *lists.Feed {
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
	if u.Scheme == "file" && l.confined(b.file) {
		l.report(diag.BadValue, at, "A rule set that is fetched from elsewhere has no lists from the disk of this host. Publish the file with the rules.")
		return nil
	}
	f := &lists.Feed{URL: text, Refresh: l.durationValue(b, "refresh", defaultRefresh), MaxAge: l.durationValue(b, "max_age", 0), MaxSize: defaultMaxSize, Range: at}
	if f.Refresh < minRefresh || f.Refresh > maxRefresh {
		l.report(diag.BadValue, b.attrs["refresh"].Expr.Range(), "refresh needs a duration from %s to %s.", setting.FormatDuration(minRefresh), setting.FormatDuration(maxRefresh))
	}
	if f.MaxAge > 0 && f.MaxAge < f.Refresh {
		l.report(diag.BadValue, b.attrs["max_age"].Expr.Range(), "max_age is shorter than refresh (%s), so the copy would be too old between any two looks.", setting.FormatDuration(f.Refresh))
	}
	if word, at, ok := l.stringValue(b, "max_size"); ok {
		var size setting.Size
		if err := size.UnmarshalText([]byte(word)); err != nil {
			l.report(diag.BadValue, at, "%s.", diag.Capital(err.Error()))
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
func (l *loader) copyOf(f *lists.Feed) (name string, data []byte, ok bool) {
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
func (l *loader) listFeed(f *lists.Feed, list *lists.List, s *lists.Entries) bool {
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
	before := len(l.diags)
	l.addListFile(name, data, s)
	if len(l.diags) > before && l.opt.Copies[f.URL] == "" {
		l.diags[before].Detail += fmt.Sprintf(" This is the copy of %s: where it is damaged, remove it, and it is fetched again.", f.URL)
	}
	return true
}
