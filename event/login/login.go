// Package login finds logins in the lines of logs: of sshd and other programs that ask for a password or a key.
//
// A line goes through two steps. A Format takes it apart: time, host, program and message; this is the business of syslog,
// of the journal, and of the files that some programs write themselves. A Tracker reads the message, and joins what several
// lines tell of one attempt: one attempt is one login. A line that tells of none is passed over, whatever is in it.
//
// What clients write into a message, a user name for one, is theirs to choose. It never becomes the address of a login: where
// a message can be read in two ways, the login has no address.
package login

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"github.com/ruleids/ruleids/packet"
)

const (
	// memory is how long a connection is remembered after the last line about it: sshd's LoginGraceTime, within which
	// it lets a client in or ends the connection. What is known of an attempt that no line concludes counts then.
	memory = 120 * time.Second
	// maxConnections bounds the connections that are remembered; the one that was silent longest goes first, and counts.
	maxConnections = 1 << 16
	// maxRepeats bounds what one line can say that many attempts were: sshd allows six in a connection, and rsyslog
	// joins the equal lines of some seconds.
	maxRepeats = 1000
	// maxText bounds a user name, a host name and what else is kept of a line, in bytes. Names of accounts have 32 on Linux
	// (useradd), those of mailboxes 254 (RFC 5321, section 4.5.3.1).
	maxText = 256
	// MaxLine is the most bytes of a line that are looked at. What is longer is no login: rsyslog's and journald's
	// own bounds are 8 KiB and 48 KiB.
	MaxLine = 64 << 10
)

// The reasons why a login failed that several programs give: values of auth.reason.
const (
	reasonCredential = "bad_credential" // a password, or what else proves who somebody is, was wrong
	reasonUser       = "invalid_user"   // there is no such account
	reasonAllowed    = "not_allowed"    // the account may not log in here, or not in this way
	reasonKey        = "publickey"      // no key that was offered is that of the account
)

// A Line is one message of a log.
type Line struct {
	Time    time.Time // zero where the line has none
	Host    string    // whose log it is; "" where the line does not say
	Program string    // who wrote it, as "sshd"; "" where the line does not say
	PID     string    // its process; "" where the line does not say
	Text    string    // the message
}

// An attempt is what one line says of a login.
type attempt struct {
	service              string // "" for the program of the line
	result               string
	user, method, reason string
	src, dst             netip.AddrPort
	count                int // how many attempts the line tells of; 0 is one
	// origin says that the line tells of no attempt, but whose attempts those of its process will be: src.
	origin bool
	// wait is set where another line may tell of the same attempt, and better: it counts when so much time has passed without one.
	wait time.Duration
}

// A Tracker makes logins of messages. It must not be used by two goroutines at once. The zero value is not ready; see New.
//
// It reads no clock: time is that of the lines, and that of Expire.
type Tracker struct {
	patterns []*Pattern
	sshd     sshd
	weak     waiting
	entered  entered
	origins  map[[2]string]netip.AddrPort // by host and process
	repeated map[string]Line              // by host: the last line, for "last message repeated"
	clock    time.Time                    // the newest time seen
	out      []packet.Auth
}

// New returns a Tracker that knows the programs of Programs, and the patterns besides, which come first.
func New(patterns []*Pattern) *Tracker {
	return &Tracker{patterns: patterns, sshd: newSSHD(), weak: newWaiting(), entered: entered{}, origins: map[[2]string]netip.AddrPort{}, repeated: map[string]Line{}}
}

// SetPatterns changes the patterns that New was given.
func (t *Tracker) SetPatterns(patterns []*Pattern) { t.patterns = patterns }

// Clock returns the newest time that the Tracker has seen; zero before the first.
func (t *Tracker) Clock() time.Time { return t.clock }

// Line takes the next message of a log and returns the logins that it completes, in the order of their times. A line without a
// time is of the time of the line before. The slice is valid until the next call.
func (t *Tracker) Line(l *Line) []packet.Auth {
	t.out = t.out[:0]
	if l.Time.IsZero() {
		l.Time = t.clock
	}
	t.advance(l.Time)
	t.line(l, 0)
	return t.out
}

