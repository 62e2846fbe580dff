//go:build unix

package agent

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/ruleids/ruleids/internal/filelock"
)

// listenPrivately opens a unix socket. The umask keeps others out from the first moment; it is the whole
// process's, so it is put back at once.
func listenPrivately(path string, umask int) (net.Listener, error) {
	old := syscall.Umask(umask)
	defer syscall.Umask(old)
	return net.Listen("unix", path)
}

// lockWithin is how long lockDirectory waits for another daemon, which holds the lock for as long as it takes to connect to
// a socket and to make one.
const lockWithin = 5 * time.Second

// lockDirectory keeps other daemons from making a socket in a directory until unlock is called, or the process ends. The lock
// is on the directory itself (flock(2)), so nothing is left over.
func lockDirectory(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if filelock.Within(f, lockWithin) {
		_ = f.Close()
		return nil, fmt.Errorf("another program holds a lock on the directory %s; end it, or name another place with control { socket = … }", dir)
	}
	return func() { _ = f.Close() }, nil // which gives the lock up
}
