package login

import (
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// mysqld names the account as 'user'@'host'; the account is the client's word, the host is not.
var mysqlDenied = lazyregexp.New(`^(?:(?:\d{4}-\d\d-\d\d|\d{6})[T ]+[\d:.]+(?:Z|[+-]\d\d:\d\d)? )?(?:\d+ )?(?:\[\w+\] )*(?:\[MY-\d+\] )?(?:\[\w+\] )?Access denied for user '(.*)'@'([^']*)'(?: \(using password: (YES|NO)\)|( to database '.*'))?$`)

// parseMySQL reads a message of mysqld or mariadbd.
func parseMySQL(text string) (attempt, bool) {
	m := mysqlDenied.FindStringSubmatch(text)
	if m == nil {
		return attempt{}, false
	}
	a := attempt{result: packet.AuthFailure, user: m[1], method: "password", reason: reasonCredential, src: parseEnd(m[2], "")}
	switch {
	case m[4] != "":
		a.method, a.reason = "", reasonAllowed // the password was right, and the database is not for the account
	case m[3] == "NO":
		a.method = "none"
	case m[3] == "":
		a.method = "" // of the system's account, as auth_socket
	}
	return a, true
}

// postgres writes, behind a prefix that the settings choose (log_line_prefix), a level and the message
// (src/backend/libpq/auth.c). A prefix may have the account and the program of the client, which are the client's words.
var (
	pgLevel    = lazyregexp.New(`(?:^|[^A-Za-z])(FATAL|LOG|ERROR|DETAIL|HINT|NOTICE|WARNING):  ?`)
	pgPassword = lazyregexp.New(`^(password|Peer|Ident|LDAP|GSSAPI|SSPI|PAM|BSD|RADIUS|certificate|SCRAM|MD5|trust|OAuth bearer)(?:-SHA-256)? authentication failed for user "(.*)"$`)
	pgRole     = lazyregexp.New(`^role "(.*)" does not exist$`)
	pgBarred   = lazyregexp.New(`^role "(.*)" is not permitted to log in$`)
	pgHBA      = lazyregexp.New(`^(?:no pg_hba\.conf entry|pg_hba\.conf rejects (?:connection|replication connection)) for (?:replication connection from )?host "([^"]*)", user "(.*?)", `)
	pgDone     = lazyregexp.New(`^(?:replication )?connection authorized: user=(.*?)(?: database=.*| application_name=.*| SSL enabled.*)?$`)
	pgReceived = lazyregexp.New(`^connection received: host=(\S+)(?: port=(\d+))?$`)
	pgClient   = lazyregexp.New(`(?:^|[ =,])([0-9A-Fa-f:.]{3,})(?:\((\d+)\))?[: ]*$`)
)

// parsePostgres reads a message of postgres, with its prefix.
func parsePostgres(text string) (attempt, bool) {
	levels := pgLevel.FindAllStringSubmatchIndex(text, -1)
	if len(levels) == 0 {
		return attempt{}, false
	}
	at := levels[0]
	prefix, message := text[:at[2]], text[at[1]:]
	var a attempt
	// A prefix with the client's words in it may hold a whole message of its own: then nothing here is known to be true.
	single := len(levels) == 1
	if m := pgClient.FindStringSubmatch(prefix); m != nil && single {
		a.src = parseEnd(m[1], m[2])
	}
	switch {
	case text[at[2]:at[3]] == "LOG":
		if m := pgReceived.FindStringSubmatch(message); m != nil && single {
			a.origin, a.src = true, parseEnd(m[1], m[2])
			return a, true
		}
		if m := pgDone.FindStringSubmatch(message); m != nil && single {
			a.result, a.user = packet.AuthSuccess, m[1]
			return a, true
		}
	case text[at[2]:at[3]] == "FATAL":
		a.result = packet.AuthFailure
		if m := pgPassword.FindStringSubmatch(message); m != nil {
			a.user, a.method, a.reason = m[2], strings.ToLower(m[1]), reasonCredential
			return a, true
		}
		if m := pgRole.FindStringSubmatch(message); m != nil {
			a.user, a.reason = m[1], reasonUser
			return a, true
		}
		if m := pgBarred.FindStringSubmatch(message); m != nil {
			a.user, a.reason = m[1], reasonAllowed
			return a, true
		}
		if m := pgHBA.FindStringSubmatch(message); m != nil {
			if a.user, a.reason = m[2], reasonAllowed; single {
				a.src = parseEnd(m[1], "")
			}
			return a, true
		}
	}
	return attempt{}, false
}
