package decision

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/ruleids/ruleids/internal/logfile"
)

// An auditLine is a line of the audit log.
type auditLine struct {
	Time   time.Time `json:"time"`
	Event  string    `json:"event"` // an Outcome, or expired, restored, dropped, mode
	Action Kind      `json:"action,omitempty"`
	Target Target    `json:"target,omitzero"`
	Origin           // who asked
	Reason string    `json:"reason,omitempty"` // as asked
	Detail string    `json:"detail,omitempty"` // why not
	Error  string    `json:"error,omitempty"`
	// Decision is what holds since, would hold, or (released, expired) held.
	Decision *Decision `json:"decision,omitempty"`
	Unlogged uint64    `json:"unlogged,omitempty"` // lines before this one that the limit left out
}

// An auditLog is a file of lines that is appended to. Lines of which an attacker decides how many there are have a
// limit.
type auditLog struct {
	path string // "" without a log
	log  *slog.Logger

	mu   sync.Mutex
	file logfile.Log
	rate *rate.Limiter
	left uint64 // lines left out since the last one
}

// An attacker has this many lines for what changes nothing (refused, skipped) at once, and this many a second. Lines of
// what changes something are not counted; the Store's size bounds them.
const (
	auditBurst = 100
	auditRate  = 10
)

// maxAudit is the size at which the log is moved to path.1, in the place of the one before: who forges addresses makes
// decisions, some hundred megabytes an hour of them, and a disk that is full keeps the journal from being written. It has
// room for about half a million decisions.
const maxAudit = 256 << 20

// openAudit opens or makes the log; "" is none.
func openAudit(path string, log *slog.Logger) (*auditLog, error) {
	a := &auditLog{path: path, log: log, rate: rate.NewLimiter(auditRate, auditBurst),
		file: logfile.Log{Path: path, Mode: journalMode, Limit: maxAudit, Special: true}}
	if err := a.reopen(); err != nil {
		return a, logfile.Remedy(err, path)
	}
	return a, nil
}

// reopen opens the file again, after it was moved away.
func (a *auditLog) reopen() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.path == "" {
		return nil
	}
	_ = a.file.Release() // each line was with the kernel when it was written
	return a.look()
}

// look makes the file ready to be written to. The caller holds mu.
func (a *auditLog) look() error {
	change, err := a.file.Look()
	if err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	if change == logfile.Moved {
		a.log.Warn("the audit log is full, and another is begun; the one before stays until the next is full", "file", a.path, "kept", a.path+".1", "bytes", a.file.Limit)
	}
	return nil
}

// write appends lines in one write. Those that are limited may be left out; the next line says how many were.
func (a *auditLog) write(lines []auditLine) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var buf []byte
	for i := range lines {
		l := &lines[i]
		if l.Event == string(Kept) {
			continue // nothing came of it, and it goes on as long as an attack does
		}
		if l.limited() && !a.rate.AllowN(l.Time, 1) {
			a.left++
			continue
		}
		l.Unlogged, a.left = a.left, 0
		if l.Event == string(Refused) && l.Source != SourceRestore { // who imports is told of all in one
			a.log.Warn("a decision was refused", "action", l.Action, "target", l.Target, "by", l.Origin, "reason", l.Detail, "unlogged", l.Unlogged)
		}
		b, err := json.Marshal(l)
		if err != nil {
			return fmt.Errorf("audit log: %w", err)
		}
		buf = append(append(buf, b...), '\n')
	}
	if len(buf) == 0 || a.path == "" {
		return nil
	}
	looked := a.look()
	if _, err := a.file.Write(buf); err != nil {
		return errors.Join(looked, fmt.Errorf("audit log: %w", err))
	}
	return looked
}

// limited reports whether an attacker decides how many lines like this there are, and they change nothing.
func (l *auditLine) limited() bool {
	if !l.Source.automatic() {
		return false
	}
	switch Outcome(l.Event) {
	case Refused, Skipped, Failed:
		return true
	}
	return false
}

func (a *auditLog) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.path = "" // it is not opened again
	return a.file.Release()
}

// ReopenAudit opens the audit log again after it was moved away.
func (b *Store) ReopenAudit() error { return b.audit.reopen() }
