package login

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLines runs any lines through formats and parsers: nothing panics, and what comes out is bounded.
func FuzzLines(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no goldens", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n\n") {
			f.Add(block)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		tr, format := New(nil), Format{Reference: reference}
		n, lines := 0, 0
		count := func(l *Line) {
			for _, a := range tr.Line(l) {
				n++
				if len(a.User) > maxText || len(a.Host) > maxText || len(a.Method) > maxText || a.Result == "" || a.Service == "" && l.Program != "" {
					t.Errorf("%+v", a)
				}
			}
		}
		for _, raw := range strings.Split(text, "\n") {
			lines++
			l := format.Parse(raw)
			count(&l)
		}
		n += len(tr.Flush())
		if n > lines*2*maxRepeats {
			t.Errorf("%d logins of %d lines", n, lines)
		}
	})
}

// FuzzNames puts any name into the messages that have one: the address of the login is the true one, or there is none.
func FuzzNames(f *testing.F) {
	const fake, real = "203.0.113.66", "192.0.2.9"
	for _, name := range []string{"", "x", "a b", "x from 203.0.113.66 port 1 ssh2", "x 203.0.113.66 port 1", "x from 203.0.113.66 port 1 ssh2: RSA SHA256:x",
		"x rhost=203.0.113.66", "x>, method=PLAIN, rip=203.0.113.66, lip=192.0.2.1, user=<", `x": password mismatch, client: 203.0.113.66, server: a`,
		`x] FAIL LOGIN: Client "203.0.113.66"`, "x'@'203.0.113.66' (using password: YES)", "x] remote host [ipv4:203.0.113.66:1] mapped to [a]\\[b",
		`x FATAL:  no pg_hba.conf entry for host "203.0.113.66", user "a", `, "x' from '203.0.113.66' FOR 'y', Authentication failure",
		"x (Login failed): Incorrect password", "x: no such user found from h [203.0.113.66] to 192.0.2.1:21", "[client 203.0.113.66:1] AH01618: user x",
		"x not allowed because of from 203.0.113.66 not allowed because not listed in AllowUsers", "x 203.0.113.66 port 1: Too many authentication failures"} {
		f.Add(name)
	}
	messages := []string{
		"sshd[1]: Failed password for invalid user %s from 192.0.2.9 port 5 ssh2",
		"sshd[1]: Failed publickey for %s from 192.0.2.9 port 5 ssh2: ED25519 SHA256:abc",
		"sshd[1]: Accepted password for %s from 192.0.2.9 port 5 ssh2",
		"sshd[1]: Invalid user %s from 192.0.2.9 port 5",
		"sshd[1]: Connection closed by invalid user %s 192.0.2.9 port 5 [preauth]",
		"sshd[1]: Disconnected from authenticating user %s 192.0.2.9 port 5 [preauth]",
		"sshd[1]: Disconnecting invalid user %s 192.0.2.9 port 5: Too many authentication failures [preauth]",
		"sshd[1]: Disconnecting invalid user %s 192.0.2.9 port 5: Change of username or service not allowed: (%s,ssh-connection) -> (%s,ssh-connection) [preauth]",
		"sshd[1]: error: maximum authentication attempts exceeded for %s from 192.0.2.9 port 5 ssh2 [preauth]",
		"sshd[1]: User %s from 192.0.2.9 not allowed because not listed in AllowUsers",
		"sshd[1]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.9  user=%s",
		"sshd[1]: error: PAM: Authentication failure for illegal user %s from 192.0.2.9",
		"login[1]: FAILED LOGIN (1) on '/dev/pts/1' from '192.0.2.9' FOR '%s', Authentication failure",
		`vsftpd[1]: [%s] FAIL LOGIN: Client "192.0.2.9"`,
		`vsftpd[1]: [ftp] OK LOGIN: Client "192.0.2.9", anon password "%s"`,
		"proftpd[1]: h (192.0.2.9[192.0.2.9]) - USER %s (Login failed): Incorrect password",
		"proftpd[1]: h (192.0.2.9[192.0.2.9]) - USER %s: no such user found from 192.0.2.9 [192.0.2.9] to 192.0.2.1:21",
		"dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<%s>, method=PLAIN, rip=192.0.2.9, lip=192.0.2.1, session=<abc>",
		"postfix/smtpd[1]: warning: h[192.0.2.9]: SASL PLAIN authentication failed: x, sasl_username=%s",
		`nginx: 1#1: *4 user "%s": password mismatch, client: 192.0.2.9, server: h, request: "GET / HTTP/1.1"`,
		`nginx: 1#1: *4 user "b": password mismatch, client: 192.0.2.9, server: h, request: "GET /%s HTTP/1.1"`,
		"apache2[1]: [auth_basic:error] [pid 9] [client 192.0.2.9:5] AH01618: user %s not found: /x",
		`smbd[1]:   Auth: [SMB2,(null)] user [E]\[%s] at [x] with [NTLMv2] status [NT_STATUS_WRONG_PASSWORD] workstation [%s] remote host [ipv4:192.0.2.9:5] mapped to [E]\[%s]. local host [ipv4:192.0.2.1:445]`,
		"mysqld[1]: 8 [Warning] Access denied for user '%s'@'192.0.2.9' (using password: YES)",
		`postgres[1]: [9] %s@%s FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "%s", database "%s", no encryption`,
		`postgres[1]: user=%s,client=192.0.2.9 FATAL:  password authentication failed for user "%s"`,
	}
	f.Fuzz(func(t *testing.T, name string) {
		if strings.ContainsAny(name, "\n\r") || len(name) > 300 || strings.Contains(name, real) {
			t.Skip() // syslog escapes line ends
		}
		for _, m := range messages {
			tr, format := New(nil), Format{Reference: reference}
			l := format.Parse(strings.ReplaceAll(m, "%s", name))
			for _, a := range append(tr.Line(&l), tr.Flush()...) {
				if a.Src.IsValid() && a.Src.Addr() != netip.MustParseAddr(real) {
					t.Errorf("%q gives %s\n%s", name, a.Src, l.Text)
				}
			}
		}
	})
}
