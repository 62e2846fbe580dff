package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/setting"
)

// A deciding is what the flags of a command that changes a decision say.
type deciding struct {
	reason  string
	forTime string
	force   bool
}

// command makes cmd a command that asks the daemon for a decision of a kind about its argument, and prints what became of it. A kind of
// "" is a quarantine with --for and a block without it; forUsage says what --for means, which a release does not have.
func (f *deciding) command(a *app, kind decision.Kind, forUsage string, cmd *cobra.Command) *cobra.Command {
	q := question[*api.DecisionAnswer]{
		ask: func(ctx context.Context, c *api.Client, args []string) (*api.DecisionAnswer, error) {
			request, err := f.request(kind, args[0])
			if err != nil {
				return nil, err
			}
			return c.Decide(ctx, request)
		},
		findings: func(r *api.DecisionAnswer) bool { return !r.Done() },
		write:    func(b *strings.Builder, r *api.DecisionAnswer, _ bool) { fmt.Fprintln(b, answerWords(r)) },
	}
	cmd.Args, cmd.ValidArgsFunction = oneTarget, cobra.NoFileCompletions
	if kind == decision.Release {
		q.complete = targets
	}
	q.command(a, cmd)
	cmd.Flags().StringVar(&f.reason, "reason", "", "`TEXT` for the journal and the audit log")
	noFiles(cmd, "reason")
	if kind != decision.Release {
		cmd.Flags().StringVar(&f.forTime, "for", "", forUsage)
		noFiles(cmd, "for")
		cmd.Flags().BoolVar(&f.force, "force", false, "override never_block and the limit of /8 (IPv4) and /32 (IPv6), and nothing else")
	}
	return cmd
}

// request is what the daemon is asked for.
func (f *deciding) request(kind decision.Kind, target string) (q api.DecisionRequest, err error) {
	if kind == "" {
		kind = decision.Block
		if f.forTime != "" {
			kind = decision.Quarantine
		}
	}
	q = api.DecisionRequest{Kind: kind, Reason: f.reason, Force: f.force, For: sudoAccount()}
	if q.Target, err = parseTarget(target); err != nil || f.forTime == "" {
		return q, err
	}
	d, err := setting.ParseDuration(f.forTime)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%q is no time to be kept out", f.forTime)
	}
	if err != nil {
		return q, misused("--for: %w", err)
	}
	q.Seconds = d.Seconds()
	return q, nil
}

// decisionStatus says what the exit status of these commands means.
const decisionStatus = "\nExit status: 0 it holds (or would, in monitor mode), 1 it was refused or failed, 2 no daemon answers."

func newBlockCmd(a *app) *cobra.Command {
	return new(deciding).command(a, decision.Block, "end the block after a `DURATION`, as 10m or 24h", &cobra.Command{
		Use:   "block ADDRESS",
		Short: "Block an address or prefix until it is lifted",
		Long: `Block asks the running daemon to keep an address or prefix out until someone lifts that; with --for it
ends by itself.` + decisionStatus,
		Example: "  ruleids block 198.51.100.7 --reason \"scans us every night\"\n  ruleids block 2001:db8:bad::/48",
	})
}

func newQuarantineCmd(a *app) *cobra.Command {
	cmd := new(deciding).command(a, decision.Quarantine, "for how long: a `DURATION`, as 10m or 24h", &cobra.Command{
		Use:   "quarantine ADDRESS --for DURATION",
		Short: "Keep an address or prefix out for a time",
		Long: `Quarantine asks the running daemon to keep an address or prefix out for a time. The kernel ends it, even where
the daemon is not there any more.` + decisionStatus,
		Example: "  ruleids quarantine 198.51.100.7 --for 10m",
	})
	required(cmd, "for")
	return cmd
}

func newUnblockCmd(a *app) *cobra.Command {
	return new(deciding).command(a, decision.Release, "", &cobra.Command{
		Use:   "unblock ADDRESS",
		Short: "Release an address or prefix that is blocked or quarantined",
		Long: `Unblock asks the running daemon to release an address or prefix. For response { grace = … } after that, 60 s by
default, rules leave it alone.

Where the daemon does not run, ruleids firewall flush releases everybody.
Exit status: 0 it is released, 1 there was nothing to release or a prefix still keeps it out, 2 no daemon answers.`,
		Example: "  ruleids unblock 198.51.100.7",
	})
}

// oneTarget is for commands that take one address.
var oneTarget = arguments(1, 1, "name one address or prefix, as 198.51.100.7 or 2001:db8::/32")

func parseTarget(s string) (decision.Target, error) {
	t, err := decision.ParseTarget(s)
	if err != nil {
		return t, usageError{err}
	}
	return t, nil
}

// sudoAccount is who is behind sudo; "" without sudo.
func sudoAccount() string {
	if os.Geteuid() != 0 {
		return ""
	}
	return os.Getenv("SUDO_USER")
}
