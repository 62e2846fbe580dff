//go:build !windows

package api

import (
	"context"
	"net"
)

// who may ask where the socket says no.
const who = "root, or as a member of the socket's group"

func dial(ctx context.Context, socket string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "unix", socket)
}
