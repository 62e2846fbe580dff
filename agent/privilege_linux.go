package agent

import (
	"fmt"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// kept are the capabilities of a running daemon: AF_PACKET sockets are opened again when an interface comes back
// (packet(7)), and the firewall is changed (netlink(7)). The iptables program and a user's own one need the same
// two, so they are ambient (capabilities(7)): a program that the daemon starts has them whatever the account.
var kept = [...]cap.Value{cap.NET_RAW, cap.NET_ADMIN}

// RaisePrivileges puts into effect what the process is permitted: a program whose file has capabilities that are permitted
// and not in effect, as that of the container image, starts also where it may not have them.
func RaisePrivileges() error {
	have := cap.GetProc()
	if err := have.Fill(cap.Effective, cap.Permitted); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	if err := have.SetProc(); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	return nil
}

// DropPrivileges changes to an account, nil for none, and gives up every capability but those that a running
// daemon needs, for all threads and for good: neither the account nor a program it starts can get one back. What
// the process does not have to begin with, it does not get either.
func DropPrivileges(to *Account) error {
	had := cap.GetProc()
	keep := cap.NewSet()
	var stay []cap.Value
	for _, c := range kept {
		has, err := had.GetFlag(cap.Permitted, c)
		if err != nil {
			return fmt.Errorf("capabilities: %w", err)
		}
		if !has {
			continue
		}
		stay = append(stay, c)
		for _, flag := range []cap.Flag{cap.Permitted, cap.Effective, cap.Inheritable} {
			if err := keep.SetFlag(flag, true, c); err != nil {
				return fmt.Errorf("capabilities: %w", err)
			}
		}
	}
	// What is to be inheritable has to be so while it is in the bounding set.
	if err := had.SetFlag(cap.Inheritable, true, stay...); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	if err := had.SetProc(); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	// The bounding set can be changed with CAP_SETPCAP only; without it, it is not ours to change.
	if may, err := had.GetFlag(cap.Effective, cap.SETPCAP); err == nil && may {
		for c := cap.Value(0); c < cap.MaxBits(); c++ {
			if err := cap.DropBound(c); err != nil {
				return fmt.Errorf("capabilities: the bounding set: %w", err)
			}
		}
	}
	if to != nil {
		if err := cap.SetGroups(to.GID, to.Groups...); err != nil {
			return fmt.Errorf("user %s: changing groups: %w; start the daemon as root, or without user", to.Name, err)
		}
		if err := cap.SetUID(to.UID); err != nil {
			return fmt.Errorf("user %s: %w; start the daemon as root, or without user", to.Name, err)
		}
	}
	if err := keep.SetProc(); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	if err := cap.ResetAmbient(); err != nil {
		return fmt.Errorf("capabilities: the ambient set: %w", err)
	}
	if err := cap.SetAmbient(true, stay...); err != nil {
		return fmt.Errorf("capabilities: the ambient set: %w", err)
	}
	if _, err := cap.Prctlw(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	return nil
}
