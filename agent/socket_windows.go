package agent

import (
	"errors"
	"fmt"
	"net"
	"os/user"
	"strings"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"

	"github.com/ruleids/ruleids/internal/place"
)

// pipes is how the names of pipes begin.
const pipes = `\\.\pipe\`

// A socketKind is who may connect to a pipe besides the system, administrators and the account of this process, and how the
// settings call it.
type socketKind struct {
	what, setting, usual string
	others               string // entries of an access control list (SDDL)
}

// Everybody who has logged on here may read and write what is said on the pipe, but not make another instance of it, which
// would be to pass for the daemon: FILE_GENERIC_READ, FILE_WRITE_DATA and FILE_WRITE_ATTRIBUTES, without FILE_APPEND_DATA.
var (
	socketOfOwner = socketKind{"control socket", "socket", place.Pipe, ""}
	socketOfAll   = socketKind{"summary socket", "summary", place.Pipe + "-summary", "(A;;0x12018b;;;IU)"}
)

// ListenControl opens the pipe of the control API: for the system, for administrators, and for the account that this
// process runs as. It is not reached from other hosts, and no other process can open a pipe of the name meanwhile.
func ListenControl(path string, owner *Account) (net.Listener, error) {
	return listenSocket(socketOfOwner, path, owner)
}

// listenSocket is ListenControl for a pipe of a kind.
func listenSocket(kind socketKind, path string, _ *Account) (net.Listener, error) {
	if !strings.HasPrefix(path, pipes) {
		return nil, fmt.Errorf("%s: %s is no pipe, which it has to be on Windows; write control { %s = %q }", kind.what, path, kind.setting, kind.usual)
	}
	access := "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)" + kind.others
	if me, err := user.Current(); err == nil {
		access += "(A;;GA;;;" + me.Uid + ")"
	}
	l, err := winio.ListenPipe(path, &winio.PipeConfig{SecurityDescriptor: access})
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_PIPE_BUSY), errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		return nil, fmt.Errorf("%s: a daemon answers on %s already; stop it, or give this one another pipe", kind.what, path)
	case err != nil:
		return nil, fmt.Errorf("%s: %w; name another pipe with control { %s = … }", kind.what, err, kind.setting)
	}
	return l, nil
}
