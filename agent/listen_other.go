//go:build !unix

package agent

import "net"

// listenPrivately opens a unix socket, with the permissions that the system gives it.
func listenPrivately(path string) (net.Listener, error) { return net.Listen("unix", path) }

// lockDirectory does nothing: a daemon that captures runs on Linux.
func lockDirectory(string) (unlock func(), err error) { return func() {}, nil }
