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
	reHost    = `(?P<ip>[0-9A-Za-z:._%\[\]-]+)`               // an address, or a name with UseDNS
	reAddress = `[0-9A-Fa-f:.]+(?:%[0-9A-Za-z._-]+)?|UNKNOWN` // "UNKNOWN" of a client that had gone when sshd asked
	reIP      = `(?P<ip>` + reAddress + `)`
	rePort    = ` port (?P<port>\d{1,5})`
	reMaybe   = `(?:` + rePort + `)?`
	reInvalid = `(?:authenticating|(?P<invalid>invalid)) user (?P<user>.*) `
)

var (
	// The end of "Failed password for USER from HOST port N ssh2", and what may follow it: a key's fingerprint.
	sshdTail     = lazyregexp.New(` from ` + reHost + rePort + `(?: (ssh\d?))?`)
	sshdOldTail  = lazyregexp.New(`^(.*) from ` + reHost + `(?: ssh\d?)?$`)
	sshdKeyInfo  = lazyregexp.New(`^: [A-Z0-9-]+ (?:[A-Z0-9]+:\S+|[0-9a-f]{2}(?::[0-9a-f]{2})+)$`)
	sshdResult   = lazyregexp.New(`^(Accepted|Failed|Postponed|Partial) (\S+) for (invalid user |illegal user )?(.*)$`)
	sshdExpelled = lazyregexp.New(`^Disconnecting (authenticating|invalid) user (.*) ` + reIP + rePort + `: (.*)$`)
	sshdExpelOld = lazyregexp.New(`^Disconnecting: (Too many authentication failures|Change of username or service not allowed|Authentication timed out)(.*)$`)
)

// sshdMessages are the messages that tell of a connection by themselves, with how they begin; the first that a message has counts.
// Groups are user, ip, port, dst_ip and dst_port, pid, and invalid where there is no such account.
var sshdMessages = []struct {
	begin string
	expr  *lazyregexp.Regexp
	sshdLine
}{
	{"I", lazyregexp.New(`^(?:Invalid|Illegal) user (?P<user>.*) from ` + reHost + reMaybe + `$`), sshdLine{kind: sshdNamed, invalid: true, reason: reasonUser}},
	{"I", lazyregexp.New(`^(?:Invalid|Illegal) user (?P<user>.*?) ?from ` + reHost + reMaybe + `$`), sshdLine{kind: sshdNamed, invalid: true, reason: reasonUser}},
	{"maximum ", lazyregexp.New(`^maximum authentication attempts exceeded for (?P<invalid>invalid user )?(?P<user>.*) from ` + reHost + rePort + `(?: ssh\d?)?$`), sshdLine{kind: sshdEnded}},
	{"", lazyregexp.New(`^(?:Connection (?:closed|reset) by|Disconnected from) ` + reInvalid + reIP + rePort + `$`), sshdLine{kind: sshdEnded}},
	{"", lazyregexp.New(`^(?:Connection (?:closed|reset) by|Disconnected from) user .* ` + reIP + rePort + `$`), sshdLine{kind: sshdLeft}},
	{"Connection ", lazyregexp.New(`^Connection (?:closed|reset) by ` + reIP + reMaybe + `$`), sshdLine{kind: sshdEnded}},
	{"Disconnected ", lazyregexp.New(`^Disconnected from ` + reIP + reMaybe + `$`), sshdLine{kind: sshdEndedSome}},
	{"Connection ", lazyregexp.New(`^Connection from ` + reIP + rePort + `(?: on (?P<dst_ip>` + reAddress + `) port (?P<dst_port>\d{1,5}).*)?$`), sshdLine{kind: sshdOpened}},
	{"Received ", lazyregexp.New(`^Received disconnect from (?P<ip>\S+)` + reMaybe + `: ?\d+: (?:.*: )?Auth fail$`), sshdLine{kind: sshdEnded}}, // JSch says so when it has nothing left to offer
	{"Received ", lazyregexp.New(`^Received disconnect from (?P<ip>\S+)` + reMaybe + `: ?\d+: `), sshdLine{kind: sshdEndedSome}},
	{"User ", lazyregexp.New(`^User (?P<user>.*) from ` + reHost + reMaybe + ` not allowed because .+$`), sshdLine{kind: sshdNamed, reason: reasonAllowed}},
	{"User ", lazyregexp.New(`^User (?P<user>.*) not allowed because (?:account is locked|shell \S+ (?:does not exist|is not executable))$`), sshdLine{kind: sshdNamed, reason: reasonAllowed}},
	{"Access ", lazyregexp.New(`^Access denied for user (?P<user>.*) by PAM account configuration$`), sshdLine{kind: sshdEnded, reason: reasonAllowed}},
	{"ROOT ", lazyregexp.New(`^ROOT LOGIN REFUSED FROM ` + reHost + reMaybe + `$`), sshdLine{kind: sshdNamed, user: "root", named: true, reason: reasonAllowed}},
	{"PAM: ", lazyregexp.New(`^PAM: .+? for (?P<invalid>illegal user |invalid user )?(?P<user>.*) from ` + reHost + `(?: via (?P<dst_ip>` + reAddress + `))?$`), sshdLine{kind: sshdTried, reason: reasonCredential}},
	{"input_", lazyregexp.New(`^input_userauth_request: (?:invalid|illegal) user (?P<user>.*)$`), sshdLine{kind: sshdNamed, invalid: true, reason: reasonUser}},
	{"Timeout ", lazyregexp.New(`^Timeout before authentication for ` + reIP + reMaybe + `$`), sshdLine{kind: sshdEnded, reason: "timeout"}},
	{"Timeout ", lazyregexp.New(`^Timeout before authentication for connection from ` + reIP + ` to (?P<dst_ip>` + reAddress + `), pid = (?P<pid>\d+)$`), sshdLine{kind: sshdEnded, reason: "timeout"}},
	{"drop ", lazyregexp.New(`^drop connection #\d+ from \[(?P<ip>[^]]*)\]:(?P<port>\d+) on \[(?P<dst_ip>[^]]*)\]:(?P<dst_port>\d+) (?:past MaxStartups|penalty: .*)$`), sshdLine{kind: sshdProbe, reason: "refused"}},
	{"ssh_dispatch_run_fatal: ", lazyregexp.New(`^ssh_dispatch_run_fatal: Connection from (?:` + reInvalid + `)?` + reIP + rePort + `: .*$`), sshdLine{kind: sshdEnded}},
	{"banner ", lazyregexp.New(`^banner exchange: Connection from ` + reIP + rePort + `: .*$`), sshdLine{kind: sshdProbe, reason: "not_ssh"}},
	{"Bad ", lazyregexp.New(`^Bad protocol version identification '.*' from ` + reHost + reMaybe + `$`), sshdLine{kind: sshdProbe, reason: "not_ssh"}},
	{"Protocol ", lazyregexp.New(`^Protocol major versions differ for ` + reIP + rePort + `: .*$`), sshdLine{kind: sshdProbe, reason: "not_ssh"}},
	{"Did ", lazyregexp.New(`^Did not receive identification string from ` + reHost + reMaybe + `$`), sshdLine{kind: sshdProbe, reason: "not_ssh"}},
	{"Unable ", lazyregexp.New(`^Unable to negotiate (?:a key exchange method |with )` + reIP + reMaybe + `: .*$`), sshdLine{kind: sshdProbe, reason: "negotiation"}},
	{"refused ", lazyregexp.New(`^refused connect from .*\((?P<ip>[0-9A-Fa-f:.]+)\)$`), sshdLine{kind: sshdProbe, reason: "refused"}},
}

