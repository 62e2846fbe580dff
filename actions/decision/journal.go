package decision

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ruleids/ruleids/internal/filelock"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/logfile"
)

// A journal is the file of decisions: one record a line, appended and synced before what it says is done. It is used
// by one goroutine.
type journal struct {
	path string
	ops  fileOps

	f       *os.File
	size    int64 // bytes that are synced
	lines   int   // of records
	broken  bool  // the end of the file is not known: it has to be written again before anything is appended
	cause   error // of that, where it was an error
	retryAt int   // lines at which compacting is tried again
	scratch []byte
}

// fileOps are what a journal does to files. Tests make them fail.
type fileOps struct {
	write  func(*os.File, []byte) (int, error)
	sync   func(*os.File) error
	rename func(from, to string) error
	// syncDirectory makes the names in a directory survive a crash of the machine.
	syncDirectory func(dir string) error
}

func realFileOps() fileOps {
	return fileOps{
		write:  (*os.File).Write,
		sync:   (*os.File).Sync,
		rename: files.Rename,

		syncDirectory: files.SyncDirectory,
	}
}

// journalMode lets the group of the program read the file. Who was blocked is not for other accounts.
const journalMode = 0o640

// compactSlack is how many lines a journal may have beyond those that it needs, before they are as many as the latter.
const compactSlack = 1000

// openJournal opens or makes a journal and hands its records to each, in order. What a kill left at the end is cut
// off. Where there is more wrong than that, the file is kept beside the journal under the name in kept, until the next
// such case, and the journal is broken until it is compacted.
func openJournal(path string, ops fileOps, each func(*record)) (j *journal, p replay, kept string, err error) {
	f, err := openLocked(path)
	if err != nil {
		return nil, p, "", err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if p, err = replayJournal(f, each); err != nil {
		return nil, p, "", fmt.Errorf("read %s: %w", path, err)
	}
	j = &journal{path: path, ops: ops, f: f, size: p.good, lines: p.lines}
	if p.badCount > 0 || p.whole {
		// More than the end of one write, such as the file of another program. Perhaps someone can still read something in it.
		kept = path + ".damaged"
		if err := os.Remove(kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, p, "", fmt.Errorf("%s is damaged, and there is no keeping it aside: %w", path, err)
		}
		if err := os.Link(path, kept); err != nil {
			return nil, p, "", fmt.Errorf("%s is damaged, and there is no keeping it aside: %w", path, err)
		}
		j.broken = true
		return j, p, kept, nil
	}
	if p.size > p.good {
		if err := f.Truncate(p.good); err != nil {
			return nil, p, "", err
		}
	}
	if _, err := f.Seek(p.good, io.SeekStart); err != nil {
		return nil, p, "", err
	}
	if !p.newline {
		if _, err := ops.write(f, []byte{'\n'}); err != nil {
			return nil, p, "", fmt.Errorf("write %s: %w", path, err)
		}
		j.size++
	}
	// The name of a new file is to survive as well as what will be in it.
	if err := errors.Join(ops.sync(f), j.ops.syncDirectory(filepath.Dir(j.path))); err != nil {
		return nil, p, "", fmt.Errorf("sync %s: %w", path, err)
	}
	return j, p, "", nil
}

// openLocked opens or makes a file that no other process has open this way.
func openLocked(path string) (*os.File, error) {
	for range 5 { // another process may put a new file in its place meanwhile
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|logfile.NoFollow, journalMode)
		if err != nil {
			return nil, logfile.Remedy(err, path)
		}
		st, err := f.Stat()
		if err == nil && !st.Mode().IsRegular() {
			err = fmt.Errorf("%s is not a regular file: name one that decisions can be kept in", path)
		}
		if err == nil {
			err = lock(f)
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(st, now) {
			return f, nil
		}
		f.Close()
	}
	return nil, fmt.Errorf("open %s: another process puts new files in its place all the time", path)
}

// lockLingers is how long a lock may be held after its process was killed: a program that the process was about to start
// has a copy of the file until it runs.
const lockLingers = time.Second

// lock keeps other processes from writing to the file.
func lock(f *os.File) error {
	if filelock.Within(f, lockLingers) {
		return fmt.Errorf("%s is in use by another process: stop that, or give each a journal of its own", f.Name())
	}
	return nil
}

// commit appends lines and syncs them. After an error none of them is to be believed, and the journal is broken.
func (j *journal) commit(lines []byte, n int) error {
	if j.broken {
		return j.unusable()
	}
	wrote, err := j.ops.write(j.f, lines)
	if err == nil && wrote < len(lines) {
		err = io.ErrShortWrite
	}
	if err == nil {
		// After a sync that failed, the kernel may have dropped the pages and call the next one good; so
		// nothing but a new file will do.
		err = j.ops.sync(j.f)
	}
	if err != nil {
		j.broken, j.cause = true, err
		// What was not acknowledged should not come back, if that can still be helped.
		_ = j.f.Truncate(j.size)
		return fmt.Errorf("write %s: %w", j.path, err)
	}
	j.size += int64(len(lines))
	j.lines += n
	return nil
}

// unusable is why nothing is appended to a broken journal.
func (j *journal) unusable() error {
	if j.cause == nil {
		return errors.New("the journal has to be written again")
	}
	return fmt.Errorf("the journal has to be written again: %w", j.cause)
}

// bloated reports whether a journal that could do with so many lines has too many.
func (j *journal) bloated(need int) bool {
	return j.lines > 2*need+compactSlack && j.lines >= j.retryAt
}

// rewrite puts a file with only the records that each yields in place of the journal. After an error the journal is
// as it was before.
func (j *journal) rewrite(each func(yield func(*record) bool)) error {
	err := j.replace(each)
	if err != nil {
		j.retryAt, j.cause = 2*j.lines, err
		return fmt.Errorf("write %s again: %w", j.path, err)
	}
	return nil
}

func (j *journal) replace(each func(yield func(*record) bool)) (err error) {
	name := j.path + ".new"
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, journalMode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(name)
		}
	}()
	if err := lock(f); err != nil {
		return err
	}
	if st, err := j.f.Stat(); err == nil { // the administrator may have changed it
		if err := f.Chmod(st.Mode().Perm()); err != nil {
			return err
		}
	}
	out := bufio.NewWriterSize(writerFunc(func(b []byte) (int, error) { return j.ops.write(f, b) }), 256<<10)
	lines, size := 0, int64(0)
	each(func(r *record) bool {
		if j.scratch, err = appendRecord(j.scratch[:0], r); err == nil {
			_, err = out.Write(j.scratch)
		}
		lines, size = lines+1, size+int64(len(j.scratch))
		return err == nil
	})
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := j.ops.sync(f); err != nil {
		return err
	}
	if err := j.swap(f, name); err != nil {
		return err
	}
	j.size, j.lines, j.broken, j.retryAt = size, lines, false, 0
	// From here on the new file is the journal. Until its name is on the disk a crash of the machine brings the
	// old one back, so that nothing may be acknowledged on it.
	if serr := j.ops.syncDirectory(filepath.Dir(j.path)); serr != nil {
		j.broken = true
		return serr
	}
	return nil
}

type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (w writerFunc) Write(b []byte) (int, error) { return w(b) }

func (j *journal) close() error { return j.f.Close() }
