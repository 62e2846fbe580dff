//go:build !linux && !windows && !darwin && !freebsd && !openbsd

package host

import "runtime"

// systemFacts are none: addresses alone are known.
func systemFacts() facts {
	return facts{addresses: listInterfaces, limit: "gateways, resolvers and SSH sessions of this host are not known on " + runtime.GOOS}
}
