package lab

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet/cluster/clustertest"
)

// grow waits until a hub has more alerts of every agent than it has now.
func (f *fleet) grow(h *hub) {
	f.t.Helper()
	count := func(i int) int {
		var stats struct{ Total int }
		if h.ask("GET", fmt.Sprintf("/api/v1/stats?agent=office-%d&q=rule:each", i), "", &stats) != 200 {
			return -1
		}
		return stats.Total
	}
	before := make([]int, len(f.agents))
	until(f.t, "an answer of "+h.address, patience, func() bool {
		for i := range before {
			before[i] = count(i)
		}
		return !slices.Contains(before, -1)
	})
	until(f.t, "more alerts of every agent at "+h.address, 2*patience, func() bool {
		for i := range before {
			if count(i) <= before[i] {
				return false
			}
		}
		return true
	})
}

// do runs a command in the directory of a hub.
func (f *hub) do(name string, args ...string) {
	f.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = f.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		f.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// TestFleetRestore has a server go on from copies of its directory, as docs/fleet.md says: one that was made while it ran, one while
// it was stopped, and at another address. What it stored before the copy is there, and nothing twice.
func TestFleetRestore(t *testing.T) {
	need(t, "ip", "ethtool", "bash", "sqlite3")
	f := newFleet(t, 2)
	f.flow()
	f.grow(f.hub)

	begin := time.Now()
	f.do("mkdir", "-p", "backup/alerts")
	f.do("cp", "-r", "server/pki", "backup/")
	f.do("bash", "-c", `cd server && for f in server.db alerts/*.db; do sqlite3 "$f" ".backup ../backup/$f"; done`)
	f.grow(f.hub)
	f.run.kill()
	f.do("rm", "-r", "server")
	end := time.Now()
	f.set("backup", "")
	f.serve()
	until(t, "all agents online", patience, func() bool { return f.online() == 2 })
	f.grow(f.hub)

	f.stop()
	f.do("cp", "-r", "backup", "copy")
	f.do("rm", "-r", "backup")
	f.host.ip("address delete " + hubAddress + "/24 dev br0")
	f.address = "10.9.0.3"
	f.host.ip("address add " + f.address + "/24 dev br0")
	f.set("copy", "")
	f.serve()
	for _, s := range f.agents {
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		s.wait()
		member := filepath.Join(s.dir, "fleet", "member.json")
		text, err := os.ReadFile(member)
		if err != nil || !strings.Contains(string(text), hubAddress) {
			t.Fatalf("%v: %s", err, text)
		}
		if err := os.WriteFile(member, []byte(strings.ReplaceAll(string(text), hubAddress, f.address)), 0o640); err != nil {
			t.Fatal(err)
		}
		s.start()
	}
	until(t, "all agents online", patience, func() bool { return f.online() == 2 })
	f.grow(f.hub)
	f.quiet()
	// What came after the copy was with the server that is gone, and nowhere else.
	f.whole(f.hub, func(at time.Time) bool { return at.After(begin.Add(-time.Second)) && at.Before(end) })
}

// oldEnv is the environment variable with the path of an older version of the program.
const oldEnv = "RULEIDS_FLEET_OLD"

// TestFleetUpgrade replaces an older server, and then older agents, as docs/fleet.md says: nothing is lost or twice.
func TestFleetUpgrade(t *testing.T) {
	need(t, "ip", "ethtool", "bash")
	old := os.Getenv(oldEnv)
	if old == "" {
		t.Skipf("%s is not set; make fleet-test OLD=REVISION sets it", oldEnv)
	}
	f := newFleetWith(t, 2, old, func(f *fleet) { f.command("server", "rules", "key", "operator.key") })
	f.flow()
	f.grow(f.hub)
	if code := f.ask("POST", "/api/v1/decisions", `{"target":"203.0.113.66","reason":"lab"}`, nil); code != 201 {
		t.Fatal(code)
	}
	f.stop()
	f.program = program
	f.serve()
	f.grow(f.hub)
	for _, s := range f.agents {
		if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		s.wait()
		s.program = program
		s.start()
	}
	f.grow(f.hub)
	for _, l := range f.links {
		until(t, "the decision of before in the kernel", patience, func() bool { return slices.Contains(l.home.kernelMembers(), "block 203.0.113.66") })
	}
	if err := os.MkdirAll(filepath.Join(f.dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "rules", "each.hcl"), []byte(strings.ReplaceAll(strings.ReplaceAll(eachRule, `"each"`, `"nine"`), "== 7", "== 9")), 0o644); err != nil {
		t.Fatal(err)
	}
	f.command("server", "rules", "push", "rules", "--key", "operator.key", "--canary", "100%")
	f.links[0].remote.start("bash", "-c", "while sleep 0.2; do echo x > /dev/udp/"+homeAddress+"/9; done")
	until(t, "a rule signed with the key of before", patience, func() bool { return len(f.alerts("rule=nine&agent=office-0")) > 0 })
	f.quiet()
	f.whole(f.hub, never)
}

// TestFleetCluster moves from one server to two over three NATS servers, as docs/fleet.md says, and then kills one of each at a time,
// while alerts flow: the agents move over, and each server has every alert once.
func TestFleetCluster(t *testing.T) {
	need(t, "ip", "ethtool", "bash")
	rounds := 3
	if text := os.Getenv(roundsEnv); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds = max(1, n/5) // each takes as long as five of TestFleetKills
	}
	f := newFleet(t, 3)
	nodes := clustertest.New(t, hubAddress, f.host.command)
	f.flow()
	f.grow(f.hub)

	nodes.Start(0, 1, 2)
	f.stop()
	other := newHub(t, newHost(t, "server2"), "10.9.0.2", program)
	other.key = f.key
	f.plug(other.host, other.address)
	f.do("cp", "-r", "server", other.dir)
	hubs := []*hub{f.hub, other}
	for _, h := range hubs {
		h.set("server", fmt.Sprintf("nats {\n  urls     = [\"%s\"]\n  user     = %q\n  password = %q\n  ca       = %q\n  keep_size = \"256MiB\"\n}\n", strings.Join(nodes.URLs, `", "`), nodes.User, nodes.Password, nodes.CA))
		h.serve()
	}
	until(t, "the agents to know both servers", 2*patience, func() bool {
		return !slices.ContainsFunc(f.agents, func(s *sensor) bool {
			var m struct{ Servers []string }
			text, err := os.ReadFile(filepath.Join(s.dir, "fleet", "member.json"))
			return err != nil || json.Unmarshal(text, &m) != nil || len(m.Servers) != 2
		})
	})
	f.grow(other)

	for round := range rounds {
		node, gone, left := round%3, hubs[round%2], hubs[1-round%2]
		nodes.Kill(node)
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
		gone.run.kill()
		f.grow(left)
		nodes.Start(node)
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
		gone.serve()
		f.grow(gone)
	}
	f.quiet()
	for _, h := range hubs {
		f.whole(h, never)
	}
}
