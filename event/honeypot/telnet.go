package honeypot

import (
	"bufio"
	"strings"
)

// telnet asks for a user name and a password, as login(1) does, three times.
type telnet struct{ banner string }

const (
	// telnetRounds is how often login(1) asks.
	telnetRounds = 3
	// telnetPrompts bounds the prompts, those answered with an empty line too.
	telnetPrompts = 10

	willEcho = "\xff\xfb\x01" // IAC WILL ECHO
	wontEcho = "\xff\xfc\x01"
)

func (t telnet) serve(s *session) {
	n := negotiation{s: s}
	in := &lines{r: bufio.NewReaderSize(s, 512), negotiate: n.answer, edit: true}
	say := func(text string) bool {
		_, err := s.Write([]byte(text))
		return err == nil
	}
	// A prompt goes out in one write with what comes before it, as it does from a terminal: tools look for it in what
	// one read gives.
	before := strings.ReplaceAll(strings.ReplaceAll(t.banner, "\r\n", "\n"), "\n", "\r\n")
	for range telnetPrompts {
		if !say(before + "login: ") {
			return
		}
		before = ""
		user, _, err := in.read()
		if err != nil {
			return // session.leftover tells of what came
		}
		if user == "" {
			continue
		}
		// While the server is the one to echo, and does not, the password is not seen: RFC 857, section 5.
		n.echoing = true
		if !say(willEcho + "Password: ") {
			s.login(user, "", "password")
			return
		}
		password, _, err := in.read()
		s.login(user, password, "password")
		if err != nil {
			return
		}
		n.echoing = false
		before = wontEcho + "\r\nLogin incorrect\r\n"
		if s.exhausted() || s.logins >= telnetRounds {
			say(before)
			return
		}
	}
}

// negotiation refuses the options of a client, each once, so that no two ends answer each other without end.
type negotiation struct {
	s       *session
	echoing bool         // the server, in place of the client
	refused [2][256]bool // what the client offers, what it asks for
}

// answer takes a client's WILL, WONT, DO or DONT. It returns false when the connection is gone.
func (n *negotiation) answer(verb, option byte) bool {
	which, no := 0, byte(telnetDONT)
	switch verb {
	case telnetDO:
		if option == optionEcho && n.echoing {
			return true // it agrees
		}
		which, no = 1, telnetWONT
	case telnetWILL:
	default:
		return true // off is what every option is
	}
	if n.refused[which][option] {
		return true
	}
	n.refused[which][option] = true
	_, err := n.s.Write([]byte{telnetIAC, no, option})
	return err == nil
}
