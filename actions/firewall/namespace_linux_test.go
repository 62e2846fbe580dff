package firewall

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/setting"
)

// senderEnv names the namespace of the other host, for a test that runs inside that of its own.
const senderEnv = "RULEIDS_FIREWALL_SENDER"

const (
	host4, host6     = "198.51.100.1", "2001:db8::1"
	sender4, sender6 = "198.51.100.7", "2001:db8::7"
)

// outside runs the test once more in a network namespace of its own, which is linked with one for another host, and
// returns true where that is done. Namespaces belong to threads, and a Go program has many: so it is another process.
func outside(t *testing.T) bool {
	t.Helper()
	if os.Getenv(senderEnv) != "" {
		return false
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root, for network namespaces")
	}
	for _, program := range []string{"ip", "ping", "iptables-nft", "iptables-legacy", "nft", "ipset"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs the program %s", program)
		}
	}
	id := fmt.Sprintf("fw%x%x", os.Getpid(), time.Now().UnixNano()&0xffff)
	host, sender := id+"h", id+"s"
	for _, ns := range []string{host, sender} {
		sh(t, "ip netns add "+ns)
		t.Cleanup(func() { exec.Command("ip", "netns", "del", ns).Run() })
	}
	sh(t, "ip -n "+host+" link add v0 type veth peer name v0 netns "+sender)
	for ns, addrs := range map[string][2]string{host: {host4, host6}, sender: {sender4, sender6}} {
		sh(t, "ip -n "+ns+" addr add "+addrs[0]+"/24 dev v0")
		sh(t, "ip -n "+ns+" addr add "+addrs[1]+"/64 dev v0 nodad")
		sh(t, "ip -n "+ns+" link set lo up")
		sh(t, "ip -n "+ns+" link set v0 up")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(t.Name(), "/")
	for i, p := range parts {
		parts[i] = "^" + p + "$"
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ip", "netns", "exec", host, exe, "-test.v", "-test.run", strings.Join(parts, "/"))
	cmd.Env = append(os.Environ(), senderEnv+"="+sender)
	out, err := cmd.CombinedOutput()
	t.Logf("inside:\n%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// sh runs a command line without quotes and returns its output.
func sh(t *testing.T, line string) string {
	t.Helper()
	words := strings.Fields(line)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// reaches reports whether an address of the host answers the sender.
func reaches(addr string) bool { return answers(addr, "0.2") }

// answers is reaches with the seconds that an answer is waited for. Of three pings one has to be answered: on a busy machine
// one may be lost.
func answers(addr, wait string) bool {
	return exec.Command("ip", "netns", "exec", os.Getenv(senderEnv), "ping", "-c", "3", "-i", "0.01", "-W", wait, addr).Run() == nil
}

// wantReach fails unless the sender is let in, or not, in both families.
func wantReach(t *testing.T, want4, want6 bool) {
	t.Helper()
	for addr, want := range map[string]bool{host4: want4, host6: want6} {
		wait := "0.2"
		if want {
			wait = "3"
		}
		if got := answers(addr, wait); got != want {
			t.Errorf("%s answers: %v, want %v", addr, got, want)
		}
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

// each runs a test with each backend, each in namespaces of its own.
func each(t *testing.T, names []string, test func(t *testing.T, c *Config)) {
	t.Parallel()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if outside(t) {
				return
			}
			eventually(t, "a link", func() bool { return reaches(host4) && reaches(host6) })
			test(t, configOf(t, name))
		})
	}
}

var (
	kernels = []string{"iptables-nft", "iptables-legacy", "nftables"}
	all     = []string{"iptables-nft", "iptables-legacy", "nftables", "command"}
)

func configOf(t *testing.T, name string) *Config {
	t.Helper()
	c := setting.New[Config]()
	switch name {
	case Nftables:
		c.Backend = Nftables
	case Command:
		path, err := filepath.Abs("testdata/ipset.sh")
		if err != nil {
			t.Fatal(err)
		}
		c.Backend, c.Command = Command, []string{path}
	default:
		c.Iptables = name
	}
	return c
}

func open(t *testing.T, c *Config) *Firewall {
	t.Helper()
	f, err := Open(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func target(s string) decision.Target {
	t, err := decision.ParseTarget(s)
	if err != nil {
		panic(err)
	}
	return t
}

// add is a change; a span of 0 is for ever.
func add(kind decision.Kind, addr string, span time.Duration) decision.Change {
	c := decision.Change{Member: decision.Member{Target: target(addr), Kind: kind}}
	if span != 0 {
		c.Until = time.Now().Add(span)
	}
	return c
}

func remove(kind decision.Kind, addr string) decision.Change {
	return decision.Change{Remove: true, Member: decision.Member{Target: target(addr), Kind: kind}}
}

func apply(t *testing.T, f *Firewall, changes ...decision.Change) {
	t.Helper()
	if err := f.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
}

// listed returns what List says: "quarantine 198.51.100.7", sorted.
func listed(t *testing.T, f *Firewall) map[string]time.Time {
	t.Helper()
	members, err := f.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]time.Time{}
	for _, m := range members {
		out[string(m.Kind)+" "+m.Target.String()] = m.Until
	}
	return out
}

// many returns addresses of a family.
func many(n int, v6 bool, until time.Time) []decision.Change {
	out := make([]decision.Change, n)
	for i := range out {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if v6 {
			b := [16]byte{0: 0x20, 1: 1, 2: 0xd, 3: 0xb9, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
			a = netip.AddrFrom16(b)
		}
		out[i] = decision.Change{Member: decision.Member{Target: decision.TargetOf(a), Kind: decision.Quarantine, Until: until}}
	}
	return out
}
