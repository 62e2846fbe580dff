package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/actions/firewall"
	"github.com/ruleids/ruleids/agent/config"
)

// newFirewallCmd is the command firewall.
func newFirewallCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "firewall",
		Short: "Show or remove what ruleids has in the firewall",
		Long: `Firewall looks at the firewall of this host itself, whether a daemon runs or not, by the settings in
ruleids.hcl, or where there is none in the current directory, in /etc/ruleids/ruleids.hcl. It needs root.`,
		Example: "  sudo ruleids firewall show\n  sudo ruleids firewall flush",
	}, newFirewallShowCmd(a), newFirewallFlushCmd(a))
}

func newFirewallShowCmd(a *app) *cobra.Command {
	var settings string
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Show chains, rules, sets and what they kept out",
		Long:    "Show prints where packets come from, the rules that keep targets out, how many packets they kept out, and the sets with how many members each has.",
		Example: "  sudo ruleids firewall show --format json | jq '.sets[] | {name, members}'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, _, err := a.openFirewall(settings)
			if err != nil {
				return err
			}
			defer f.Close()
			s, err := f.Show(cmd.Context())
			if err != nil {
				return err
			}
			if format.value == "json" {
				return writeJSON(a.out, s)
			}
			return s.WriteText(a.out)
		},
	}
	addHostConfigFlag(cmd, &settings)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

func newFirewallFlushCmd(a *app) *cobra.Command {
	var settings string
	cmd := &cobra.Command{
		Use:   "flush",
		Short: "Remove everything that ruleids put into the firewall",
		Long: `Flush releases everybody at once: it removes the members, the rules, the chains and the sets of ruleids, of
either backend, and nothing of anybody else. It is for when the daemon does not run, or has been told wrong.

A daemon that runs in enforce mode puts its own back within ten seconds: stop it first, or set
response { mode = "monitor" } and reload. At its next start it re-applies the decisions in its journal; to be rid of
them, unblock them, or remove the file that response { journal = … } names while the daemon is stopped.`,
		Example: "  sudo systemctl stop ruleids && sudo ruleids firewall flush",
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, c, err := a.openFirewall(settings)
			if err != nil {
				return err
			}
			defer f.Close()
			if err := f.Flush(cmd.Context()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "nothing of ruleids is left in the firewall; the decisions in %s are re-applied when a daemon starts in enforce mode\n", c.Response.Journal)
			return err
		},
	}
	addHostConfigFlag(cmd, &settings)
	return cmd
}

// openFirewall opens the firewall of the settings. It installs nothing.
func (a *app) openFirewall(settings string) (*firewall.Firewall, *config.Config, error) {
	c, err := a.settingsOf(hostSettings, settings, nil)
	if err != nil {
		return nil, nil, err
	}
	f, err := firewall.Open(&c.Firewall, firewall.Options{Log: slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	return f, c, err
}
