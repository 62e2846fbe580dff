package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lint"
)

func newConfigCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "config",
		Short: "Check or show the settings of the daemon",
		Long: `The settings of the daemon come from flags, from environment variables (RULEIDS_CAPTURE_RING=128MiB for
capture { ring = "128MiB" }), from the settings file and from defaults, in this order. The settings
file is ruleids.hcl in the current directory, or the one that --config names.`,
	}, newConfigCheckCmd(a), newConfigShowCmd(a))
}

func newConfigCheckCmd(a *app) *cobra.Command {
	var file string
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the settings and the rules that they name",
		Long: `Check reads the settings and the rules that they name as the daemon does when it starts, and prints what
would keep it from starting. Exit status: 0 it would start, 1 there are errors, 2 could not run.`,
		Example: `  ruleids config check
  ruleids config check --config /etc/ruleids/ruleids.hcl --format json`,
		RunE: func(*cobra.Command, []string) error {
			name, err := settingsFile(file)
			if err != nil {
				return err
			}
			in := agent.Input{Settings: config.Options{File: name, Environ: os.Environ()}, Stdlib: embeddedBeside, LintCodes: lint.IgnoreCodes()}
			loaded := in.Load()
			more := loaded.Config.CheckLists()
			if d := agent.CheckAccount(loaded.Config); d != nil {
				more = append(more, d)
			}
			loaded.Diags = diag.Sort(append(loaded.Diags, more...))
			findings := diag.Findings(loaded.Diags)
			if format.value == "json" {
				err = diag.WriteJSON(a.out, findings)
			} else {
				err = diag.WriteText(a.out, findings, loaded.Sources, a.wantsColor(a.out))
			}
			switch {
			case err != nil:
			case name != "" && len(loaded.Config.Files) == 0:
				err = status(statusFault)
			case loaded.Diags.HasErrors():
				err = status(statusFindings)
			}
			return err
		},
	}
	addConfigFlag(cmd, &file)
	format.add(cmd, cmd.Flags(), "format", "form of the findings; json is one object a line")
	return cmd
}

func newConfigShowCmd(a *app) *cobra.Command {
	var flags settingFlags
	var file string
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print every setting with its value and where it comes from",
		Long: `Show prints every setting of the daemon, defaults too, with its value as a settings file has it, and where
the value comes from: default, the file and line, the environment variable, or the flag. It takes
the flags of run that are settings.`,
		Example: `  ruleids config show
  ruleids config show --config /etc/ruleids/ruleids.hcl -i eth1`,
		RunE: func(*cobra.Command, []string) error {
			c, err := a.settingsOf(settingsFile, file, flags.given())
			if err != nil {
				return err
			}
			shown := c.Show()
			return a.answer(format, shown, false, func(b *strings.Builder, color bool) {
				rows := [][]string{{"setting", "value", "from"}}
				for _, s := range shown {
					rows = append(rows, []string{s.Name, s.Value, s.From})
				}
				writeTable(b, rows, headed(color))
			})
		},
	}
	flags.add(cmd)
	addConfigFlag(cmd, &file)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// addConfigFlag declares the flag that names the settings file.
func addConfigFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "config", "", "settings `FILE` (default "+rules.SettingsName+" in the current directory, where there is one)")
	_ = cmd.MarkFlagFilename("config", "hcl")
}

// addHostConfigFlag is addConfigFlag for commands that find the settings by hostSettings.
func addHostConfigFlag(cmd *cobra.Command, file *string) {
	addConfigFlag(cmd, file)
	cmd.Flags().Lookup("config").Usage = "settings `FILE` (default " + rules.SettingsName + " in the current directory, else the file of the service, where there is one)"
}
