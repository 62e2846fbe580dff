package logsource

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// A unified is the unified log of macOS, as log stream tells of it. What was logged while it does not run is not read.
type unified struct {
	config *UnifiedConfig
	env    *environment
}

func (c *UnifiedConfig) source(_ string, env *environment) (source, error) {
	u := &unified{config: c, env: env}
	place := strings.Join(u.command(), " ")
	env.counts.place.Store(&place)
	return u, nil
}

// close implements source.
func (u *unified) close() error { return nil }

// loginPredicate chooses what tells of logins with a source: sshd, which is two programs since OpenSSH 9.8, and
// others that are there from elsewhere. Without it the log has thousands of entries a second.
const loginPredicate = `process BEGINSWITH "sshd" OR process IN {"sudo", "ftpd", "smbd", "dovecot", "nginx", "httpd", "postgres", "openvpn"}`

// command is what is run.
func (u *unified) command() []string {
	predicate := cmp.Or(u.config.Predicate, loginPredicate)
	return append(slices.Clone(u.config.Command), "stream", "--style", "ndjson", "--level", "info", "--predicate", predicate)
}

// run reads until the program ends.
func (u *unified) run(ctx context.Context) error {
	_, err := u.env.follow(ctx, u.command(), func(string) error { return nil })
	return err
}
