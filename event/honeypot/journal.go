package honeypot

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/internal/logfile"
)

// A line is a line of a log, and the honeypot that counts it where it is lost.
type line struct {
	honeypot *honeypot
	text     []byte
}

// A journal is a log file of honeypots: lines that are appended as soon as the disk takes them, by a goroutine of its
// own. Strangers decide how much there is to write, so the file is bounded: at maxJournal it is renamed to path.1, in the
// place of the one before.
type journal struct {
	path string

	queue   chan line
	wake    chan struct{} // has room for one
	asked   atomic.Bool   // to reopen
	ending  chan struct{} // closed when no more lines come
	giveUp  chan struct{} // closed when there is no more time
	done    chan struct{} // closed at the end of run
	trouble trouble

	// Of the goroutine of run.
	file    logfile.Log
	pending []line // the first is what is left of a line where torn
	torn    bool
	unsaved int // lines given up at the end
}

const (
	// queueLimit bounds the lines that wait, each of at most some 4 KiB and usually 300 bytes.
	queueLimit = 4096
	// journalMode keeps what users typed by mistake from others.
	journalMode = 0o600
	// maxJournal is the size at which a log is moved away.
	maxJournal = 64 << 20
	// batchLimit is how many lines are written at a time.
	batchLimit = 256
	// retryAfter is the time between two tries of a disk that fails, and retryAtEnd when the program waits for it.
	retryAfter = time.Second
	retryAtEnd = 50 * time.Millisecond
)

func newJournal(path string) *journal {
	return &journal{
		path: path, file: logfile.Log{Path: path, Mode: journalMode, Limit: maxJournal}, queue: make(chan line, queueLimit), wake: make(chan struct{}, 1),
		ending: make(chan struct{}), giveUp: make(chan struct{}), done: make(chan struct{}),
	}
}

// check opens the file for the first time. An error says what to do.
func (j *journal) check() error {
	_, err := j.file.Look()
	return logfile.Remedy(err, j.path)
}

// offer puts a line into the queue; false when it is full.
func (j *journal) offer(l line) bool {
	select {
	case j.queue <- l:
		return true
	default:
		return false
	}
}

func (j *journal) reopen() {
	j.asked.Store(true)
	select {
	case j.wake <- struct{}{}:
	default: // it is on its way already
	}
}

// close writes out what is queued, until ctx is done.
func (j *journal) close(ctx context.Context) error {
	close(j.ending)
	stop := context.AfterFunc(ctx, func() { close(j.giveUp) })
	defer stop()
	select {
	case <-j.done:
	case <-ctx.Done():
		return fmt.Errorf("honeypot log %s: not all lines could be written in time", j.path)
	}
	if j.unsaved > 0 {
		return fmt.Errorf("honeypot log %s: %d lines could not be written: %w", j.path, j.unsaved, j.trouble.State().Last)
	}
	return nil
}

// run writes what is in the queue until ending is closed and all is written, or giveUp is closed.
func (j *journal) run() {
	defer close(j.done)
	defer func() { _ = j.file.Release() }() // each line was with the kernel when it was written
	ending := j.ending
	for {
		j.gather()
		if len(j.pending) == 0 && !j.asked.Load() {
			if ending == nil {
				_ = j.file.Sync() // best effort: each line is with the kernel already
				return
			}
			select {
			case l := <-j.queue:
				j.pending = append(j.pending, l)
			case <-j.wake:
			case <-ending:
				ending = nil
			}
			continue
		}
		err := j.write()
		if err == nil {
			j.trouble.over()
			continue
		}
		j.trouble.begin(fmt.Errorf("log: %w", err))
		wait := retryAfter
		if ending == nil {
			wait = retryAtEnd
		}
		select {
		case <-time.After(wait):
		case <-j.wake:
		case <-ending:
			ending = nil
		case <-j.giveUp:
			j.abandon()
			return
		}
	}
}

// gather takes lines from the queue, up to a batch.
func (j *journal) gather() {
	for len(j.pending) < batchLimit {
		select {
		case l := <-j.queue:
			j.pending = append(j.pending, l)
		default:
			return
		}
	}
}

// write appends the pending lines. What the disk did not take stays pending.
func (j *journal) write() error {
	if j.asked.Swap(false) {
		_ = j.file.Release()
	}
	change, err := j.file.Look()
	if err != nil {
		return err
	}
	if change == logfile.Opened && j.torn { // the first part of the line is elsewhere
		j.pending[0].honeypot.lose()
		j.pending, j.torn = j.pending[1:], false
	}
	if len(j.pending) == 0 {
		return nil
	}
	var batch []byte
	for _, l := range j.pending {
		batch = append(batch, l.text...)
	}
	n, err := j.file.Write(batch)
	for n > 0 && n >= len(j.pending[0].text) {
		n -= len(j.pending[0].text)
		j.pending, j.torn = j.pending[1:], false
		if len(j.pending) == 0 {
			break
		}
	}
	if n > 0 {
		j.pending[0].text, j.torn = j.pending[0].text[n:], true
	}
	return err
}

// abandon counts what is not written.
func (j *journal) abandon() {
	for {
		for _, l := range j.pending {
			l.honeypot.lose()
			j.unsaved++
		}
		j.pending = nil
		if j.gather(); len(j.pending) == 0 {
			return
		}
	}
}
