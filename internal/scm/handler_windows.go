package scm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// Work is what a service does: it works until ctx is done, or until it fails. It calls ready, once, when it works.
type Work func(ctx context.Context, ready func()) error

// Run is the service's side: it is called by a process that the SCM started, and returns when the service has stopped.
// reload is called where an administrator tells the service that its settings changed ("sc control NAME paramchange").
func Run(name string, work Work, reload func()) error {
	h := &handler{work: work, reload: reload}
	err := svc.Run(name, h)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		return fmt.Errorf("the service control manager has not started this process; it does with ruleids service start")
	}
	return errors.Join(err, h.err)
}

// failed is the exit code of a service that ended by an error, which its log has.
const failed = 1

// beat is how often the SCM hears, while the service starts or stops, that it goes on, and grace what it is told to wait.
const (
	beat  = time.Second
	grace = 10 * time.Second
)

// A handler answers the SCM.
type handler struct {
	work   Work
	reload func()
	err    error // how the work ended
}

// Execute implements svc.Handler.
func (h *handler) Execute(_ []string, requests <-chan svc.ChangeRequest, states chan<- svc.Status) (specific bool, code uint32) {
	const accepted = svc.AcceptStop | svc.AcceptShutdown | svc.AcceptPreShutdown | svc.AcceptParamChange
	now := svc.Status{State: svc.StartPending, WaitHint: uint32(grace.Milliseconds())}
	states <- now
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- h.work(ctx, func() { close(ready) }) }()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		select {
		case <-ready:
			ready = nil
			if now.State == svc.StartPending {
				now = svc.Status{State: svc.Running, Accepts: accepted}
				states <- now
			}
		case <-tick.C:
			if now.State != svc.Running {
				now.CheckPoint++
				states <- now
			}
		case h.err = <-ended:
			if h.err != nil {
				return true, failed
			}
			return false, 0
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				states <- now
			case svc.ParamChange:
				h.reload()
			case svc.Stop, svc.Shutdown, svc.PreShutdown:
				now = svc.Status{State: svc.StopPending, WaitHint: uint32(grace.Milliseconds())}
				states <- now
				cancel()
			}
		}
	}
}
