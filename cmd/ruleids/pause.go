package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/setting"
)

func newPauseCmd(a *app) *cobra.Command {
	var lasts, reason string
	cmd := question[*api.Pause]{
		ask: func(ctx context.Context, c *api.Client, _ []string) (*api.Pause, error) {
			d, err := setting.ParseDuration(lasts)
			if err == nil && (d <= 0 || d > api.MaxPause) {
				err = fmt.Errorf("%q is not between nothing and %v", lasts, api.MaxPause)
			}
			if err != nil {
				return nil, misused("--for: %w", err)
			}
			return c.Pause(ctx, api.PauseRequest{Seconds: d.Seconds(), Reason: reason, For: sudoAccount()})
		},
		write: func(b *strings.Builder, p *api.Pause, _ bool) {
			fmt.Fprintf(b, "paused until %s: nothing is looked at; ruleids resume ends that\n", p.Until.Local().Format(time.DateTime))
		},
	}.command(a, &cobra.Command{
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
	})
	cmd.Flags().StringVar(&lasts, "for", "15m", "end the pause after a `DURATION`, as 5m or 2h; 24h is the most")
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` for the log and for those who ask how the daemon is")
	noFiles(cmd, "for", "reason")
	return cmd
}

func newResumeCmd(a *app) *cobra.Command {
	return question[*api.Pause]{
		ask: func(ctx context.Context, c *api.Client, _ []string) (*api.Pause, error) {
			return c.Resume(ctx, sudoAccount())
		},
		write: func(b *strings.Builder, p *api.Pause, _ bool) {
			if p == nil {
				fmt.Fprintln(b, "the daemon was not paused")
			} else {
				fmt.Fprintf(b, "everything is looked at again; %s passed unseen\n", plural(p.Packets, "packet"))
			}
		},
	}.command(a, &cobra.Command{
		Use:   "resume",
		Short: "End a pause of the daemon",
		Long: `Resume ends what ruleids pause began before its time is over. What the windows of rules knew before counts on,
as far as it is not too old by now.

Exit status: 0 everything is looked at, 2 no daemon answers.`,
		Example: `  sudo ruleids resume`,
	})
}
