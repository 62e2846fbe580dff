package host

import (
	"fmt"
	"slices"
	"time"
)

// lookEvery is how often adapters are looked at: a call that takes a millisecond.
const lookEvery = 5 * time.Second

// A Host is the host that the program runs on. Adapters, resolvers and names are looked at every few seconds; the connections of
// the SSH server and of remote desktops when Info is called, but not more often than once a second.
type Host struct{ *polled }

// Open looks at the host and begins to watch it. It needs no privileges.
func Open(opt Options) (*Host, error) {
	opt.complete()
	opt.SSHPorts = slices.Concat(opt.SSHPorts, remotePorts())
	h, err := openPolled(opt, facts{
		addresses: func(f *Info) error {
			err := lookAt(f)
			if err != nil {
				opt.Log.Warn("the addresses of this host cannot be looked at; those of before are protected", "error", err)
			}
			return err
		},
		connections: func(ports []uint16) ([]connection, error) {
			conns, err := connectionsTo(ports)
			if err != nil {
				err = fmt.Errorf("the connections of this host cannot be listed: %w", err)
			}
			return conns, err
		},
		names: timeServers,
	}, lookEvery)
	if err != nil {
		return nil, fmt.Errorf("this system does not tell the addresses of this host: %w", err)
	}
	return &Host{h}, nil
}