// parseSSHD reads a message of sshd. What it does not know tells nothing.
func parseSSHD(text string) sshdLine {
	text, preauth := strings.CutSuffix(text, " [preauth]")
	for _, level := range []string{"error: ", "fatal: ", "info: "} {
		text = strings.TrimPrefix(text, level)
	}
	switch word, _, _ := strings.Cut(text, " "); word {
	case "Accepted", "Failed":
		return parseSSHDResult(text)
	case "Disconnecting", "Disconnecting:":
		return parseSSHDExpelled(text)
	}
	for _, f := range sshdMessages {
		if !strings.HasPrefix(text, f.begin) {
			continue
		}
		if g := named(f.expr, text); g != nil {
			return f.about(g, preauth)
		}
	}
	if p, ok := parsePAM(text, "sshd"); ok {
		return sshdLine{kind: sshdTried, user: p.user, named: p.user != "", reason: reasonCredential, src: p.src}
	}
	return sshdLine{}
}

// about returns what a form says with the groups of a message, of a connection before authentication or not.
func (s sshdLine) about(g map[string]string, preauth bool) sshdLine {
	if user, ok := g["user"]; ok {
		s.user, s.named = user, true
	}
	s.invalid = s.invalid || g["invalid"] != ""
	if preauth && s.kind == sshdEndedSome {
		s.kind = sshdEnded // without it, a session's end reads so, too: before 7.6 of every session
	}
	s.src, s.dst, s.pid = parseEnd(g["ip"], g["port"]), parseEnd(g["dst_ip"], g["dst_port"]), g["pid"]
	return s
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
var sshdExpelledBy = lazyregexp.New(` ` + reIP + rePort + `: `)
