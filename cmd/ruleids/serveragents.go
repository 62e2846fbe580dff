package main

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/roster"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
)

// newServerTokenCmd is the command server token.
func newServerTokenCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "token",
		Short: "Manage the tokens with which agents join",
		Long:  "A token lets agents join for a time, as often as it says.",
	}, newTokenCreateCmd(a), newTokenListCmd(a),
		newServerDeleteCmd(a, "revoke ID", "Make a token worthless", "  ruleids server token revoke 2f6d0c9a71b3e845", "/api/v1/tokens/"))
}

func newTokenCreateCmd(a *app) *cobra.Command {
	var f serverFlags
	q := api.TokenRequest{}
	var labels []string
	host := ""
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Print the line with which an agent joins",
		Long: `Create makes a token and prints the command that makes a sensor an agent of this server. Anybody who has the
line can join until it is used up or its time is over.`,
		Example: "  ruleids server token create --for 1h --uses 1 --label site=berlin",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if q.Labels, err = state.ParseLabels(labels); err != nil {
				return misused("--label: %w", err)
			}
			c, err := f.client(a)
			if err != nil {
				return err
			}
			var token api.NewToken
			if err := c.ask(cmd.Context(), "POST", "/api/v1/tokens", q, &token); err != nil {
				return err
			}
			if format.value == "json" {
				return writeJSON(a.out, token)
			}
			_, err = fmt.Fprintf(a.out, "ruleids join %s --token %s --ca %s\n", joinAddress(c.c, host), token.Token, token.Pin)
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&q.For, "for", "1h", "how long it can be used: a `DURATION`")
	cmd.Flags().IntVar(&q.Uses, "uses", 1, "how many agents may join with it: `N`")
	cmd.Flags().StringArrayVar(&labels, "label", nil, "label of those agents, as `KEY=VALUE` (repeatable)")
	cmd.Flags().StringVar(&host, "host", "", "`NAME` under which agents reach the server (default the first of server { names }, or the host's)")
	noFiles(cmd, "for", "uses", "label", "host")
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

// joinAddress is where agents join.
func joinAddress(c *config.Config, host string) string {
	_, port, _ := net.SplitHostPort(string(c.Server.Listen))
	if host == "" && len(c.Server.Names) > 0 {
		host = c.Server.Names[0]
	}
	if host == "" {
		host, _ = os.Hostname()
	}
	return net.JoinHostPort(host, cmp.Or(port, "8443"))
}

func newTokenListCmd(a *app) *cobra.Command {
	return serverList[api.TokenList]{
		use: "list", short: "List the tokens that can be used", long: "List prints the tokens that can be used, without their secrets.", example: "  ruleids server token list",
		path:  func() string { return "/api/v1/tokens" },
		items: func(l api.TokenList) any { return l.Tokens },
		heads: []string{"id", "until", "uses", "labels", "by"},
		rows: func(l api.TokenList) (rows [][]string) {
			for _, t := range l.Tokens {
				rows = append(rows, []string{t.ID, t.Expires.Local().Format(time.DateTime), strconv.Itoa(t.Uses), t.Labels.String(), t.By})
			}
			return rows
		},
	}.command(a)
}

// newServerAgentsCmd is the command server agents.
func newServerAgentsCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "agents",
		Short: "List, label and revoke agents",
		Long:  "An agent is a sensor that joined this server.",
	}, newAgentsListCmd(a), newAgentsShowCmd(a), newAgentsLabelCmd(a),
		newServerDeleteCmd(a, "revoke AGENT", "Cut an agent off, for good", "  ruleids server agents revoke berlin-edge", "/api/v1/agents/"))
}

