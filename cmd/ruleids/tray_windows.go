package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/tray"
)

func runTray(ctx context.Context, pipe string) error {
	c := api.NewClient(pipe)
	defer c.Close()
	return tray.RunOnWindows(ctx, c.Summary)
}

// atLogon is the key with what Windows starts when a user logs on, and trayName the name of our value in it.
const (
	atLogon  = `Software\Microsoft\Windows\CurrentVersion\Run`
	trayName = "ruleids"
)

func (a *app) installTray() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	k, _, err := registry.CreateKey(registry.CURRENT_USER, atLogon, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer k.Close()
	if err := k.SetStringValue(trayName, windows.ComposeCommandLine([]string{program, "tray"})); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, "the icon is shown from your next logon on; ruleids tray shows it now")
	return err
}

func (a *app) removeTray() error {
	k, err := registry.OpenKey(registry.CURRENT_USER, atLogon, registry.SET_VALUE)
	if err == nil {
		defer k.Close()
		err = k.DeleteValue(trayName)
	}
	if err != nil && !errors.Is(err, registry.ErrNotExist) {
		return err
	}
	_, err = fmt.Fprintln(a.out, "the icon is not shown when you log on")
	return err
}
