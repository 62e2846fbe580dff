package main

import (
	"errors"
	"fmt"
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

// unknownVerb is the error for a verb that cmd does not have, with those that are spelled alike.
func unknownVerb(cmd *cobra.Command, verb string) error {
	msg := fmt.Sprintf("there is no verb %q", verb)
	if near := cmd.SuggestionsFor(verb); len(near) > 0 {
		msg += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usageError{errors.New(msg)}
}

// flagError is the error for flags that cannot be read, with the flag that is spelled alike.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return usageError{err}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	msg := fmt.Sprintf("there is no flag --%s", unknown.GetSpecifiedName())
	if near := diag.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		msg += fmt.Sprintf("; did you mean --%s?", near)
	}
	return usageError{errors.New(msg)}
}

// exactly is a check that there are n arguments, for which what is a noun.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return usageError{fmt.Errorf("missing argument: %s", what)}
		case len(args) > n:
			return usageError{fmt.Errorf("unexpected argument %q", args[n])}
		}
		return nil
	}
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error { return exactly(0, "")(cmd, args) }
