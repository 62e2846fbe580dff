package eventlog

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc/eventlog"
)

// maxText is how many characters an event holds (ReportEvent: 31,839).
const maxText = 31_000

// Install registers the program as a source of events, so that viewers show its messages as they are. It is for
// administrators.
func Install() error {
	if err := Remove(); err != nil { // what is there may name another message file
		return err
	}
	if err := eventlog.InstallAsEventCreate(Source, eventlog.Error|eventlog.Warning|eventlog.Info); err != nil {
		return fmt.Errorf("the event log does not take the source %s: %w", Source, err)
	}
	return nil
}

// Remove undoes Install. Events stay.
func Remove() error {
	if err := eventlog.Remove(Source); err != nil && !errors.Is(err, registry.ErrNotExist) && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the event log keeps the source %s: %w", Source, err)
	}
	return nil
}

// A Log takes events.
type Log struct{ log *eventlog.Log }

// Open opens the event log. It needs no Install; without that, viewers show a note about the missing source beside each text.
func Open() (*Log, error) {
	l, err := eventlog.Open(Source)
	if err != nil {
		return nil, fmt.Errorf("the event log does not open: %w", err)
	}
	return &Log{l}, nil
}

// Report writes an event.
func (l *Log) Report(id ID, text string) error {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd") // an event's text is a string of C
	if r := []rune(text); len(r) > maxText {
		text = string(r[:maxText])
	}
	switch id.Level() {
	case Error:
		return l.log.Error(uint32(id), text)
	case Warning:
		return l.log.Warning(uint32(id), text)
	}
	return l.log.Info(uint32(id), text)
}

// Close closes the log.
func (l *Log) Close() error { return l.log.Close() }
