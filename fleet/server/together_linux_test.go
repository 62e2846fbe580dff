package server

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/cluster/clustertest"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store/storetest"
	"github.com/ruleids/ruleids/internal/setting"
)

// share has a world share the work over NATS servers.
func (w *world) share(n *clustertest.Nodes) {
	w.nats = *setting.New[fleet.NATS]()
	w.nats.URLs, w.nats.User, w.nats.Password, w.nats.CA, w.nats.KeepSize, w.settings.Names = n.URLs, n.User, n.Password, n.CA, 256<<20, []string{"127.0.0.1"}
}

// beside is a world with a second server over the same NATS cluster: a copy of the directory of the first.
func (w *world) beside() *world {
	w.t.Helper()
	x := &world{t: w.t, settings: w.settings, nats: w.nats, store: w.store, log: w.log, key: w.key}
	x.settings.Data, x.settings.Listen, x.settings.Agents = w.t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	for _, name := range []string{"pki", StateFile} {
		if out, err := exec.Command("cp", "-r", filepath.Join(w.settings.Data, name), x.settings.Data).CombinedOutput(); err != nil {
			w.t.Fatalf("%v: %s", err, out)
		}
	}
	x.start()
	w.t.Cleanup(func() { x.halt() })
	return x
}

// TestTogether: two servers over three NATS servers are one to agents and people; one of each may be lost.
func TestTogether(t *testing.T) {
	n := clustertest.New(t, "127.0.0.1", nil)
	n.Start(0, 1, 2)
	w := newWorldWith(t, func(w *world) {
		w.share(n)
		w.settings.AlertLimit = 100000
	})
	w.halt() // its file has what was made, and is copied
	second := func() *world { return w.beside() }
	x := second()
	w.start()
	var agents []*agent
	for i := range 4 {
		agents = append(agents, w.join(fmt.Sprintf("agent-%d", i), state.Labels{"site": fmt.Sprint(i % 2)}))
	}
	eventually(t, 30*time.Second, "both servers see all agents online", func() bool {
		for _, s := range []*world{w, x} {
			on := 0
			for _, a := range s.server.roster.List(false) {
				if a.Online {
					on++
				}
			}
			if on != len(agents) {
				return false
			}
		}
		return true
	})
	eventually(t, 30*time.Second, "the agents know both servers", func() bool {
		for _, a := range agents {
			a.link.Greet(context.Background())
			if len(a.link.Servers()) != 2 {
				return false
			}
		}
		return true
	})
	all := func(s *world) bool {
		for i, a := range agents {
			if s.count(fmt.Sprintf("agent-%d", i)) != a.n {
				return false
			}
		}
		return true
	}
	raise := func() {
		for _, a := range agents {
			a.raise(20)
		}
	}
	raise()
	eventually(t, 30*time.Second, "both servers have all alerts", func() bool { return all(w) && all(x) })

	// What a person does at one holds at the other.
	if code := x.ask("POST", "/api/v1/decisions", `{"target":"203.0.113.7","for":"1h"}`, nil); code != 201 {
		t.Fatal(code)
	}
	eventually(t, 10*time.Second, "all agents block", func() bool {
		for _, a := range agents {
			if !a.blocked("203.0.113.7") {
				return false
			}
		}
		return true
	})
	if code := w.ask("DELETE", "/api/v1/decisions/203.0.113.7", "", nil); code != 200 {
		t.Fatal(code)
	}
	eventually(t, 10*time.Second, "all agents release", func() bool {
		for _, a := range agents {
			if a.blocked("203.0.113.7") {
				return false
			}
		}
		return true
	})
	eventually(t, 20*time.Second, "one of the two leads", func() bool { return w.server.leads() != x.server.leads() })

	// One NATS server and one server are lost, at a time.
	for round := range 3 {
		n.Kill(round)
		raise()
		eventually(t, 60*time.Second, fmt.Sprintf("all alerts are stored without NATS server %d", round), func() bool { return all(w) && all(x) })
		n.Start(round)
		gone, left := w, x
		if round%2 == 1 {
			gone, left = x, w
		}
		gone.halt()
		raise()
		eventually(t, 60*time.Second, "the agents moved over, and nothing is lost", func() bool { return all(left) })
		eventually(t, 30*time.Second, "the one that is left leads", left.server.leads)
		gone.start()
		eventually(t, 60*time.Second, "the one that was away has all", func() bool { return all(gone) })
	}

	// Revoked by one, an agent is cut off by whichever it is connected to.
	if code := w.ask("DELETE", "/api/v1/agents/agent-0", "", nil); code != 200 {
		t.Fatal(code)
	}
	eventually(t, 10*time.Second, "it is cut off", func() bool { return !agents[0].link.Status().Connected })

	// The file of another fleet, or an empty one, is none of this.
	other := &world{t: t, settings: w.settings, nats: w.nats, log: w.log}
	other.settings.Data, other.settings.Listen, other.settings.Agents = t.TempDir(), "127.0.0.1:0", ""
	if _, err := Open(t.Context(), Options{Settings: other.settings, NATS: other.nats, Version: "test", Log: w.log, Say: &other.said}); err == nil || !strings.Contains(err.Error(), "another fleet") {
		t.Errorf("a server of another fleet: %v", err)
	}
}

// TestOutgrown: alerts are in VictoriaLogs, each once, while it and a server are killed; alone, and with two servers together.
func TestOutgrown(t *testing.T) {
	logs := storetest.NewVictoriaLogs(t)
	w := newWorldWith(t, func(w *world) {
		w.store, w.settings.AlertLimit = fleet.Store{Backend: "victorialogs", URL: logs.URL}, 100000
	})
	a := w.join("agent-0", nil)
	eventually(t, 20*time.Second, "it is connected", func() bool { return a.link.Status().Connected })
	for round := range 3 {
		a.raise(30)
		switch round {
		case 1:
			logs.Kill()
			a.raise(5)
			logs.Start()
		case 2:
			w.halt()
			w.start()
		}
		eventually(t, time.Minute, "all are there", func() bool { return w.count("agent-0") == a.n })
	}
	if os.Getenv(clustertest.Env) == "" {
		return
	}
	n := clustertest.New(t, "127.0.0.1", nil)
	n.Start(0, 1, 2)
	w.halt()
	w.share(n)
	x := w.beside()
	w.start()
	eventually(t, 30*time.Second, "it is connected", func() bool { return a.link.Status().Connected })
	for round := range 2 {
		a.raise(50)
		logs.Flush()
		eventually(t, time.Minute, "both servers find all", func() bool { return w.count("agent-0") == a.n && x.count("agent-0") == a.n })
		if round == 0 {
			x.halt()
			n.Kill(2)
			a.raise(50)
			eventually(t, time.Minute, "one finds all", func() bool { return w.count("agent-0") == a.n })
			n.Start(2)
			x.start()
		}
	}
}
