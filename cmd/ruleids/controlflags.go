package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
)

// controlFlags are the flags of the commands that ask a running daemon.
type controlFlags struct {
	settings settingFlags
	config   string
}

func (f *controlFlags) add(cmd *cobra.Command) {
	f.settings.add(cmd, "control.socket")
	addHostConfigFlag(cmd, &f.config)
}

// client returns a client of the daemon that flags, environment or settings name.
func (f *controlFlags) client(a *app) (*api.Client, error) {
	file, err := hostSettings(f.config)
	if err != nil {
		return nil, err
	}
	c, diags := config.Load(config.Options{File: file, Environ: os.Environ(), Flags: f.settings.given()})
	if diags.HasErrors() {
		return nil, a.refuse(diags, c.Sources)
	}
	return api.NewClient(c.Control.Socket), nil
}
