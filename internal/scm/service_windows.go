package scm

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// A Service is how the SCM knows a program.
type Service struct {
	Name        string // by which all commands name it
	Display     string // what people see
	Description string
	Program     string   // absolute path of the executable
	Args        []string // what it is started with
}

// Recovery after a crash or a start that failed: again soon, then later, and the count of failures begins again after a
// day without one.
const (
	firstRestart  = 5 * time.Second
	secondRestart = 30 * time.Second
	laterRestart  = 2 * time.Minute
	forgetAfter   = 24 * 60 * 60 // seconds
)

// ErrNotInstalled says that there is no service of a name.
var ErrNotInstalled = errors.New("it is not installed")

// connect opens the SCM.
func connect() (*mgr.Mgr, error) {
	m, err := mgr.Connect()
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return nil, errors.New("only administrators may do that; run it in a terminal that was opened as administrator")
	}
	if err != nil {
		return nil, fmt.Errorf("the service control manager does not answer: %w", err)
	}
	return m, nil
}

// with opens a service for as long as do works.
func with(name string, do func(*mgr.Service) error) error {
	m, err := connect()
	if err != nil {
		return err
	}
	defer m.Disconnect()
	s, err := m.OpenService(name)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return fmt.Errorf("service %s: %w; ruleids service install does that", name, ErrNotInstalled)
	}
	if err == nil {
		defer s.Close()
		err = do(s)
	}
	if err != nil {
		return fmt.Errorf("service %s: %w", name, err)
	}
	return nil
}

// Install makes the service: started a little after the system (delayed), and again after it failed. One that is there
// already gets program, arguments and the rest again, and keeps what it does at the moment; updated is true then.
func (s *Service) Install() (updated bool, err error) {
	m, err := connect()
	if err != nil {
		return false, err
	}
	defer m.Disconnect()
	config := mgr.Config{
		ServiceType: windows.SERVICE_WIN32_OWN_PROCESS, StartType: mgr.StartAutomatic, ErrorControl: mgr.ErrorNormal,
		DisplayName: s.Display, Description: s.Description,
	}
	there, err := m.CreateService(s.Name, s.Program, config, s.Args...)
	if errors.Is(err, windows.ERROR_SERVICE_EXISTS) {
		updated = true
		if there, err = m.OpenService(s.Name); err == nil {
			err = s.change(there)
		}
	}
	if there != nil {
		defer there.Close()
	}
	if err == nil {
		err = delay(there)
	}
	if err == nil {
		err = there.SetRecoveryActions([]mgr.RecoveryAction{
			{Type: mgr.ServiceRestart, Delay: firstRestart}, {Type: mgr.ServiceRestart, Delay: secondRestart}, {Type: mgr.ServiceRestart, Delay: laterRestart},
		}, forgetAfter)
	}
	if err == nil {
		// A daemon that cannot start reports that it stopped, with an exit code: no crash, but to be tried again.
		err = known(there.SetRecoveryActionsOnNonCrashFailures(true))
	}
	if err != nil {
		return updated, fmt.Errorf("service %s: %w", s.Name, err)
	}
	return updated, nil
}

// change gives a service that is there the program, its arguments and its name.
func (s *Service) change(there *mgr.Service) error {
	command, err := windows.UTF16PtrFromString(commandLine(s.Program, s.Args))
	if err != nil {
		return err
	}
	display, err := windows.UTF16PtrFromString(s.Display)
	if err != nil {
		return err
	}
	return windows.ChangeServiceConfig(there.Handle, windows.SERVICE_NO_CHANGE, mgr.StartAutomatic, windows.SERVICE_NO_CHANGE, command, nil, nil, nil, nil, nil, display)
}

// delay has a service started some two minutes after the system, when networks are there.
func delay(there *mgr.Service) error {
	info := windows.SERVICE_DELAYED_AUTO_START_INFO{IsDelayedAutoStartUp: 1}
	return known(windows.ChangeServiceConfig2(there.Handle, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, (*byte)(unsafe.Pointer(&info))))
}

// known takes a setting that this SCM does not have for one that is not needed: Wine's lacks some.
func known(err error) error {
	if errors.Is(err, windows.ERROR_INVALID_LEVEL) {
		return nil
	}
	return err
}

// commandLine is how the SCM starts a program.
func commandLine(program string, args []string) string {
	return windows.ComposeCommandLine(append([]string{program}, args...))
}

// A service may take changeWithin to start or to stop, which is longer than a daemon takes to write out its alerts, from the last
// sign of it on: it counts in its check point for as long as it is at it. After changeAtMost that does not help it any more.
const (
	changeWithin = 30 * time.Second
	changeAtMost = 3 * time.Minute
)

