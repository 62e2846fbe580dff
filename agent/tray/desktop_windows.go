package tray

import (
	"context"
	"errors"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"fyne.io/systray"
	"golang.org/x/sys/windows"

	"github.com/ruleids/ruleids/agent/api"
)

// systray binds the goroutine that runs init to its thread, for all commands of the program. Its window only needs a thread of
// its own while there is one.
func init() { runtime.UnlockOSThread() }

// A windowsDesktop is the notification area of Windows.
type windowsDesktop struct {
	lines  []*systray.MenuItem
	items  [actions]*systray.MenuItem
	chosen chan Action
}

// RunOnWindows is Run in the notification area of Windows. It returns an error where there is none.
func RunOnWindows(ctx context.Context, ask func(context.Context) (*api.Summary, error)) error {
	once, err := alone()
	if err != nil {
		return err
	}
	defer windows.CloseHandle(once)
	leaveConsole()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // a window belongs to a thread
		systray.Run(func() { close(ready) }, nil)
	}()
	select {
	case <-ready:
	case <-time.After(readyWithin): // systray says why in its log only
		return errors.New("there is no notification area")
	}
	Run(ctx, ask, newDesktop(ctx))
	systray.Quit()
	<-ended
	return nil
}

// readyWithin is how long Windows may take to make an icon: it is not quick while somebody logs on.
const readyWithin = time.Minute

// alone makes sure that a user has one icon.
func alone() (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(`Local\ruleids-tray`)
	if err != nil {
		return 0, err
	}
	h, err := windows.CreateMutex(nil, false, name)
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		_ = windows.CloseHandle(h)
		return 0, errors.New("the icon is there already")
	}
	return h, err
}

// leaveConsole closes the window that Windows opens for a program of the terminal which was not started in one.
func leaveConsole() {
	kernel := windows.NewLazySystemDLL("kernel32.dll")
	var ids [2]uint32
	n, _, _ := kernel.NewProc("GetConsoleProcessList").Call(uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)))
	if n == 1 {
		_, _, _ = kernel.NewProc("FreeConsole").Call()
	}
}

func newDesktop(ctx context.Context) *windowsDesktop {
	d := &windowsDesktop{chosen: make(chan Action)}
	for range MaxLines {
		line := systray.AddMenuItem("", "")
		line.Disable()
		d.lines = append(d.lines, line)
	}
	systray.AddSeparator()
	for a := range actions {
		if a == Quit {
			systray.AddSeparator()
		}
		item := systray.AddMenuItem(a.Words(), "")
		d.items[a] = item
		go func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-item.ClickedCh:
				}
				select {
				case <-ctx.Done():
				case d.chosen <- a:
				}
			}
		}()
	}
	return d
}

// Show implements Desktop.
func (d *windowsDesktop) Show(v *View) {
	systray.SetIcon(Icon(v.State))
	systray.SetTooltip(v.Tip())
	for i, item := range d.lines {
		if i < len(v.Lines) {
			item.SetTitle(v.Lines[i])
			item.Show()
		} else {
			item.Hide()
		}
	}
	for a, item := range d.items {
		item.Hide()
		for _, is := range v.Actions {
			if is == Action(a) {
				item.Show()
			}
		}
	}
}

// Chosen implements Desktop.
func (d *windowsDesktop) Chosen() <-chan Action { return d.chosen }

// Do implements Desktop. That somebody does not want to be an administrator after all is no error.
func (d *windowsDesktop) Do(a Action, v *View) error {
	if a == OpenDashboard {
		u, err := url.Parse(v.Dashboard)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return errors.New("the daemon names no https:// address")
		}
		return shell("open", u.String(), "", windows.SW_SHOWNORMAL)
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	err = shell("runas", program, windows.ComposeCommandLine(a.Args()), windows.SW_HIDE)
	if errors.Is(err, windows.ERROR_CANCELLED) {
		return nil
	}
	return err
}

// shell has the desktop open something.
func shell(verb, file, args string, show int32) error {
	var text [3]*uint16
	for i, s := range []string{verb, file, args} {
		if strings.ContainsRune(s, 0) {
			return errors.New("a text with NUL in it")
		}
		text[i], _ = windows.UTF16PtrFromString(s)
	}
	return windows.ShellExecute(0, text[0], text[1], text[2], nil, show)
}
