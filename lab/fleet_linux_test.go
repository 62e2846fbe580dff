package lab

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// eachRule fires on every packet to port 7.
const eachRule = `rule "each" {
  description = "A packet to a port that nobody uses."
  severity    = "high"
  where       = "udp.dstport == 7"
  cooldown    = "0s"
}
`

// A fleet is a hub with agents, each at home on a link of its own, which reach the hub by another one.
type fleet struct {
	*hub
	links  []*lan
	agents []*sensor
}

// newFleet starts a server, and joins n agents.
func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	return newFleetWith(t, n, program, func(*fleet) {})
}

// newFleetWith does it with another program, and does something in between.
func newFleetWith(t *testing.T, n int, program string, before func(*fleet)) *fleet {
	t.Helper()
	f := &fleet{hub: newHub(t, newHost(t, "server"), hubAddress, program)}
	f.host.ip("link add br0 type bridge")
	f.host.ip("address add " + hubAddress + "/24 dev br0")
	f.host.ip("link set br0 up")
	f.serve()
	f.key = strings.TrimSpace(f.command("server", "apikey", "create", "lab", "--role", "admin"))
	before(f)
	for i := range n {
		l := newLAN(t)
		f.plug(l.home, fmt.Sprintf("10.9.0.%d", 10+i))
		s := prepareSensor(l.home, strings.Replace(settings("rules {\n  paths = [\"rules\"]\n}\nfleet {\n  directory = \"fleet\"\n}\n"+response(`mode = "enforce"`)), `agent = "lab"`, fmt.Sprintf("agent = \"office-%d\"", i), 1),
			map[string]string{"each.hcl": eachRule})
		s.program = program
		line := f.command("server", "token", "create", "--label", "site=lab")
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "ruleids" || words[2] != hubAddress+":8443" {
			t.Fatalf("%q", line)
		}
		join := l.home.command(program, words[1:]...)
		join.Dir = s.dir
		if out, err := join.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", words, err, out)
		}
		s.start()
		f.links, f.agents = append(f.links, l), append(f.agents, s)
	}
	until(t, "all agents online", patience, func() bool { return f.online() == n })
	return f
}

// plug connects a host to the link of the hub and its agents.
func (f *fleet) plug(h *host, address string) {
	f.t.Helper()
	port := "port" + address[strings.LastIndexByte(address, '.')+1:]
	ip(f.t, fmt.Sprintf("link add mgmt0 netns %s type veth peer name %s netns %s", h.name, port, f.host.name))
	f.host.ip("link set " + port + " master br0 up")
	h.ip("address add " + address + "/24 dev mgmt0")
	h.ip("link set mgmt0 up")
}

// flow has every link send packets that raise an alert each, until quiet.
func (f *fleet) flow() {
	f.t.Helper()
	for i, l := range f.links {
		until(f.t, "the limit of the agent", patience, func() bool {
			_, err := os.Stat(filepath.Join(f.agents[i].dir, "fleet", "limit.json"))
			return err == nil
		})
		l.remote.start("bash", "-c", "while sleep 0.05; do echo x > /dev/udp/"+homeAddress+"/7; done")
	}
}

// quiet ends flow.
func (f *fleet) quiet() {
	f.t.Helper()
	for _, l := range f.links {
		l.home.ip("link set eth0 down")
	}
	time.Sleep(500 * time.Millisecond) // the file takes what was raised
}

// whole waits until a hub has each alert that an agent wrote down, but for those that were raised at a time that may says. One that
// is there twice fails the test.
func (f *fleet) whole(h *hub, may func(at time.Time) bool) {
	t := f.t
	t.Helper()
	key := func(a line) string { return a.Timestamp + " " + strconv.Itoa(a.SrcPort) }
	for i, s := range f.agents {
		written := readEVE(t, filepath.Join(s.dir, "eve.json"))
		n, missing := 0, 0
		until(t, fmt.Sprintf("all alerts of office-%d at %s", i, h.address), 2*patience, func() bool {
			have := map[string]int{}
			for _, a := range h.alerts(fmt.Sprintf("rule=each&agent=office-%d", i)) {
				if have[key(a)]++; have[key(a)] > 1 {
					t.Fatalf("office-%d: %s is in the store twice", i, key(a))
				}
			}
			n, missing = len(have), 0
			for _, a := range written {
				at, err := time.Parse(eveTime, a.Timestamp)
				if err != nil {
					t.Fatal(err)
				}
				if a.RuleIDs.Rule == "each" && have[key(a)] == 0 && !may(at) {
					missing++
				}
			}
			return missing == 0
		})
		t.Logf("office-%d: %d alerts written, %d in the store of %s, each once", i, len(written), n, h.address)
	}
}

