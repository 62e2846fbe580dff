package decision

import (
	"net"
	"net/netip"
	"testing"
)

// TestLiveStore opens a Store on this very host.
func TestLiveStore(t *testing.T) {
	f := newFixture(t)
	f.Close()
	b, _, err := Open(t.Context(), f.config, Options{Firewall: f.firewall})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		ip, _ := netip.AddrFromSlice(a.(*net.IPNet).IP)
		if v := b.Decide(t.Context(), Request{Kind: Block, Target: TargetOf(ip), By: Origin{Source: SourcePerson}, Force: true}); v.Outcome != Refused {
			t.Errorf("%s: %s", ip, v)
		}
	}
	if len(list) == 0 {
		t.Error("this host has no addresses")
	}
}
