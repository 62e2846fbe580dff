package login

import (
	"encoding/json"
	"net/netip"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// smbd's audit of authentication (source4/auth, auth/auth_log.c) as text and as JSON. In the text, account and workstation are
// the client's words, and stand on both sides of its address.
var (
	sambaAuth   = lazyregexp.New(`Auth: \[[^\]]*\] user \[(.*?)\]\\\[(.*?)\] at \[[^\]]*\] with \[([^\]]*)\] status \[(\w+)\] workstation \[`)
	sambaRecord = lazyregexp.New(`^\{"timestamp": ?"([^"]+)", ?"type": ?"Authentication"`) // alone in a line
	sambaRemote = lazyregexp.New(`remote host \[(?:ipv[46]:)?([^\]]+)\] (?:became|mapped to) `)
	sambaLocal  = lazyregexp.New(`local host \[(?:ipv[46]:)?([^\]]+)\]`)
	sambaOld    = lazyregexp.New(`check_ntlm_password:\s+[Aa]uthentication for user \[(.*?)\] -> \[.*\](?: -> \[.*\])? (succeeded|FAILED)(?: with error (\w+))?`)
)

// ntReasons are what the statuses of Windows say of a login (MS-ERREF, section 2.3.1).
var ntReasons = map[string]string{
	"NT_STATUS_WRONG_PASSWORD": reasonCredential, "NT_STATUS_LOGON_FAILURE": reasonCredential, "NT_STATUS_NO_SUCH_USER": reasonUser,
	"NT_STATUS_ACCOUNT_DISABLED": reasonAllowed, "NT_STATUS_ACCOUNT_LOCKED_OUT": reasonAllowed, "NT_STATUS_ACCOUNT_EXPIRED": reasonAllowed,
	"NT_STATUS_ACCOUNT_RESTRICTION": reasonAllowed, "NT_STATUS_PASSWORD_EXPIRED": reasonAllowed, "NT_STATUS_PASSWORD_MUST_CHANGE": reasonAllowed,
	"NT_STATUS_INVALID_LOGON_HOURS": reasonAllowed, "NT_STATUS_INVALID_WORKSTATION": reasonAllowed, "NT_STATUS_LOGON_TYPE_NOT_GRANTED": reasonAllowed,
}

// ntAttempt says of a status what became of a login.
func ntAttempt(user, method, status string) attempt {
	a := attempt{result: packet.AuthFailure, user: user, method: strings.ToLower(method), reason: ntReasons[status]}
	if status == "NT_STATUS_OK" {
		a.result = packet.AuthSuccess
	}
	if a.method == "(null)" {
		a.method = ""
	}
	return a
}

// parseSamba reads a message of Samba.
func parseSamba(text string) (attempt, bool) {
	if strings.HasPrefix(text, "{") || strings.Contains(text, "JSON Authentication: {") {
		return parseSambaJSON(text[strings.IndexByte(text, '{'):])
	}
	if m := sambaAuth.FindStringSubmatch(text); m != nil {
		a := ntAttempt(m[2], m[3], m[4])
		ends := func(form *lazyregexp.Regexp) netip.AddrPort {
			var out []netip.AddrPort
			for _, x := range form.FindAllStringSubmatch(text, -1) {
				out = append(out, parsePair(x[1]))
			}
			return agreed(out)
		}
		a.src, a.dst = ends(sambaRemote), ends(sambaLocal)
		return a, true
	}
	if m := sambaOld.FindStringSubmatch(text); m != nil {
		status := m[3]
		if m[2] == "succeeded" {
			status = "NT_STATUS_OK"
		}
		a := ntAttempt(m[1], "", status)
		a.wait = markWait // where the audit is on, it says more
		return a, true
	}
	return attempt{}, false
}

// parseSambaJSON reads the audit as JSON.
func parseSambaJSON(text string) (attempt, bool) {
	var w struct {
		Type           string `json:"type"`
		Authentication struct {
			Status        string `json:"status"`
			LocalAddress  string `json:"localAddress"`
			RemoteAddress string `json:"remoteAddress"`
			ClientAccount string `json:"clientAccount"`
			PasswordType  string `json:"passwordType"`
		} `json:"Authentication"`
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&w); err != nil || w.Type != "Authentication" {
		return attempt{}, false
	}
	x := &w.Authentication
	a := ntAttempt(x.ClientAccount, x.PasswordType, x.Status)
	end := func(s string) netip.AddrPort {
		for _, family := range []string{"ipv4:", "ipv6:"} {
			s = strings.TrimPrefix(s, family)
		}
		return parsePair(s)
	}
	a.src, a.dst = end(x.RemoteAddress), end(x.LocalAddress)
	return a, true
}
