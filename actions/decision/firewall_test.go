package decision

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestFirewallFails(t *testing.T) {
	f := newFixture(t)
	f.firewall.Fail(errors.New("no such chain"))
	v := f.do(Decided, byRule(Block, bad, 0))
	if v.Err == nil || !strings.Contains(v.Err.Error(), "no such chain") {
		t.Errorf("%+v", v)
	}
	if s := f.Status(); s.Failing["firewall"] == "" || f.troubles.firewall.State().Failures != 1 {
		t.Errorf("%+v", s.Failing)
	}
	f.wait(time.Second) // tried in vain
	f.firewall.Fail(nil)
	f.wait(time.Second) // too early
	f.inFirewall()
	f.wait(time.Second)
	f.inFirewall("block " + bad)
	if s := f.Status(); s.Failing["firewall"] != "" || f.troubles.firewall.State().Failures != 2 {
		t.Errorf("%+v", s.Failing)
	}
}

func TestFullSet(t *testing.T) {
	f := newFixture(t)
	f.firewall.Limit = 1
	vs := f.DecideAll(context.Background(), []Request{byRule(Block, "198.51.100.1", 0), byRule(Block, "198.51.100.2", 0)})
	if vs[0].Err != nil || vs[1].Err == nil || vs[1].Outcome != Decided {
		t.Errorf("%v", vs)
	}
	if f.Status().Failing["firewall"] == "" {
		t.Error("a full set is not seen")
	}
	f.do(Released, byPerson(Release, "198.51.100.1", 0))
	f.wait(time.Minute)
	f.inFirewall("block 198.51.100.2")
}

func TestReconcile(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, bad, 0))
	f.do(Decided, byRule(Quarantine, "198.51.100.8", time.Hour))
	f.firewall.Flush()
	stray := Member{Target: target("203.0.113.77"), Kind: Block}
	wrong := Member{Target: target(bad), Kind: Block, Until: f.clock.Now().Add(time.Second)}
	if err := f.firewall.Apply(context.Background(), []Change{{Member: stray}, {Member: wrong}}); err != nil {
		t.Fatal(err)
	}
	added, removed, err := f.Reconcile(context.Background())
	if added != 2 || removed != 1 || err != nil {
		t.Errorf("%d added, %d removed, %v", added, removed, err)
	}
	f.inFirewall("block "+bad, "quarantine 198.51.100.8")
	if added, removed, err = f.Reconcile(context.Background()); added+removed != 0 || err != nil {
		t.Errorf("%d added, %d removed, %v", added, removed, err)
	}
}
