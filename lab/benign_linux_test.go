package lab

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// What people do in TestBenign.
const (
	pages     = 100 // visits of curl, one connection each
	perPage   = 4   // requests on each of them
	lookups   = 100
	logins    = 8
	bandwidth = "60M" // of iperf3, in bits a second
)

// errDone ends a pace that has gone on for long enough.
var errDone = errors.New("done")

// TestBenign has people browse, log in, look names up and measure their bandwidth at once. No rule minds, and the
// rules have looked at what they did.
func TestBenign(t *testing.T) {
	need(t, "ip", "ethtool", "curl", "ssh", "sshd", "dig", "dnsmasq", "iperf3")
	l := newLAN(t)
	l.home.serveWeb()
	l.remote.serveWeb()
	key := l.home.serveSSH()
	l.remote.serveDNS()
	l.home.serve("Server listening on", "iperf3", "-s", "--forceflush")
	s := startSensor(l.home, settings(stdlibAlone), nil)

	// Each does its part at a steady pace, about ten times as fast as a person.
	var wg sync.WaitGroup
	never := make(chan struct{})
	repeat := func(times int, every time.Duration, command func(n int) *process) {
		wg.Go(func() {
			n := 0
			err := pace(every, never, func() error {
				if n == times {
					return errDone
				}
				n++
				p := command(n)
				<-p.ended
				if p.err != nil {
					return fmt.Errorf("%v: %w\n%s", p.cmd.Args[4:], p.err, strings.Join(p.out.from(0), "\n"))
				}
				return nil
			})
			if err != errDone {
				t.Error(err)
			}
		})
	}
	repeat(1, 10*time.Millisecond, func(int) *process {
		return l.remote.start("iperf3", "-c", homeAddress, "-b", bandwidth, "-t", "6")
	})
	repeat(pages, 60*time.Millisecond, func(n int) *process {
		from, to := l.home, remoteAddress
		if n%2 == 0 {
			from, to = l.remote, homeAddress
		}
		args := []string{"-s", "-S", "-f"}
		for i := range perPage {
			args = append(args, "-o", "/dev/null", fmt.Sprintf("http://%s/%d", to, 1000*(i+1)))
		}
		return from.start("curl", args...)
	})
	repeat(lookups, 60*time.Millisecond, func(n int) *process {
		return l.home.start("dig", "+short", "@"+remoteAddress, fmt.Sprintf("www%d.example.com", n%30))
	})
	repeat(logins, 600*time.Millisecond, func(int) *process {
		return l.remote.start("ssh", append(key, "root@"+homeAddress, "true")...)
	})
	wg.Wait()

	// What the rules looked at: SYN of both sides, questions, what left the house.
	connections := pages + logins + 2
	s.statusWhen("the last connection was seen", func(st *api.Status) bool { return int(s.rule("port_scan").Matched) >= connections })
	for rule, least := range map[string]int{"port_scan": connections, "brute_force": logins, "dns_tunnel": lookups, "data_exfil": 1000} {
		if got := int(s.rule(rule).Matched); got < least {
			t.Errorf("%s looked at %d packets, want %d at least", rule, got, least)
		}
	}
	st := s.status()
	t.Logf("%d packets were seen, %d lost, and none was minded", st.Packets.Seen, st.Capture.Dropped)
	if st.Alerts.Raised != 0 {
		t.Errorf("%d alerts:\n%s", st.Alerts.Raised, s.eve.texts(0, 10))
	}
	s.stop()
	s.checkFile(0)
}
