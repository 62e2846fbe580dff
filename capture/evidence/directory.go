package evidence

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/internal/logfile"
)

const (
	fileMode = 0o640
	dirMode  = 0o750
	// diskBlock is what a file takes of a disk at least.
	diskBlock = 4096
	stamp     = "20060102T150405.000000"
)

// name is how files of evidence are called: the time of the alert, its rule and its id.
var name = regexp.MustCompile(`^\d{8}T\d{6}\.\d{6}-[A-Za-z0-9_-]{1,128}-[0-9a-f]{16}\.pcapng$`)

// Name returns the name of the file of an alert, by its time (nanoseconds since 1970), its rule and its id. Names sort by time.
func Name(at int64, rule, id string) string {
	return fmt.Sprintf("%s-%s-%s.pcapng", time.Unix(0, at).UTC().Format(stamp), rule, id)
}

// A directory is where files of evidence are. Others may remove files in it at any time.
type directory struct {
	path string

	mu    sync.Mutex
	files []held // the oldest first
	bytes int64
}

type held struct {
	name  string
	bytes int64
	made  time.Time
}

// openDirectory makes the directory where it is missing, and finds the files that are there; others in it are left alone.
func openDirectory(path string) (*directory, error) {
	if err := os.MkdirAll(path, dirMode); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	d := &directory{path: path}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".next-") { // of a daemon that was killed
			_ = os.Remove(filepath.Join(path, e.Name()))
			continue
		}
		st, err := e.Info()
		if err != nil || !st.Mode().IsRegular() || !name.MatchString(e.Name()) {
			continue
		}
		d.files = append(d.files, held{e.Name(), st.Size(), st.ModTime()})
		d.bytes += onDisk(st.Size())
	}
	slices.SortStableFunc(d.files, func(a, b held) int { return cmp.Or(a.made.Compare(b.made), cmp.Compare(a.name, b.name)) })
	return d, nil
}

// onDisk is what a file of a size takes of the disk.
func onDisk(n int64) int64 { return (n + diskBlock - 1) / diskBlock * diskBlock }

// add notes that a file was made, and removes the oldest ones but for it while there is more than most bytes. It returns how many
// it removed.
func (d *directory) add(name string, bytes, most int64) (removed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files = append(d.files, held{name: name, made: time.Now()})
	return d.resize(len(d.files)-1, bytes, most)
}

// grow is add for a file that has another size now. One that was removed stays so.
func (d *directory) grow(name string, bytes, most int64) (removed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for at := len(d.files) - 1; at >= 0; at-- { // it is one of the newest, mostly
		if d.files[at].name == name {
			return d.resize(at, bytes, most)
		}
	}
	return 0
}

// resize notes the size of a file, and makes room for it. The lock is held.
func (d *directory) resize(at int, bytes, most int64) (removed int) {
	f := &d.files[at]
	d.bytes += onDisk(bytes) - onDisk(f.bytes)
	f.bytes = bytes
	for name := f.name; d.bytes > most && len(d.files) > 1 && d.files[0].name != name; removed++ {
		d.remove()
	}
	return removed
}

// expire removes files that are older than keep, unless that is 0, and the oldest while there is more than most bytes.
func (d *directory) expire(keep time.Duration, most int64) (removed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.files) > 0 && (d.bytes > most || keep > 0 && time.Since(d.files[0].made) > keep) {
		d.remove()
		removed++
	}
	return removed
}

// remove removes the oldest file. The lock is held.
func (d *directory) remove() {
	f := d.files[0]
	d.files = d.files[1:]
	d.bytes -= onDisk(f.bytes)
	_ = os.Remove(filepath.Join(d.path, f.name)) // somebody else may have
}

func (d *directory) size() (files int, bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.files), d.bytes
}

// ErrNone is returned for evidence that there is not, or not any more.
var ErrNone = errors.New("there is no such evidence; it may have been removed to make room")

// Read returns a file of evidence of a directory, by its name, and at most as many bytes of it.
func Read(dir, file string, most int64) ([]byte, error) {
	if !name.MatchString(file) {
		return nil, ErrNone
	}
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_RDONLY|logfile.NoFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, ErrNone
	}
	if st.Size() > most {
		return nil, fmt.Errorf("the evidence has %d bytes, more than the %d that can be sent", st.Size(), most)
	}
	return io.ReadAll(io.LimitReader(f, most))
}