func newAgentsListCmd(a *app) *cobra.Command {
	all := false
	cmd := serverList[api.AgentList]{
		use: "list", short: "List the agents", long: "List prints the agents with what the last heartbeat of each said.", example: "  ruleids server agents list",
		path:  func() string { return fmt.Sprintf("/api/v1/agents?all=%t", all) },
		items: func(l api.AgentList) any { return l.Agents },
		heads: []string{"name", "state", "seen", "version", "rules", "packets/s", "queue", "labels", "trouble"},
		rows: func(l api.AgentList) (rows [][]string) {
			for _, x := range l.Agents {
				row := []string{x.Name, x.State, "never", "", "", "", "", x.Labels.String(), strings.Join(x.Trouble, "; ")}
				if !x.Seen.IsZero() {
					row[2] = age(time.Since(x.Seen).Seconds()) + " ago"
				}
				if b := x.Beat; b != nil {
					row[3], row[4], row[5], row[6] = b.Version, strconv.Itoa(b.Rules), thousands(uint64(b.Rate)), strconv.Itoa(b.Queue.Alerts)
				}
				rows = append(rows, row)
			}
			return rows
		},
	}.command(a)
	cmd.Flags().BoolVar(&all, "all", false, "revoked ones, too")
	return cmd
}

func newAgentsShowCmd(a *app) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use: "show AGENT", Short: "Show all that is known of an agent, as JSON", Long: "Show prints an agent as the API has it.", Example: "  ruleids server agents show berlin-edge",
		Args: exactly(1, "agent"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			var x roster.Agent
			if err := f.ask(a, cmd, "GET", "/api/v1/agents/"+url.PathEscape(args[0]), nil, &x); err != nil {
				return err
			}
			return writeJSON(a.out, x)
		},
	}
	f.add(cmd)
	return cmd
}

func newAgentsLabelCmd(a *app) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use: "label AGENT [KEY=VALUE...]", Short: "Give an agent other labels", Long: "Label gives an agent the labels that are named, in place of those that it has.", Example: "  ruleids server agents label berlin-edge site=berlin role=edge",
		Args:              arguments(1, anyNumber, "name an agent"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			labels, err := state.ParseLabels(args[1:])
			if err != nil {
				return usageError{err}
			}
			return f.ask(a, cmd, "PATCH", "/api/v1/agents/"+url.PathEscape(args[0]), api.AgentChange{Labels: labels}, nil)
		},
	}
	f.add(cmd)
	return cmd
}

func newServerBlockCmd(a *app) *cobra.Command {
	var f serverFlags
	var q share.Request
	cmd := &cobra.Command{
		Use:   "block ADDRESS",
		Short: "Keep an address or prefix out at all agents",
		Long: `Block has all agents, or those with a label, keep an address or prefix out until someone lifts that; with --for
it ends by itself. An agent in monitor mode only records it, and none cuts off what its own host needs.`,
		Example: "  ruleids server block 198.51.100.7 --for 1h --reason \"scans all offices\"",
		Args:    oneTarget, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := parseTarget(args[0]); err != nil {
				return err
			}
			q.Target = args[0]
			var x state.Decision
			if err := f.ask(a, cmd, "POST", "/api/v1/decisions", q, &x); err != nil {
				return err
			}
			until := "until it is lifted"
			if !x.Until.IsZero() {
				until = "until " + x.Until.Local().Format(time.DateTime)
			}
			_, err := fmt.Fprintf(a.out, "%s is to be kept out %s\n", x.Target, until)
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&q.For, "for", "", "end the block after a `DURATION`, as 10m or 24h")
	cmd.Flags().StringVar(&q.Reason, "reason", "", "`TEXT` for the list and the audit log")
	cmd.Flags().StringVar(&q.Label, "label", "", "only at agents with a label, as `KEY=VALUE`")
	noFiles(cmd, "for", "reason", "label")
	return cmd
}

func newServerUnblockCmd(a *app) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use: "unblock ADDRESS", Short: "Release an address or prefix at all agents",
		Long:    "Unblock lifts a decision for all. Decisions that an agent made of its own stay.",
		Example: "  ruleids server unblock 198.51.100.7",
		Args:    oneTarget, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := parseTarget(args[0]); err != nil {
				return err
			}
			if err := f.ask(a, cmd, "DELETE", "/api/v1/decisions/"+args[0], nil, nil); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.out, "%s is to be released\n", args[0])
			return err
		},
	}
	f.add(cmd)
	return cmd
}
