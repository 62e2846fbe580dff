package hosts

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/fleet"
)

func batch(is, since, seq uint64, hosts ...assets.Host) *fleet.AssetBatch {
	b := &fleet.AssetBatch{Map: is, Since: since, Seq: seq}
	for i := range hosts {
		text, err := json.Marshal(&hosts[i])
		if err != nil {
			panic(err)
		}
		b.Hosts = append(b.Hosts, text)
	}
	return b
}

func host(ip string) assets.Host {
	return assets.Host{IP: netip.MustParseAddr(ip), Local: true, System: "Debian", Names: []assets.Name{{Name: "Web1", By: "dhcp"}}, Services: []assets.Service{{Port: 22, Proto: "tcp", Service: "ssh"}}}
}

func TestTake(t *testing.T) {
	b := New()
	if got := b.Take("a", batch(7, 3, 4, host("10.0.0.1"))); got.Seq != 0 || len(b.Find(Search{})) != 0 {
		t.Errorf("a map whose beginning is missing: %+v, %v", got, b.Find(Search{}))
	}
	if got := b.Take("a", batch(7, 0, 2, host("10.0.0.1"), host("10.0.0.2"))); got.Seq != 2 || got.Error != "" {
		t.Fatalf("%+v", got)
	}
	if got := b.Take("a", batch(7, 5, 6, host("10.0.0.3"))); got.Seq != 2 || len(b.Find(Search{})) != 2 {
		t.Errorf("a gap: %+v, %v", got, b.Find(Search{}))
	}
	broken := batch(7, 2, 3)
	broken.Hosts = []json.RawMessage{json.RawMessage(`{"ip":"nowhere"}`)}
	if got := b.Take("a", broken); got.Error == "" || got.Seq != 3 {
		t.Errorf("what cannot be read: %+v", got)
	}
	b.Take("b", batch(1, 0, 1, host("10.0.0.1")))
	if got := b.Find(Search{}); len(got) != 3 || got[0].Agent != "a" || got[1].Agent != "b" || got[2].IP != netip.MustParseAddr("10.0.0.2") {
		t.Errorf("%v", got)
	}
	b.Take("a", batch(8, 0, 1, host("10.0.0.9")))
	if got := b.Find(Search{Agents: []string{"a"}}); len(got) != 1 || got[0].IP != netip.MustParseAddr("10.0.0.9") {
		t.Errorf("another map of the agent: %v", got)
	}
	b.Forget("a")
	if got := b.Find(Search{}); len(got) != 1 {
		t.Errorf("after one is forgotten: %v", got)
	}
}

func TestFind(t *testing.T) {
	b := New()
	far := host("203.0.113.5")
	far.Local, far.System, far.Services = false, "", nil
	b.Take("a", batch(1, 0, 1, host("10.0.0.1"), far))
	for _, c := range []struct {
		s    Search
		want int
	}{
		{Search{}, 2}, {Search{Local: true}, 1}, {Search{Within: netip.MustParsePrefix("10.0.0.0/8")}, 1}, {Search{Words: []string{"web1"}}, 2},
		{Search{Words: []string{"ssh", "debian"}}, 1}, {Search{Words: []string{"22/tcp"}}, 1}, {Search{Words: []string{"ssh", "windows"}}, 0}, {Search{Agents: []string{"b"}}, 0},
	} {
		if got := b.Find(c.s); len(got) != c.want {
			t.Errorf("%+v: %d hosts, want %d", c.s, len(got), c.want)
		}
	}
}

// A flood of hosts pushes out those that are far away.
func TestThin(t *testing.T) {
	b := New()
	b.Take("a", batch(1, 0, 1, host("10.0.0.1")))
	for i := range (MaxEach + 100) / fleet.MaxAssets {
		var hs []assets.Host
		for j := range fleet.MaxAssets {
			n := i*fleet.MaxAssets + j
			h := host(fmt.Sprintf("198.18.%d.%d", n>>8, n&255))
			h.Local, h.Last = false, time.Unix(int64(n), 0)
			hs = append(hs, h)
		}
		b.Take("a", batch(1, uint64(i)+1, uint64(i)+2, hs...))
	}
	got := b.Find(Search{})
	if len(got) > MaxEach || got[0].IP != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("%d hosts, the first %v", len(got), got[0].IP)
	}
}
