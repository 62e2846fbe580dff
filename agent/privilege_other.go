//go:build !linux

package agent

import "errors"

// RaisePrivileges does nothing: capabilities are of Linux.
func RaisePrivileges() error { return nil }

// DropPrivileges changes to an account, which needs Linux; without one there is nothing to drop.
func DropPrivileges(to *Account) error {
	if to != nil {
		return errors.New("user: changing the account needs Linux")
	}
	return nil
}
