package logsource

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/ruleids/ruleids/event/login"
)

// start opens the file where it was left, or at its end or start where nothing is remembered, after what was rotated away
// meanwhile.
func (t *tail) start(ctx context.Context) error {
	saved, known, err := t.memory.load()
	if err != nil {
		return err
	}
	t.seen = slices.Clone(saved.Seen)
	old := t.rotated()
	if !known {
		for _, x := range old {
			if t.config.Begin == "start" {
				if _, err := t.archive(ctx, x, 0); err != nil {
					return err
				}
			}
			t.saw(x.head)
		}
		return t.open(t.config.Begin == "end")
	}
	var current mark // of what is at the path now
	if f, err := os.Open(t.config.Path); err == nil {
		if saved.HeadBytes > 0 && saved.is(f) { // of one that was empty nothing tells it from another with its number
			t.file, t.mark, t.aside = f, saved, saved.Aside
			t.mark.Seen, t.mark.Aside = nil, nil
			t.glimpse(saved.HeadBytes)
			if saved.Seen == nil {
				for _, x := range old {
					t.saw(x.head)
				}
			}
			_, err = f.Seek(saved.Offset, io.SeekStart)
			return err
		}
		current = headMark(f)
		_ = f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return t.resume(ctx, saved, current, old)
}

// resume goes on where the file was rotated while nobody looked: what is left of it comes first, then the files after it, then
// the path. The last of them is followed like the log: who writes may have it open still.
func (t *tail) resume(ctx context.Context, saved, current mark, old []sibling) error {
	before := t.memory.time()
	t.mark = saved // until it is dealt with
	for try := 0; ; try++ {
		left := t.left(saved, current, old, before)
		moved := false
		for i, x := range left {
			if i == len(left)-1 {
				if open, err := t.adopt(x); open || err != nil {
					return err
				}
			}
			done, err := t.archive(ctx, x, x.from)
			if err != nil {
				return err
			}
			moved = moved || !done
			if done {
				t.saw(x.head)
			}
		}
		if !moved || try == maxTries {
			return t.open(false)
		}
		old = t.rotated()
	}
}

// maxTries is how many times rotated files are looked for again that were rotated once more while they were read.
const maxTries = 10

// left returns which rotated files are to be read, and from where, where the log was left at a mark.
func (t *tail) left(saved, current mark, old []sibling, before time.Time) (out []sibling) {
	at := slices.IndexFunc(old, func(x sibling) bool { return x.isOf(&saved) })
	for i, x := range old {
		switch {
		case t.has(x.head), slices.ContainsFunc(out, func(y sibling) bool { return x.head == y.head }): // a file, and what it was compressed to
			continue
		case x.isOf(saved.Aside):
			x.from = saved.Aside.Offset
		case i == at:
			x.from = saved.Offset
		case x.isOf(&current):
			continue // a copy of what is there: it is to be cut
		case saved.Seen == nil && (at >= 0 && i < at || at < 0 && x.time.Before(before)):
			t.saw(x.head)
			continue
		}
		out = append(out, x)
	}
	return out
}

// adopt goes on in a rotated file as in the log. It reports false for one that is compressed, which nobody writes to.
func (t *tail) adopt(x sibling) (bool, error) {
	f, err := os.Open(x.path)
	if err != nil {
		return false, nil // archive says what is wrong with it
	}
	st, err := f.Stat()
	if m := (mark{Head: x.head, HeadBytes: len(x.text)}); err != nil || compressed(f) || !m.sameHead(f) {
		_ = f.Close()
		return false, err
	}
	if _, err := f.Seek(x.from, io.SeekStart); err != nil {
		_ = f.Close()
		return false, err
	}
	t.begin(f, mark{Inode: inodeOf(st), Offset: x.from})
	return true, t.save(t.mark)
}

// begin makes f the file that is read.
func (t *tail) begin(f *os.File, m mark) {
	_ = t.close()
	t.file, t.mark, t.rest, t.missed = f, m, nil, time.Time{}
	t.format = login.Format{Location: time.Local, Program: t.config.Program}
	t.glimpse(headBytes)
}

// saw takes down that a rotated file was dealt with, by its head.
func (t *tail) saw(head string) {
	if !t.has(head) {
		t.seen = append(t.seen, head)
	}
}

func (t *tail) has(head string) bool { return slices.Contains(t.seen, head) }

// save remembers a mark, and which rotated files were dealt with.
func (t *tail) save(m mark) error {
	m.Seen = append([]string{}, t.seen...)
	return t.memory.save(m)
}
