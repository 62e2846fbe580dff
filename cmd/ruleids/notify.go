package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newNotifyCmd is the command notify.
func newNotifyCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "notify",
		Short: "Try the notifiers of the running daemon",
		Long:  "Notify is for the blocks notifier \"kind\" \"name\" of the settings; docs/notifications.md says more.",
	}, newNotifyTestCmd(a))
}

func newNotifyTestCmd(a *app) *cobra.Command {
	var control controlFlags
	cmd := &cobra.Command{
		Use:   "test NAME",
		Short: "Have a notifier send a test message",
		Long: `Test has the daemon send a message by a notifier, once, and says how that went. Exit status: 0 the other side
took it, 2 it did not, or no daemon answers.`,
		Example:           "  ruleids notify test ops",
		Args:              arguments(1, 1, "name one notifier"),
		ValidArgsFunction: control.completeOne(notifiers),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := control.client(a)
			if err != nil {
				return err
			}
			if err := c.TestNotifier(cmd.Context(), args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s took the test message\n", args[0])
			return err
		},
	}
	control.add(cmd)
	return cmd
}
