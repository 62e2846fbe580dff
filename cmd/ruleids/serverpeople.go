package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/state"
)

// newServerAPIKeyCmd is the command server apikey.
func newServerAPIKeyCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "apikey",
		Short: "Manage the keys with which programs ask the server",
		Long:  "A key goes with each request as Authorization: Bearer KEY. It is shown once, when it is made.",
	}, newAPIKeyCreateCmd(a), newAPIKeyListCmd(a), newAPIKeyRevokeCmd(a))
}

func newAPIKeyCreateCmd(a *app) *cobra.Command {
	var f serverFlags
	role := oneOf("viewer", "analyst", "admin")
	format := oneOf("text", "json")
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Make an API key and print it",
		Long: `Create makes a key and prints it, alone on standard output. A viewer reads; an analyst decides and brings
events besides; an admin may do everything.`,
		Example:           "  ruleids server apikey create siem --role viewer",
		Args:              arguments(0, 1, "name one key"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.client(a)
			if err != nil {
				return err
			}
			name := "key-" + time.Now().UTC().Format("20060102-150405.000")
			if len(args) > 0 {
				name = args[0]
			}
			var key api.NewKey
			if err := c.ask(cmd.Context(), "POST", "/api/v1/keys", api.KeyRequest{Name: name, Role: state.Role(role.value)}, &key); err != nil {
				return err
			}
			if format.value == "json" {
				return writeJSON(a.out, key)
			}
			fmt.Fprintf(a.err, "key %s, role %s; it is shown this once:\n", key.Name, key.Role)
			_, err = fmt.Fprintln(a.out, key.Key)
			return err
		},
	}
	f.add(cmd)
	role.add(cmd, cmd.Flags(), "role", "what the key may do")
	format.add(cmd, cmd.Flags(), "format", "form of the output")
	return cmd
}

func newAPIKeyListCmd(a *app) *cobra.Command {
	return serverList[api.KeyList]{
		use: "list", short: "List the API keys", long: "List prints the names of all keys, with what they may do.", example: "  ruleids server apikey list",
		path:  func() string { return "/api/v1/keys" },
		items: func(l api.KeyList) any { return l.Keys },
		heads: []string{"name", "role", "made", "by"},
		rows: func(l api.KeyList) (rows [][]string) {
			for _, k := range l.Keys {
				rows = append(rows, []string{k.Name, string(k.Role), k.Created.Local().Format(time.DateTime), k.By})
			}
			return rows
		},
	}.command(a)
}

func newAPIKeyRevokeCmd(a *app) *cobra.Command {
	return newServerDeleteCmd(a, "revoke NAME", "Make an API key worthless", "  ruleids server apikey revoke siem", "/api/v1/keys/")
}

// newServerDeleteCmd is a command that names one thing and has the server remove it.
func newServerDeleteCmd(a *app, use, short, example, path string) *cobra.Command {
	var f serverFlags
	cmd := &cobra.Command{
		Use: use, Short: short, Long: short + ". It takes effect at once.", Example: example,
		Args: exactly(1, strings.ToLower(strings.Fields(use)[1])), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.ask(a, cmd, "DELETE", path+url.PathEscape(args[0]), nil, nil)
		},
	}
	f.add(cmd)
	return cmd
}

// newServerAccountCmd is the command server account.
func newServerAccountCmd(a *app) *cobra.Command {
	return grouped(a, &cobra.Command{
		Use:   "account",
		Short: "Manage the accounts with which people log in",
		Long:  "The first account, admin, is made at the first start of the server.",
	}, newAccountSetCmd(a), newAccountListCmd(a),
		newServerDeleteCmd(a, "remove NAME", "Remove an account and end its sessions", "  ruleids server account remove lee", "/api/v1/accounts/"))
}

func newAccountSetCmd(a *app) *cobra.Command {
	var f serverFlags
	role := oneOf("viewer", "analyst", "admin")
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Make an account, or give it another password and role",
		Long: `Set asks for the password on a terminal, reads it from standard input where that is none, and where that is
empty makes one and prints it. Sessions of the account end.`,
		Example: "  ruleids server account set lee --role analyst",
		Args:    exactly(1, "name"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			password, err := a.readPassword()
			if err != nil {
				return err
			}
			made := password == ""
			if made {
				b := make([]byte, 15)
				_, _ = rand.Read(b) // it never fails, by its contract
				password = base64.RawURLEncoding.EncodeToString(b)
			}
			if err := f.ask(a, cmd, "POST", "/api/v1/accounts", api.AccountRequest{Name: args[0], Password: password, Role: state.Role(role.value)}, nil); err != nil {
				return err
			}
			if made {
				_, err = fmt.Fprintf(a.out, "account:  %s\npassword: %s\n", args[0], password)
			}
			return err
		},
	}
	f.add(cmd)
	role.add(cmd, cmd.Flags(), "role", "what the account may do")
	return cmd
}

// readPassword reads a password: from a terminal without showing it, or a line of standard input; "" for none.
func (a *app) readPassword() (string, error) {
	if f := terminal(a.in); f != nil {
		fmt.Fprint(a.err, "password (empty: one is made): ")
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.err)
		return string(b), err
	}
	b, err := io.ReadAll(io.LimitReader(a.in, 4096))
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), err
}

func newAccountListCmd(a *app) *cobra.Command {
	return serverList[api.AccountList]{
		use: "list", short: "List the accounts", long: "List prints the names of all accounts, with what they may do.", example: "  ruleids server account list",
		path:  func() string { return "/api/v1/accounts" },
		items: func(l api.AccountList) any { return l.Accounts },
		heads: []string{"name", "role", "made"},
		rows: func(l api.AccountList) (rows [][]string) {
			for _, x := range l.Accounts {
				rows = append(rows, []string{x.Name, string(x.Role), x.Created.Local().Format(time.DateTime)})
			}
			return rows
		},
	}.command(a)
}
