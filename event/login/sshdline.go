package login

import (
	"net/netip"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// sshdKind says what a message of sshd tells.
type sshdKind uint8

const (
	sshdNothing   sshdKind = iota
	sshdAccepted           // the client came in
	sshdFailed             // a password, or another credential, was refused
	sshdTried              // a credential of which clients offer several unasked was refused, or PAM refused one
	sshdNamed              // an account was named that does not exist, or may not log in
	sshdOpened             // a connection was opened: its addresses
	sshdEnded              // the connection ended before anybody came in
	sshdEndedSome          // it ended, before or after
	sshdProbe              // it ended before it could name an account
	sshdLeft               // who came in left
)

// An sshdLine is what one message of sshd tells.
type sshdLine struct {
	kind       sshdKind
	user       string
	named      bool // user is known, and may be empty
	invalid    bool // there is no such account
	method     string
	reason     string
	src, dst   netip.AddrPort
	candidates []netip.AddrPort // where the message can be read in several ways: one of them is src
	pid        string           // of the process that has the connection, where that is another
}

// sshdNames are the identifiers of OpenSSH's server: since 9.8 sessions, since 10.0 authentication are programs of their own.
var sshdNames = map[string]bool{"sshd": true, "sshd-session": true, "sshd-auth": true}

const (
	reSSHHost = `([0-9A-Za-z:._%\[\]-]+)`                       // an address, or a name with UseDNS
	reSSHIP   = `([0-9A-Fa-f:.]+(?:%[0-9A-Za-z._-]+)?|UNKNOWN)` // "UNKNOWN" of a client that had gone when sshd asked
	rePort    = ` port (\d{1,5})`
)

var (
	// The end of "Failed password for USER from HOST port N ssh2", and what may follow it: a key's fingerprint.
	sshdTail     = lazyregexp.New(` from ` + reSSHHost + rePort + `(?: (ssh\d?))?`)
	sshdOldTail  = lazyregexp.New(`^(.*) from ` + reSSHHost + `(?: ssh\d?)?$`)
	sshdKeyInfo  = lazyregexp.New(`^: [A-Z0-9-]+ (?:[A-Z0-9]+:\S+|[0-9a-f]{2}(?::[0-9a-f]{2})+)$`)
	sshdResult   = lazyregexp.New(`^(Accepted|Failed|Postponed|Partial) (\S+) for (invalid user |illegal user )?(.*)$`)
	sshdInvalid  = lazyregexp.New(`^(?:Invalid|Illegal) user (.*?) ?from ` + reSSHHost + `(?:` + rePort + `)?$`)
	sshdInvalid1 = lazyregexp.New(`^(?:Invalid|Illegal) user (.*) from ` + reSSHHost + `(?:` + rePort + `)?$`)
	sshdMaximum  = lazyregexp.New(`^maximum authentication attempts exceeded for (invalid user )?(.*) from ` + reSSHHost + rePort + `(?: ssh\d?)?$`)
	sshdByUser   = lazyregexp.New(`^(?:Connection (?:closed|reset) by|Disconnected from) (authenticating|invalid) user (.*) ` + reSSHIP + rePort + `$`)
	sshdByNobody = lazyregexp.New(`^(Connection closed by|Connection reset by|Disconnected from) ` + reSSHIP + `(?:` + rePort + `)?$`)
	sshdByGuest  = lazyregexp.New(`^(?:Connection (?:closed|reset) by|Disconnected from) user .* ` + reSSHIP + rePort + `$`)
	sshdExpelled = lazyregexp.New(`^Disconnecting (authenticating|invalid) user (.*) ` + reSSHIP + rePort + `: (.*)$`)
	sshdExpelOld = lazyregexp.New(`^Disconnecting: (Too many authentication failures|Change of username or service not allowed|Authentication timed out)(.*)$`)
	sshdGoodbye  = lazyregexp.New(`^Received disconnect from (\S+)(?:` + rePort + `)?: ?\d+: `)
	sshdRefused  = lazyregexp.New(`^User (.*) from ` + reSSHHost + `(?:` + rePort + `)? not allowed because .+$`)
	sshdRoot     = lazyregexp.New(`^ROOT LOGIN REFUSED FROM ` + reSSHHost + `(?:` + rePort + `)?$`)
	sshdPAM      = lazyregexp.New(`^PAM: (.+?) for (illegal user |invalid user )?(.*) from ` + reSSHHost + `(?: via ` + reSSHIP + `)?$`)
	sshdDenied   = lazyregexp.New(`^Access denied for user (.*) by PAM account configuration$`)
	sshdLocked   = lazyregexp.New(`^User (.*) not allowed because (?:account is locked|shell \S+ (?:does not exist|is not executable))$`)
	sshdRequest  = lazyregexp.New(`^input_userauth_request: (?:invalid|illegal) user (.*)$`)
	sshdTimeout  = lazyregexp.New(`^Timeout before authentication for ` + reSSHIP + `(?:` + rePort + `)?$`)
	sshdTimeout2 = lazyregexp.New(`^Timeout before authentication for connection from ` + reSSHIP + ` to ` + reSSHIP + `, pid = (\d+)$`)
	sshdBanner   = lazyregexp.New(`^banner exchange: Connection from ` + reSSHIP + rePort + `: .*$`)
	sshdVersion  = lazyregexp.New(`^Bad protocol version identification '.*' from ` + reSSHHost + `(?:` + rePort + `)?$`)
	sshdMajor    = lazyregexp.New(`^Protocol major versions differ for ` + reSSHIP + rePort + `: .*$`)
	sshdSilent   = lazyregexp.New(`^Did not receive identification string from ` + reSSHHost + `(?:` + rePort + `)?$`)
	sshdUnable   = lazyregexp.New(`^Unable to negotiate (?:a key exchange method |with )` + reSSHIP + `(?:` + rePort + `)?: .*$`)
	sshdDispatch = lazyregexp.New(`^ssh_dispatch_run_fatal: Connection from (?:(authenticating|invalid) user (.*) )?` + reSSHIP + rePort + `: .*$`)
	sshdWrapper  = lazyregexp.New(`^refused connect from .*\(([0-9A-Fa-f:.]+)\)$`)
	sshdDropped  = lazyregexp.New(`^drop connection #\d+ from \[([^]]*)\]:(\d+) on \[([^]]*)\]:(\d+) (past MaxStartups|penalty: .*)$`)
	sshdOpen     = lazyregexp.New(`^Connection from ` + reSSHIP + rePort + `(?: on ` + reSSHIP + rePort + `.*)?$`)
)

// parseSSHD reads a message of sshd. What it does not know tells nothing.
func parseSSHD(text string) (s sshdLine) {
	preauth := strings.HasSuffix(text, " [preauth]")
	text = strings.TrimSuffix(text, " [preauth]")
	for _, level := range []string{"error: ", "fatal: ", "info: "} {
		text = strings.TrimPrefix(text, level)
	}
	word, _, _ := strings.Cut(text, " ")
	switch word {
	case "Accepted", "Failed":
		return parseSSHDResult(text)
	case "Invalid", "Illegal":
		m := sshdInvalid1.FindStringSubmatch(text)
		if m == nil {
			m = sshdInvalid.FindStringSubmatch(text)
		}
		if m != nil {
			return sshdLine{kind: sshdNamed, user: m[1], named: true, invalid: true, reason: reasonUser, src: parseEnd(m[2], m[3])}
		}
	case "maximum":
		if m := sshdMaximum.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdEnded, user: m[2], named: true, invalid: m[1] != "", src: parseEnd(m[3], m[4])}
		}
	case "Connection", "Disconnected":
		return parseSSHDEnd(text, preauth)
	case "Disconnecting", "Disconnecting:":
		return parseSSHDExpelled(text)
	case "Received":
		if m := sshdGoodbye.FindStringSubmatch(text); m != nil {
			s = sshdLine{kind: sshdEndedSome, src: parseEnd(m[1], m[2])}
			if preauth || strings.HasSuffix(text, ": Auth fail") { // JSch says so when it has nothing left to offer
				s.kind = sshdEnded
			}
		}
		return s
	case "User":
		if m := sshdRefused.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdNamed, user: m[1], named: true, reason: reasonAllowed, src: parseEnd(m[2], m[3])}
		}
		if m := sshdLocked.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdNamed, user: m[1], named: true, reason: reasonAllowed}
		}
	case "Access":
		if m := sshdDenied.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdEnded, user: m[1], named: true, reason: reasonAllowed}
		}
	case "ROOT":
		if m := sshdRoot.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdNamed, user: "root", named: true, reason: reasonAllowed, src: parseEnd(m[1], m[2])}
		}
	case "PAM:":
		if m := sshdPAM.FindStringSubmatch(text); m != nil {
			s = sshdLine{kind: sshdTried, user: m[3], named: true, invalid: m[2] != "", reason: reasonCredential, src: parseEnd(m[4], ""), dst: parseEnd(m[5], "")}
		}
		return s
	case "input_userauth_request:":
		if m := sshdRequest.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdNamed, user: m[1], named: true, invalid: true, reason: reasonUser}
		}
	case "Timeout":
		if m := sshdTimeout.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdEnded, reason: "timeout", src: parseEnd(m[1], m[2])}
		}
		if m := sshdTimeout2.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdEnded, reason: "timeout", src: parseEnd(m[1], ""), dst: parseEnd(m[2], ""), pid: m[3]}
		}
	case "drop":
		if m := sshdDropped.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdProbe, reason: "refused", src: parseEnd(m[1], m[2]), dst: parseEnd(m[3], m[4])}
		}
	case "ssh_dispatch_run_fatal:":
		if m := sshdDispatch.FindStringSubmatch(text); m != nil {
			return sshdLine{kind: sshdEnded, user: m[2], named: m[1] != "", invalid: m[1] == "invalid", src: parseEnd(m[3], m[4])}
		}
	}
	for _, p := range []struct {
		form   *lazyregexp.Regexp
		reason string
	}{{sshdBanner, "not_ssh"}, {sshdVersion, "not_ssh"}, {sshdMajor, "not_ssh"}, {sshdSilent, "not_ssh"}, {sshdUnable, "negotiation"}} {
		if m := p.form.FindStringSubmatch(text); m != nil {
			port := ""
			if len(m) > 2 {
				port = m[2]
			}
			return sshdLine{kind: sshdProbe, reason: p.reason, src: parseEnd(m[1], port)}
		}
	}
	if m := sshdWrapper.FindStringSubmatch(text); m != nil {
		return sshdLine{kind: sshdProbe, reason: "refused", src: parseEnd(m[1], "")}
	}
	if p, ok := parsePAM(text, "sshd"); ok {
		return sshdLine{kind: sshdTried, user: p.user, named: p.user != "", reason: reasonCredential, src: p.src}
	}
	return sshdLine{}
}

