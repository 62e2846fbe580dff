package live

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// CheckInterfaces returns an error where names of interfaces name none, or one of them twice.
func CheckInterfaces(names []string) error {
	if len(names) == 0 {
		return errors.New("live capture: no interface is named; name at least one")
	}
	for i, name := range names {
		if name == "" {
			return errors.New("live capture: the name of an interface is empty")
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("live capture: interface %q is named twice, and its packets would count twice; name it once", name)
		}
	}
	return nil
}

// NoInterface is the error for an interface that is not there, with those that are.
func NoInterface(name string) error {
	names := "none"
	if all, err := net.Interfaces(); err == nil && len(all) > 0 {
		list := make([]string, len(all))
		for i := range all {
			list[i] = all[i].Name
		}
		slices.Sort(list)
		names = strings.Join(list, ", ")
	}
	return fmt.Errorf("live capture: there is no interface %q; there are: %s", name, names)
}
