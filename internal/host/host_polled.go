//go:build !linux && !windows

package host

import "time"

// pollEvery is how often addresses, routes and resolvers are looked at where the kernel does not tell of changes.
const pollEvery = 10 * time.Second

// A Host is the host that the program runs on. Its addresses, routes and resolvers are looked at every ten seconds.
type Host struct{ *polled }

// Open looks at the host and begins to watch it. It needs no privileges.
func Open(opt Options) (*Host, error) {
	opt.complete()
	h, err := openPolled(opt, systemFacts(), pollEvery)
	if err != nil {
		return nil, err
	}
	return &Host{h}, nil
}
