package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// A fake is a transport and its settings. answer says what becomes of a message; nil takes all.
type fake struct {
	Common
	answer func(ctx context.Context, m *Message) error

	mu     sync.Mutex
	sent   []sent
	tries  int
	opened int
	closed int
}

type sent struct {
	at time.Time
	*Message
}

func (f *fake) Open(Options) (Transport, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
	return f, nil
}

func (f *fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
	return nil
}

func (f *fake) Send(ctx context.Context, m *Message) error {
	f.mu.Lock()
	f.tries++
	answer := f.answer
	f.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, m); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, sent{time.Now(), m})
	return nil
}

func (f *fake) messages() []sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent[:len(f.sent):len(f.sent)]
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tries
}

func newFake(change ...func(*Common)) *fake {
	f := &fake{Common: *setting.New[Common]()}
	for _, c := range change {
		c(&f.Common)
	}
	return f
}

// start makes notifiers of the given settings, by name "ops", "ops2" and so on; the log is returned, too.
func start(t *testing.T, configs ...Config) (*Notifiers, *locked) {
	t.Helper()
	var specs []Spec
	for i, c := range configs {
		name := "ops"
		if i > 0 {
			name = fmt.Sprintf("ops%d", i+1)
		}
		specs = append(specs, Spec{Kind: "fake", Name: name, Config: c})
	}
	log := &locked{}
	ns, err := New(specs, Options{Log: slog.New(slog.NewTextHandler(log, nil)), Agent: "sensor-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = ns.Close(ctx)
	})
	return ns, log
}

// A locked buffer is a log that is read while others write it.
type locked struct {
	mu sync.Mutex
	w  bytes.Buffer
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.String()
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// event is an alert that asks for notifiers; with none for "ops".
func event(rule, source string, to ...string) *alert.Alert {
	if to == nil {
		to = []string{"ops"}
	}
	return &alert.Alert{
		Time: time.Now().UnixNano(), Rule: rule, Severity: scale.SeverityHigh, Description: "Something.", Key: []alert.Named{{Name: "ip.src", Value: source}},
		Actions: []alert.Action{{Kind: "quarantine", Target: netip.MustParseAddr("198.51.100.7")}, {Kind: "notify", To: to, Message: source + " did it"}},
	}
}

// finish closes within a minute and wants no loss.
func finish(t *testing.T, ns *Notifiers) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := ns.Close(ctx); err != nil {
		t.Error(err)
	}
}

// balanced wants every alert to be counted once.
func balanced(t *testing.T, s Status, alerts uint64) {
	t.Helper()
	if got := s.Delivered + s.Lost + s.Muted + s.Filtered + s.Shadow + s.Queued; got != alerts {
		t.Errorf("%d alerts are accounted for, of %d: %+v", got, alerts, s)
	}
	if s.Queued == 0 && s.Waiting != 0 || s.Queued != 0 && s.Waiting == 0 {
		t.Errorf("%d alerts wait in %d messages", s.Queued, s.Waiting)
	}
}

func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		ns, _ := start(t, f)
		begin := time.Now()
		ns.Send(event("port_scan", "198.51.100.0"))
		synctest.Wait()
		for i := range 9999 {
			ns.Send(event("port_scan", fmt.Sprintf("10.0.%d.%d", i/256, i%256)))
			if i == 5000 {
				ns.Send(event("syn_flood", "203.0.113.9"))
			}
		}
		synctest.Wait()
		if got := f.messages(); len(got) != 2 || got[1].Rule != "syn_flood" || !got[1].at.Equal(begin) {
			t.Fatalf("%d messages at once, want the first of each rule", len(got))
		}
		time.Sleep(time.Minute)
		got := f.messages()
		if len(got) != 3 {
			t.Fatalf("%d messages, want 3", len(got))
		}
		first, rest := got[0], got[2]
		if first.Rule != "port_scan" || first.Count != 1 || first.Text != "198.51.100.0 did it\n2000-01-01 00:00:00 UTC\nip.src=198.51.100.0" || first.Title != "[HIGH] port_scan on sensor-1" {
			t.Errorf("first: %+v", first.Message)
		}
		if rest.Count != 9999 || len(rest.Keys) != 20 || rest.MoreKeys != 9979 || rest.at.Sub(begin) != 30*time.Second || rest.Title != "[HIGH] port_scan: 9999 alerts on sensor-1" {
			t.Errorf("rest: after %v %+v", rest.at.Sub(begin), rest.Message)
		}
		if want := "10.0.39.14 did it\n9999 alerts from 2000-01-01 00:00:00 UTC to 2000-01-01 00:00:00 UTC\nip.src=10.0.0.0, "; !strings.HasPrefix(rest.Text, want) || !strings.HasSuffix(rest.Text, " and 9979 more") {
			t.Errorf("text %q", rest.Text)
		}
		s := ns.Status()[0]
		balanced(t, s, 10001)
		if s.Sent != 3 || s.Delivered != 10001 || s.Merged != 9998 {
			t.Errorf("%+v", s)
		}
		ns.list[0].mu.Lock()
		held, groups := ns.list[0].held, len(ns.list[0].groups)
		ns.list[0].mu.Unlock()
		if held != 0 || groups > 2 {
			t.Errorf("%d bytes and %d groups are left", held, groups)
		}
		finish(t, ns)
	})
}

