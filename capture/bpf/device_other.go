//go:build !darwin && !freebsd && !openbsd

package bpf

import (
	"errors"
	"runtime"
)

// openDevice returns an error: there is no such device on this system.
func openDevice(string, *Config) (*device, error) {
	return nil, errors.New("there is no /dev/bpf on " + runtime.GOOS)
}
