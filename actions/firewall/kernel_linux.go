package firewall

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/sys/unix"
)

// openKernel returns a backend of the kernel.
func openKernel(config *Config, log *slog.Logger) (backend, error) {
	switch config.Backend {
	case Nftables:
		return newNft(config), nil
	case Pf:
		return nil, fmt.Errorf("backend %q needs macOS, FreeBSD or OpenBSD; write backend = %q or %q", Pf, Iptables, Nftables)
	}
	return newXtables(config, log), nil
}

// LockFile is what iptables-legacy locks while it works (xtables-lock in iptables/xshared.h); iptables-nft does not.
const LockFile = "/run/xtables.lock"

// AllowLock lets a group hold the lock of iptables-legacy, so that a process which gives up root can still run it.
// It makes the file where there is none, as iptables does. It is for root, before it gives that up.
func AllowLock(gid int) error {
	f, err := os.OpenFile(LockFile, os.O_RDONLY|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("the lock of iptables: %w", err)
	}
	defer f.Close()
	// Read permission is enough to lock it (flock(2)). The owner stays, so that others lock it as before.
	if err := errors.Join(f.Chown(-1, gid), f.Chmod(0o640)); err != nil {
		return fmt.Errorf("the lock of iptables: %w", err)
	}
	return nil
}

// hasIPv6 reports whether the kernel has IPv6 in this namespace: with ipv6.disable=1 there are no rules to make.
func hasIPv6() bool {
	_, err := os.Stat("/proc/sys/net/ipv6")
	return err == nil
}

// errNoIPv6 is why members of IPv6 cannot be added.
var errNoIPv6 = errors.New("this kernel has IPv6 turned off")
