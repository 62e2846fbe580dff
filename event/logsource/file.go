package logsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/files"
)

const (
	// headBytes is how much of a file's beginning tells it from others: a log begins with a time.
	headBytes = 1024
	// readBytes is how much is read at a time, and lineMost how long a line may be without its end: what is longer is cut.
	readBytes = 64 << 10
	lineMost  = login.MaxLine
	// settleFor is how long after a rotation the old file is still read, where the new one stays empty: daemons write to the
	// old one until they are told.
	settleFor = 30 * time.Second
)

// stampStep is how long a file system may give changes the same time.
const stampStep = 100 * time.Millisecond

// A tail is a log file that is followed.
type tail struct {
	config *FileConfig
	env    *environment
	memory memory

	position   position
	generation uint32 // of the mark that was saved last

	file   *os.File // what is read; nil before the first
	mark   mark     // of file
	opened time.Time
	format login.Format
	// seen are the heads of rotated files that were dealt with, or were there before, in this order: compressing one makes another
	// file of it.
	seen   []string
	aside  *mark     // a rotated file that was read in part
	missed time.Time // since when there is another file at the path, and file goes on

	scanned, changed time.Time // when rotated files were looked for last, and when their directory had changed

	head []byte // of file: what mark.Head is of
	buf  []byte
	rest []byte // of a line without its end
}

func (c *FileConfig) source(name string, env *environment) (source, error) {
	place := c.Path
	env.counts.place.Store(&place)
	return &tail{config: c, env: env, memory: memoryOf(c.State, "file", name), buf: make([]byte, readBytes)}, nil
}

func (t *tail) close() error {
	t.position.close()
	return t.leave()
}

// leave closes the file that is read.
func (t *tail) leave() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

