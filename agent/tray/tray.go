// Package tray shows how the daemon of this host is in the notification area of somebody's desktop, and does what they choose
// from its menu. It asks the daemon on the socket that everybody may ask on, and has no rights of its own: what changes
// something is done by the program itself, started with the rights of an administrator, for which the system asks.
package tray

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// A State is what the icon shows.
type State int

// The states, each with an icon of its own shape and colour.
const (
	Off     State = iota // no daemon answers
	Failing              // it does not see packets, or has no rules
	Trouble              // something is not as it should be
	Paused
	Well
	states
)

// An Action is something that people can choose.
type Action int

// The actions, in the order of the menu.
const (
	OpenDashboard Action = iota
	Pause
	Resume
	Start
	Stop
	Quit // the program in the notification area; the daemon goes on
	actions
)

// Words are how the menu calls it.
func (a Action) Words() string {
	return [actions]string{"Open the dashboard", fmt.Sprintf("Pause for %d minutes", int(api.DefaultPause.Minutes())), "Resume", "Start", "Stop", "Quit this icon"}[a]
}

// Args are what the program is started with to do it, as an administrator; nil for what needs none.
func (a Action) Args() []string {
	switch a {
	case Pause:
		return []string{"pause"}
	case Resume:
		return []string{"resume"}
	case Start:
		return []string{"service", "start"}
	case Stop:
		return []string{"service", "stop"}
	}
	return nil
}

// A View is what is to be seen.
type View struct {
	State     State
	Lines     []string // at most MaxLines
	Actions   []Action // those that there are now, in order
	Dashboard string   // what OpenDashboard opens, an https:// address; "" where there is none
}

// MaxLines is how many lines a View has.
const MaxLines = 4

// Tip is the view in a line, which fits the room that Windows has for it: 127 UTF-16 units.
func (v *View) Tip() string { return "ruleids: " + v.Lines[0] }

// Look turns an answer of the daemon, or that there is none, into what is to be seen.
func Look(s *api.Summary, err error, local *time.Location) *View {
	if err != nil {
		return &View{State: Off, Lines: []string{"no daemon answers"}, Actions: []Action{Start, Quit}}
	}
	v := &View{State: Well, Lines: []string{"all is well"}, Dashboard: s.Dashboard}
	if s.Dashboard != "" {
		v.Actions = append(v.Actions, OpenDashboard)
	}
	change := Pause
	switch {
	case s.Pause != nil:
		v.State, v.Lines[0] = Paused, "paused until "+s.Pause.Until.In(local).Format("15:04")
		change = Resume
	case !s.Healthy:
		v.State, v.Lines[0] = Failing, "it does not see what it should"
	case s.Troubles == 1:
		v.State, v.Lines[0] = Trouble, "one thing is not as it should be"
	case s.Troubles > 1:
		v.State, v.Lines[0] = Trouble, fmt.Sprintf("%d things are not as they should be", s.Troubles)
	}
	v.Actions = append(v.Actions, change, Stop, Quit)
	if v.State == Failing || v.State == Trouble {
		v.Lines = append(v.Lines, "an administrator sees why: ruleids status")
	}
	alerts := fmt.Sprintf("%d alerts since the start", s.Alerts)
	if s.Serious > 0 {
		alerts += fmt.Sprintf(", %d of them high or critical", s.Serious)
	}
	v.Lines = append(v.Lines, alerts, fmt.Sprintf("responses: %s, %d kept out", s.Mode, s.KeptOut))
	return v
}

// A Desktop is where it is shown.
type Desktop interface {
	// Show shows a view, in place of the one before.
	Show(v *View)
	// Chosen gives what people choose.
	Chosen() <-chan Action
	// Do does what they have chosen. An error is told in the menu.
	Do(a Action, v *View) error
}

// every is the time between two questions to the daemon, and within what it has to answer. After a choice it is asked soon.
const (
	every  = 5 * time.Second
	soon   = time.Second
	within = 3 * time.Second
)

// Run shows how the daemon is until ctx is done, or people have had enough of it.
func Run(ctx context.Context, ask func(context.Context) (*api.Summary, error), d Desktop) {
	var shown *View
	failed := ""
	for {
		asking, done := context.WithTimeout(ctx, within)
		s, err := ask(asking)
		done()
		v := Look(s, err, time.Local)
		if failed != "" {
			v.Lines = append(v.Lines[:min(len(v.Lines), MaxLines-1)], failed)
		}
		if !reflect.DeepEqual(v, shown) {
			d.Show(v)
			shown = v
		}
		wait := every
		for again := true; again; {
			select {
			case <-ctx.Done():
				return
			case a := <-d.Chosen():
				if a == Quit {
					return
				}
				failed, wait = "", soon
				if err := d.Do(a, v); err != nil {
					failed, wait = fmt.Sprintf("%s: %v", a.Words(), err), 0
				}
			case <-time.After(wait):
				again = false
			}
		}
	}
}
