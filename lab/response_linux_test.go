package lab

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
)

// The addresses of a link of IPv6.
const (
	homeAddress6   = "fd00:10::20"
	remoteAddress6 = "2001:db8:51::7"
)

// enable6 gives both hosts addresses of IPv6.
func (l *lan) enable6() {
	l.home.t.Helper()
	for _, h := range []struct {
		*host
		address, other string
	}{{l.home, homeAddress6, "2001:db8:51::/64"}, {l.remote, remoteAddress6, "fd00:10::/64"}} {
		if err := h.enter(func() error { return os.WriteFile("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", []byte("0"), 0) }); err != nil {
			l.home.t.Fatal(err)
		}
		h.ip("address add " + h.address + "/64 dev eth0 nodad")
		h.ip("route add " + h.other + " dev eth0")
	}
}

// sweepRule keeps a scanner out for some seconds.
func sweepRule(seconds int) string {
	return fmt.Sprintf(`rule "sweep" {
  description = "Many ports."
  severity    = "high"
  where       = "tcp.flags.syn and not tcp.flags.ack"
  by          = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = 15
  when      = "ports >= threshold"
  cooldown  = "1s"
  quarantine {
    target = "ip.src"
    for    = "%ds"
  }
}
`, seconds)
}

// reaches reports whether any of three pings of the remote host is answered: one may be lost on a busy machine.
func (l *lan) reaches(address string) bool {
	return l.remote.command("ping", "-q", "-c", "3", "-i", "0.1", "-W", "1", address).Run() == nil
}

// until waits until something holds, which it must in time.
func until(t *testing.T, what string, most time.Duration, holds func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !holds() {
		if time.Since(start) > most {
			t.Fatalf("%s: not after %v", what, most)
		}
		time.Sleep(5 * time.Millisecond) // what is waited for is in the kernel, which tells nobody
	}
	return time.Since(start)
}

// decide asks the daemon for a decision.
func (s *sensor) decide(kind decision.Kind, target string, lasts time.Duration) *api.DecisionAnswer {
	s.host.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	x, err := decision.ParseTarget(target)
	if err != nil {
		s.host.t.Fatal(err)
	}
	a, err := s.client.Decide(ctx, api.DecisionRequest{Kind: kind, Target: x, Seconds: lasts.Seconds()})
	if err != nil {
		s.host.t.Fatal(err)
	}
	return a
}

// backends are the firewalls that the daemon is tried with.
var backends = []struct {
	name     string
	tools    []string
	settings []string
}{
	{"iptables-nft", []string{"iptables-nft", "ip6tables-nft"}, []string{`backend = "iptables"`, `iptables = "/usr/sbin/iptables-nft"`}},
	{"iptables-legacy", []string{"iptables-legacy", "ip6tables-legacy"}, []string{`backend = "iptables"`, `iptables = "/usr/sbin/iptables-legacy"`}},
	{"nftables", []string{"nft"}, []string{`backend = "nftables"`}},
}

