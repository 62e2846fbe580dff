package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

func newRulesCmd(a *app) *cobra.Command {
	order := oneOf("name", "cost", "matched", "alerts", "keys")
	cmd := question[[]api.RuleStatus]{
		ask: func(ctx context.Context, c *api.Client, _ []string) ([]api.RuleStatus, error) {
			running, err := c.Rules(ctx)
			slices.SortStableFunc(running, func(x, y api.RuleStatus) int {
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
			return running, err
		},
		write: writeRules,
	}.command(a, &cobra.Command{
		Use:   "rules",
		Short: "List the rules of the running daemon, with hits and cost",
		Long: `Rules asks the daemon for every rule that runs: the packets that it matched, its alerts, those
suppressed in cooldowns, what it costs in nanoseconds for each packet that comes (estimated from
samples; rules that share a condition and key share the cost), its keys with state, the keys that
had to make room, and when it last fired.`,
		Example: `  ruleids rules --sort cost
  ruleids rules --format json | jq '.[] | select(.alerts > 0)'`,
	})
	order.add(cmd, cmd.Flags(), "sort", "order of the rules, the greatest first but for names")
	cmd.AddCommand(newRulesSearchCmd(a))
	return cmd
}

func newRulesSearchCmd(a *app) *cobra.Command {
	var flags ruleFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "search WORD...",
		Short: "Search in shipped rules, and in your own",
		Long: `Search lists the shipped rules, and those of --rules, that have each of the words in their name, description, category,
techniques of MITRE ATT&CK or condition, in upper or lower case. It needs no daemon. Exit status: 0 found, 1 no rule has these words.`,
		Example: `  ruleids rules search T1046
  ruleids rules search dns tunnel`,
		Args:              arguments(1, anyNumber, "name a word to search for"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			set, err := flags.ruleSet(a)
			if err != nil {
				return err
			}
			found := []word{}
			for _, r := range set.Rules {
				w := word{Name: r.Name, Type: r.Severity.String(), Doc: r.Description, From: origin(r.Shipped, r.Range.Filename)}
				more := w
				more.Doc += "\n" + strings.Join(append([]string{r.Category, written(r)}, r.Attack...), "\n")
				if len(matching([]word{more}, args)) > 0 {
					if !r.Enabled {
						w.Doc += " (off by default)"
					}
					found = append(found, w)
				}
			}
			return a.answer(format, found, len(found) == 0, func(b *strings.Builder, color bool) { writeWords(b, found, color) })
		},
	}
	flags.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// written returns the condition of a rule in the language's own layout.
func written(r *rules.Rule) string {
	if r.Where == nil {
		return ""
	}
	return ast.Format(r.Where)
}

func writeRules(b *strings.Builder, rules []api.RuleStatus, color bool) {
	rows := [][]string{{"rule", "severity", "matched", "alerts", "suppressed", "ns/packet", "keys", "evicted", "last alert"}}
	for _, r := range rules {
		last := ""
		if r.LastAlert != nil {
			last = r.LastAlert.Local().Format(time.DateTime) + " " + keyWords(r.LastKey)
		}
		rows = append(rows, []string{r.Name, r.Severity.String(), thousands(r.Matched), thousands(r.Alerts), thousands(r.Suppressed),
			fmt.Sprintf("%.1f", r.Nanoseconds), thousands(r.Keys), thousands(r.Evictions), last})
	}
	writeTable(b, rows, func(row, col int, cell string) string {
		switch {
		case row == 0:
			return styleDim.paint(cell, color)
		case col == 1:
			return severityStyle(rules[row-1].Severity).paint(cell, color)
		}
		return cell
	})
}
