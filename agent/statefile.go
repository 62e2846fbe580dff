package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// A stateFile is state that outlives a restart in a file: what rules remember, the map of hosts, how large values get. The file is
// read once, before there are packets, and replaced as a whole every so often. What is damaged is told of, and the state begins
// empty; what a later version of the program wrote, and what could not be read, is left as it is, and nothing is saved. A
// simulation neither reads nor writes, since its packets are of another time.
type stateFile struct {
	d       *Daemon
	part    string // the name of the part
	what    string // what is kept, as the log and the status call it
	setting string // the setting that names the file
	path    func() string
	every   time.Duration // between two times that it is saved: so much is lost in a crash

	mu     sync.Mutex
	left   bool // the file is left as it is
	status api.Kept
}

// file returns where the state is kept; "" for nowhere.
func (k *stateFile) file() string {
	if k.d.opt.Simulate != "" {
		return ""
	}
	return k.path()
}

// open makes the directory of the file.
func (k *stateFile) open() error {
	if err := ownDirectory(k.file(), k.d.account); err != nil {
		return fmt.Errorf("%s: %w; name another place with %s", k.part, err, k.setting)
	}
	return nil
}

// restore hands out what the file has. It reports whether the state goes on with that.
func (k *stateFile) restore(take func([]snapshot.Section) error) bool {
	file := k.file()
	if file == "" {
		return false
	}
	sections, err := snapshot.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	unread := err != nil && !errors.Is(err, snapshot.ErrDamaged)
	if err == nil {
		err = take(sections)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case unread || errors.Is(err, stateversion.ErrLater):
		if !errors.Is(err, stateversion.ErrLater) {
			err = fmt.Errorf("%w; let the daemon read it, or move it away, and restart", err)
		}
		k.left, k.status.Damaged = true, err.Error()
		k.d.log.Error(k.what+" cannot be read; the file is left as it is, and what comes from now on ends with the daemon", "file", file, "error", err)
	case err != nil:
		k.status.Damaged = err.Error()
		k.d.log.Error(k.what+" cannot be read, and begins empty", "file", file, "error", err)
	default:
		if st, err := os.Stat(file); err == nil {
			at := st.ModTime()
			k.status.Restored = &at
		}
		k.d.log.Info(k.what+" goes on after the restart", "file", file)
	}
	return err == nil
}

// run saves until ctx is done.
func (k *stateFile) run(ctx context.Context, save func(context.Context)) error {
	for range ticks(ctx, k.every) {
		save(ctx)
	}
	return nil
}

// write replaces the file. It logs the first failure of a row, and the end of it.
func (k *stateFile) write(sections []snapshot.Section) {
	file := k.file()
	k.mu.Lock()
	defer k.mu.Unlock()
	if file == "" || k.left {
		return
	}
	if err := snapshot.Write(file, sections); err != nil {
		if k.status.Error == "" {
			k.d.log.Error(k.what+" cannot be saved", "file", file, "error", err)
		}
		k.status.Error = err.Error()
		return
	}
	if k.status.Error != "" {
		k.d.log.Info(k.what+" is saved again", "file", file)
	}
	now := time.Now()
	k.status.Saved, k.status.Error = &now, ""
}

// report returns how the file is, and adds what people should know to the trouble of s.
func (k *stateFile) report(s *api.Status) api.Kept {
	k.mu.Lock()
	defer k.mu.Unlock()
	status := k.status
	status.File = k.file()
	fails(s, k.part, status.Error)
	if status.Damaged != "" && (k.left || time.Since(k.d.started) < lossLasts) {
		s.Trouble = append(s.Trouble, k.what+" from before the restart is not used: "+status.Damaged)
	}
	return status
}

// saved returns when the file was replaced last, in seconds since 1970, 0 for never, and whether it fails to be now.
func (k *stateFile) saved() (at float64, failing bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.status.Saved != nil {
		at = float64(k.status.Saved.UnixNano()) / 1e9
	}
	return at, k.status.Error != ""
}

// ended reports whether the loop of packets has ended, so that a part that closes may use the engine. It has not in a
// daemon that was never run.
func (d *Daemon) ended() bool {
	if d.loop == nil {
		return false
	}
	select {
	case <-d.loop.ended:
		return true
	default:
		return false
	}
}