func never(time.Time) bool { return false }

// TestFleet has a server and five agents: what one office sees is in the API within a second, and whom the API blocks is in
// every kernel's set within a second.
func TestFleet(t *testing.T) {
	need(t, "ip", "ethtool", "ipset", "nmap")
	machine := watchLateness(t)
	f := newFleet(t, 5)
	f.links[0].remote.start("nmap", "-n", "-Pn", "-sS", "-p1-200", "--max-retries", "0", homeAddress)
	var seen time.Time
	var first line
	until(t, "the scan in the API", patience, func() bool {
		for _, a := range f.alerts("rule=port_scan&agent=office-0") {
			seen, first = time.Now(), a
			return true
		}
		return false
	})
	at, err := time.Parse(eveTime, first.Timestamp)
	if err != nil {
		t.Fatal(err)
	}
	took := seen.Sub(at)
	t.Logf("from the packet to the API: %v", took)
	if most := machine.allow(time.Second, 0.99); took > most {
		t.Errorf("the scan is in the API after %v, more than %v", took, most)
	}

	const attacker = "203.0.113.66"
	held := func() bool {
		return !slices.ContainsFunc(f.links, func(l *lan) bool {
			return !l.home.hasSets() || !slices.Contains(l.home.kernelMembers(), "block "+attacker)
		})
	}
	free := func() bool {
		return !slices.ContainsFunc(f.links, func(l *lan) bool { return slices.Contains(l.home.kernelMembers(), "block "+attacker) })
	}
	start := time.Now()
	if code := f.ask("POST", "/api/v1/decisions", `{"target":"`+attacker+`","reason":"lab"}`, nil); code != 201 {
		t.Fatal(code)
	}
	until(t, "the attacker in all sets", patience, held)
	took = time.Since(start)
	t.Logf("from the API to all five kernels: %v", took)
	if most := machine.allow(time.Second, 0.99); took > most {
		t.Errorf("the attacker is in all sets after %v, more than %v", took, most)
	}
	start = time.Now()
	if code := f.ask("DELETE", "/api/v1/decisions/"+attacker, "", nil); code != 200 {
		t.Fatal(code)
	}
	until(t, "the attacker released", patience, free)
	t.Logf("released in all five kernels: %v", time.Since(start))

	// What the server needs is refused by each agent, and said.
	if code := f.ask("POST", "/api/v1/decisions", `{"target":"`+hubAddress+`"}`, nil); code != 201 {
		t.Fatal(code)
	}
	until(t, "the refusals", patience, func() bool {
		var list struct {
			Decisions []struct{ Refused map[string]string }
		}
		f.ask("GET", "/api/v1/decisions", "", &list)
		return len(list.Decisions) == 1 && len(list.Decisions[0].Refused) == 5
	})
}

