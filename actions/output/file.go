package output

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/ruleids/ruleids/internal/filelock"
	"github.com/ruleids/ruleids/internal/logfile"
)

// A file is a file of records, one a line, that is appended to and rotated.
//
// Every write ends with a whole line. What a write leaves behind that fails half-way is cut off again,
// and what an earlier process left that was killed is ended with a newline (where there is a header: cut
// off, since half a CSV record could be taken for a whole one).
type file struct {
	config   *FileConfig
	path     string
	header   []byte // first line; none for EVE
	complain func(error)
	archive  *archive

	f         *os.File
	size      int64     // at the last look
	period    int64     // of time, in multiples of every since 1970, that the file is of
	notBefore time.Time // rotation is tried again, after it failed

	// writeTo writes to the file; tests make it fail.
	writeTo func(*os.File, []byte) (int, error)
}

func newFile(c *FileConfig, complain func(error)) *file {
	return &file{
		config: c, path: c.Path, complain: complain, archive: newArchive(c, complain),
		writeTo: func(f *os.File, b []byte) (int, error) { return f.Write(b) },
	}
}

// check opens the file for the first time. It returns only errors that trying again does not heal.
func (f *file) check() error {
	err := f.open(context.Background())
	if logfile.Passing(err) {
		return nil
	}
	return logfile.Remedy(err, f.path)
}

func (f *file) open(context.Context) error {
	if f.f != nil {
		return nil
	}
	file, err := f.openAppend()
	if err != nil {
		return err
	}
	if err := f.adopt(file); err != nil {
		file.Close()
		return err
	}
	f.archive.start()
	return nil
}

// openAppend opens or makes the file, with its mode whatever the umask takes away.
func (f *file) openAppend() (*os.File, error) {
	file, made, err := logfile.Open(f.path, fs.FileMode(f.config.Mode))
	if err == nil && made {
		if err = file.Chmod(fs.FileMode(f.config.Mode)); err != nil {
			file.Close()
		}
	}
	return file, err
}

// adopt looks at a file that was just opened and makes it ready to be appended to.
func (f *file) adopt(file *os.File) error {
	st, err := file.Stat()
	if err != nil {
		return err
	}
	if filelock.Within(file, 0) {
		return fmt.Errorf("%s is being written to by another process or output: give each a file of its own", f.path)
	}
	f.size = st.Size()
	if f.size > 0 {
		if other, err := f.otherHeader(file); err != nil {
			return err
		} else if other {
			// Lines of other columns, of an older version: a file has those of one header only.
			if err := f.moveAway(); err != nil {
				return fmt.Errorf("%s has another header line than this version writes, and cannot be moved away: %w", f.path, err)
			}
			next, err := f.openAppend()
			if err != nil {
				return err
			}
			if err := f.adopt(next); err != nil {
				next.Close()
				return err
			}
			return file.Close()
		}
		if err := f.mend(file); err != nil {
			return err
		}
	}
	f.f = file
	f.period = f.periodOf(time.Now())
	if f.size > 0 {
		f.period = min(f.period, f.periodOf(st.ModTime()))
	}
	return nil
}

// mend ends or cuts off a last line that has no newline.
func (f *file) mend(file *os.File) error {
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, f.size-1); err != nil || last[0] == '\n' {
		return err
	}
	if f.header == nil {
		if _, err := f.writeTo(file, []byte{'\n'}); err != nil {
			return err
		}
		f.size++
		return nil
	}
	end, err := lastLine(file, f.size)
	if err != nil {
		return err
	}
	if err := file.Truncate(end); err != nil {
		return err
	}
	f.size = end
	return nil
}

