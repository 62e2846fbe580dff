package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/engine"
)

// planDebug is the value of the hidden flag --debug-plan: parts of the plan that are turned off, to
// find out whether one of them is at fault. Alerts are the same with and without them.
type planDebug struct{ words []string }

// options returns the options that the words stand for.
func (d planDebug) options() (engine.Options, error) {
	var opt engine.Options
	for _, w := range d.words {
		switch w {
		case "vm":
			opt.VM = true
		case "no-sharing":
			opt.NoSharing = true
		case "no-dispatch":
			opt.NoDispatch = true
		default:
			return opt, usageError{fmt.Errorf("--debug-plan takes no-sharing, no-dispatch and vm, not %q", w)}
		}
	}
	return opt, nil
}

func (d *planDebug) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&d.words, "debug-plan", nil, "turn parts of the plan off: no-sharing, no-dispatch, vm")
	_ = cmd.Flags().MarkHidden("debug-plan")
}
