package lab

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
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

// A fleet is a server with agents, each at home on a link of its own, which reach the server by another one.
type fleet struct {
	t      *testing.T
	server *host
	run    *process
	dir    string
	key    string
	client *http.Client
	links  []*lan
	agents []*sensor
}

// serverAddress is that of the server on the link to its agents.
const serverAddress = "10.9.0.1"

// newFleet starts a server, and joins n agents.
func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	return newFleetWith(t, n, func(*fleet) {})
}

// newFleetWith does something in between.
func newFleetWith(t *testing.T, n int, before func(*fleet)) *fleet {
	t.Helper()
	f := &fleet{t: t, server: newHost(t, "server"), dir: t.TempDir()}
	f.server.ip("link add br0 type bridge")
	f.server.ip("address add " + serverAddress + "/24 dev br0")
	f.server.ip("link set br0 up")
	f.client = &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return f.server.dial(ctx, "tcp4", "127.0.0.1:8443")
		}}}
	if err := os.WriteFile(filepath.Join(f.dir, "ruleids.hcl"), []byte("server {\n  data        = \"server\"\n  names       = [\""+serverAddress+"\"]\n  alert_limit = 100000\n}\nlog {\n  format = \"json\"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() && f.run != nil {
			for _, line := range f.run.out.from(max(0, f.run.out.len()-60)) {
				t.Log(line)
			}
		}
	})
	f.serve()
	f.key = strings.TrimSpace(f.command("server", "apikey", "create", "lab", "--role", "admin"))
	before(f)
	for i := range n {
		l := newLAN(t)
		port := fmt.Sprintf("port%d", i)
		ip(t, fmt.Sprintf("link add mgmt0 netns %s type veth peer name %s netns %s", l.home.name, port, f.server.name))
		f.server.ip("link set " + port + " master br0 up")
		l.home.ip(fmt.Sprintf("address add 10.9.0.%d/24 dev mgmt0", 10+i))
		l.home.ip("link set mgmt0 up")
		s := prepareSensor(l.home, strings.Replace(settings("rules {\n  paths = [\"rules\"]\n}\nfleet {\n  directory = \"fleet\"\n}\n"+response(`mode = "enforce"`)), `agent = "lab"`, fmt.Sprintf("agent = \"office-%d\"", i), 1),
			map[string]string{"each.hcl": eachRule})
		line := f.command("server", "token", "create", "--label", "site=lab")
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "ruleids" || words[2] != serverAddress+":8443" {
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

// serve starts the server, again where it ended.
func (f *fleet) serve() {
	f.t.Helper()
	cmd := f.server.command(program, "server")
	cmd.Dir = f.dir
	f.run = begin(f.t, cmd)
	if _, ok := f.run.out.await(patience, 0, func(line string) bool { return strings.Contains(line, `"serving"`) }); !ok {
		f.t.Fatalf("the server does not serve:\n%s", strings.Join(f.run.out.from(0), "\n"))
	}
}

// command runs a command of the program beside the server.
func (f *fleet) command(args ...string) string {
	f.t.Helper()
	cmd := f.server.command(program, args...)
	cmd.Dir = f.dir
	out, err := cmd.Output()
	if err != nil {
		f.t.Fatalf("%v: %v %s", args, err, out)
	}
	return string(out)
}

// ask asks the API.
func (f *fleet) ask(method, path, body string, into any) int {
	f.t.Helper()
	r, err := http.NewRequest(method, "https://server"+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+f.key)
	answer, err := f.client.Do(r)
	if err != nil {
		f.client.CloseIdleConnections()
		return 0 // it is being started
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return 0
	}
	return answer.StatusCode
}

func (f *fleet) online() int {
	var list struct{ Agents []struct{ Online bool } }
	f.ask("GET", "/api/v1/agents", "", &list)
	n := 0
	for _, a := range list.Agents {
		if a.Online {
			n++
		}
	}
	return n
}

// alerts returns the alerts of a query, each line as the API has it.
func (f *fleet) alerts(query string) []line {
	f.t.Helper()
	var out []line
	for cursor := ""; ; {
		var page struct {
			Alerts []line
			Next   *string
		}
		if code := f.ask("GET", "/api/v1/alerts?limit=1000&"+query+"&cursor="+cursor, "", &page); code != 200 {
			return nil
		}
		out = append(out, page.Alerts...)
		if page.Next == nil {
			return out
		}
		cursor = *page.Next
	}
}

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
		return !slices.ContainsFunc(f.links, func(l *lan) bool { return !slices.Contains(l.home.kernelMembers(), "block "+attacker) })
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
	if code := f.ask("POST", "/api/v1/decisions", `{"target":"`+serverAddress+`"}`, nil); code != 201 {
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
	f := newFleetWith(t, 2, func(f *fleet) { f.command("server", "rules", "key", "operator.key") })
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

// TestFleetKills kills agents and the server and cuts links while alerts flow: each alert that an agent wrote down is in the
// store exactly once.
func TestFleetKills(t *testing.T) {
	need(t, "ip", "ethtool", "bash")
	rounds := 10
	if text := os.Getenv(roundsEnv); text != "" {
		rounds, _ = strconv.Atoi(text)
	}
	f := newFleet(t, 3)
	for i, l := range f.links {
		until(t, "the limit of the agent", patience, func() bool {
			_, err := os.Stat(filepath.Join(f.agents[i].dir, "fleet", "limit.json"))
			return err == nil
		})
		l.remote.start("bash", "-c", "while sleep 0.05; do echo x > /dev/udp/"+homeAddress+"/7; done")
	}
	for range rounds {
		i := rand.IntN(3)
		switch rand.IntN(3) {
		case 0:
			f.agents[i].kill()
			f.agents[i].start()
		case 1:
			f.run.kill()
			f.serve()
		case 2:
			f.links[i].home.ip("link set mgmt0 down")
			time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond)
			f.links[i].home.ip("link set mgmt0 up")
		}
		time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
	}
	for i, l := range f.links {
		l.home.ip("link set eth0 down") // no more packets
		s := f.agents[i]
		key := func(a line) string { return a.Timestamp + " " + strconv.Itoa(a.SrcPort) }
		time.Sleep(500 * time.Millisecond) // the file takes what was raised
		written := readEVE(t, filepath.Join(s.dir, "eve.json"))
		var missing []string
		until(t, fmt.Sprintf("the alerts of office-%d, %v", i, missing), 2*patience, func() bool {
			have := map[string]int{}
			for _, a := range f.alerts(fmt.Sprintf("rule=each&agent=office-%d", i)) {
				have[key(a)]++
			}
			missing = missing[:0]
			for k, n := range have {
				if n > 1 {
					t.Fatalf("office-%d: %s is in the store %d times", i, k, n)
				}
			}
			for _, a := range written {
				if a.RuleIDs.Rule == "each" && have[key(a)] == 0 {
					missing = append(missing, key(a))
				}
			}
			return len(missing) == 0
		})
		t.Logf("office-%d: %d alerts written, all in the store once", i, len(written))
	}
}