// parseSSHDResult reads "Failed password for invalid user bob from 192.0.2.1 port 5 ssh2", with what stands behind it.
//
// The name is the client's, and so may be what stands behind the colon. The client's own "from 10.0.0.1 port 5 ssh2" in a name
// comes before the true one, which ends the line or has a key's fingerprint behind it.
func parseSSHDResult(text string) sshdLine {
	m := sshdResult.FindStringSubmatch(text)
	if m == nil || m[1] == "Postponed" || m[1] == "Partial" {
		return sshdLine{}
	}
	s := sshdLine{kind: sshdFailed, method: m[2], named: true, invalid: m[3] != "", reason: reasonCredential}
	switch {
	case m[1] == "Accepted":
		s.kind, s.reason = sshdAccepted, ""
	case s.invalid:
		s.reason = reasonUser
	}
	if s.kind == sshdFailed && (s.method == "publickey" || s.method == "none" || s.method == "hostbased" || strings.HasPrefix(s.method, "gssapi-")) {
		s.kind = sshdTried // clients offer these unasked, one after the other
	}
	rest := m[4]
	tails := tailsOf(rest)
	if len(tails) == 0 {
		if o := sshdOldTail.FindStringSubmatch(rest); o != nil {
			s.user, s.src = o[1], parseEnd(o[2], "")
			return s
		}
		return sshdLine{}
	}
	last := tails[len(tails)-1]
	switch behind := rest[last.to:]; {
	case behind == "", sshdKeyInfo.MatchString(behind), len(tails) == 1 && strings.HasPrefix(behind, ": "):
		s.user, s.src = rest[:last.from], last.src
		return s
	case len(tails) == 1:
		return sshdLine{}
	}
	// A certificate's own words, or those of the client's host, stand behind the colon: either may hold a "from" as well.
	s.user = rest[:tails[0].from]
	for _, x := range tails {
		s.candidates = append(s.candidates, x.src)
	}
	s.src = agreed(s.candidates)
	return s
}

