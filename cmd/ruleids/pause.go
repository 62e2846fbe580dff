package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/setting"
)

func newPauseCmd(a *app) *cobra.Command {
	var control controlFlags
	var lasts, reason string
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "pause",
		Short: "Have the daemon look at nothing for a time",
		Long: `Pause has the running daemon let packets and logins pass unseen for a time, 15 minutes unless --for says
otherwise: rules learn nothing and raise no alerts, and nothing is done about anything. It is for what would
raise alerts that nobody wants, such as a scan of your own. Who is kept out already stays out until the time of
that is over; ruleids unblock lets them in. The daemon goes on by itself when the time is over, and when it is
started again; ruleids resume ends a pause before. Meanwhile ruleids status exits with 1 and says since when and
by whom, the log and the fleet's server say it, too, and the metric ruleids_paused is 1.

Exit status: 0 it is paused, 2 no daemon answers.`,
		Example: `  sudo ruleids pause
  sudo ruleids pause --for 2h --reason "our own scan, until noon"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := setting.ParseDuration(lasts)
			if err == nil && (d <= 0 || d > api.MaxPause) {
				err = fmt.Errorf("%q is not between nothing and %v", lasts, api.MaxPause)
			}
			if err != nil {
				return misused("--for: %w", err)
			}
			c, err := control.client(a)
			if err != nil {
				return err
			}
			p, err := c.Pause(cmd.Context(), api.PauseRequest{Seconds: d.Seconds(), Reason: reason, For: sudoAccount()})
			if err != nil {
				return err
			}
			return a.answer(format, p, false, func(b *strings.Builder, _ bool) {
				fmt.Fprintf(b, "paused until %s: nothing is looked at; ruleids resume ends that\n", p.Until.Local().Format(time.DateTime))
			})
		},
	}
	control.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	cmd.Flags().StringVar(&lasts, "for", "15m", "end the pause after a `DURATION`, as 5m or 2h; 24h is the most")
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` for the log and for those who ask how the daemon is")
	for _, name := range []string{"for", "reason"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return cmd
}

func newResumeCmd(a *app) *cobra.Command {
	var control controlFlags
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "End a pause of the daemon",
		Long: `Resume ends what ruleids pause began before its time is over. What the windows of rules knew before counts on,
as far as it is not too old by now.

Exit status: 0 everything is looked at, 2 no daemon answers.`,
		Example: `  sudo ruleids resume`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := control.client(a)
			if err != nil {
				return err
			}
			p, err := c.Resume(cmd.Context(), sudoAccount())
			if err != nil {
				return err
			}
			return a.answer(format, p, false, func(b *strings.Builder, _ bool) {
				if p == nil {
					fmt.Fprintln(b, "the daemon was not paused")
				} else {
					fmt.Fprintf(b, "everything is looked at again; %s passed unseen\n", plural(p.Packets, "packet"))
				}
			})
		},
	}
	control.add(cmd)
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}
