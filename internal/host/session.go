package host

import (
	"net/netip"
	"time"
)

// A connection is an established TCP connection with a port of this host's SSH server.
type connection struct {
	local, peer netip.AddrPort
}

// sessions tells which peers have SSH sessions from which connections there are.
//
// A connection is no session yet: whoever guesses passwords has one too, and would be safe for as long as he guesses. The
// server ends connections without a login after its login grace time, so one that is older is a session. A
// peer with any connection is given the benefit of the doubt for that time, counted from its first connection; a
// guesser who comes back all the time uses it up, and gets it again only after a long absence. Where the server's log is
// read, there is less to doubt: whom it refused several times, and did not let in, is a guesser.
type sessions struct {
	grace time.Duration // 0: every connection is a session

	known   bool // connections were looked at before
	since   map[connection]time.Time
	doubted map[netip.Addr]doubt // peers without a session
	refused map[netip.Addr]int   // how many logins of a peer failed, by the log, since one succeeded
}

const (
	// refusals is how many failed logins make a guesser of a peer: as many passwords as ssh asks for in a row.
	refusals = 3
	// refusedMost bounds the peers that are remembered so.
	refusedMost = 1 << 16
)

// told takes down what the server's log says of a login of a peer.
func (s *sessions) told(peer netip.Addr, entered bool) {
	if entered {
		delete(s.refused, peer)
		return
	}
	if s.refused == nil || len(s.refused) >= refusedMost {
		s.refused = map[netip.Addr]int{} // at worst a guesser is given the benefit of the doubt
	}
	s.refused[peer]++
}

type doubt struct{ first, last time.Time }

const (
	// loginSlack is for the seconds by which sshd lets connections outlive LoginGraceTime (up to 4 s of jitter since
	// OpenSSH 9.8) and for the time between two looks.
	loginSlack = 10 * time.Second
	// absence, in login grace times, is how long a peer must have no connection to be as good as new.
	absence = 10
)

// peers returns the peers that are to be protected, given the connections that there are now. It is called every few
// seconds.
func (s *sessions) peers(now time.Time, conns []connection) []netip.Addr {
	since := make(map[connection]time.Time, len(conns))
	doubted := map[netip.Addr]doubt{}
	for peer, d := range s.doubted {
		if now.Sub(d.last) < absence*s.grace {
			doubted[peer] = d
		}
	}
	var out []netip.Addr
	for _, c := range conns {
		peer := c.peer.Addr().Unmap().WithZone("")
		first, seen := s.since[c]
		switch {
		case seen:
		case s.known:
			first = now
		default:
			first = time.Time{} // older than this program: no session is to be lost because it was started
		}
		since[c] = first
		if s.grace == 0 || now.Sub(first) > s.grace+loginSlack {
			out = append(out, peer)
			continue
		}
		d, ok := doubted[peer]
		if !ok {
			d.first = now
		}
		d.last = now
		doubted[peer] = d
		if now.Sub(d.first) <= s.grace+loginSlack && s.refused[peer] < refusals {
			out = append(out, peer)
		}
	}
	s.known, s.since, s.doubted = true, since, doubted
	return sortedAddresses(out)
}