// A tail is " from 192.0.2.1 port 5 ssh2" in a message.
type tail struct {
	from, to int
	src      netip.AddrPort
}

// tailsOf returns the tails in a text, those that overlap too, that end it or have a colon behind them.
func tailsOf(text string) (out []tail) {
	for at := 0; at < len(text); {
		m := sshdTail.FindStringSubmatchIndex(text[at:])
		if m == nil {
			break
		}
		if end := at + m[1]; end == len(text) || strings.HasPrefix(text[end:], ": ") {
			x := tail{from: at + m[0], to: end, src: parseEnd(text[at+m[2]:at+m[3]], text[at+m[4]:at+m[5]])}
			out = append(out, x)
		}
		at += m[0] + 1
	}
	return out
}

// parseSSHDEnd reads the end of a connection.
func parseSSHDEnd(text string, preauth bool) sshdLine {
	if m := sshdByUser.FindStringSubmatch(text); m != nil {
		return sshdLine{kind: sshdEnded, user: m[2], named: true, invalid: m[1] == "invalid", src: parseEnd(m[3], m[4])}
	}
	if m := sshdByGuest.FindStringSubmatch(text); m != nil {
		return sshdLine{kind: sshdLeft, src: parseEnd(m[1], m[2])}
	}
	if m := sshdByNobody.FindStringSubmatch(text); m != nil {
		s := sshdLine{kind: sshdEnded, src: parseEnd(m[2], m[3])}
		if !preauth && m[1] == "Disconnected from" {
			s.kind = sshdEndedSome // before 7.6 a session's end reads so, too
		}
		return s
	}
	if m := sshdOpen.FindStringSubmatch(text); m != nil {
		return sshdLine{kind: sshdOpened, src: parseEnd(m[1], m[2]), dst: parseEnd(m[3], m[4])}
	}
	return sshdLine{}
}

