package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
)

// A question is a command that asks the running daemon and prints what it answers, an A.
type question[A any] struct {
	ask      func(ctx context.Context, c *api.Client, args []string) (A, error)
	findings func(A) bool // whether the exit status says so; nil for never
	write    func(b *strings.Builder, answer A, color bool)
	complete func(context.Context, *api.Client) []string // of the argument, where there is one to complete
}

// command makes cmd that command.
func (q question[A]) command(a *app, cmd *cobra.Command) *cobra.Command {
	var control controlFlags
	format := oneOf("text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := control.client(a)
		if err != nil {
			return err
		}
		answer, err := q.ask(cmd.Context(), c, args)
		if err != nil {
			return err
		}
		findings := q.findings != nil && q.findings(answer)
		return a.answer(format, answer, findings, func(b *strings.Builder, color bool) { q.write(b, answer, color) })
	}
	if q.complete != nil {
		cmd.ValidArgsFunction = control.completeOne(q.complete)
	}
	control.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}
