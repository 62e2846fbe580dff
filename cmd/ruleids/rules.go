package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
)

func newRulesCmd(a *app) *cobra.Command {
	var control controlFlags
	format, order := oneOf("text", "json"), oneOf("name", "cost", "matched", "alerts", "keys")
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules of the running daemon, with hits and cost",
		Long: `Rules asks the daemon for every rule that runs: the packets that it matched, its alerts, those
suppressed in cooldowns, what it costs in nanoseconds for each packet that comes (estimated from
samples; rules that share a condition and key share the cost), its keys with state, the keys that
had to make room, and when it last fired.`,
		Example: `  ruleids rules --sort cost
  ruleids rules --format json | jq '.[] | select(.alerts > 0)'`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := control.client(a)
			if err != nil {
				return err
			}
			rules, err := c.Rules(cmd.Context())
			if err != nil {
				return err
			}
			slices.SortStableFunc(rules, func(x, y api.RuleStatus) int {
				switch order.value {
				case "cost":
					return cmp.Compare(y.Nanoseconds, x.Nanoseconds)
				case "matched":
					return cmp.Compare(y.Matched, x.Matched)
				case "alerts":
					return cmp.Compare(y.Alerts, x.Alerts)
				case "keys":
					return cmp.Compare(y.Keys, x.Keys)
				}
				return cmp.Compare(x.Name, y.Name)
			})
			if format.value == "json" {
				return writeJSON(a.out, rules)
			}
			return writeRules(a.folded(a.out), rules, a.wantsColor(a.out))
		},
	}
	control.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	order.add(cmd, cmd.Flags(), "sort", "order of the rules, the greatest first but for names")
	return cmd
}

func writeRules(w io.Writer, rules []api.RuleStatus, color bool) error {
	var b strings.Builder
	rows := [][]string{{"rule", "severity", "matched", "alerts", "suppressed", "ns/packet", "keys", "evicted", "last alert"}}
	for _, r := range rules {
		last := ""
		if r.LastAlert != nil {
			last = r.LastAlert.Local().Format(time.DateTime) + " " + keyWords(r.LastKey)
		}
		rows = append(rows, []string{r.Name, r.Severity.String(), thousands(r.Matched), thousands(r.Alerts), thousands(r.Suppressed),
			fmt.Sprintf("%.1f", r.Nanoseconds), thousands(r.Keys), thousands(r.Evictions), last})
	}
	writeTable(&b, rows, func(row, col int, cell string) string {
		switch {
		case row == 0:
			return styleDim.paint(cell, color)
		case col == 1:
			return severityStyle(rules[row-1].Severity).paint(cell, color)
		}
		return cell
	})
	_, err := io.WriteString(w, b.String())
	return err
}
