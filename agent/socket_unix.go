//go:build unix

package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// A socketKind is who may connect to a socket, and how the settings call it.
type socketKind struct {
	what, setting string
	umask         int // of a socket that is made
}

var (
	socketOfOwner = socketKind{"control socket", "socket", 0o117}
	socketOfAll   = socketKind{"summary socket", "summary", 0o111}
)

// ListenControl opens the control socket, for its owner and group only; they are those of an account, where that
// is not nil. A socket that a dead daemon has left is replaced; one that a daemon answers on is an error. The
// directory is made where it is missing.
func ListenControl(path string, owner *Account) (net.Listener, error) {
	return listenSocket(socketOfOwner, path, owner)
}

// listenSocket is ListenControl for a socket of a kind.
func listenSocket(kind socketKind, path string, owner *Account) (net.Listener, error) {
	fail := func(err error) (net.Listener, error) { return nil, fmt.Errorf("%s: %w", kind.what, err) }
	elsewhere := func(err error) (net.Listener, error) {
		return fail(fmt.Errorf("%w; name another place with control { %s = … }", err, kind.setting))
	}
	dir := filepath.Dir(path)
	if !exists(dir) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return elsewhere(err)
		}
		if owner != nil {
			if err := os.Lchown(dir, owner.UID, owner.GID); err != nil {
				return fail(err)
			}
		}
	}
	// Of two daemons that find the same dead socket, one would remove that of the other.
	unlock, err := lockDirectory(dir)
	if err != nil {
		return fail(err)
	}
	defer unlock()
	if err := clearSocket(path); err != nil {
		return fail(err)
	}
	l, err := listenPrivately(path, kind.umask)
	if errors.Is(err, syscall.EINVAL) {
		return fail(fmt.Errorf("%w; the path of a socket may have some 100 bytes, this one has %d", err, len(path)))
	}
	if err != nil {
		return elsewhere(err)
	}
	if owner != nil {
		// Where the directory is the account's, it could put a link to another file in the socket's place just now.
		if err := os.Lchown(path, owner.UID, owner.GID); err != nil {
			l.Close()
			return fail(err)
		}
	}
	return l, nil
}

// lingers is how long a socket may be open after its daemon was killed: a program that the daemon was about to start has a
// copy of it until it runs.
const lingers = time.Second

// clearSocket removes the socket that a dead daemon has left, and nothing else: connecting to a file is refused as
// connecting to a dead socket is.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there already, and is no socket; name another place with control { socket = … }", path)
	}
	for deadline := time.Now().Add(lingers); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.DialTimeout("unix", path, time.Second)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			return os.Remove(path)
		case err != nil:
			return nil // what it is, listening will tell
		}
		c.Close()
		if time.Now().After(deadline) || answers(path) {
			return fmt.Errorf("a daemon answers on %s already; stop it, or give this one another socket", path)
		}
	}
}

// answers reports whether there is a daemon behind a socket.
func answers(path string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), lingers/4)
	defer cancel()
	c := api.NewClient(path)
	defer c.Close()
	_, err := c.Status(ctx)
	return err == nil
}
