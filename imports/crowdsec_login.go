package imports

import (
	"slices"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// loginServices are names of services here, by those that CrowdSec's parsers give.
var loginServices = map[string]string{"ssh": "sshd", "pgsql": "postgresql", "ftp": "vsftpd"}

// kindFields say what kind of a line of a log an event is.
var kindFields = []string{"log_type", "service", "sub_type", "log_subtype", "error", "dovecot_login_result", "source", "program", "metric_name", "action", "tunnel_type"}

// plainFields are those of them in which a word for failure is enough to tell a login.
var plainFields = []string{"service", "sub_type", "error", "dovecot_login_result", "source", "program"}

var (
	failedLogin = lazyregexp.New(`(?i)(fail|invalid|not_found|bad_(pass|user|mfa|login|cred)|unknown_user|user_enumeration|bruteforce|_bf_log)`)
	loginWord   = lazyregexp.New(`(?i)(auth|login|pass|user|credential|totp|2fa|mfa|bruteforce)`)
)

// logins is what the parts of a filter say of logins that failed.
type logins struct {
	failed  bool
	plain   bool // the log says no more than that
	some    bool // of some kinds only, as of accounts that there are not
	service string
	guess   string   // the service by the name of the kind of line
	users   []string // these alone; nil for all
	aside   string   // what else a line has to be, as it is shown
}

// equals reads a comparison of one field with one value or some, also where several are joined by or.
func equals(part string) (name string, values []string, ok bool) {
	alternatives := split(strings.TrimSpace(part), "||", " or ")
	if len(alternatives) == 1 && strings.HasPrefix(part, "(") && strings.HasSuffix(part, ")") {
		alternatives = split(strings.TrimSpace(part[1:len(part)-1]), "||", " or ")
	}
	for _, one := range alternatives {
		m := comparison.FindStringSubmatch(strings.TrimSpace(one))
		if m == nil || m[2] != "==" && m[2] != "in" || name != "" && name != m[1] || strings.Trim(quotedWord.ReplaceAllString(m[3], ""), "[](), ") != "" || strings.Contains(m[3], `\`) {
			return "", nil, false
		}
		name = m[1]
		words := quotedWord.FindAllStringSubmatch(m[3], -1)
		if words == nil {
			return "", nil, false // compared with something else
		}
		for _, w := range words {
			values = append(values, w[1])
		}
	}
	return name, values, true
}

// see takes what one field of a line has to be. It returns false where that says nothing of logins.
func (l *logins) see(name string, values []string) bool {
	all := func(f func(string) bool) bool {
		return !slices.ContainsFunc(values, func(v string) bool { return !f(v) })
	}
	is := func(word string) bool { return all(func(v string) bool { return v == word }) }
	switch {
	case name == "success" && is("false"), name == "is_failed_login" && is("true"):
		l.failed = true
	case slices.Contains([]string{"target_user", "user", "username"}, name):
		l.users = append(l.users, values...)
	case name == "status" && all(func(v string) bool { return v == "401" || v == "403" }):
		if l.aside == "" {
			l.aside = "status"
		}
	case !slices.Contains(kindFields, name):
		return false
	case all(func(v string) bool {
		return failedLogin.MatchString(v) && (slices.Contains(plainFields, name) || loginWord.MatchString(v))
	}):
		l.failed = true
		l.plain = is("auth_fail")
		l.some = l.some || slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "user_enumeration") || strings.Contains(v, "bad_user") })
		l.guessed(name, values)
	case name == "service" && len(values) == 1:
		l.service = serviceName(values[0])
	case name == "log_type" && len(values) == 1 && strings.HasSuffix(values[0], "_logs"):
		l.guess = serviceName(strings.TrimSuffix(values[0], "_logs"))
	default:
		l.guessed(name, values)
		l.aside = name + " " + oneLine("'"+strings.Join(values, "', '")+"'", 40)
	}
	return true
}

// guessed takes the service from the name of a kind of lines.
func (l *logins) guessed(name string, values []string) {
	service := loginService(values[0])
	if service != "" && strings.HasPrefix(name, "log_") && !slices.ContainsFunc(values, func(v string) bool { return loginService(v) != service }) {
		l.guess = service
	}
}

// loginService takes the service from the name of a kind of line, as ssh from ssh_failed-auth.
func loginService(kind string) string {
	i := strings.IndexByte(kind, '_')
	for _, mark := range []string{"_failed", "-failed", "_auth", "-auth"} {
		if j := strings.Index(kind, mark); j > 0 {
			i = j
			break
		}
	}
	if i <= 0 {
		return ""
	}
	switch kind[:i] {
	case "auth", "failed", "login", "invalid":
		return "" // a word for logins, and no service
	}
	return serviceName(kind[:i])
}

func serviceName(name string) string {
	if s := loginServices[name]; s != "" {
		return s
	}
	return oneLine(name, 60)
}

func (c *scenario) login(t *translation, l *logins, rest []string) {
	t.on = "auth"
	service := l.service
	if service == "" {
		service = l.guess
	}
	switch {
	case service == "":
		t.reject("logins of no service that is named")
		return
	case len(rest) > 0:
		t.reject("filter with %s", oneLine(foreignName.FindString(rest[0]), 40))
		return
	}
	t.and("auth.service == %s", exprText(service))
	t.and("auth.result == 'failure'")
	if len(l.users) == 1 {
		t.and("auth.user == %s", exprText(l.users[0]))
	} else if len(l.users) > 1 {
		t.and("auth.user in %s", array(l.users, exprText))
	}
	if l.aside != "" || l.some {
		t.lose("some failed logins of the service are meant, and all count")
	}
	t.lose("the name of the service is that of the rules on logins, or one given in the settings")
}
