package tray

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/ruleids/ruleids/agent/api"
)

// Each state of the daemon has its icon, its words and what can be done about it.
func TestLook(t *testing.T) {
	until := time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		summary api.Summary
		err     error
		state   State
		tip     string
		actions []Action
	}{
		{"off", api.Summary{}, errors.New("nobody there"), Off, "ruleids: no daemon answers", []Action{Start, Quit}},
		{"well", api.Summary{Healthy: true}, nil, Well, "ruleids: all is well", []Action{Pause, Stop, Quit}},
		{"in a fleet", api.Summary{Healthy: true, Dashboard: "https://fleet.example.com:8443"}, nil, Well, "ruleids: all is well", []Action{OpenDashboard, Pause, Stop, Quit}},
		{"trouble", api.Summary{Healthy: true, Troubles: 3}, nil, Trouble, "ruleids: 3 things are not as they should be", []Action{Pause, Stop, Quit}},
		{"not healthy", api.Summary{Troubles: 1}, nil, Failing, "ruleids: it does not see what it should", []Action{Pause, Stop, Quit}},
		{"paused", api.Summary{Healthy: true, Troubles: 1, Pause: &api.SummaryPause{Until: until}}, nil, Paused, "ruleids: paused until 14:05", []Action{Resume, Stop, Quit}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := Look(&c.summary, c.err, time.UTC)
			if v.State != c.state || v.Tip() != c.tip || !slices.Equal(v.Actions, c.actions) || v.Dashboard != c.summary.Dashboard || len(v.Lines) > MaxLines {
				t.Errorf("%+v", v)
			}
			if n := len(utf16.Encode([]rune(v.Tip()))); n > 127 {
				t.Errorf("the tip has %d units", n)
			}
		})
	}
	s := api.Summary{Healthy: true, Alerts: 12, Serious: 2, Mode: "enforce", KeptOut: 7}
	if got := Look(&s, nil, time.UTC).Lines; !slices.Equal(got, []string{"all is well", "12 alerts since the start, 2 of them high or critical", "responses: enforce, 7 kept out"}) {
		t.Errorf("%q", got)
	}
}

// A fakeDesktop is one without a screen.
type fakeDesktop struct {
	shown  chan *View
	chosen chan Action
	did    chan Action
	refuse error
}

func (f *fakeDesktop) Show(v *View)          { f.shown <- v }
func (f *fakeDesktop) Chosen() <-chan Action { return f.chosen }

func (f *fakeDesktop) Do(a Action, _ *View) error {
	f.did <- a
	return f.refuse
}

// What is shown follows the daemon; what was chosen is done, and where it fails that is told; Quit ends it.
func TestRun(t *testing.T) {
	d := &fakeDesktop{shown: make(chan *View, 10), chosen: make(chan Action), did: make(chan Action, 10)}
	answers := make(chan api.Summary, 10)
	answers <- api.Summary{Healthy: true}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		last := api.Summary{}
		Run(t.Context(), func(context.Context) (*api.Summary, error) {
			select {
			case last = <-answers:
			default:
			}
			return &last, nil
		}, d)
	}()
	see := func(state State, words string) {
		t.Helper()
		select {
		case v := <-d.shown:
			if v.State != state || !strings.Contains(strings.Join(v.Lines, "\n"), words) {
				t.Errorf("shown: %+v, want state %d, %q", v, state, words)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is shown")
		}
	}
	see(Well, "all is well")
	answers <- api.Summary{Healthy: true, Pause: &api.SummaryPause{Until: time.Now().Add(time.Hour)}}
	d.chosen <- Pause
	if a := <-d.did; a != Pause {
		t.Errorf("done: %v", a)
	}
	see(Paused, "paused until")
	d.refuse = errors.New("nobody allows that")
	d.chosen <- Stop
	<-d.did
	see(Paused, "Stop: nobody allows that")
	d.chosen <- Quit
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
}

// What changes something is a command of the program; what does not has none.
func TestArgs(t *testing.T) {
	for a := range actions {
		if strings.TrimSpace(a.Words()) == "" {
			t.Errorf("action %d has no words", a)
		}
		if has, want := a.Args() != nil, a != OpenDashboard && a != Quit; has != want {
			t.Errorf("%s: args %q", a.Words(), a.Args())
		}
	}
}
