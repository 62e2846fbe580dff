//go:build !linux

package afpacket

import (
	"errors"
	"time"
)

// errLinux is what everything returns that captures.
var errLinux = errors.New("live capture needs Linux: it uses AF_PACKET rings; capture to a file there and replay it here")

// A Source captures from interfaces. There is none on this system.
type Source struct{}

// Open returns an error: live capture needs Linux.
func Open(Config) (*Source, error) { return nil, errLinux }

// Read returns an error.
func (*Source) Read(*Batch, time.Duration) error { return errLinux }

// Release does nothing.
func (*Source) Release() {}

// Wake does nothing.
func (*Source) Wake() {}

// SetFilter returns an error.
func (*Source) SetFilter(*Filter) error { return errLinux }

// Stats returns no counts.
func (*Source) Stats() Stats { return Stats{} }

// Close does nothing.
func (*Source) Close() error { return nil }
