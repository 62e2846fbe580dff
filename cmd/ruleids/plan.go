package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newPlanCmd(a *app) *cobra.Command {
	var rules ruleFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what the rules are compiled to, and what they may cost",
		Long: `Plan compiles the rules as run does and shows the result: which rules each class of packet visits
and what is left to be tested there, conditions that rules share, windows with their kind and the
bytes that a key takes, the bound on memory, and the expressions that are slow. What matters most comes first.`,
		Example: `  ruleids plan
  ruleids plan --rules my-rules/ --no-stdlib --format json | jq .bytes_bound`,
		RunE: func(*cobra.Command, []string) error {
			_, plan, err := rules.compiled(a)
			if err != nil {
				return err
			}
			d := plan.Describe()
			return a.answer(format, d, false, func(b *strings.Builder, color bool) { (&planText{w: b, color: color}).write(d) })
		},
	}
	rules.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}
