package demo

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// people are the accounts of the office.
var people = []string{"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj"}

// A logLine is a line of a log.
type logLine struct {
	at   time.Time
	text string
}

// Log writes the day's logins as hosts log them by syslog.
func Log(w io.Writer) error {
	r := rand.New(rand.NewPCG(seed, 2))
	var lines []logLine
	pid := 800
	add := func(t time.Time, host, program, format string, args ...any) {
		lines = append(lines, logLine{t, fmt.Sprintf("%s %s %s[%d]: %s", t.Format("2006-01-02T15:04:05.000000Z07:00"), host, program, pid, fmt.Sprintf(format, args...))})
	}
	failed := func(t time.Time, host, user, src string) {
		pid++
		add(t, host, "sshd", "Failed password for %s from %s port %d ssh2", user, src, 32768+r.IntN(28000))
	}
	accepted := func(t time.Time, host, method, user, src string) {
		pid++
		add(t, host, "sshd", "Accepted %s for %s from %s port %d ssh2", method, user, src, 32768+r.IntN(28000))
	}
	// The office comes to work, and mistypes now and then.
	for i, user := range people {
		src := fmt.Sprintf("10.0.0.%d", 30+i)
		for range 4 {
			t := at(8, 0, 0).Add(time.Duration(r.Int64N(int64(9 * time.Hour))))
			if r.IntN(5) == 0 {
				failed(t.Add(-8*time.Second), "web1", user, src)
			}
			accepted(t, "web1", "publickey", user, src)
		}
	}
	// The monitoring looks at sshd every ten minutes, and names no account.
	for i := range 144 {
		pid++
		add(Day.Add(time.Duration(i)*10*time.Minute+30*time.Second), "web1", "sshd", "Connection closed by 10.0.0.9 port %d [preauth]", 40000+i)
	}
	// 04:00 to 12:00, a botnet tries alice, each host twice.
	for i := range 40 {
		t := at(4, 0, 0).Add(time.Duration(i) * 5 * time.Minute)
		for k := range 2 {
			failed(t.Add(time.Duration(k)*40*time.Second), "mail1", "alice", fmt.Sprintf("203.0.113.%d", 130+i))
		}
	}
	// 09:58, who scanned at 09:41 has an account.
	accepted(at(9, 58, 40), "web1", "password", "dave", scanner)
	// 13:05, passwords of root are guessed, six in a connection.
	for i := range 60 {
		failed(at(13, 5, 2).Add(time.Duration(i)*500*time.Millisecond), "web1", "root", guesser)
	}
	// 17:00 to 20:00, one password with many names, one in nine minutes.
	names := slices.Concat(people, []string{"admin", "info", "sales", "backup", "test", "support", "office", "scan"})
	for i, user := range names {
		t := at(17, 0, 0).Add(time.Duration(i) * 5 * time.Minute)
		pid++
		invalid := ""
		if i >= len(people) {
			invalid = "invalid user "
		}
		add(t, "mail1", "sshd", "Failed password for %s%s from %s port %d ssh2", invalid, user, sprayer, 40000+i)
	}
	// 19:30, somebody guesses the password of carol.
	for i := range 6 {
		failed(at(19, 30, 0).Add(time.Duration(i)*50*time.Second), "vpn1", "carol", "198.51.100.77")
	}
	accepted(at(19, 36, 10), "vpn1", "password", "carol", "198.51.100.77")
	// 22:15, root comes from outside.
	accepted(at(22, 15, 0), "db1", "publickey", "root", "198.51.100.23")

	slices.SortStableFunc(lines, func(a, b logLine) int { return a.at.Compare(b.at) })
	out := bufio.NewWriter(w)
	for _, l := range lines {
		_, _ = out.WriteString(l.text + "\n") // Flush returns the error
	}
	return out.Flush()
}

// Attempts is how many logins Table has.
const Attempts = 1000

// Table writes the attempts at a web application as a table: chance says who tried, from where, and whether it worked.
func Table(w io.Writer) error {
	r := rand.New(rand.NewPCG(seed, 3))
	out := bufio.NewWriter(w)
	_, _ = out.WriteString("timestamp,username,ip_address,status\n")
	users := []string{"admin", "user1", "user2", "guest", "operator", "service", "webmaster", "demo"}
	for range Attempts {
		status := "success"
		if r.IntN(100) < 35 {
			status = "failed"
		}
		t := Day.Add(time.Duration(r.Int64N(int64(24 * time.Hour)))).Truncate(time.Second)
		fmt.Fprintf(out, "%s,%s,192.168.%d.%d,%s\n", t.Format("2006-01-02 15:04:05"), users[r.IntN(len(users))], 1+r.IntN(4), 1+r.IntN(60), status)
	}
	return out.Flush()
}
