//go:build unix

package daemon

import (
	"net"
	"syscall"
)

// listenPrivately opens a unix socket of mode 0660. The umask keeps others out from the first moment; it is the whole
// process's, so it is put back at once.
func listenPrivately(path string) (net.Listener, error) {
	old := syscall.Umask(0o117)
	defer syscall.Umask(old)
	return net.Listen("unix", path)
}
