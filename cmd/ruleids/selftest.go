package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/printable"
)

func newSelfTestCmd(a *app) *cobra.Command {
	return question[*api.SelfTest]{
		ask:      func(ctx context.Context, c *api.Client, _ []string) (*api.SelfTest, error) { return c.SelfTest(ctx) },
		findings: func(s *api.SelfTest) bool { return s.Failed() > 0 },
		write:    writeSelfTest,
	}.command(a, &cobra.Command{
		Use:   "selftest",
		Short: "Have the daemon try the whole chain, from a packet to a message",
		Long: `Selftest has the running daemon try, one after the other and timed: the packet loop; the rules that run, on
a made scan, in an engine of their own; a decision about an address for documentation (203.0.113.253 or
another), which no host has; whether the firewall has it; its release; and the test message of each notifier.
What the outputs say of themselves ends the table. No alert of it comes to outputs or people, and nothing stays but
the lines of decision and release in the journal and the audit log, by selftest.

Exit status: 0 all of it works, 1 something does not, 2 no daemon answers.`,
		Example: `  sudo ruleids selftest
  sudo ruleids selftest --format json | jq '.steps[] | select(.ok | not)'`,
	})
}

// writeSelfTest writes the steps for people.
func writeSelfTest(b *strings.Builder, s *api.SelfTest, color bool) {
	width := 0
	for _, x := range s.Steps {
		width = max(width, len(x.Step))
	}
	for _, x := range s.Steps {
		mark := styleRed.paint("fails  ", color)
		switch {
		case x.Skipped:
			mark = styleYellow.paint("skipped", color)
		case x.OK:
			mark = styleGreen.paint("works  ", color)
		}
		fmt.Fprintf(b, "%s  %-*s  %7.1f ms  %s\n", mark, width, printable.Line(x.Step), x.Seconds*1000, printable.Line(x.Says))
	}
}
