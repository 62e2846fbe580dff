//go:build darwin || freebsd || openbsd

package firewall

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"
)

func openKernel(config *Config, log *slog.Logger) (backend, error) {
	if config.Backend == Pf {
		return newPf(config, runtime.GOOS, pfctl(config.CommandTimeout), log), nil
	}
	return nil, fmt.Errorf("backend %q needs Linux, and this is %s; write backend = %q, or %q with a program of yours", config.Backend, runtime.GOOS, Pf, Command)
}

// AllowLock does nothing: only Linux has iptables.
func AllowLock(int) error { return nil }

// pfctl returns what runs the program.
func pfctl(timeout time.Duration) pfRunner {
	return func(ctx context.Context, input string, args ...string) (output, complaint string, err error) {
		output, complaint, err = runProgram(ctx, timeout, input, "pfctl", args...)
		if err != nil {
			err = fmt.Errorf("pfctl %s: %w", strings.Join(args, " "), err)
		}
		return output, complaint, err
	}
}
