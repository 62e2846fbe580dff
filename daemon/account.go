package daemon

import (
	"fmt"
	"os/user"
	"strconv"
)

// An Account is who a daemon runs as once everything is open.
type Account struct {
	Name     string
	UID, GID int
	Groups   []int // supplementary
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
