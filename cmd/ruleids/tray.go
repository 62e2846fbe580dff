package main

import (
	"github.com/spf13/cobra"
)

func newTrayCmd(a *app) *cobra.Command {
	var summary string
	cmd := &cobra.Command{
		Use:   "tray",
		Short: "Show the daemon in the notification area of Windows",
		Long: `Tray shows an icon in the notification area that says how the daemon of this host is: a disc where all is well, two bars
while it is paused, a triangle where something is not as it should be, a cross where it does not see packets, a
ring where no daemon answers. Its menu opens the page of the fleet's server, pauses and resumes, starts and stops
the service. It runs as you, and for each of these Windows asks for an administrator. It asks the daemon on the
pipe of control { summary = … }, which the settings that service install writes have.

Exit status: 0 you chose to quit it, 2 there is no notification area, or the icon is there already.`,
		Example: `  ruleids tray
  ruleids tray install`,
		Args:              noCommand,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runTray(cmd.Context(), summary) },
	}
	cmd.Flags().StringVar(&summary, "summary", `\\.\pipe\ruleids-summary`, "`PIPE` of the daemon, as control { summary = … } names it")
	noFiles(cmd, "summary")
	plain := func(use, short, long string, do func() error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Long: long, Example: "  ruleids tray " + use,
			RunE: func(*cobra.Command, []string) error { return do() }}
	}
	cmd.AddCommand(
		plain("install", "Show the icon whenever you log on", "Install has Windows start ruleids tray whenever you log on, and only you.", a.installTray),
		plain("remove", "Show the icon no longer when you log on", "Remove takes back what install did. An icon that is there stays until you quit it.", a.removeTray))
	return cmd
}
