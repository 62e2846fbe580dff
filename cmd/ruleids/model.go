package main

import (
	"github.com/spf13/cobra"
)

// newModelCmd is the command model.
func newModelCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:     "model",
		Short:   "Learn what is usual, and look at what was learned",
		Long:    `Model works on the baselines of models: what they have learned to be usual.`,
		Example: "  ruleids model score --npz set.npz",
	}, newModelScoreCmd(a))
}
