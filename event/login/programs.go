package login

import (
	"path"
	"strings"
)

// A program is one whose messages tell of logins, each by itself.
type program struct {
	service string // auth.service
	parse   func(text string) (attempt, bool)
}

// programs are those that have an identifier in syslog or the journal, by it. sshd, whose lines go together, is apart.
var programs = map[string]program{
	"sudo":           {"sudo", parseSudo},
	"su":             {"su", parseSu},
	"login":          {serviceConsole, parseConsole},
	"systemd-logind": {serviceLogind, parseLogind},
	"vsftpd":         {"vsftpd", parseVsftpd},
	"proftpd":        {"proftpd", parseProftpd},
	"dovecot":        {"dovecot", parseDovecot},
	"postfix":        {"postfix", parsePostfix},
	"access":         {"http", parseAccess},
	"nginx":          {"nginx", parseNginx},
	"apache2":        {"apache", parseApache},
	"httpd":          {"apache", parseApache},
	"smbd":           {"samba", parseSamba},
	"smbd_audit":     {"samba", parseSamba},
	"samba":          {"samba", parseSamba},
	"mysqld":         {"mysql", parseMySQL},
	"mariadbd":       {"mysql", parseMySQL},
	"mysql":          {"mysql", parseMySQL},
	"mariadb":        {"mysql", parseMySQL},
	"postgres":       {"postgresql", parsePostgres},
	"postgresql":     {"postgresql", parsePostgres},
	"vncserver":      {"vncserver", parseVNC},
	"vncserver-x11":  {"vncserver", parseVNC},
	"xvnc":           {"vncserver", parseVNC},
	"x11vnc":         {"vncserver", parseVNC},
	"openvpn":        {"openvpn", parseOpenVPN},
	"ovpn-server":    {"openvpn", parseOpenVPN},
	programWindows:   {serviceWindows, parseWindows},
}

// aliases are identifiers of processes that belong to a program.
var aliases = map[string]string{
	"imap-login": "dovecot", "pop3-login": "dovecot", "managesieve-login": "dovecot", "submission-login": "dovecot", "lmtp": "dovecot",
	"nmbd": "smbd", "winbindd": "smbd", "Xvnc": "xvnc", "Xtigervnc": "xvnc", "su-l": "su",
}

// programName returns the program that an identifier of syslog is of: "dovecot" for dovecot's processes, "postfix" for
// "postfix/submission/smtpd", "openvpn" for an instance.
func programName(identifier string) string {
	name := path.Base(identifier)
	if strings.HasPrefix(identifier, "postfix/") {
		return "postfix"
	}
	if strings.HasPrefix(identifier, "dovecot/") {
		return "dovecot"
	}
	if strings.HasPrefix(name, "ovpn-") || strings.HasPrefix(name, "openvpn@") || strings.HasPrefix(name, "openvpn-") {
		return "openvpn"
	}
	if first, _, ok := strings.Cut(identifier, "/"); ok && (first == "httpd" || first == "apache2" || first == "nginx") {
		return first // a virtual host's own identifier
	}
	if a, ok := aliases[name]; ok {
		return a
	}
	return name
}

// known reports whether an identifier is that of a program whose messages are read.
func known(identifier string) bool {
	name := programName(identifier)
	_, ok := programs[name]
	return ok || sshdNames[name]
}
