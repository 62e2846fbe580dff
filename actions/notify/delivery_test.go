package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
)

// A service that is down gets everything when it is up again, as one message a rule.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var down atomic.Bool
		down.Store(true)
		f.answer = func(context.Context, *Message) error {
			if down.Load() {
				return &RetryError{Err: errors.New("connection refused")}
			}
			return nil
		}
		quick := newFake()
		ns, log := start(t, f, quick)
		for i := range 100 {
			ns.Send(event("a", fmt.Sprint(i), "ops", "ops2"))
			ns.Send(event("b", fmt.Sprint(i), "ops", "ops2"))
			time.Sleep(6 * time.Second)
		}
		synctest.Wait()
		s := ns.Status()
		if s[0].State != "failing" || s[0].Queued != 200 || s[0].Waiting != 2 || s[0].LastError != "connection refused" || s[0].Lost != 0 {
			t.Errorf("%+v", s[0])
		}
		if s[1].Delivered < 190 || s[1].State != "ok" {
			t.Errorf("the other notifier was held up: %+v", s[1])
		}
		if n := f.count(); n < 8 || n > 30 {
			t.Errorf("%d tries in ten minutes", n)
		}
		down.Store(false)
		time.Sleep(2 * time.Minute)
		s = ns.Status()
		balanced(t, s[0], 200)
		got := f.messages()
		if len(got) != 2 || got[0].Count != 100 || got[0].MoreKeys != 80 || len(got[0].Keys) != 20 || s[0].State != "ok" || s[0].Delivered != 200 {
			t.Errorf("%d messages, %+v", len(got), s[0])
		}
		if n := strings.Count(log.String(), "level=WARN"); n < 1 || n > 5 || !strings.Contains(log.String(), "works again") {
			t.Errorf("log:\n%s", log)
		}
		finish(t, ns)
	})
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.answer = func(context.Context, *Message) error {
			if f.tries == 1 {
				return &RetryError{After: 7 * time.Minute, Err: errors.New("too many requests")}
			}
			return nil
		}
		ns, _ := start(t, f)
		begin := time.Now()
		ns.Send(event("r", "a"))
		time.Sleep(time.Hour)
		if got := f.messages(); len(got) != 1 || got[0].at.Sub(begin) != 7*time.Minute {
			t.Errorf("%d messages", len(got))
		}
		if s := ns.Status()[0]; s.Retries != 1 || s.Errors != 1 {
			t.Errorf("%+v", s)
		}
		finish(t, ns)
	})
}

// A message that the other side never takes does not hold up others, and ends.
func TestPoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.answer = func(_ context.Context, m *Message) error {
			switch m.Rule {
			case "poison":
				return &RetryError{Err: errors.New("500")}
			case "refused":
				return errors.New("400")
			}
			return nil
		}
		ns, _ := start(t, f)
		poison := event("poison", "a")
		poison.Severity = scale.SeverityCritical
		ns.Send(poison)
		ns.Send(event("refused", "a"))
		synctest.Wait()
		ns.Send(event("good", "a"))
		time.Sleep(5 * time.Second)
		if got := f.messages(); len(got) != 1 || got[0].Rule != "good" {
			t.Fatalf("%d messages", len(got))
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		s := ns.Status()[0]
		balanced(t, s, 3)
		if s.Lost != 2 || s.Delivered != 1 || f.count() > 100 {
			t.Errorf("%d tries, %+v", f.count(), s)
		}
		finish(t, ns)
	})
}

// A transport that does not answer is cut off by its timeout.
func TestHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(c *Common) { c.Timeout = 5 * time.Second })
		f.answer = func(ctx context.Context, _ *Message) error {
			if f.tries == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}
		ns, _ := start(t, f)
		begin := time.Now()
		ns.Send(event("r", "a"))
		time.Sleep(time.Minute)
		got := f.messages()
		if len(got) != 1 || got[0].at.Sub(begin) < 5*time.Second || got[0].at.Sub(begin) > 7*time.Second {
			t.Errorf("%d messages", len(got))
		}
		finish(t, ns)
	})
}

// Close delivers what waits, without the group's time.
func TestCloseDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		ns, _ := start(t, f)
		ns.Send(event("r", "a"))
		synctest.Wait()
		for range 50 {
			ns.Send(event("r", "b"))
		}
		begin := time.Now()
		finish(t, ns)
		if time.Since(begin) != 0 {
			t.Errorf("it took %v", time.Since(begin))
		}
		s := ns.Status()[0]
		balanced(t, s, 51)
		if s.Delivered != 51 || s.State != "closed" || f.closed != 1 {
			t.Errorf("%+v", s)
		}
		ns.Send(event("r", "c"))
		if s := ns.Status()[0]; s.Lost != 1 || !s.LastLost.Equal(time.Now()) {
			t.Errorf("%+v", s)
		}
	})
}

// What cannot be delivered until the deadline is counted, and told.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.answer = func(ctx context.Context, _ *Message) error { <-ctx.Done(); return errors.New("no answer") }
		ns, _ := start(t, f)
		for i := range 10 {
			ns.Send(event(fmt.Sprint("rule", i), "b"))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		err := ns.Close(ctx)
		if err == nil || !strings.HasPrefix(err.Error(), `notifier "ops" (fake): 10 alerts could not be sent in time`) {
			t.Error(err)
		}
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("it took %v", d)
		}
		s := ns.Status()[0]
		balanced(t, s, 10)
		if s.Lost != 10 {
			t.Errorf("%+v", s)
		}
	})
}

// Close tries at once what was to be tried later.
func TestCloseHurries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var down atomic.Bool
		down.Store(true)
		f.answer = func(context.Context, *Message) error {
			if down.Load() {
				return &RetryError{Err: errors.New("connection refused")}
			}
			return nil
		}
		ns, _ := start(t, f)
		ns.Send(event("r", "a"))
		time.Sleep(10 * time.Minute)
		down.Store(false)
		begin := time.Now()
		finish(t, ns)
		if d := time.Since(begin); d > time.Second || len(f.messages()) != 1 {
			t.Errorf("%d messages after %v", len(f.messages()), d)
		}
	})
}

// A log that blocks does not block Send.
func TestSendWithABlockedLog(t *testing.T) {
	release, blocked := make(chan struct{}), make(chan struct{}, 100)
	w := writer(func(p []byte) (int, error) {
		blocked <- struct{}{}
		<-release
		return len(p), nil
	})
	f := newFake(func(c *Common) { c.Queue = 1 })
	f.answer = func(context.Context, *Message) error { return &RetryError{Err: errors.New("refused")} }
	ns, err := New([]Spec{{Kind: "fake", Name: "ops", Config: f}}, Options{Log: slog.New(slog.NewTextHandler(w, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ns.Send(event("a", "a"))
	<-blocked
	for i := range 1000 {
		ns.Send(event(fmt.Sprint(i%3), "a"))
	}
	balanced(t, ns.Status()[0], 1001)
	close(release)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = ns.Close(ctx)
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