// run follows the file.
func (t *tail) run(ctx context.Context) error {
	if t.file == nil {
		if err := t.start(ctx); err != nil {
			return err
		}
	}
	tick := time.NewTicker(t.config.Poll)
	defer tick.Stop()
	for {
		if err := t.look(ctx); err != nil {
			return err
		}
		t.env.works()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// open opens the file at the path, where there is one.
func (t *tail) open(end bool) error {
	f, err := files.OpenShared(t.config.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is read from its start when it comes
	}
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = fmt.Errorf("%s is a directory; name a file", t.config.Path)
	}
	m := mark{}
	if err == nil {
		m.Inode = inodeOf(st)
		if end {
			m.Offset, err = f.Seek(0, io.SeekEnd)
		}
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	t.begin(f, m)
	return t.save()
}

// glimpse takes the file's head for that of the mark, as far as it is there, and n bytes at most.
func (t *tail) glimpse(n int) {
	head := make([]byte, n)
	n, _ = t.file.ReadAt(head, 0)
	t.head = head[:n]
	t.mark.Head, t.mark.HeadBytes = digest(t.head), n
}

// grow adds to the head of the mark what was read at a place of the file. It is taken from what was read, not from the file:
// that may have been cut since. What is remembered has the head before lines are handed on, since a position in a file says
// nothing without it.
func (t *tail) grow(at int64, data []byte) error {
	if len(t.head) >= headBytes || at > int64(len(t.head)) || at+int64(len(data)) <= int64(len(t.head)) {
		return nil
	}
	more := data[int64(len(t.head))-at:]
	t.head = append(t.head, more[:min(len(more), headBytes-len(t.head))]...)
	t.mark.Head, t.mark.HeadBytes = digest(t.head), len(t.head)
	return t.save()
}

// look reads what is new, and follows a rotation.
func (t *tail) look(ctx context.Context) error {
	if t.file == nil {
		if err := t.open(false); err != nil || t.file == nil {
			return err
		}
	}
	st, err := t.file.Stat()
	if err != nil {
		return err
	}
	if st.Size() < t.mark.Offset+int64(len(t.rest)) || !t.mark.sameHead(t.file) {
		return t.truncated(ctx)
	}
	now, err := os.Stat(t.config.Path)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		return t.read(ctx) // it was moved away, and the daemon still writes to it
	default:
		return err
	}
	if os.SameFile(st, now) {
		t.missed = time.Time{}
		if err := t.scan(ctx); err != nil {
			return err
		}
		return t.read(ctx)
	}
	if err := t.read(ctx); err != nil {
		return err
	}
	if t.missed.IsZero() {
		t.missed = time.Now()
	}
	if now.Size() == 0 && time.Since(t.missed) < settleFor {
		return nil
	}
	// Whoever wrote to the new file has left the old one: what is in it now is all.
	if err := t.read(ctx); err != nil {
		return err
	}
	if !t.mark.sameHead(t.file) {
		return nil // it was cut before it was moved: the next look finds that
	}
	if err := t.finish(ctx); err != nil {
		return err
	}
	t.saw(headOf(t.file))
	if err := t.leave(); err != nil {
		return err
	}
	done := t.mark
	done.Seen = t.seen
	t.scanned = time.Time{}
	return t.resume(ctx, done)
}

// scan reads rotated files that came and went between two looks. They are older than the file that is read, and whoever wrote to
// them has left them, once there is something in that file and it is still at the path. A copy of it is none of them: it is to
// be cut.
func (t *tail) scan(ctx context.Context) error {
	st, err := os.Stat(filepath.Dir(t.config.Path))
	if err != nil {
		return err
	}
	if !t.scanned.IsZero() && st.ModTime().Equal(t.changed) && t.scanned.Sub(t.changed) > stampStep {
		return nil
	}
	t.scanned = time.Time{}
	at := time.Now()
	old, ok := t.rotated()
	if !ok || !t.there() {
		return nil // the next look tries again
	}
	if most := 2*len(old) + 64; len(t.seen) > most {
		t.seen = t.seen[len(t.seen)-most:] // the files of the first are gone
	}
	for _, x := range old {
		if t.has(x.head) || x.isOf(&t.mark) || x.isFile(t.file) || x.begins(t.file) {
			continue
		}
		if done, err := t.archive(ctx, x); err != nil || !done {
			return err
		}
		if err := t.save(); err != nil {
			return err
		}
	}
	t.scanned, t.changed = at, st.ModTime()
	return nil
}

// there reports whether the file that is read is at the path, and somebody has written to it, or does not seem to.
func (t *tail) there() bool {
	a, err := t.file.Stat()
	b, errPath := os.Stat(t.config.Path)
	return err == nil && errPath == nil && os.SameFile(a, b) && (b.Size() > 0 || time.Since(t.opened) > settleFor)
}

// truncated goes on after the file was cut: copytruncate has made a copy before, in which what was not read yet is.
func (t *tail) truncated(ctx context.Context) error {
	current := headMark(t.file)
	old, ok := t.rotated()
	if !ok {
		return nil // the next look tries again
	}
	for _, x := range old {
		if t.has(x.head) || x.isFile(t.file) || !x.isOf(&t.mark) && (x.isOf(&current) || x.begins(t.file)) { // the last is to be cut once more
			continue
		}
		if done, err := t.archive(ctx, x); err != nil || !done {
			return err // where it was rotated once more, the next look finds it
		}
	}
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t.mark, t.rest = mark{Inode: t.mark.Inode}, nil
	t.glimpse(headBytes)
	return t.save()
}

// read reads to the end of the file as it is now. Where it was cut meanwhile, it stops: the next look finds that.
func (t *tail) read(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := t.file.Read(t.buf)
		if n > 0 {
			at := t.mark.Offset + int64(len(t.rest))
			if !t.mark.sameHead(t.file) {
				_, err := t.file.Seek(at, io.SeekStart)
				return err
			}
			if err := errors.Join(t.grow(at, t.buf[:n]), t.take(ctx, t.buf[:n])); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || n == 0 && err == nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// take deals with bytes that follow those before.
func (t *tail) take(ctx context.Context, data []byte) error {
	t.rest = append(t.rest, data...)
	end := bytes.LastIndexByte(t.rest, '\n') + 1
	if end == 0 && len(t.rest) > lineMost {
		end = len(t.rest) // no line is so long
	}
	if end == 0 {
		return nil
	}
	if err := t.deliver(ctx, t.rest[:end], &t.mark); err != nil {
		// What was not taken is read again, by this run or the next.
		t.rest = nil
		_, serr := t.file.Seek(t.mark.Offset, io.SeekStart)
		return errors.Join(err, serr)
	}
	t.rest = append(t.rest[:0], t.rest[end:]...)
	return nil
}

// finish deals with a last line that has no end.
func (t *tail) finish(ctx context.Context) error {
	if len(t.rest) == 0 {
		return nil
	}
	if err := t.deliver(ctx, t.rest, &t.mark); err != nil {
		return err
	}
	t.rest = nil
	return nil
}

// deliver hands on lines, the first of which is at a mark, t.mark or t.aside, and moves that behind what was taken of them.
func (t *tail) deliver(ctx context.Context, text []byte, m *mark) error {
	t.format.Location, t.format.Program, t.format.Reference = time.Local, t.config.Program, time.Now()
	var lines []login.Line
	var ends []int64 // of lines, in text
	for raw := range strings.Lines(string(text)) {
		lines, ends = append(lines, t.format.Parse(raw)), append(ends, int64(len(raw)))
		if n := len(ends); n > 1 {
			ends[n-1] += ends[n-2]
		}
	}
	from, aside := m.Offset, m == t.aside
	err := t.env.lines(ctx, lines, func(n int) {
		m.Offset = from + ends[n-1]
		t.position.set(t.generation, aside, ends[n-1])
	})
	if err == nil {
		m.Offset = from + int64(len(text))
	}
	return errors.Join(err, t.save())
}