// After a quiet time a rule's next alert goes out at once.
func TestGroupEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		ns, _ := start(t, f)
		for range 3 {
			ns.Send(event("r", "a"))
			time.Sleep(31 * time.Second)
		}
		for i, m := range f.messages() {
			if m.Count != 1 || m.at.Sub(f.sent[0].at) != time.Duration(i)*31*time.Second {
				t.Errorf("%d: %d alerts at %v", i, m.Count, m.at)
			}
		}
		if len(f.messages()) != 3 {
			t.Errorf("%d messages", len(f.messages()))
		}
		finish(t, ns)
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(c *Common) { c.Rate, c.Group = 6, 0 })
		ns, _ := start(t, f)
		begin := time.Now()
		for range 2 {
			for i := range 10 {
				a := event(fmt.Sprintf("rule%d", i), "a")
				if i == 9 {
					a.Severity = scale.SeverityCritical
				}
				ns.Send(a)
			}
			synctest.Wait()
		}
		if n := len(f.messages()); n != 6 {
			t.Fatalf("%d messages at once, want 6", n)
		}
		time.Sleep(10*time.Second + time.Nanosecond)
		if n := len(f.messages()); n != 7 {
			t.Fatalf("%d messages after ten seconds, want 7", n)
		}
		time.Sleep(5 * time.Minute)
		s := ns.Status()[0]
		balanced(t, s, 20)
		if s.Delivered != 20 || s.Sent != 16 || s.RateLimited == 0 || s.Merged != 4 {
			t.Errorf("%+v", s)
		}
		// In any stretch there are at most the tokens of the bucket and those that came meanwhile.
		got := f.messages()
		for i := range got {
			if i >= 6 && got[i].at.Sub(begin) < time.Duration(i-5)*10*time.Second {
				t.Errorf("message %d came after %v", i, got[i].at.Sub(begin))
			}
		}
		finish(t, ns)
	})
}

// What waits goes out by severity.
func TestSeverityFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(c *Common) { c.Rate = 1 })
		ns, _ := start(t, f)
		ns.Send(event("first", "a"))
		synctest.Wait()
		for _, s := range []scale.Severity{scale.SeverityLow, scale.SeverityCritical, scale.SeverityMedium} {
			a := event(s.String(), "a")
			a.Severity = s
			ns.Send(a)
		}
		time.Sleep(time.Hour)
		var order []string
		for _, m := range f.messages() {
			order = append(order, m.Rule)
		}
		if got := strings.Join(order, " "); got != "first critical medium low" {
			t.Error(got)
		}
		finish(t, ns)
	})
}

func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		ns, _ := start(t, f)
		if err := ns.Mute("r", 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := ns.Muted(); len(got) != 1 || got[0].Rule != "r" || !got[0].Until.Equal(time.Now().Add(10*time.Minute)) {
			t.Error(got)
		}
		ns.Send(event("r", "a"))
		ns.Send(event("other", "a"))
		time.Sleep(10 * time.Minute)
		ns.Send(event("r", "a"))
		synctest.Wait()
		ns.Send(event("r", "b")) // is gathered
		if err := ns.Mute("r", time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		s := ns.Status()[0]
		balanced(t, s, 4)
		if s.Muted != 2 || s.Delivered != 2 {
			t.Errorf("%+v", s)
		}
		_ = ns.Mute("r", 0)
		if got := ns.Muted(); len(got) != 0 {
			t.Error(got)
		}
		for i := range maxMuted {
			if err := ns.Mute(fmt.Sprint("rule", i), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if err := ns.Mute("one more", time.Hour); err == nil {
			t.Error("any number of rules can be muted")
		}
		finish(t, ns)
	})
}

func TestFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(c *Common) { c.MinSeverity, c.Rules = scale.SeverityHigh, setting.Patterns{"port_*", "x"} })
		ns, _ := start(t, f)
		low, shadow, plain := event("port_scan", "a"), event("port_scan", "a"), event("port_scan", "a")
		low.Severity = scale.SeverityMedium
		shadow.Shadow = true
		plain.Actions = plain.Actions[:1]
		for _, a := range []*alert.Alert{low, shadow, plain, event("y", "a"), event("port_scan", "a", "nobody"), event("x", "a", "ops", "ops")} {
			ns.Send(a)
		}
		synctest.Wait()
		s := ns.Status()[0]
		balanced(t, s, 4)
		if s.Filtered != 2 || s.Shadow != 1 || s.Delivered != 1 || ns.stray.Load() != 1 {
			t.Errorf("%+v, %d stray", s, ns.stray.Load())
		}
		finish(t, ns)
	})
}

func TestTestMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, bad := newFake(func(c *Common) { c.Rate = 1 }), newFake()
		bad.answer = func(context.Context, *Message) error { return &RetryError{Err: errors.New("refused")} }
		ns, _ := start(t, f, bad)
		for range 3 { // whatever the rate
			if err := ns.Test(t.Context(), "ops"); err != nil {
				t.Error(err)
			}
		}
		if m := f.messages()[0]; m.Rule != "" || m.Alert != nil || m.Count != 0 || m.Title != "Test message of ruleids on sensor-1" {
			t.Errorf("%+v", m.Message)
		}
		if err := ns.Test(t.Context(), "ops2"); err == nil || err.Error() != `notifier "ops2": refused` || bad.tries != 1 {
			t.Errorf("%v after %d tries", err, bad.tries)
		}
		if err := ns.Test(t.Context(), "nobody"); err == nil || err.Error() != `there is no notifier "nobody"; there are ops, ops2` {
			t.Error(err)
		}
		if !ns.Has("ops") || ns.Has("nobody") {
			t.Error("Has")
		}
		finish(t, ns)
		if err := ns.Test(t.Context(), "ops"); err == nil {
			t.Error("a closed notifier sends")
		}
	})
}

func TestQueueBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(c *Common) { c.Queue = 4 })
		f.answer = func(ctx context.Context, _ *Message) error { <-ctx.Done(); return ctx.Err() }
		ns, log := start(t, f)
		big := strings.Repeat("x", 3000)
		for i := range 1000 {
			a := event(fmt.Sprint("rule", i%10), fmt.Sprint(i))
			a.Values = []alert.Named{{Name: "payload", Value: big}}
			ns.Send(a)
		}
		synctest.Wait()
		s := ns.Status()[0]
		balanced(t, s, 1000)
		ns.list[0].mu.Lock()
		held := ns.list[0].held
		ns.list[0].mu.Unlock()
		if s.Waiting > 4 || s.Lost == 0 || held > 5*alertRoom {
			t.Errorf("%d bytes, %+v", held, s)
		}
		time.Sleep(time.Minute)
		if !strings.Contains(log.String(), "lost alerts") {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		ns, _ := start(t, f)
		for range 3 {
			if err := ns.Reload(); err != nil {
				t.Fatal(err)
			}
		}
		ns.Send(event("r", "a"))
		synctest.Wait()
		if f.opened != 4 || f.closed != 3 || len(f.messages()) != 1 {
			t.Errorf("%d opened, %d closed", f.opened, f.closed)
		}
		finish(t, ns)
		if f.closed != 4 {
			t.Errorf("%d closed", f.closed)
		}
	})
}

func TestNewErrors(t *testing.T) {
	bad := newFake(func(c *Common) { c.Queue, c.Rate = 0, 0 })
	_, err := New([]Spec{{Name: "a", Config: newFake()}, {Name: "a", Config: newFake()}, {Name: "b", Config: bad}}, Options{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`notifier "a": there is another`, `notifier "b": rate: `, `queue: `} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

// Alerts come from many goroutines while everything else is called.
func TestConcurrently(t *testing.T) {
	f := newFake(func(c *Common) { c.Group, c.Rate = 0, 600 })
	ns, _ := start(t, f)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				ns.Send(event(fmt.Sprint("rule", i%7), fmt.Sprint(g, i)))
			}
		})
		wg.Go(func() {
			for range 20 {
				_ = ns.Status()
				_ = ns.Muted()
				_ = ns.Mute("rule9", time.Minute)
				_ = ns.Reload()
				_ = ns.Test(context.Background(), "ops")
			}
		})
	}
	wg.Wait()
	finish(t, ns)
	s := ns.Status()[0]
	balanced(t, s, 2000)
	if s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}
