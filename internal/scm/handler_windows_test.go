package scm

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/windows/svc"
)

// A conversation is a handler and the SCM's side of it.
type conversation struct {
	t        *testing.T
	requests chan svc.ChangeRequest
	states   chan svc.Status
	code     chan uint32
}

func converse(t *testing.T, h *handler) *conversation {
	c := &conversation{t, make(chan svc.ChangeRequest), make(chan svc.Status, 100), make(chan uint32, 1)}
	go func() {
		_, code := h.Execute(nil, c.requests, c.states)
		c.code <- code
	}()
	return c
}

// expect waits for a state, past repetitions of the one before.
func (c *conversation) expect(want svc.State) svc.Status {
	c.t.Helper()
	for {
		select {
		case s := <-c.states:
			if s.State == want {
				return s
			}
		case <-time.After(10 * time.Second):
			c.t.Fatalf("the service never says that it is %s", stateName(want))
		}
	}
}

func TestHandlerStops(t *testing.T) {
	reloads, begin := make(chan bool, 1), make(chan bool)
	c := converse(t, &handler{reload: func() { reloads <- true }, work: func(ctx context.Context, ready func()) error {
		<-begin
		ready()
		<-ctx.Done()
		return nil
	}})
	if s := c.expect(svc.StartPending); s.Accepts != 0 {
		t.Errorf("it takes controls %b before it works", s.Accepts)
	}
	close(begin)
	if s := c.expect(svc.Running); s.Accepts&svc.AcceptStop == 0 || s.Accepts&svc.AcceptParamChange == 0 {
		t.Errorf("it takes controls %b", s.Accepts)
	}
	c.requests <- svc.ChangeRequest{Cmd: svc.ParamChange}
	<-reloads
	c.requests <- svc.ChangeRequest{Cmd: svc.Interrogate}
	c.expect(svc.Running)
	c.requests <- svc.ChangeRequest{Cmd: svc.Stop}
	c.expect(svc.StopPending)
	if code := <-c.code; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestHandlerFails(t *testing.T) {
	why := errors.New("no interface")
	h := &handler{work: func(context.Context, func()) error { return why }}
	c := converse(t, h)
	if code := <-c.code; code != failed || h.err != why {
		t.Errorf("exit code %d, error %v", code, h.err)
	}
}

// TestHandlerTellsThatItGoesOn: the SCM gives up on a service that starts slowly and says nothing.
func TestHandlerTellsThatItGoesOn(t *testing.T) {
	c := converse(t, &handler{work: func(ctx context.Context, _ func()) error { <-ctx.Done(); return nil }})
	c.expect(svc.StartPending)
	if s := c.expect(svc.StartPending); s.CheckPoint == 0 {
		t.Error("it says the same again")
	}
	c.requests <- svc.ChangeRequest{Cmd: svc.Shutdown}
	<-c.code
}
