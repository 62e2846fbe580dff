package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ruleids/ruleids/internal/diag"
)

// A usageError is a mistake on the command line.
type usageError struct{ err error }

func (u usageError) Error() string { return u.err.Error() }
func (u usageError) Unwrap() error { return u.err }

func isUsage(err error) bool {
	var u usageError
	return errors.As(err, &u)
}

// misused returns a usageError with a text.
func misused(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// commandNames are the commands of cmd that help shows.
func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// unknownCommand is the error for a command that cmd does not have, with the one that is spelled alike.
func unknownCommand(cmd *cobra.Command, name string) error {
	names := commandNames(cmd)
	near := diag.Nearest(name, names)
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, name) }); near == "" && i >= 0 {
		near = names[i]
	}
	if near == "" {
		return misused("there is no command %q", name)
	}
	return misused("there is no command %q; did you mean %s?", name, near)
}

// grouped makes cmd a command that has commands of its own and does nothing by itself.
func grouped(a *app, cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.Args = noCommand
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		fmt.Fprint(a.err, cmd.UsageString())
		return status(statusFault)
	}
	cmd.AddCommand(commands...)
	return cmd
}

// flagName is how a flag is written on the command line.
func flagName(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// flagError is the error for flags that cannot be read, with the flag that is spelled alike.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &missing):
		return misused("%s needs a value: %s", flagName(missing.GetFlag()), placeholder(missing.GetFlag()))
	case errors.As(err, &invalid):
		var what string
		switch cause := errors.Unwrap(invalid); invalid.GetFlag().Value.Type() {
		case "int":
			what = "a whole number"
		case "float64":
			what = "a number"
		case "bool":
			what = "true or false"
		case "duration":
			what = "a duration, as 500ms or 2s"
		default:
			return misused("%s %q is not valid: %v", flagName(invalid.GetFlag()), invalid.GetValue(), cause)
		}
		return misused("%s %q is not valid: use %s", flagName(invalid.GetFlag()), invalid.GetValue(), what)
	case !errors.As(err, &unknown):
		return usageError{err}
	case unknown.GetSpecifiedShortnames() != "":
		return misused("there is no flag -%.1s", unknown.GetSpecifiedName())
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := diag.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		return misused("there is no flag --%s; did you mean --%s?", unknown.GetSpecifiedName(), near)
	}
	return misused("there is no flag --%s", unknown.GetSpecifiedName())
}

// placeholder is what help shows in place of a flag's value; "" where it takes none.
func placeholder(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	return name
}

// exclusive makes it a mistake to give one flag of cmd beside any of the others.
func exclusive(cmd *cobra.Command, one string, others ...string) {
	before := cmd.PreRunE
	for _, other := range others {
		cmd.MarkFlagsMutuallyExclusive(one, other) // completion does not offer them beside each other
	}
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, other := range others {
			if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
				return misused("%s and %s cannot be used together", flagName(cmd.Flag(one)), flagName(cmd.Flag(other)))
			}
		}
		if before != nil {
			return before(cmd, args)
		}
		return nil
	}
}

// required makes it a mistake to leave a flag of cmd out.
func required(cmd *cobra.Command, name string) {
	_ = cmd.MarkFlagRequired(name) // for completion; the only error is a flag that does not exist
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if f := cmd.Flag(name); !f.Changed {
			return misused("%s needs --%s %s", cmd.Name(), name, placeholder(f))
		}
		return nil
	}
}

// exactly is a check that there are n arguments, for which what is a noun.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return misused("missing argument: %s", what)
		case len(args) > n:
			return misused("unexpected argument %q", args[n])
		}
		return nil
	}
}

// anyNumber of arguments is what a command may have that takes several.
const anyNumber = math.MaxInt

// arguments is a check that there are so many arguments, which says what to name where there are not.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return misused("%s", what)
		}
		return nil
	}
}

// noCommand refuses arguments where there could be the name of a command.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	return nil
}

// takeNothing has the commands below cmd whose usage names no arguments take none, and complete none, unless they say otherwise
// or hand all on to another command.
func takeNothing(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		if !c.HasSubCommands() && !c.DisableFlagParsing && !strings.Contains(c.Use, " ") {
			if c.Args == nil {
				c.Args = noArgs
			}
			if c.ValidArgsFunction == nil {
				c.ValidArgsFunction = cobra.NoFileCompletions
			}
		}
		takeNothing(c)
	}
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error { return exactly(0, "")(cmd, args) }
