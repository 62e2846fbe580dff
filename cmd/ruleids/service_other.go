//go:build !windows

package main

import (
	"context"
	"errors"
	"runtime"
)

// errService says what manages services on a system without those of Windows.
func errService() error {
	if runtime.GOOS == "linux" {
		return errors.New("services of Linux are those of systemd: sudo systemctl enable --now ruleids, with the unit of the package; see docs/operations.md")
	}
	return errors.New("services of this kind are those of Windows; docs/platforms.md says how the daemon is run on " + runtime.GOOS)
}

func (a *app) installService([]string) error       { return errService() }
func (a *app) runService([]string) error           { return errService() }
func (a *app) startService(context.Context) error  { return errService() }
func (a *app) stopService(context.Context) error   { return errService() }
func (a *app) removeService(context.Context) error { return errService() }
func (a *app) serviceStatus(string) error          { return errService() }
