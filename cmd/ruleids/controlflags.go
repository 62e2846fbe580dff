package main

import (
	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
)

// hostFlags are the flags of commands that go by the settings of this host.
type hostFlags struct {
	settings settingFlags
	config   string
}

// add declares --config, and the flags that stand for the named settings.
func (f *hostFlags) add(cmd *cobra.Command, names ...string) {
	f.settings.add(cmd, names...)
	addHostConfigFlag(cmd, &f.config)
}

func (f *hostFlags) load(a *app) (*config.Config, error) {
	return a.settingsOf(hostSettings, f.config, f.settings.given())
}

// controlFlags are the flags of the commands that ask a running daemon.
type controlFlags struct{ hostFlags }

func (f *controlFlags) add(cmd *cobra.Command) { f.hostFlags.add(cmd, "control.socket") }

// client returns a client of the daemon that flags, environment or settings name.
func (f *controlFlags) client(a *app) (*api.Client, error) {
	c, err := f.load(a)
	if err != nil {
		return nil, err
	}
	return api.NewClient(c.Control.Socket), nil
}