// Expire tells the Tracker how late it is, and returns the logins that no line has concluded in time. The slice is valid until
// the next call.
func (t *Tracker) Expire(now time.Time) []packet.Auth {
	t.out = t.out[:0]
	t.advance(now)
	return t.out
}

// Flush returns the logins that no line has concluded yet: at the end of a log. The slice is valid until the next call.
func (t *Tracker) Flush() []packet.Auth {
	t.out = t.out[:0]
	for t.sshd.oldest() != nil {
		t.sshd.drop(t, t.sshd.oldest())
	}
	t.weak.expire(t, time.Time{})
	return t.out
}

// advance moves the clock, which never goes back, and lets go what has waited for long enough.
func (t *Tracker) advance(now time.Time) {
	if !now.After(t.clock) {
		return
	}
	t.clock = now
	for c := t.sshd.oldest(); c != nil && now.Sub(c.last) > memory; c = t.sshd.oldest() {
		t.sshd.drop(t, c)
	}
	t.weak.expire(t, now)
}

// line reads a message. depth counts the "last message repeated" that it comes of.
func (t *Tracker) line(l *Line, depth int) {
	times := 1
	if text, n, ok := unrepeated(l.Text); ok {
		l.Text, times = text, n
	} else if n, ok := repeats(l); ok && depth == 0 {
		last, known := t.repeated[l.Host]
		for range n {
			if known {
				again := last
				again.Time = l.Time
				t.line(&again, 1)
			}
		}
		return
	}
	if depth == 0 {
		if len(t.repeated) >= maxConnections {
			clear(t.repeated)
		}
		t.repeated[l.Host] = *l
	}
	for range times {
		t.read(l)
	}
}

// read finds the program of a message.
func (t *Tracker) read(l *Line) {
	for _, p := range t.patterns {
		if a, ok := p.match(l); ok {
			t.attempt(l, a)
			return
		}
	}
	l.Text = strings.TrimRight(l.Text, " ")
	name := programName(l.Program)
	if sshdNames[name] {
		t.sshd.read(t, l)
		return
	}
	p, ok := programs[name]
	if !ok {
		if a, ok := parsePAM(l.Text, ""); ok {
			t.attempt(l, a)
		}
		return
	}
	if a, ok := p.parse(l.Text); ok {
		a.service = cmp.Or(a.service, p.service)
		t.attempt(l, a)
	}
}

// attempt takes what a line says of a login.
func (t *Tracker) attempt(l *Line, a attempt) {
	a.service = cmp.Or(a.service, programName(l.Program))
	if a.origin {
		if len(t.origins) >= maxConnections {
			clear(t.origins) // at worst a login has no address
		}
		t.origins[[2]string{l.Host, l.PID}] = a.src
		return
	}
	if src, ok := t.origins[[2]string{l.Host, l.PID}]; ok && !a.src.IsValid() && l.PID != "" {
		a.src = src
	}
	if a.service == serviceLogind {
		// Every session has a line of logind; most have had one of the program that asked for the password.
		if t.entered.has(l.Host, a.user, t.clock) {
			return
		}
	}
	if a.result == packet.AuthSuccess {
		t.entered.add(l.Host, a.user, t.clock)
	}
	if a.wait > 0 {
		t.weak.add(t, l, a)
		return
	}
	t.weak.settle(t, l, &a)
	n := min(max(a.count, 1), maxRepeats)
	for range n {
		t.emit(l.Time, l.Host, &a)
	}
}

// emit adds a login to what is returned.
func (t *Tracker) emit(at time.Time, host string, a *attempt) {
	if at.IsZero() {
		at = time.Unix(0, 0)
	}
	t.out = append(t.out, packet.Auth{
		Time: at.UnixNano(), Src: a.src, Dst: a.dst, User: cut(a.user), Service: cut(a.service), Host: cut(host),
		Method: cut(a.method), Reason: cut(a.reason), Result: a.result,
	})
}

// cut returns the first maxText bytes of a text.
func cut(s string) string { return s[:min(len(s), maxText)] }
