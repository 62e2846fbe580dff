package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ruleids/ruleids/internal/fetch"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/rules/lists"
)

// leftOut is the share of lines that may be no entries: a slip of who publishes a list, or one kind of entry that is not of its type.
const leftOut = 0.1

// ListCopy returns what there is to say of the copy of a feed; the zero Copy where there is none.
func (s *Store) ListCopy(f *lists.Feed) Copy {
	c := readMeta(metaOf(f.Copy))
	data, err := os.ReadFile(f.Copy)
	if err != nil || c.Source != f.URL || digest(data) != c.SHA256 {
		return Copy{}
	}
	return c
}

func metaOf(name string) string { return strings.TrimSuffix(name, ".list") + ".json" }

// List fetches a list. good judges the file of what is new, which may depend on the rules that use the list; after an error of it, or
// any other, the copy is as it was. changed says that it is another one now.
func (s *Store) List(ctx context.Context, l *lists.List, f *lists.Feed, good func(file string) error) (c Copy, changed bool, err error) {
	c = s.ListCopy(f)
	a, err := s.Client.Get(ctx, fetch.Request{URL: f.URL, Max: f.MaxSize, ETag: c.ETag, LastModified: c.LastModified, Unpack: true})
	if err != nil {
		return c, false, err
	}
	if a.Same {
		c.Checked = s.now().UTC()
		return c, false, writeMeta(metaOf(f.Copy), c)
	}
	if isPage(a) {
		return c, false, errors.New("the server sent a page for people, not a list")
	}
	data, entries, others, first := lists.Sift(l.Type, l.Header, a.Data)
	switch {
	case entries == 0 && first != nil:
		return c, false, fmt.Errorf("there is no entry of the type %q in it: %w", l.Type, first)
	case entries == 0:
		return c, false, errors.New("there is no entry in it; the one from before is kept")
	case float64(others) > leftOut*float64(entries+others):
		return c, false, fmt.Errorf("%d of %d lines are no entries of the type %q: %w", others, entries+others, l.Type, first)
	}
	next := Copy{Source: f.URL, ETag: a.ETag, LastModified: a.LastModified, SHA256: digest(data), Checked: s.now().UTC(), Entries: entries, LeftOut: others}
	if next.SHA256 == c.SHA256 {
		next.Changed = c.Changed
		return next, false, writeMeta(metaOf(f.Copy), next)
	}
	next.Changed = next.Checked
	file, err := aside(f.Copy, data)
	if err == nil {
		if err = good(file); err == nil {
			err = files.Rename(file, f.Copy)
		}
	}
	if err != nil {
		if file != "" {
			_ = os.Remove(file)
		}
		return c, false, err
	}
	return next, true, writeMeta(metaOf(f.Copy), next)
}

// isPage reports whether an answer is what servers show to people: that the file has moved, or that somebody has to log in.
func isPage(a *fetch.Answer) bool {
	head := bytes.ToLower(bytes.TrimSpace(a.Data[:min(len(a.Data), 512)]))
	return a.Type == "text/html" || bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