// Start starts a service and waits until it runs. One that runs already is no error.
func Start(ctx context.Context, name string) error {
	return with(name, func(s *mgr.Service) error {
		if err := s.Start(); err != nil && !errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) {
			return err
		}
		return await(ctx, s, svc.Running)
	})
}

// Stop stops a service and waits until it has stopped. One that does not run is no error.
func Stop(ctx context.Context, name string) error {
	return with(name, func(s *mgr.Service) error { return stop(ctx, s) })
}

func stop(ctx context.Context, s *mgr.Service) error {
	_, err := s.Control(svc.Stop)
	if errors.Is(err, windows.ERROR_SERVICE_NOT_ACTIVE) {
		return nil
	}
	if err != nil {
		return err
	}
	return await(ctx, s, svc.Stopped)
}

// Remove stops a service and removes it.
func Remove(ctx context.Context, name string) error {
	return with(name, func(s *mgr.Service) error {
		if err := stop(ctx, s); err != nil {
			return err
		}
		return s.Delete()
	})
}

// await waits for a state. Where another than that one lasts, or the service has stopped by itself, it says so.
func await(ctx context.Context, s *mgr.Service, want svc.State) error {
	ctx, cancel := context.WithTimeout(ctx, changeAtMost)
	defer cancel()
	begun, sign := time.Now(), time.Now()
	var before svc.Status
	for {
		q, err := s.Query()
		if q.State != before.State || q.CheckPoint != before.CheckPoint {
			before, sign = q, time.Now()
		}
		switch {
		case err != nil:
			return err
		case q.State == want:
			return nil
		case q.State == svc.Stopped:
			return fmt.Errorf("it stopped while it started (exit code %d); its log says why", exitCode(q))
		}
		late := time.Since(sign) > changeWithin
		select {
		case <-ctx.Done():
			late = true
		case <-time.After(100 * time.Millisecond):
		}
		if late {
			return fmt.Errorf("it is %s after %v", stateName(q.State), time.Since(begun).Round(time.Second))
		}
	}
}

// A State is what the SCM says of a service.
type State struct {
	State    string `json:"state"` // "running", "stopped", "starting", …
	PID      uint32 `json:"pid"`   // 0 where none runs
	Start    string `json:"start"` // "automatic, delayed", "automatic", "manual" or "disabled"
	Command  string `json:"command"`
	Account  string `json:"account"`
	ExitCode uint32 `json:"exit_code"` // of the last time that it ended
}

// Running reports whether it runs.
func (s *State) Running() bool { return s.State == stateName(svc.Running) }

// Query asks for the state of a service.
func Query(name string) (*State, error) {
	out := &State{}
	return out, with(name, func(s *mgr.Service) error {
		q, err := s.Query()
		if err != nil {
			return err
		}
		c, err := configOf(s)
		if err != nil {
			return err
		}
		*out = State{State: stateName(q.State), PID: q.ProcessId, Start: startName(c.StartType, delayed(s)),
			Command: windows.UTF16PtrToString(c.BinaryPathName), Account: windows.UTF16PtrToString(c.ServiceStartName)}
		if q.State == svc.Stopped {
			out.ExitCode = exitCode(q)
		}
		return nil
	})
}

func stateName(s svc.State) string {
	switch s {
	case svc.Stopped:
		return "stopped"
	case svc.StartPending:
		return "starting"
	case svc.StopPending:
		return "stopping"
	case svc.Running:
		return "running"
	}
	return fmt.Sprintf("in state %d", s)
}

func startName(kind uint32, delayed bool) string {
	switch {
	case kind == mgr.StartAutomatic && delayed:
		return "automatic, delayed"
	case kind == mgr.StartAutomatic:
		return "automatic"
	case kind == mgr.StartManual:
		return "manual"
	}
	return "disabled"
}

// configOf asks for the configuration of a service. Method Config of mgr.Service asks for more, and fails where one thing
// is not known.
func configOf(s *mgr.Service) (*windows.QUERY_SERVICE_CONFIG, error) {
	for size := uint32(1 << 10); ; {
		room := make([]byte, size)
		c := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&room[0]))
		err := windows.QueryServiceConfig(s.Handle, c, size, &size)
		if err == nil || !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || size <= uint32(len(room)) {
			return c, err
		}
	}
}

// delayed reports whether a service is started a little after the system.
func delayed(s *mgr.Service) bool {
	var info windows.SERVICE_DELAYED_AUTO_START_INFO
	size := uint32(unsafe.Sizeof(info))
	err := windows.QueryServiceConfig2(s.Handle, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, (*byte)(unsafe.Pointer(&info)), size, &size)
	return err == nil && info.IsDelayedAutoStartUp != 0
}

// exitCode is with what a service ended: a number of its own where it says so.
func exitCode(q svc.Status) uint32 {
	if q.Win32ExitCode == uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR) {
		return q.ServiceSpecificExitCode
	}
	return q.Win32ExitCode
}
