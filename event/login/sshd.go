package login

import (
	"cmp"
	"container/list"
	"net/netip"
	"slices"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// serviceSSHD is auth.service of OpenSSH's server.
const serviceSSHD = "sshd"

// sshd joins what several lines tell of one connection. A connection is found by its process, and by the client's address and
// port, since a session goes on in another process.
type sshd struct {
	byKey map[sshdKey]*sshdConn
	idle  *list.List // of *sshdConn, the one that was silent longest first
}

// An sshdKey is a process, or an end of a connection, on a host.
type sshdKey struct {
	host, pid string
	src       netip.AddrPort
}

// An sshdConn is a connection to sshd, as far as the log tells of it.
type sshdConn struct {
	host string
	src  netip.AddrPort
	dst  netip.AddrPort
	user string

	named   bool   // an account was named
	invalid bool   // it does not exist
	barred  bool   // it may not log in
	tried   bool   // a credential was refused that counts only if the client did not come in
	method  string // of that credential
	reason  string // why the connection ended, or the credential was refused

	counted bool // a login was made of it, or a probe

	last  time.Time // time of the last line about it
	keys  []sshdKey
	place *list.Element
}

func newSSHD() sshd { return sshd{map[sshdKey]*sshdConn{}, list.New()} }

// oldest returns the connection that was silent longest, nil where there is none.
func (s *sshd) oldest() *sshdConn {
	if e := s.idle.Front(); e != nil {
		return e.Value.(*sshdConn)
	}
	return nil
}

// read takes a line of sshd.
func (s *sshd) read(t *Tracker, l *Line) {
	x := parseSSHD(l.Text)
	if x.kind == sshdNothing {
		return
	}
	c := s.connection(t, l, &x)
	c.last = t.clock
	s.idle.MoveToBack(c.place)
	if x.dst.IsValid() {
		c.dst = x.dst
	}
	if x.named && x.kind != sshdEnded || x.named && !c.named {
		c.user, c.named = x.user, true
	}
	c.invalid = c.invalid || x.invalid
	c.barred = c.barred || x.reason == reasonAllowed
	switch x.kind {
	case sshdAccepted:
		c.counted = true
		a := attempt{service: serviceSSHD, result: packet.AuthSuccess, user: x.user, method: x.method, src: c.src, dst: c.dst}
		t.entered.add(l.Host, x.user, t.clock)
		t.emit(l.Time, l.Host, &a)
	case sshdFailed:
		c.counted, c.tried = true, false
		reason := x.reason
		if c.barred {
			reason = reasonAllowed
		}
		a := attempt{service: serviceSSHD, result: packet.AuthFailure, user: x.user, method: x.method, reason: reason, src: c.src, dst: c.dst}
		t.emit(l.Time, l.Host, &a)
	case sshdTried:
		c.tried = true
		if x.method != "none" || c.method == "" {
			c.method = x.method
		}
		if c.reason = x.reason; c.method == "publickey" {
			c.reason = reasonKey
		}
	case sshdEnded, sshdProbe:
		c.reason = cmp.Or(c.reason, x.reason)
		s.conclude(t, c, l.Time, true)
	case sshdEndedSome:
		s.conclude(t, c, l.Time, false)
	}
}

// connection returns the connection that a line is about. A line that names another client than the process had before is
// about another connection.
func (s *sshd) connection(t *Tracker, l *Line, x *sshdLine) *sshdConn {
	pid := l.PID
	if x.pid != "" {
		pid = x.pid
	}
	process := sshdKey{host: l.Host, pid: pid}
	c := s.byKey[process]
	if x.candidates != nil && !x.src.IsValid() && c != nil && slices.Contains(x.candidates, c.src) {
		x.src = c.src
	}
	end := sshdKey{host: l.Host, src: x.src}
	switch has := x.src.Port() != 0; {
	case has && s.byKey[end] != nil:
		c = s.byKey[end]
	case c == nil:
	case has && c.src.Port() != 0,
		x.src.IsValid() && c.src.IsValid() && c.src.Addr() != x.src.Addr(),
		x.names() && c.named && c.user != x.user: // a client cannot change it
		// A new process has the number of an old one, or the log gives none.
		s.conclude(t, c, c.last, false)
		c = nil
	}
	if c == nil {
		if s.idle.Len() >= maxConnections {
			s.drop(t, s.oldest())
		}
		c = &sshdConn{host: l.Host}
		c.place = s.idle.PushBack(c)
	}
	if x.src.IsValid() && (!c.src.IsValid() || c.src.Port() == 0) {
		c.src = x.src
		if x.src.Port() != 0 {
			s.know(c, end)
		}
	}
	s.know(c, process)
	return c
}

// names reports whether the line says for whom the client is, as sshd knows it.
func (x *sshdLine) names() bool {
	return x.named && (x.kind == sshdNamed || x.kind == sshdFailed || x.kind == sshdAccepted)
}

// know makes a connection be found by a key.
func (s *sshd) know(c *sshdConn, k sshdKey) {
	was := s.byKey[k]
	if was == c {
		return
	}
	if was != nil {
		was.keys = slices.DeleteFunc(was.keys, func(x sshdKey) bool { return x == k })
	}
	s.byKey[k] = c
	c.keys = append(c.keys, k)
}

// conclude makes the login of a connection that ended, where no line was one. Of a connection without an account it makes a
// probe, where probe says that the client has surely not come in.
func (s *sshd) conclude(t *Tracker, c *sshdConn, at time.Time, probe bool) {
	if c.counted || !probe && !c.named && !c.tried {
		return
	}
	c.counted = true
	a := attempt{service: serviceSSHD, result: packet.AuthFailure, user: c.user, method: c.method, reason: c.reason, src: c.src, dst: c.dst}
	switch {
	case c.barred:
		a.reason = reasonAllowed
	case c.invalid:
		a.reason = reasonUser
	case !c.named && !c.tried:
		a.result = packet.AuthProbe
	}
	t.emit(at, c.host, &a)
}

// drop forgets a connection, and makes the login of what it tried.
func (s *sshd) drop(t *Tracker, c *sshdConn) {
	s.conclude(t, c, c.last, false)
	for _, k := range c.keys {
		delete(s.byKey, k)
	}
	s.idle.Remove(c.place)
}
