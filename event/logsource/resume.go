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
	"github.com/ruleids/ruleids/internal/files"
)

// errMoving is why a reader cannot begin.
var errMoving = errors.New("the rotated files beside it change all the time")

// start opens the file where it was left, or at its end or start where nothing is remembered, after what was rotated away
// meanwhile.
func (t *tail) start(ctx context.Context) error {
	saved, known, err := t.recall()
	if err != nil {
		return err
	}
	t.seen, t.aside = slices.Clone(saved.Seen), saved.Aside
	if !known || saved.Seen == nil {
		old, ok := t.rotated()
		if !ok {
			return errMoving
		}
		if !known {
			for _, x := range old {
				if t.config.Begin == "start" {
					if _, err := t.archive(ctx, x); err != nil {
						return err
					}
				}
				t.saw(x.head)
			}
			return t.open(t.config.Begin == "end")
		}
	}
	if f, err := files.OpenShared(t.config.Path); err == nil {
		if saved.HeadBytes > 0 && saved.is(f) { // of one that was empty nothing tells it from another with its number
			if saved.Seen == nil {
				old, _ := t.rotated()
				for _, x := range old {
					t.saw(x.head)
				}
			}
			t.file, t.mark, t.opened = f, saved, time.Now()
			t.glimpse(saved.HeadBytes)
			if _, err := f.Seek(saved.Offset, io.SeekStart); err != nil {
				return err
			}
			return t.save()
		}
		_ = f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return t.resume(ctx, saved)
}

// recall returns what is remembered, with what was read since it was saved.
func (t *tail) recall() (saved mark, known bool, err error) {
	if saved, known, err = t.env.recall(t.memory); err != nil {
		return saved, known, err
	}
	if t.position.word == nil {
		t.position = openPosition(t.memory.positionFile())
	}
	generation, aside, n := t.position.get()
	t.generation = max(generation, saved.Generation)
	switch {
	case !known || generation != saved.Generation:
	case !aside:
		saved.Offset += n
	case saved.Aside != nil:
		saved.Aside.Offset += n
	}
	return saved, known, nil
}

// resume goes on where the file was rotated, once or more: what is left of it comes first, then the files after it, then
// the path. The last of them is followed like the log: who writes may have it open still.
func (t *tail) resume(ctx context.Context, saved mark) error {
	before := t.memory.time()
	t.mark = saved // until it is dealt with
	for range maxTries {
		var current mark // of what is at the path now
		f, err := files.OpenShared(t.config.Path)
		if err == nil {
			current = headMark(f)
			_ = f.Close()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		old, ok := t.rotated()
		if !ok {
			return errMoving
		}
		left := t.left(saved, current, old, before)
		moved := false
		for i, x := range left {
			if i == len(left)-1 {
				if open, err := t.adopt(x); open || err != nil {
					return err
				}
			}
			done, err := t.archive(ctx, x)
			if err != nil {
				return err
			}
			if moved = !done; moved {
				break
			}
		}
		if !moved {
			return t.open(false)
		}
	}
	return errMoving
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
		case i == at, x.isOf(t.aside):
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

// adopt goes on in a rotated file as in the log. It reports false for one that is compressed, which is not written to.
func (t *tail) adopt(x sibling) (bool, error) {
	f, err := files.OpenShared(x.path)
	if err != nil {
		return false, nil // archive says what is wrong with it
	}
	st, err := f.Stat()
	if m := (mark{Head: x.head, HeadBytes: len(x.text)}); err != nil || compressed(f) || !m.sameHead(f) {
		_ = f.Close()
		return false, err
	}
	from := t.from(x)
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		_ = f.Close()
		return false, err
	}
	if x.isOf(t.aside) {
		t.aside = nil // it is the mark
	}
	t.begin(f, mark{Inode: inodeOf(st), Offset: from})
	return true, t.save()
}

// from returns how much of a rotated file was dealt with before.
func (t *tail) from(x sibling) int64 {
	switch {
	case x.isOf(t.aside):
		return t.aside.Offset
	case x.isOf(&t.mark):
		return t.mark.Offset
	}
	return 0
}

// begin makes f the file that is read.
func (t *tail) begin(f *os.File, m mark) {
	_ = t.leave()
	t.file, t.mark, t.rest, t.missed, t.opened = f, m, nil, time.Time{}, time.Now()
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

// save remembers how far the files were read, and which rotated ones were dealt with.
func (t *tail) save() error {
	m := t.mark
	m.Seen, m.Aside, m.Generation = append([]string{}, t.seen...), t.aside, t.generation+1
	if err := t.memory.save(m); err != nil {
		return err
	}
	t.generation++ // the position is of the mark before, and says nothing of this one
	return nil
}
