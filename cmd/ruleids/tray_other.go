//go:build !windows

package main

import (
	"context"
	"errors"
)

// errTray says what there is in place of the icon.
var errTray = errors.New("the icon is for Windows; ruleids status says how the daemon is")

func runTray(context.Context, string) error { return errTray }
func (a *app) installTray() error           { return errTray }
func (a *app) removeTray() error            { return errTray }