// TestEnforce has nmap kept out by each firewall, over IPv4 and IPv6, and let go: by the kernel when the time is over
// though the daemon is dead, and by a person, after whom the rule leaves it alone for the grace period.
func TestEnforce(t *testing.T) {
	need(t, "ip", "ethtool", "nmap", "ping")
	const seconds = 6
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			need(t, b.tools...)
			t.Parallel()
			l := newLAN(t)
			machine := watchLateness(t)
			l.enable6()
			s := startSensor(l.home, settings(ownRules+response(append([]string{`mode = "enforce"`}, b.settings...)...)), map[string]string{"sweep.hcl": sweepRule(seconds)})
			families := []struct{ nmap, home, remote string }{
				{"nmap -n -Pn -sS --max-retries 0 -p 1-100 " + homeAddress, homeAddress, remoteAddress},
				{"nmap -6 -n -Pn -sS --max-retries 0 -p 1-100 " + homeAddress6, homeAddress6, remoteAddress6},
			}
			scan := func(command string) { // its exit status is of no interest: it is cut off
				words := strings.Fields(command)
				_ = l.remote.command(words[0], words[1:]...).Run()
			}
			for _, f := range families {
				if !l.reaches(f.home) {
					t.Fatalf("%s is out of reach before anything happened", f.home)
				}
				scan(f.nmap)
				until(t, "the quarantine of "+f.remote, patience, func() bool { return !l.reaches(f.home) })
			}
			s.kill()
			for _, f := range families {
				took := until(t, "the end of the quarantine of "+f.remote, patience, func() bool { return l.reaches(f.home) })
				if took < 100*time.Millisecond {
					t.Errorf("the quarantine of %s ended with the daemon", f.remote)
				}
				if most := machine.allow((seconds+3)*time.Second, 1); took > most {
					t.Errorf("the quarantine of %s ended after %v, want %v at most", f.remote, took, most)
				}
			}
			s.start()
			for _, f := range families {
				scan(f.nmap)
				until(t, "the second quarantine of "+f.remote, patience, func() bool { return !l.reaches(f.home) })
				if out, status := s.verb("unblock", f.remote, "--reason", "the lab"); status != 0 {
					t.Errorf("unblock: status %d: %s", status, out)
				}
				if !l.reaches(f.home) {
					t.Errorf("%s was released and is still kept out", f.remote)
				}
				before := s.status().Responses.Outcomes[decision.Skipped]
				scan(f.nmap)
				s.statusWhen("the grace period", func(st *api.Status) bool { return st.Responses.Outcomes[decision.Skipped] > before })
				if !l.reaches(f.home) {
					t.Errorf("%s is kept out in its grace period", f.remote)
				}
			}
			// Somebody empties the firewall.
			if a := s.decide(decision.Block, remoteAddress, 0); !a.Done() {
				t.Fatalf("%+v", a)
			}
			n := s.out.len()
			start := time.Now()
			if out, status := s.verb("firewall", "flush"); status != 0 {
				t.Fatalf("firewall flush: status %d: %s", status, out)
			}
			s.logged(n, "the firewall has all decisions again")
			took := time.Since(start)
			t.Logf("a flushed firewall was repaired after %v", took)
			if most := machine.allow(10*time.Second, 1); took > most {
				t.Errorf("the repair took %v, want %v at most", took, most)
			}
			if l.reaches(homeAddress) {
				t.Error("the firewall was repaired and does not keep out")
			}
			if out, status := s.verb("firewall", "show"); status != 0 || !strings.Contains(out, "ruleids") && !strings.Contains(out, "RULEIDS") {
				t.Errorf("firewall show: status %d: %s", status, out)
			}
			s.stop()
			if l.reaches(homeAddress) {
				t.Error("a block ended with the daemon")
			}
			if out, status := s.verb("firewall", "flush"); status != 0 || !l.reaches(homeAddress) {
				t.Errorf("the firewall was flushed and keeps out: status %d: %s", status, out)
			}
		})
	}
}

// TestProtected throws floods at the home host that seem to come from its gateway, from somebody who is logged in, from a
// network that is never to be blocked, and from itself: none of them may be kept out.
func TestProtected(t *testing.T) {
	need(t, "ip", "ethtool", "hping3", "ssh", "sshd")
	const administrator = "198.51.100.8"
	l := newLAN(t)
	l.home.ip("route add default via " + remoteAddress + " dev eth0 onlink")
	l.remote.ip("address add " + administrator + "/24 dev eth0")
	login := append(l.home.serveSSH(), "-b", administrator, "root@"+homeAddress, "echo in; sleep 60")
	l.remote.serve("in", "ssh", login...)
	s := startSensor(l.home, settings(ownRules+response(`mode = "enforce"`, `never_block = ["203.0.113.0/24"]`)), map[string]string{"sweep.hcl": sweepRule(600)})
	for _, spoofed := range []string{remoteAddress, administrator, homeAddress, "203.0.113.9", "127.0.0.1"} {
		cmd := l.remote.command("hping3", "-q", "-S", "-p", "++1", "-c", "200", "-i", "u500", "-a", spoofed, homeAddress)
		_ = cmd.Run() // nobody answers, and so hping3 is not content
	}
	refused := s.statusWhen("four refusals", func(st *api.Status) bool { return st.Responses.Outcomes[decision.Refused] >= 4 })
	if r := refused.Responses; r.Blocks+r.Quarantines != 0 {
		t.Errorf("%+v", r)
	}
	if !l.reaches(homeAddress) {
		t.Error("the gateway is kept out")
	}
	if a := s.decide(decision.Block, administrator, 0); a.Outcome != decision.Refused || !strings.Contains(a.Detail, "SSH session") {
		t.Errorf("%+v", a)
	}
	// Not even a person may; and what becomes protected is released.
	if a := s.decide(decision.Block, remoteAddress, 0); a.Outcome != decision.Refused {
		t.Errorf("%+v", a)
	}
	if a := s.decide(decision.Block, "198.51.100.77", 0); !a.Done() {
		t.Errorf("%+v", a)
	}
	l.home.ip("address add 198.51.100.77/32 dev lo")
	s.statusWhen("the release of an own address", func(st *api.Status) bool { return st.Responses.Blocks == 0 && st.Responses.Guarded == 1 })
	s.stop()
}
