package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Saves of editors and copies of directories come as many events: they are taken together until nothing happened for
// settle, but not for longer than patience.
const (
	settle   = 100 * time.Millisecond
	patience = time.Second
)

// A watcher tells that files may have changed. It watches directories and never files: an editor that writes a new
// file and renames it over the old one leaves a watch on a file that has no name any more.
type watcher struct {
	fs    *fsnotify.Watcher
	names atomic.Pointer[map[string]bool] // of the files that matter, whatever directory they are in
}

func newWatcher() (*watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, exhausted(err)
	}
	return &watcher{fs: w}, nil
}

func (w *watcher) close() error { return w.fs.Close() }

// exhausted adds what to do to an error of the kernel, where one of its limits is the cause (inotify(7)).
func exhausted(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: all inotify watches are in use; raise fs.inotify.max_user_watches", err)
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w: too many inotify instances, or open files; raise fs.inotify.max_user_instances", err)
	}
	return err
}

// follow makes the watched directories those in which the paths can change, and reports whether that added any:
// then something may have changed before the watch was there. The error says why the kernel gives no notice of some
// changes.
func (w *watcher) follow(paths []string) (added bool, fault error) {
	want := directoriesOf(paths)
	names := make(map[string]bool, len(paths))
	for _, p := range paths {
		names[filepath.Base(p)] = true
		if real, err := filepath.EvalSymlinks(p); err == nil {
			names[filepath.Base(real)] = true
		}
	}
	w.names.Store(&names)
	have := w.fs.WatchList()
	for _, dir := range want {
		if slices.Contains(have, dir) {
			continue
		}
		if err := w.fs.Add(dir); err != nil {
			fault = fmt.Errorf("cannot watch %s: %w", dir, exhausted(err))
			continue
		}
		added = true
	}
	for _, dir := range have {
		if !slices.Contains(want, dir) {
			_ = w.fs.Remove(dir) // it is gone already where this fails
		}
	}
	return added, fault
}

// run calls changed after each burst of events, until ctx is done.
func (w *watcher) run(ctx context.Context, changed func(reason string)) {
	var quiet, last <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case ev, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if !w.matters(ev) {
				continue
			}
			quiet = time.After(settle)
			if last == nil {
				last = time.After(patience)
			}
		case _, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			// The queue of the kernel ran over: events are lost, so look at everything.
			quiet = time.After(settle)
		case <-quiet:
			quiet, last = nil, nil
			changed("files changed")
		case <-last:
			quiet, last = nil, nil
			changed("files changed")
		}
	}
}

// matters reports whether an event can be of rules, lists or settings. What is written to a file of another name
// is not, as alerts to a file in the directory of the settings; indexers and backups touch files without changing
// them.
func (w *watcher) matters(ev fsnotify.Event) bool {
	switch ev.Op {
	case fsnotify.Chmod:
		return false
	case fsnotify.Write:
		names := w.names.Load()
		return filepath.Ext(ev.Name) == ".hcl" || names == nil || (*names)[filepath.Base(ev.Name)]
	}
	return true
}

// directoriesOf returns the directories to watch for changes of paths, resolved and sorted: directories with all that is
// below them, the directory that a file or directory stands in, and the directories of the links on the way to it.
func directoriesOf(paths []string) []string {
	var out []string
	add := func(dir string) {
		if real, err := filepath.EvalSymlinks(dir); err == nil && !slices.Contains(out, real) {
			out = append(out, real)
		}
	}
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			continue
		}
		add(nearestDirectory(filepath.Dir(abs)))
		for _, dir := range linksTo(abs) {
			add(dir)
		}
		if info, err := os.Stat(abs); err != nil || !info.IsDir() {
			continue
		}
		add(abs)
		root := abs + string(filepath.Separator) // so that a link to a directory is followed
		_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil: // loading the rules says what is wrong
			case name != root && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.IsDir():
				add(name)
			case d.Type()&fs.ModeSymlink != 0:
				for _, dir := range linksTo(name) {
					add(dir)
				}
				if real, err := filepath.EvalSymlinks(name); err == nil {
					add(filepath.Dir(real))
				}
			}
			return nil
		})
	}
	slices.Sort(out)
	return out
}

// nearestDirectory returns dir, or the nearest directory above it that exists: what is missing will come there.
func nearestDirectory(dir string) string {
	for !exists(dir) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	return dir
}

// maxLinks bounds how many links are followed, as the kernel does (path_resolution(7)).
const maxLinks = 40

// linksTo returns the directories that hold the symbolic links on the way to an absolute path. Kubernetes swaps a
// link within such a directory (..data) when a ConfigMap changes, and deployments swap one to a whole directory.
func linksTo(path string) []string {
	var out []string
	rest := strings.Split(filepath.Clean(path), string(filepath.Separator))
	at, links := string(filepath.Separator), 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == "" {
			continue
		}
		if name == ".." {
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		to, err := os.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		out = append(out, at)
		if links++; links > maxLinks {
			break
		}
		if filepath.IsAbs(to) {
			at = string(filepath.Separator)
		}
		rest = append(strings.Split(filepath.Clean(to), string(filepath.Separator)), rest...)
	}
	return out
}
