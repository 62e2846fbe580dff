package firewall

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// behind4 and behind6 are addresses of a host that the sender reaches only through this one.
const behind4, behind6 = "203.0.113.7", "2001:db8:1::7"

// route makes a host behind this one, and this one a router.
func route(t *testing.T) {
	t.Helper()
	sender := os.Getenv(senderEnv)
	behind := sender + "b"
	sh(t, "ip netns add "+behind)
	t.Cleanup(func() { exec.Command("ip", "netns", "del", behind).Run() })
	sh(t, "ip link add v1 type veth peer name v1 netns "+behind)
	for _, line := range []string{
		"ip addr add 203.0.113.1/24 dev v1", "ip addr add 2001:db8:1::1/64 dev v1 nodad", "ip link set v1 up",
		"ip -n " + behind + " addr add " + behind4 + "/24 dev v1", "ip -n " + behind + " addr add " + behind6 + "/64 dev v1 nodad",
		"ip -n " + behind + " link set v1 up",
		"ip -n " + behind + " route add default via 203.0.113.1", "ip -n " + behind + " -6 route add default via 2001:db8:1::1",
		"ip -n " + sender + " route add default via " + host4, "ip -n " + sender + " -6 route add default via " + host6,
		"sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
	} {
		sh(t, line)
	}
	eventually(t, "a route", func() bool { return reaches(behind4) && reaches(behind6) })
}

// TestForwards has packets stopped that only pass through the host, unless the settings say to look at those to it
// alone.
func TestForwards(t *testing.T) {
	each(t, kernels, func(t *testing.T, c *Config) {
		route(t)
		passes := func(want4, want6 bool) {
			t.Helper()
			for addr, want := range map[string]bool{behind4: want4, behind6: want6} {
				wait := "0.2"
				if want {
					wait = "3"
				}
				if got := answers(addr, wait); got != want {
					t.Errorf("%s behind this host answers: %v, want %v", addr, got, want)
				}
			}
		}
		f := open(t, c)
		apply(t, f, add(decision.Block, sender4, 0), add(decision.Quarantine, "2001:db8::/64", time.Hour))
		passes(false, false)
		wantReach(t, false, false)
		apply(t, f, add(decision.Quarantine, "2001:db8::/64", time.Second))
		eventually(t, "the end of a quarantine", func() bool { return reaches(behind6) })
		passes(false, true)
		// A member behind this host cannot answer, either.
		apply(t, f, remove(decision.Block, sender4), add(decision.Block, "203.0.113.0/24", 0))
		passes(false, true)
		apply(t, f, remove(decision.Block, "203.0.113.0/24"))
		passes(true, true)
		must(t, f.Close())
		// With other hooks, what the daemon before put there goes.
		only := *c
		only.Hooks = []string{"INPUT"}
		g := open(t, &only)
		listed(t, g)
		apply(t, g, add(decision.Block, sender4, 0), add(decision.Block, sender6, 0))
		wantReach(t, false, false)
		passes(true, true)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