// TestFleetRules gives agents rule sets: one that runs, one that an agent cannot load beside its own rules, and one of a
// stranger.
func TestFleetRules(t *testing.T) {
	need(t, "ip", "ethtool", "bash")
	f := newFleetWith(t, 2, program, func(f *fleet) { f.command("server", "rules", "key", "operator.key") })
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(f.dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rule := func(name string, port int) string {
		return fmt.Sprintf("rule %q {\n  description = \"A packet to port %d.\"\n  severity    = \"low\"\n  where       = \"udp.dstport == %[2]d\"\n}\n", name, port)
	}
	history := func() (out []struct{ State, Reason string }) {
		var list struct {
			Rulesets []struct{ State, Reason string }
		}
		f.ask("GET", "/api/v1/rulesets", "", &list)
		return list.Rulesets
	}
	runs := func(digest bool) bool {
		var list struct {
			Agents []struct{ Beat struct{ Set string } }
		}
		f.ask("GET", "/api/v1/agents", "", &list)
		return len(list.Agents) == 2 && !slices.ContainsFunc(list.Agents, func(a struct{ Beat struct{ Set string } }) bool { return (a.Beat.Set != "") != digest })
	}
	put("good/nine.hcl", rule("nine", 9))
	put("good/nine_test.hcl", "test \"nine\" {\n  packets {\n    udp {\n      src     = \"192.0.2.1\"\n      dst     = \"192.0.2.2\"\n      dstport = 9\n    }\n  }\n  alert \"nine\" {}\n}\n")
	t.Log(f.command("server", "rules", "push", "good", "--key", "operator.key", "--canary", "100%"))
	took := until(t, "both agents run the rule set", patience, func() bool { return runs(true) })
	t.Logf("both run it after %v", took)
	f.links[1].remote.run("bash", "-c", "echo x > /dev/udp/"+homeAddress+"/9")
	until(t, "its rule fires", patience, func() bool { return len(f.alerts("rule=nine&agent=office-1")) == 1 })

	// Both have a rule "each" of their own.
	put("clash/each.hcl", rule("each", 11))
	f.command("server", "rules", "push", "clash", "--key", "operator.key", "--canary", "10%")
	until(t, "what does not load is taken back", patience, func() bool { h := history(); return len(h) == 2 && h[0].State == "held" })
	t.Logf("%+v", history()[0])
	if !strings.Contains(history()[0].Reason, "does not load") {
		t.Errorf("%+v", history()[0])
	}
	f.links[0].remote.run("bash", "-c", "echo x > /dev/udp/"+homeAddress+"/9")
	until(t, "the set before still runs", patience, func() bool { return len(f.alerts("rule=nine&agent=office-0")) == 1 })

	// Whoever has the server, but not the key, has another key.
	f.command("server", "rules", "key", "stranger.key")
	put("evil/ten.hcl", rule("ten", 10))
	f.command("server", "rules", "push", "evil", "--key", "stranger.key", "--canary", "100%")
	until(t, "what a stranger signed is taken back", patience, func() bool { h := history(); return len(h) == 3 && h[0].State == "held" })
	t.Logf("%+v", history()[0])
	if !strings.Contains(history()[0].Reason, "signed") {
		t.Errorf("%+v", history()[0])
	}
	f.command("server", "rules", "rollback")
	until(t, "the rule set taken back by a person", patience, func() bool { return runs(false) })
	s := f.agents[0]
	s.kill()
	s.start()
	until(t, "all agents online", patience, func() bool { return f.online() == 2 && runs(false) })
}

// roundsEnv is the environment variable with the number of rounds of TestFleetKills.
const roundsEnv = "RULEIDS_FLEET_ROUNDS"

// TestFleetKills kills agents and the server and cuts links while alerts flow, at random moments: alone or together, while they run
// and while they start. Each alert that an agent wrote down is in the store exactly once.
func TestFleetKills(t *testing.T) {
	need(t, "ip", "ethtool", "bash")
	rounds := 10
	if text := os.Getenv(roundsEnv); text != "" {
		rounds, _ = strconv.Atoi(text)
	}
	f := newFleet(t, 3)
	f.flow()
	wait := func(most time.Duration) { time.Sleep(rand.N(most)) }
	done := map[string]int{}
	begin := time.Now()
	for round := range rounds {
		s, l := f.agents[rand.IntN(3)], f.links[rand.IntN(3)]
		faults := []struct {
			what       string
			harm, mend func()
		}{
			{"agents killed", func() { s.kill() }, func() {
				for ; rand.IntN(3) == 0; s.kill() {
					s.launch()
					wait(time.Second)
					done["agents killed while they started"]++
				}
				s.start()
			}},
			{"servers killed", func() { f.run.kill() }, func() {
				for ; rand.IntN(3) == 0; f.run.kill() {
					f.launch()
					wait(time.Second)
					done["servers killed while they started"]++
				}
				f.serve()
			}},
			{"links cut", func() { l.home.ip("link set mgmt0 down") }, func() {
				wait(500 * time.Millisecond)
				l.home.ip("link set mgmt0 up")
			}},
		}
		rand.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
		faults = faults[:1+rand.IntN(len(faults))]
		for _, x := range faults {
			wait(500 * time.Millisecond)
			x.harm()
			done[x.what]++
		}
		rand.Shuffle(len(faults), func(i, j int) { faults[i], faults[j] = faults[j], faults[i] })
		for _, x := range faults {
			x.mend()
		}
		if round%10 == 9 || round == rounds-1 {
			f.grow(f.hub)
			t.Logf("%d rounds in %v: %v", round+1, time.Since(begin).Round(time.Second), done)
		}
	}
	f.quiet()
	f.whole(f.hub, never)
}
