package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
)

// addCompletion adds cobra's completion verb. A shell that it does not know is a mistake like any
// other; cobra alone would print help and be content.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		var shells []string
		for _, sub := range cmd.Commands() {
			shells = append(shells, sub.Name())
		}
		cmd.Short = "Print a completion script for a shell"
		cmd.Use = "completion SHELL"
		cmd.Args = func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{errors.New("there is no completion for " + args[0] + "; the shells are " + strings.Join(shells, ", "))}
			}
			return usageError{errors.New("name a shell: " + strings.Join(shells, ", "))}
		}
		cmd.RunE = func(*cobra.Command, []string) error { return nil }
		return
	}
}
