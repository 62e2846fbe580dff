package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/ruleids/ruleids/internal/eventlog"
	"github.com/ruleids/ruleids/internal/logfile"
	"github.com/ruleids/ruleids/internal/place"
	"github.com/ruleids/ruleids/internal/scm"
)

// serviceName is what the service manager calls the service.
const serviceName = "ruleids"

func (a *app) installService(flags []string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if err := place.Make(); err != nil {
		return err
	}
	settings := serviceSettings()
	if _, err := os.Stat(settings); errors.Is(err, fs.ErrNotExist) {
		first, err := starts.ReadFile("start/windows.hcl")
		if err == nil {
			err = create(settings, first)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "wrote  %s\n", settings)
	}
	if err := eventlog.Install(); err != nil {
		return err
	}
	s := scm.Service{
		Name: serviceName, Display: "ruleids network intrusion detection", Description: "Finds attacks in network traffic by rules.",
		Program: program, Args: append([]string{"service", "run", "--config", settings}, flags...),
	}
	updated, err := s.Install()
	if err != nil {
		return err
	}
	if !protected(program) {
		a.warn("the service runs %s as the system's own account, and others than administrators may be able to change that file; move it below %%ProgramFiles%% and install it from there", program)
	}
	done := "installed"
	if updated {
		done = "updated"
	}
	_, err = fmt.Fprintf(a.out, "%s the service %s; ruleids service start starts it\n", done, serviceName)
	return err
}

// protected reports whether a file is where only administrators can write.
func protected(path string) bool {
	for _, id := range []*windows.KNOWNFOLDERID{windows.FOLDERID_ProgramFiles, windows.FOLDERID_ProgramFilesX86, windows.FOLDERID_Windows} {
		dir, err := windows.KnownFolderPath(id, windows.KF_FLAG_DEFAULT)
		if err == nil && len(path) > len(dir) && strings.EqualFold(path[:len(dir)], dir) && path[len(dir)] == filepath.Separator {
			return true
		}
	}
	return false
}

func (a *app) startService(ctx context.Context) error {
	if err := scm.Start(ctx, serviceName); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "the service %s runs\n", serviceName)
	return err
}

func (a *app) stopService(ctx context.Context) error {
	if err := scm.Stop(ctx, serviceName); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "the service %s has stopped\n", serviceName)
	return err
}

func (a *app) removeService(ctx context.Context) error {
	if err := scm.Remove(ctx, serviceName); err != nil {
		return err
	}
	err := eventlog.Remove()
	if f, _, ferr := a.openFirewall(""); ferr != nil {
		err = errors.Join(err, ferr)
	} else {
		err = errors.Join(err, f.Flush(ctx), f.Close())
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "removed the service %s; settings, decisions and alerts stay in %s\n", serviceName, place.Home())
	return err
}

func (a *app) serviceStatus(format string) error {
	s, err := scm.Query(serviceName)
	switch {
	case err != nil:
		return err
	case format == "json":
		err = writeJSON(a.out, s)
	default:
		_, err = fmt.Fprintf(a.out, "%s, start %s, pid %d, as %s\n%s\n", s.State, s.Start, s.PID, s.Account, s.Command)
	}
	if err == nil && !s.Running() {
		err = status(statusFindings)
	}
	return err
}

// serviceLogLimit is when the log of the service is moved to ruleids.log.1.
const serviceLogLimit = 10 << 20

// runService runs the daemon for the service manager. What it has to say goes to a log of its own.
func (a *app) runService(flags []string) error {
	if err := place.Make(); err != nil {
		return err
	}
	path := place.Of("/var/log/ruleids/ruleids.log")
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	to := &serviceLog{log: logfile.Log{Path: path, Mode: 0o640, Limit: serviceLogLimit}}
	events, err := eventlog.Open()
	if err != nil {
		return err
	}
	defer events.Close()
	reload := make(chan struct{}, 1)
	inner := &app{in: strings.NewReader(""), out: to, err: to, reload: reload}
	work := func(ctx context.Context, ready func()) error {
		inner.ready = func() {
			_ = events.Report(eventlog.Started, "The service watches the network.")
			ready()
		}
		if code := inner.main(ctx, append([]string{"run"}, flags...)); code != statusClean {
			_ = events.Report(eventlog.Failed, fmt.Sprintf("The service ended with exit status %d: %s\nThe log is %s.", code, to.last(), path))
			return fmt.Errorf("exit status %d; see %s", code, path)
		}
		_ = events.Report(eventlog.Stopped, "The service has stopped.")
		return nil
	}
	return scm.Run(serviceName, work, func() {
		select {
		case reload <- struct{}{}:
		default: // one is on its way
		}
	})
}

// A serviceLog is a log of bounded size. What cannot be written is lost: there is nowhere to tell it.
type serviceLog struct {
	mu   sync.Mutex
	log  logfile.Log
	line string // the last one
}

// Write implements io.Writer.
func (l *serviceLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text := strings.TrimSpace(string(p)); text != "" {
		l.line = text
	}
	if _, err := l.log.Look(); err != nil {
		return len(p), nil
	}
	_, _ = l.log.Write(p)
	return len(p), nil
}

func (l *serviceLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.line
}
