package output

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/logfile"
)

// An archive is the rotated files of a file: beside it, with the time of rotation and a number appended,
//
//	eve.json.20261121T000000Z.17      eve.json.20261120T000000Z.16.gz
//
// The numbers give their order, whatever the clock did. A goroutine of its own removes the oldest and
// compresses the rest, so that alerts do not wait for it.
type archive struct {
	base     string
	keep     int
	compress bool
	complain func(error)

	mu      sync.Mutex
	running bool
	again   bool // something changed since the goroutine began
	cancel  context.CancelFunc
	idle    sync.WaitGroup
}

func newArchive(c *FileConfig, complain func(error)) *archive {
	return &archive{base: c.Path, keep: c.Keep, compress: c.Compress, complain: complain}
}

// A rotated file; where a crash left it both plain and compressed, it is there twice.
type rotated struct {
	path   string
	number uint64
	plain  bool
}

// partSuffix ends the name of a compressed file that is not finished.
const partSuffix = ".gz.part"

// list returns the rotated files, the oldest first, and what is left of compressions that were killed.
func (a *archive) list() (files []rotated, parts []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(a.base))
	if err != nil {
		return nil, nil, err
	}
	pattern := regexp.MustCompile(`^` + regexp.QuoteMeta(filepath.Base(a.base)) + `\.\d{8}T\d{6}Z\.(\d{1,18})(|\.gz|` + regexp.QuoteMeta(partSuffix) + `)$`)
	for _, e := range entries {
		m := pattern.FindStringSubmatch(e.Name())
		if m == nil || !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(filepath.Dir(a.base), e.Name())
		if m[2] == partSuffix {
			parts = append(parts, path)
			continue
		}
		n, _ := strconv.ParseUint(m[1], 10, 64) // at most 18 digits
		files = append(files, rotated{path: path, number: n, plain: m[2] == ""})
	}
	slices.SortFunc(files, func(x, y rotated) int {
		return cmp.Or(cmp.Compare(x.number, y.number), strings.Compare(x.path, y.path))
	})
	return files, parts, nil
}

// next returns the name for the file that is rotated next.
func (a *archive) next(now time.Time) (string, error) {
	files, _, err := a.list()
	if err != nil {
		return "", err
	}
	n := uint64(1)
	if len(files) > 0 {
		n = files[len(files)-1].number + 1
	}
	return fmt.Sprintf("%s.%s.%d", a.base, now.UTC().Format("20060102T150405Z"), n), nil
}

// start has the rotated files tended, in the background. Those that an earlier process left are too.
func (a *archive) start() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.running {
		a.again = true
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.running, a.cancel = true, cancel
	a.idle.Go(func() {
		defer cancel()
		for {
			if err := a.tend(ctx); err != nil && ctx.Err() == nil {
				a.complain(fmt.Errorf("rotated files: %w", err))
			}
			a.mu.Lock()
			if !a.again || ctx.Err() != nil {
				a.running, a.again = false, false
				a.mu.Unlock()
				return
			}
			a.again = false
			a.mu.Unlock()
		}
	})
}

// stop ends what start began. A compression that is under way is given up; it is begun again when the
// file is opened next.
func (a *archive) stop() {
	a.mu.Lock()
	if a.cancel != nil {
		a.cancel()
	}
	a.mu.Unlock()
	a.idle.Wait()
}

// tend removes the oldest files and compresses those that are to stay.
func (a *archive) tend(ctx context.Context) error {
	files, parts, err := a.list()
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range parts {
		errs = append(errs, os.Remove(p))
	}
	if a.keep >= 0 {
		numbers := 0
		for i := len(files) - 1; i >= 0; i-- {
			if i == len(files)-1 || files[i].number != files[i+1].number {
				numbers++
			}
			if numbers > a.keep {
				for _, f := range files[:i+1] {
					errs = append(errs, os.Remove(f.path))
				}
				files = files[i+1:]
				break
			}
		}
	}
	for _, f := range files {
		if f.plain && a.compress && ctx.Err() == nil {
			errs = append(errs, compressFile(ctx, f.path))
		}
	}
	return errors.Join(errs...)
}

// compressFile replaces a file by its compressed form, with the same owner, mode and time. At any moment
// one of the two is there in full.
func compressFile(ctx context.Context, path string) (err error) {
	in, err := files.OpenShared(path)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	part := path + partSuffix
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, st.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			out.Close() // again, where that failed
			err = errors.Join(err, ignoreMissing(os.Remove(part)))
		}
	}()
	logfile.Give(out, st)
	if err := out.Chmod(st.Mode().Perm()); err != nil {
		return err
	}
	// The fastest level: it is within some percent of the best on lines of JSON, and the CPU is wanted
	// for packets.
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	zip.Name, zip.ModTime = filepath.Base(path), st.ModTime()
	if _, err := io.Copy(zip, contextReader{ctx, in}); err != nil {
		return err
	}
	if err := errors.Join(zip.Close(), out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := os.Chtimes(part, time.Time{}, st.ModTime()); err != nil {
		return err
	}
	if err := files.Rename(part, path+".gz"); err != nil {
		return err
	}
	return ignoreMissing(os.Remove(path))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// A contextReader stops reading when its context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