// lastLine returns where the last line begins, which has no newline.
func lastLine(file *os.File, size int64) (int64, error) {
	buf := make([]byte, 4<<10)
	for to := size; to > 0; {
		from := max(to-int64(len(buf)), 0)
		part := buf[:to-from]
		if _, err := file.ReadAt(part, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		to = from
	}
	return 0, nil
}

// otherHeader reports whether the file begins with another line than the header, or a part of that.
func (f *file) otherHeader(file *os.File) (bool, error) {
	if f.header == nil {
		return false, nil
	}
	got := make([]byte, len(f.header))
	n, err := file.ReadAt(got, 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	return !bytes.HasPrefix(f.header, got[:n]), nil
}

func (f *file) write(_ context.Context, b *batch) (n int, err error) {
	defer func() {
		if err != nil && f.f != nil { // the next try is with a file opened again
			f.f.Close()
			f.f = nil
		}
	}()
	if err := f.look(); err != nil {
		return 0, err
	}
	for n < b.len() {
		done := b.size(n)
		end := n
		for end < b.len() && (f.size == 0 && end == n || f.fits(b.size(end+1)-done)) {
			end++
		}
		if end == n {
			if err := f.rotate(); err != nil {
				return n, err
			}
			continue
		}
		chunk := b.bytes()[done:b.size(end)]
		if f.size == 0 && f.header != nil {
			chunk = slices.Concat(f.header, chunk)
		}
		wrote, err := f.writeTo(f.f, chunk)
		if err == nil && wrote < len(chunk) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return n + f.saved(b, n, wrote), fmt.Errorf("write %s: %w", f.path, reason(err))
		}
		f.size += int64(wrote)
		n = end
	}
	return n, nil
}

// saved returns how many records, of those after the first n, a write of so many bytes holds in full, and
// cuts off the rest of it. Where that fails, opening the file again ends the line.
func (f *file) saved(b *batch, n, wrote int) int {
	if wrote <= 0 {
		return 0
	}
	rest, records := wrote, 0
	header := 0
	if f.size == 0 {
		header = len(f.header)
	}
	if wrote >= header {
		records, rest = b.whole(b.size(n) + wrote - header)
		records -= n
	}
	if st, err := f.f.Stat(); rest > 0 && err == nil && st.Size() >= int64(rest) {
		if err := f.f.Truncate(st.Size() - int64(rest)); err != nil {
			f.complain(err)
		}
	}
	return records
}

// look sees what became of the file since the last write: its size, where someone cut it, and whether it
// is there at all. What is written to a file that was removed is gone.
func (f *file) look() error {
	if err := f.open(context.Background()); err != nil {
		return err
	}
	size, removed, err := logfile.Look(f.f)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if removed {
		f.f.Close()
		f.f = nil
		return f.open(context.Background())
	}
	f.size = size
	return f.turn(time.Now())
}

// fits reports whether so many more bytes are within the size that the file may have.
func (f *file) fits(n int) bool {
	have := cmp.Or(f.size, int64(len(f.header)))
	return f.config.RotateSize == 0 || have+int64(n) <= int64(f.config.RotateSize) || time.Now().Before(f.notBefore)
}

// turn rotates the file where its period of time is over. A clock that is set back starts no new file.
func (f *file) turn(now time.Time) error {
	p := f.periodOf(now)
	if p > f.period && f.size > 0 {
		if now.Before(f.notBefore) {
			return nil
		}
		return f.rotate()
	}
	f.period = p
	return nil
}

func (f *file) periodOf(t time.Time) int64 {
	if f.config.RotateEvery == 0 {
		return 0
	}
	return t.Unix() / int64(f.config.RotateEvery/time.Second)
}

// lookEvery bounds the time between two looks at the clock, which may be set or stand still while the
// machine sleeps.
const lookEvery = time.Minute

// tick implements ticker: it rotates by time while no alerts come.
func (f *file) tick() time.Duration {
	now := time.Now()
	if f.f == nil || f.config.RotateEvery == 0 {
		return time.Hour
	}
	if err := f.look(); err != nil {
		f.complain(err)
	}
	next := time.Unix((f.periodOf(now)+1)*int64(f.config.RotateEvery/time.Second), 0)
	return max(min(next.Sub(now), lookEvery), time.Millisecond)
}

// rotate moves the file away and begins a new one. Where it cannot be moved it is written on, for alerts
// matter more than the size of files; an error means that there is no file to write to.
func (f *file) rotate() error {
	if err := f.moveAway(); err != nil {
		f.complain(fmt.Errorf("cannot rotate: %w; the file is written on", err))
		f.notBefore = time.Now().Add(lookEvery)
		return nil
	}
	f.notBefore = time.Time{}
	if err := f.f.Close(); err != nil {
		f.complain(err) // what the disk did not take, after it said that it did
	}
	f.f = nil
	return f.open(context.Background())
}

// moveAway gives the file the next name of rotated ones.
func (f *file) moveAway() error {
	name, err := f.archive.next(time.Now())
	if err != nil {
		return err
	}
	if err := os.Rename(f.path, name); err != nil {
		return err
	}
	f.archive.start()
	return nil
}

// release closes the file and leaves it to the kernel when it goes to the disk: waiting for a slow disk would
// delay the alerts that come next.
func (f *file) release() error {
	f.archive.stop()
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}

func (f *file) close(context.Context) error {
	if f.f == nil {
		return f.release()
	}
	// Closing tells of no error that is still to come; alerts that were raised are to survive the stop.
	return errors.Join(f.f.Sync(), f.release())
}

// reason takes the path off an error of package os, which the caller names.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		if errno, ok := pe.Err.(syscall.Errno); ok {
			return errno
		}
	}
	return err
}
