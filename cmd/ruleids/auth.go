package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/packet"
)

// authArgs is the value of --auth: logs whose logins are events for rules.
type authArgs struct{ names []string }

// add declares --auth on cmd.
func (a *authArgs) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.names, "auth", nil, "log of logins to read: of syslog, of journalctl -o json, of a program, or a table (CSV), plain or in gzip; - is standard input (`FILE`, repeatable)")
	_ = cmd.MarkFlagFilename("auth")
}

// check returns an error where a log and a capture are both standard input.
func (a *authArgs) check(captures []string) error {
	stdin := 0
	for _, names := range [][]string{a.names, captures} {
		for _, name := range names {
			if name == "" {
				return misused("the name of a log is missing")
			}
			if name == "-" {
				stdin++
			}
		}
	}
	if stdin > 1 {
		return misused("- is standard input, which can be read once; name a file for the others")
	}
	return nil
}

// A loginFeed reads the logins of logs ahead of what is made of them.
type loginFeed struct {
	replay *login.Replay
	ready  chan loginDelivery
	next   *packet.Auth // read and not given out
	ended  bool
	faults bool

	seen   func(*packet.Auth) // gets each login before its event; nil for nothing
	logs   int
	logins uint64
	fault  func(error)
}

// A loginDelivery is a login, or what is wrong with a log.
type loginDelivery struct {
	login packet.Auth
	fault error
}

// loginsAhead is how many logins are read ahead.
const loginsAhead = 1024

// logins opens the logs and begins to read them, until ctx is done; nil where there are none. What is wrong with a log is told, and
// the others go on.
func (p *replay) logins(ctx context.Context, names []string, zone *time.Location, patterns []*login.Pattern) *loginFeed {
	if len(names) == 0 {
		return nil
	}
	f := &loginFeed{ready: make(chan loginDelivery, loginsAhead), logs: len(names), fault: p.tell}
	f.replay = login.OpenReplay(names, login.ReplayOptions{Stdin: p.app.in, Location: zone, Now: time.Now(), Patterns: patterns})
	go func() {
		defer close(f.ready)
		defer f.replay.Close()
		for {
			var d loginDelivery
			if d.login, d.fault = f.replay.Next(); errors.Is(d.fault, io.EOF) {
				return
			}
			select {
			case f.ready <- d:
			case <-ctx.Done():
				return
			}
		}
	}()
	return f
}

// peek returns the next login, nil after the last one and where ctx is done. Before it waits, it calls idle.
func (f *loginFeed) peek(ctx context.Context, idle func()) *packet.Auth {
	for f.next == nil && !f.ended {
		var d loginDelivery
		more := true
		select {
		case d, more = <-f.ready:
		default:
			idle()
			select {
			case d, more = <-f.ready:
			case <-ctx.Done():
				more = false
			}
		}
		switch {
		case !more:
			f.ended = true
		case d.fault != nil:
			f.faults = true
			f.fault(d.fault)
		default:
			f.next = &d.login
			f.logins++
		}
	}
	return f.next
}

// take returns the event of the login that peek returned.
func (f *loginFeed) take() *packet.Packet {
	if f.seen != nil {
		f.seen(f.next)
	}
	ev := f.next.Event()
	f.next = nil
	return ev
}

// mix returns what runs frames, with the logins between them that come before each in time.
func (f *loginFeed) mix(ctx context.Context, process func([]packet.Frame), post func(*packet.Packet)) func([]packet.Frame) {
	return func(frames []packet.Frame) {
		for next := f.peek(ctx, func() {}); next != nil; next = f.peek(ctx, func() {}) {
			n := 0
			for n < len(frames) && frames[n].Time < next.Time {
				n++
			}
			if n == len(frames) {
				break
			}
			if n > 0 {
				process(frames[:n])
				frames = frames[n:]
			}
			post(f.take())
		}
		process(frames)
	}
}

// rest runs the logins that are left. It returns a status where ctx was done or a log was at fault, and at once the error of flush.
func (f *loginFeed) rest(ctx context.Context, post func(*packet.Packet), flush func() error) error {
	var broken error
	idle := func() {
		if broken == nil {
			broken = flush()
		}
	}
	for broken == nil && ctx.Err() == nil && f.peek(ctx, idle) != nil {
		if broken == nil {
			post(f.take())
		}
	}
	if broken == nil {
		broken = flush()
	}
	if broken == nil && (f.faults || ctx.Err() != nil) {
		broken = status(statusFault)
	}
	return broken
}

// plain returns an error where arguments stand beside --auth alone: they are neither captures nor interfaces.
func (a *authArgs) plain(args []string, captures bool) error {
	if !captures && len(args) > 0 {
		return misused("unexpected argument %q: name captures with -r, and repeat --auth for each log", args[0])
	}
	return nil
}

// told says how much of logs was read.
func (f *loginFeed) told() string {
	return fmt.Sprintf("%s, %s, %s", plural(uint64(f.logs), "log"), plural(f.replay.Lines(), "line"), plural(f.logins, "login"))
}
