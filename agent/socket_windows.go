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

// ListenControl opens the pipe of the control API: for the system, for administrators, and for the account that this
// process runs as. Nobody from another host reaches it, and nobody can open another pipe of the name meanwhile.
func ListenControl(path string, _ *Account) (net.Listener, error) {
	if !strings.HasPrefix(path, pipes) {
		return nil, fmt.Errorf("control socket: %s is no pipe, which it has to be on Windows; write control { socket = %q }", path, place.Pipe)
	}
	access := "D:P(D;;GA;;;NU)(A;;GA;;;SY)(A;;GA;;;BA)"
	if me, err := user.Current(); err == nil {
		access += "(A;;GA;;;" + me.Uid + ")"
	}
	l, err := winio.ListenPipe(path, &winio.PipeConfig{SecurityDescriptor: access})
	switch {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED), errors.Is(err, windows.ERROR_PIPE_BUSY), errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		return nil, fmt.Errorf("control socket: a daemon answers on %s already; stop it, or give this one another pipe", path)
	case err != nil:
		return nil, fmt.Errorf("control socket: %w; name another pipe with control { socket = … }", err)
	}
	return l, nil
}
