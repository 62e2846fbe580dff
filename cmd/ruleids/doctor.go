package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/agent/doctor"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/rules/lint"
)

func newDoctorCmd(a *app) *cobra.Command {
	var flags hostFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at what usually goes wrong with a sensor, and say the remedy",
		Long: `Doctor looks at the settings and rules, the daemon and its unit, capabilities, the interfaces (up, joining
packets, losing packets), memory for the rings, the kernel's filter, the firewall and who else writes it,
the clock, the disks, secrets, names that have to be resolved, and inotify. It changes nothing and needs
no daemon; as root it sees most. The settings are those of --config, of ruleids.hcl in the current
directory, or of the service.

Exit status: 0 there is no problem, 1 there are some, 2 could not run. Notes are what may be as it should be.`,
		Example: `  sudo ruleids doctor
  ruleids doctor -i eth0 --format json | jq '.findings[] | select(.state == "problem")'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, err := hostSettings(flags.config)
			if err != nil {
				return err
			}
			in := agent.Input{Settings: config.Options{File: name, Environ: os.Environ(), Flags: flags.settings.given()}, Stdlib: embeddedBeside, LintCodes: lint.IgnoreCodes()}
			found := doctor.Run(cmd.Context(), doctor.Options{Input: in, Loaded: in.Load()})
			n := doctor.Problems(found)
			return a.answer(format, struct {
				Problems int              `json:"problems"`
				Findings []doctor.Finding `json:"findings"`
			}{n, found}, n > 0, func(b *strings.Builder, color bool) { writeDoctor(b, found, color) })
		},
	}
	flags.add(cmd, "capture.interfaces", "control.socket")
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// writeDoctor writes findings for people: a line for each, and below it what to do.
func writeDoctor(b *strings.Builder, list []doctor.Finding, color bool) {
	width := 0
	for _, f := range list {
		width = max(width, len(f.Check))
	}
	counts := map[doctor.State]int{}
	for _, f := range list {
		counts[f.State]++
		mark := map[doctor.State]string{doctor.OK: styleGreen.paint("ok     ", color), doctor.Note: styleYellow.paint("note   ", color),
			doctor.Problem: styleRed.paint("problem", color), doctor.Unknown: "unknown"}[f.State]
		of := ""
		if f.Of != "" {
			of = printable.Line(f.Of) + ": "
		}
		fmt.Fprintf(b, "%s  %-*s  %s%s\n", mark, width, f.Check, of, printable.Line(f.Says))
		if f.Remedy != "" {
			fmt.Fprintf(b, "%*s  %s\n", width+9, "", printable.Line(f.Remedy))
		}
	}
	fmt.Fprintf(b, "\n%s, %s, %d ok, %d could not be found out\n", plural(uint64(counts[doctor.Problem]), "problem"), plural(uint64(counts[doctor.Note]), "note"), counts[doctor.OK], counts[doctor.Unknown])
}
