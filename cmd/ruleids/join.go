package main

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/internal/place"
)

var pinForm = regexp.MustCompile(`^sha256:[0-9a-fA-F]{64}$`)

func newJoinCmd(a *app) *cobra.Command {
	var f hostFlags
	var token, pin, name string
	cmd := &cobra.Command{
		Use:   "join HOST:PORT --token TOKEN --ca PIN",
		Short: "Make this host an agent of a server",
		Long: `Join makes this host an agent of the server that printed the line (ruleids server token create). It makes a key
that never leaves the host, checks the server by the pin of its CA, and gets a certificate. A daemon that
starts after that belongs to the fleet.`,
		Example:           "  ruleids join fleet.example.com:8443 --token 2f6d….8Xq… --ca sha256:19ea…",
		Args:              arguments(1, 1, "name the server as HOST:PORT"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case token == "":
				return misused("join needs --token TOKEN")
			case !pinForm.MatchString(pin):
				return misused("join needs --ca sha256:DIGITS, as ruleids server token create prints it")
			}
			at := args[0]
			if _, _, err := net.SplitHostPort(at); err != nil {
				at = net.JoinHostPort(at, "8443")
			}
			c, err := f.load(a)
			if err != nil {
				return err
			}
			q := link.JoinRequest{Server: at, Token: token, Pin: pin, Name: name, Dir: c.Fleet.Directory, Owner: -1, Group: -1}
			q.Name = cmp.Or(q.Name, c.Agent)
			if c.User != "" && os.Geteuid() == 0 {
				account, err := agent.LookupAccount(c.User)
				if err != nil {
					return err
				}
				q.Owner, q.Group = account.UID, account.GID
			}
			if c.User == "" && os.Geteuid() == 0 {
				// A service with an account of its own has its state in a directory of that account.
				if st, err := os.Stat(filepath.Dir(q.Dir)); err == nil {
					if user, group, ok := ownerOf(st); ok {
						q.Owner, q.Group = user, group
					}
				}
			}
			if err := place.Make(); err != nil {
				return err
			}
			m, err := link.Join(cmd.Context(), q)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "this host is the agent %q of %s; the daemon belongs to the fleet when it starts next\n", m.Name, m.Server)
			return err
		},
	}
	f.add(cmd, "fleet.directory")
	cmd.Flags().StringVar(&token, "token", "", "the `TOKEN` to join with")
	cmd.Flags().StringVar(&pin, "ca", "", "the `PIN` of the server's CA, as sha256:…")
	cmd.Flags().StringVar(&name, "name", "", "`NAME` of the agent (default the setting agent, or the host's name)")
	noFiles(cmd, "token", "ca", "name")
	return cmd
}
