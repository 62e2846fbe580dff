package api

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A program can tell a daemon that it may not ask from one that is not there.
func TestExplain(t *testing.T) {
	c := NewClient("/run/x.sock")
	defer c.Close()
	for _, x := range []struct {
		cause      syscall.Errno
		permission bool
		says       string
	}{{syscall.EACCES, true, "run this as"}, {syscall.ECONNREFUSED, false, "no daemon answers on /run/x.sock"}, {syscall.ENOENT, false, "start one with"}} {
		err := c.explain(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", x.cause)})
		if errors.Is(err, os.ErrPermission) != x.permission || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%v: %v", x.cause, err)
		}
	}
}
