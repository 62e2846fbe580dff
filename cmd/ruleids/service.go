package main

import (
	"github.com/spf13/cobra"
)

func newServiceCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Run the daemon as a service of Windows",
		Long: `Service installs the daemon as a service of Windows, which starts with the system and again after it
failed, and stops and removes it. Settings are in ruleids.hcl in %ProgramData%\ruleids, which
install makes for administrators and the system alone, with settings to begin with where there are none.
Everything but status needs a terminal that was opened as administrator.

On Linux the packages bring a unit of systemd: sudo systemctl enable --now ruleids.`,
		Example: `  ruleids service install -- -i Ethernet
  ruleids service start
  ruleids service status
  ruleids service remove`,
		Args:              noCommand,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	plain := func(use, short, long string, do func(a *app, cmd *cobra.Command) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Long: long, Example: "  ruleids service " + use,
			RunE: func(cmd *cobra.Command, _ []string) error { return do(a, cmd) }}
	}
	install := &cobra.Command{
		Use:   "install [-- FLAGS]",
		Short: "Install the service, or change how it is started",
		Long: `Install makes the service, which starts this executable where it is now: put it where only
administrators can write, such as %ProgramFiles%\ruleids. What is behind -- goes to ruleids run, beside
--config. A service that is there already gets these flags from its next start on.`,
		Example: `  ruleids service install
  ruleids service install -- -i Ethernet -i Wi-Fi`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() != 0 && len(args) > 0 {
				return misused("write flags of ruleids run behind --, as in: ruleids service install -- -i Ethernet")
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(_ *cobra.Command, args []string) error { return a.installService(args) },
	}
	run := &cobra.Command{
		Use:                "run",
		Short:              "What the service manager starts",
		Hidden:             true,
		DisableFlagParsing: true, // all flags are those of ruleids run
		RunE:               func(_ *cobra.Command, args []string) error { return a.runService(args) },
	}
	format := oneOf("text", "json")
	status := plain("status", "Show whether the service runs", `Status asks the service manager. ruleids status asks the daemon itself. Exit status: 0 it runs, 1 it does not run.`,
		func(a *app, _ *cobra.Command) error { return a.serviceStatus(format.value) })
	format.add(status, status.Flags(), "format", "form of the output")
	cmd.AddCommand(install,
		plain("start", "Start the service", `Start starts the service and waits until it watches the network. Where it cannot, its log says why:
%ProgramData%\ruleids\log\ruleids.log.`, func(a *app, cmd *cobra.Command) error { return a.startService(cmd.Context()) }),
		plain("stop", "Stop the service", `Stop stops the service and waits until it has written out its alerts.`,
			func(a *app, cmd *cobra.Command) error { return a.stopService(cmd.Context()) }),
		plain("remove", "Stop the service and remove it", `Remove takes away the service, its source in the event log and what it put into the firewall. Settings,
decisions and alerts stay in %ProgramData%\ruleids.`, func(a *app, cmd *cobra.Command) error { return a.removeService(cmd.Context()) }),
		status, run)
	return cmd
}
