//go:build !linux && !windows && !darwin && !freebsd && !openbsd

package firewall

import (
	"fmt"
	"log/slog"
	"runtime"
)

func openKernel(config *Config, _ *slog.Logger) (backend, error) {
	return nil, fmt.Errorf("backend %q needs Linux, and this is %s; write backend = %q with a program of yours", config.Backend, runtime.GOOS, Command)
}

// AllowLock does nothing: only Linux has iptables.
func AllowLock(int) error { return nil }
