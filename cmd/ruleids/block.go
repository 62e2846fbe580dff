package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/setting"
)

// decideFlags are the flags of the commands that change a decision.
type decideFlags struct {
	control controlFlags
	format  choice
	reason  string
	forTime string
	force   bool
}

// add declares the flags; those that a release does not have are left out with release.
func (f *decideFlags) add(cmd *cobra.Command, release bool) {
	f.control.add(cmd)
	f.format = oneOf("text", "json")
	f.format.add(cmd, cmd.Flags(), "format", "form of the output")
	cmd.Flags().StringVar(&f.reason, "reason", "", "`TEXT` for the journal and the audit log")
	_ = cmd.RegisterFlagCompletionFunc("reason", cobra.NoFileCompletions)
	if release {
		return
	}
	cmd.Flags().BoolVar(&f.force, "force", false, "override never_block and the limit of /8 (IPv4) and /32 (IPv6), and nothing else")
}

// addFor declares --for.
func (f *decideFlags) addFor(cmd *cobra.Command, usage string) {
	cmd.Flags().StringVar(&f.forTime, "for", "", usage)
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.NoFileCompletions)
}

// decide asks the daemon for a decision, and prints what became of it.
func (f *decideFlags) decide(a *app, cmd *cobra.Command, kind decision.Kind, target string) error {
	t, err := parseTarget(target)
	if err != nil {
		return err
	}
	q := api.DecisionRequest{Kind: kind, Target: t, Reason: f.reason, Force: f.force, For: sudoAccount()}
	if f.forTime != "" {
		d, err := setting.ParseDuration(f.forTime)
		if err == nil && d <= 0 {
			err = fmt.Errorf("%q is no time to be kept out", f.forTime)
		}
		if err != nil {
			return misused("--for: %w", err)
		}
		q.Seconds = d.Seconds()
	}
	c, err := f.control.client(a)
	if err != nil {
		return err
	}
	r, err := c.Decide(cmd.Context(), q)
	if err != nil {
		return err
	}
	return a.answer(f.format, r, !r.Done(), func(b *strings.Builder, _ bool) { fmt.Fprintln(b, answerWords(r)) })
}

// decisionStatus says what the exit status of these commands means.
const decisionStatus = "\nExit status: 0 it holds (or would, in monitor mode), 1 it was refused or failed, 2 no daemon answers."

func newBlockCmd(a *app) *cobra.Command {
	var f decideFlags
	cmd := &cobra.Command{
		Use:   "block ADDRESS",
		Short: "Block an address or prefix until it is lifted",
		Long: `Block asks the running daemon to keep an address or prefix out until someone lifts that; with --for it
ends by itself.` + decisionStatus,
		Example:           "  ruleids block 198.51.100.7 --reason \"scans us every night\"\n  ruleids block 2001:db8:bad::/48",
		Args:              oneTarget,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.decide(a, cmd, decision.Block, args[0])
		},
	}
	f.add(cmd, false)
	f.addFor(cmd, "end the block after a `DURATION`, as 10m or 24h")
	return cmd
}

func newQuarantineCmd(a *app) *cobra.Command {
	var f decideFlags
	cmd := &cobra.Command{
		Use:   "quarantine ADDRESS --for DURATION",
		Short: "Keep an address or prefix out for a time",
		Long: `Quarantine asks the running daemon to keep an address or prefix out for a time. The kernel ends it, even where
the daemon is not there any more.` + decisionStatus,
		Example:           "  ruleids quarantine 198.51.100.7 --for 10m",
		Args:              oneTarget,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.decide(a, cmd, decision.Quarantine, args[0])
		},
	}
	f.add(cmd, false)
	f.addFor(cmd, "for how long: a `DURATION`, as 10m or 24h")
	required(cmd, "for")
	return cmd
}

func newUnblockCmd(a *app) *cobra.Command {
	var f decideFlags
	cmd := &cobra.Command{
		Use:   "unblock ADDRESS",
		Short: "Release an address or prefix that is blocked or quarantined",
		Long: `Unblock asks the running daemon to release an address or prefix. For response { grace = … } after that, 60 s by
default, rules leave it alone.

Where the daemon does not run, ruleids firewall flush releases everybody.
Exit status: 0 it is released, 1 there was nothing to release or a prefix still keeps it out, 2 no daemon answers.`,
		Example:           "  ruleids unblock 198.51.100.7",
		Args:              oneTarget,
		ValidArgsFunction: f.control.completeOne(targets),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.decide(a, cmd, decision.Release, args[0])
		},
	}
	f.add(cmd, true)
	return cmd
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
