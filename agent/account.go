package agent

import (
	"fmt"
	"os/user"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/internal/diag"
)

// An Account is who a daemon runs as once everything is open.
type Account struct {
	Name     string
	UID, GID int
	Groups   []int // supplementary
}

// CheckAccount looks for the account that the settings name, and returns what is wrong with it, or nil.
func CheckAccount(c *config.Config) *hcl.Diagnostic {
	if c.User == "" {
		return nil
	}
	if _, err := LookupAccount(c.User); err != nil {
		return c.Fault("user", diag.BadValue, "%s", strings.TrimPrefix(err.Error(), "user: "))
	}
	return nil
}

// LookupAccount finds an account by name.
func LookupAccount(name string) (*Account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("user: there is no account %q on this system; make one with: useradd --system --no-create-home %s", name, name)
	}
	a := &Account{Name: name}
	if a.UID, err = strconv.Atoi(u.Uid); err != nil {
		return nil, fmt.Errorf("user: %w", err)
	}
	if a.GID, err = strconv.Atoi(u.Gid); err != nil {
		return nil, fmt.Errorf("user: %w", err)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("user: the groups of %s cannot be read: %w", name, err)
	}
	for _, g := range groups {
		if n, err := strconv.Atoi(g); err == nil {
			a.Groups = append(a.Groups, n)
		}
	}
	return a, nil
}
