package honeypot

import (
	"net/netip"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// A service plays its protocol with one client until either ends it. It need not close the connection.
type service interface {
	serve(*session)
}

// maxCommands bounds the events that are not logins of one connection.
const maxCommands = 100

// A session is a client's connection to a honeypot. It belongs to one goroutine.
type session struct {
	*conn
	honeypot *honeypot
	src, dst netip.AddrPort
	client   string // software, as the client said

	logins, commands int // events so far
}

// login reports an attempt that was, or will be, refused. A password that is kept is bounded like the rest.
func (s *session) login(user, password, method string) {
	e := Event{Action: packet.HoneypotLogin, User: text(user, maxUser), Method: method}
	if s.honeypot.config.Passwords {
		e.Password, e.hasPassword = text(password, maxPassword), true
	}
	s.attempt(e)
}

// attempt reports a login; its texts are printable.
func (s *session) attempt(e Event) {
	s.logins++
	s.report(e)
}

// exhausted reports whether the client had all the logins that a connection may have.
func (s *session) exhausted() bool { return s.logins >= s.honeypot.config.MaxAttempts }

// command reports what the client sent. It returns false when a connection has had enough of them.
func (s *session) command(data string) bool {
	s.commands++
	s.report(Event{Action: packet.HoneypotCommand, Data: text(data, maxData)})
	return s.commands < maxCommands
}

// leftover reports what was sent by a client that came to no login and no command of the protocol.
func (s *session) leftover() {
	if line := s.firstLine(); s.logins+s.commands == 0 && line != "" {
		s.command(line)
	}
}

func (s *session) report(e Event) {
	e.Time = time.Now()
	e.Client = text(s.client, maxClient)
	e.Src, e.Dst = s.src, s.dst
	s.honeypot.report(e)
}
