package login

import (
	"net/netip"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root", as
// pam_unix, pam_sss and others write it (Linux-PAM, modules/pam_unix/support.c); older ones name no service. "PAM 2 more authentication failures", at
// the end of a session, sums up what was told before.
var (
	pamFailure = lazyregexp.New(`^(?:pam_\w+(?:\((?:([\w.-]+):)?auth\))?: |\(pam_\w+\) )?authentication failure; logname=(.*?) uid=\d+ euid=\d+ tty=(.*?) ruser=(.*?) rhost=(\S*)(?:\s+user=(.*))?$`)
	pamHost    = lazyregexp.New(` rhost=(\S*)`)
)

// parsePAM reads that PAM refused a password. want is the service whose line it must be, "" for any; a service with a
// program of its own in Programs is read there.
func parsePAM(text, want string) (a attempt, ok bool) {
	if !strings.Contains(text, "authentication failure; logname=") {
		return a, false
	}
	m := pamFailure.FindStringSubmatch(text)
	if m == nil || want != "" && m[1] != "" && m[1] != want || want == "" && ownLines[m[1]] {
		return a, false
	}
	var hosts []netip.AddrPort
	for _, h := range pamHost.FindAllStringSubmatch(text, -1) {
		hosts = append(hosts, parseEnd(h[1], ""))
	}
	a = attempt{service: m[1], result: packet.AuthFailure, user: strings.TrimSpace(m[6]), method: "pam", reason: reasonCredential, src: agreed(hosts)}
	if a.user == "" {
		a.user = m[4] // pam_unix does not say who is unknown; the program may
	}
	return a, true
}

// ownLines are the services of PAM whose programs write lines of their own about the same attempt, in the same log.
var ownLines = map[string]bool{"sshd": true, "dovecot": true, "smtp": true, "imap": true, "pop3": true, "samba": true, "openvpn": true}