// parseSSHDExpelled reads that sshd ended a connection. After "Change of username" stand two names of the client.
func parseSSHDExpelled(text string) sshdLine {
	if m := sshdExpelOld.FindStringSubmatch(text); m != nil {
		s := sshdLine{kind: sshdEnded}
		if user, ok := strings.CutPrefix(m[2], " for "); ok {
			if name, ok := strings.CutPrefix(user, "invalid user "); ok {
				user, s.invalid = name, true
			}
			s.user, s.named = user, true
		}
		if names, ok := strings.CutPrefix(m[2], ": ("); ok {
			s.user, _, s.named = strings.Cut(names, ",ssh-connection) -> (")
		}
		return s
	}
	m := sshdExpelled.FindStringSubmatch(text)
	if m == nil {
		return sshdLine{}
	}
	s := sshdLine{kind: sshdEnded, user: m[2], named: true, invalid: m[1] == "invalid", src: parseEnd(m[3], m[4])}
	if m[5] == "Too many authentication failures" {
		return s // nothing of the client stands behind it: the last address is the true one
	}
	for _, c := range sshdExpelledBy.FindAllStringSubmatch(text, -1) {
		s.candidates = append(s.candidates, parseEnd(c[1], c[2]))
	}
	if s.src = agreed(s.candidates); !s.src.IsValid() {
		s.user, _, _ = strings.Cut(strings.TrimPrefix(text, "Disconnecting "+m[1]+" user "), " "+s.candidates[0].Addr().String()+" port ")
	}
	return s
}

// sshdExpelledBy finds what reads as the address in front of the reason.
var sshdExpelledBy = lazyregexp.New(` ` + reSSHIP + rePort + `: `)
