package logfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// A Log is a file of lines that is bounded: at Limit bytes it is moved to Path.1, in the place of the one before. It must
// not be used by two goroutines at once.
type Log struct {
	Path    string
	Mode    fs.FileMode // of a new file
	Limit   int64
	Special bool // devices and pipes will do too; they are not moved away

	f    *os.File
	size int64
	torn bool // what was written last has no newline at its end
}

// A Change is what Look found or did.
type Change int

const (
	Same   Change = iota
	Opened        // the file was opened: for the first time, or since it was removed or someone put another in its place
	Moved         // the file was full: it is Path.1 now, and Path is a new one
)

// Look opens the file where it is not open, or is not what its path names any more, and moves one away that is full.
// After an error of moving it the full file is open.
func (l *Log) Look() (Change, error) {
	if l.f != nil {
		have, err := l.f.Stat()
		if err != nil {
			return Same, err
		}
		if named, err := os.Lstat(l.Path); err != nil || !os.SameFile(have, named) {
			_ = l.Release() // each line was with the kernel when it was written
		} else {
			l.size = have.Size()           // someone may have cut it
			_, _ = l.f.Seek(0, io.SeekEnd) // where files are not opened to append, the next line would leave a hole
		}
	}
	change := Same
	if l.f == nil {
		if err := l.open(); err != nil {
			return Same, err
		}
		change = Opened
	}
	if l.size < l.Limit || l.torn {
		return change, nil
	}
	if st, err := l.f.Stat(); err != nil || !st.Mode().IsRegular() {
		return change, err
	}
	_ = l.Release() // Windows renames no open file
	moved := os.Rename(l.Path, l.Path+".1")
	if err := l.open(); err != nil {
		return Same, err
	}
	if errors.Is(moved, fs.ErrNotExist) {
		return Opened, nil // where files that are open are removed once they are closed, there is none to move
	}
	if moved != nil {
		return change, fmt.Errorf("it is full, and cannot be moved away: %w", moved)
	}
	return Moved, nil
}

// open opens or makes the file, and ends a last line that was left without a newline.
func (l *Log) open() error {
	f, _, err := Open(l.Path, l.Mode)
	if err != nil && l.Special {
		refused := err
		if f, err = os.OpenFile(l.Path, os.O_WRONLY|os.O_APPEND|NoFollow, 0); err == nil {
			if st, err := f.Stat(); err == nil && st.Mode()&fs.ModeSymlink != 0 { // Windows opens the link itself
				f.Close()
				return refused
			}
			l.f, l.size, l.torn = f, 0, false
			return nil
		}
	}
	if err != nil {
		return err
	}
	size, _, err := Look(f)
	if err == nil {
		var whole bool
		if whole, err = ended(f, size); err == nil && !whole {
			_, err = f.Write([]byte{'\n'})
			size++
		}
	}
	if err != nil {
		f.Close()
		return err
	}
	l.f, l.size, l.torn = f, size, false
	return nil
}

// Write appends lines, newlines included, to a file that Look opened; n is as much as the file took.
func (l *Log) Write(lines []byte) (n int, err error) {
	if l.f == nil {
		return 0, fs.ErrClosed
	}
	n, err = l.f.Write(lines)
	l.size += int64(n)
	if n > 0 {
		l.torn = lines[n-1] != '\n'
	}
	return n, err
}

// Sync waits until what was written is on the disk.
func (l *Log) Sync() error {
	if l.f == nil {
		return nil
	}
	return l.f.Sync()
}

// Release closes the file; Look opens it again.
func (l *Log) Release() error {
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}
