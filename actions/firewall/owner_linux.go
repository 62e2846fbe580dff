package firewall

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ownerName is an abstract unix socket (unix(7)): there is one of that name in a network namespace, as there is one set
// of tables, and it goes with the process that has it.
const ownerName = "@ruleids-firewall"

// ownerLingers is how long a name may be taken after its process was told to end.
const ownerLingers = time.Second

// An owner is the right to change the sets of this network namespace. One process has it: two that each hold the sets to
// a journal of their own undo each other's decisions. The zero value has nothing.
type owner struct {
	mu sync.Mutex
	fd int // plus one, so that 0 is none
}

// take gets the right, and keeps it until release. It returns an error that names the process that has it.
func (o *owner) take() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fd != 0 {
		return nil
	}
	for deadline := time.Now().Add(ownerLingers); ; time.Sleep(20 * time.Millisecond) {
		err := o.bind()
		if !errors.Is(err, unix.EADDRINUSE) {
			return err
		}
		pid, err := holder()
		late := time.Now().After(deadline)
		switch {
		case err == nil && pid == os.Getpid():
			return nil
		case err == nil && !mayChange(pid), late && errors.Is(err, unix.ECONNREFUSED):
			// Anybody may take a name. Whoever cannot change the firewall, or only sits on the name and does not listen, as an
			// owner does, does not keep us from it.
			return nil
		case late && err != nil:
			return fmt.Errorf("another process already keeps the firewall of this network namespace, and which it is cannot be found out: %w", err)
		case late:
			return fmt.Errorf("process %d%s already keeps the firewall of this network namespace: stop it, or run this one with mode = \"monitor\" or --simulate", pid, nameOf(pid))
		}
	}
}

func (o *owner) bind() error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("the lock of the firewall: %w", err)
	}
	if err = unix.Bind(fd, &unix.SockaddrUnix{Name: ownerName}); err == nil {
		err = unix.Listen(fd, 8)
	}
	if err != nil {
		unix.Close(fd)
		return fmt.Errorf("the lock of the firewall: %w", err)
	}
	o.fd = fd + 1
	return nil
}

// release gives up the right.
func (o *owner) release() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fd == 0 {
		return nil
	}
	err := unix.Close(o.fd - 1)
	o.fd = 0
	return err
}

// holder returns the process that listens on the name. The error is ECONNREFUSED where none does.
func holder() (pid int, err error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: ownerName}); err != nil {
		return 0, err
	}
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return int(cred.Pid), nil
}

// mayChange reports whether a process has CAP_NET_ADMIN; true where that cannot be read.
func mayChange(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(text)) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			caps, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			return err != nil || caps&(1<<unix.CAP_NET_ADMIN) != 0
		}
	}
	return true
}

// nameOf returns " (name)" of a process, or "".
func nameOf(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return " (" + strings.TrimSpace(string(name)) + ")"
}
