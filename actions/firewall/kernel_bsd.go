//go:build darwin || freebsd || openbsd

package firewall

import (
	"fmt"
	"log/slog"
	"runtime"
)

func openKernel(config *Config, log *slog.Logger) (backend, error) {
	if config.Backend == Pf {
		return newPf(config, runtime.GOOS, pfctl(config.CommandTimeout), log), nil
	}
	return nil, fmt.Errorf("backend %q needs Linux, and this is %s; write backend = %q, or %q with a program of yours", config.Backend, runtime.GOOS, Pf, Command)
}

// AllowLock does nothing: only Linux has iptables.
func AllowLock(int) error { return nil }
