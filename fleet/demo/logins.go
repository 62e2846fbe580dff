package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/ruleids/ruleids/fleet"
)

// perDayLogins is how many logins each agent finds in a day.
const perDayLogins = 400

// Logins makes up what an agent found in its logs in the day before now, in order: people who work there, by day, and a few
// addresses that guess, at any time.
func (f *Fleet) Logins(a *Agent, now time.Time) (out []fleet.Login) {
	for range perDayLogins {
		l := f.login(a, now.Add(-time.Duration(f.random.Float64()*float64(24*time.Hour))))
		if h := l.Time.Hour(); l.Result == "success" && (h < 7 || h > 19) && l.User != "backup" {
			l.Time = l.Time.Add(-8 * time.Hour)
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(x, y fleet.Login) int { return x.Time.Compare(y.Time) })
	for i := range out {
		out[i].Seq = uint64(i + 1)
	}
	return out
}

// login makes up one login that an agent found in its logs at a time.
func (f *Fleet) login(a *Agent, at time.Time) fleet.Login {
	people := []string{"ana", "bert", "chen", "dora", "emeka", "backup"}
	guessed := []string{"root", "root", "root", "admin", "test", "oracle", "postgres", "ubuntu", "git", "pi", "ftpuser"}
	services := []string{"sshd", "sshd", "sshd", "dovecot", "vsftpd"}
	l := fleet.Login{Time: at.UTC().Truncate(time.Second), Host: a.Name, Service: services[f.random.IntN(len(services))], Method: "password"}
	if f.random.IntN(4) > 0 {
		l.Result, l.User, l.Src, l.Reason = "failure", guessed[f.random.IntN(len(guessed))], f.attacker().String(), "bad_credential"
		if f.random.IntN(3) == 0 {
			l.Reason = "invalid_user"
		}
		return l
	}
	l.Result, l.User, l.Src = "success", people[f.random.IntN(len(people))], fmt.Sprintf("%s.%d.%d", a.net, f.random.IntN(4), 10+f.random.IntN(40))
	if l.Service == "sshd" {
		l.Method = "publickey"
	}
	return l
}
