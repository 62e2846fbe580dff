package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/fleet/server"
	"github.com/ruleids/ruleids/rules"
)

// serverFlags are the flags of commands that ask a server.
type serverFlags struct{ hostFlags }

func (f *serverFlags) add(cmd *cobra.Command) { f.hostFlags.add(cmd, "server.data") }

func newServerCmd(a *app) *cobra.Command {
	var f hostFlags
	demo := false
	cmd := &cobra.Command{
		Use:   "server",
		Short: "Run the server of a fleet, or ask it",
		Long: `Server collects the alerts of many sensors, its agents, on one page and in one API, and tells them whom to
keep out. At its first start it makes its keys, its directory and an administrator whose password it
prints once. docs/fleet.md says more.`,
		Example: `  ruleids server --demo                 a made-up fleet, to look around
  ruleids server --data /var/lib/ruleids/server
  ruleids server token create --for 1h  the line with which an agent joins
  ruleids server apikey create siem --role viewer`,
		Args:              noCommand,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.settingsOf(settingsFile, f.config, f.settings.given())
			if err != nil {
				return err
			}
			err = a.serve(cmd.Context(), c, demo, f.settings.flags.Changed("data"))
			var faulty server.RuleError
			if errors.As(err, &faulty) {
				return a.refuse(faulty.Diags, faulty.Sources)
			}
			return err
		},
	}
	f.settings.add(cmd, "server.data", "server.listen", "server.agents", "server.redirect", "log.format", "log.level")
	addConfigFlag(cmd, &f.config)
	cmd.Flags().BoolVar(&demo, "demo", false, "make up five agents and a day of their alerts; without --data in a directory that goes when this ends")
	cmd.AddCommand(newServerAPIKeyCmd(a), newServerAccountCmd(a), newServerTokenCmd(a), newServerAgentsCmd(a), newServerRulesCmd(a), newServerBlockCmd(a), newServerUnblockCmd(a))
	return cmd
}

// serve runs a server until a signal comes.
func (a *app) serve(ctx context.Context, c *config.Config, demo, keep bool) error {
	ctx, stop := untilSignal(ctx)
	defer stop()
	settings, nats := c.Server, c.NATS
	if demo {
		nats.URLs = nil // what is made up is for this server alone
	}
	if demo && !keep {
		dir, err := os.MkdirTemp("", "ruleids-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		settings.Data = dir
	}
	_, journal := os.LookupEnv("JOURNAL_STREAM")
	level := new(slog.LevelVar)
	level.Set(agent.LogLevel(c.Log.Level))
	log := agent.NewLog(a.err, c.Log.Format, level, journal)
	file := ""
	if len(c.Files) > 0 {
		file = c.Files[0]
	}
	if os.Getenv("GOGC") == "" {
		// Of ten thousand agents a fifth less memory, for no processor time that can be measured: what the server holds most of, it keeps.
		debug.SetGCPercent(50)
	}
	s, err := server.Open(ctx, server.Options{Settings: settings, NATS: nats, Store: c.Store, Rules: rules.Options{Settings: file, LookupEnv: os.LookupEnv}, Version: currentBuild().Version, Log: log, Say: a.out, Demo: demo})
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
