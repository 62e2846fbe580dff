//go:build !windows

package eventlog

import (
	"errors"
	"runtime"
)

// A Log takes events. There is none on this system.
type Log struct{}

// Open returns an error.
func Open() (*Log, error) {
	return nil, errors.New("the event log is one of Windows, and this is " + runtime.GOOS + "; write output \"syslog\" instead")
}

// Report does nothing.
func (*Log) Report(ID, string) error { return nil }

// Close does nothing.
func (*Log) Close() error { return nil }
