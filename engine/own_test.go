package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/packet"
)

// arpFrame is a request of ARP in Ethernet from a hardware address, which claims an address and asks for another.
func arpFrame(at int64, mac byte, ip byte) packet.Frame {
	b := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, mac, 10, 0, 0, ip, 0, 0, 0, 0, 0, 0, 10, 0, 0, (ip + 5) % 11}
	return packet.Frame{Time: at, Data: b, Length: uint32(len(b)), Link: packet.LinkEthernet}
}

// TestWhose has an address go from card to card: each alert has the card that had it with its packet, whatever the number of
// workers and however far ahead of alerts they learn, also of hosts that were given up since.
func TestWhose(t *testing.T) {
	plan := compile(t, `rule "each" {
  description = "d"
  severity = "low"
  where = "arp"
  cooldown = "0s"
}`, Options{})
	var traffic []packet.Frame
	for i := range 5000 {
		traffic = append(traffic, arpFrame(int64(i)*1e6, byte(i/7%250), byte(i%11)))
	}
	of := func(workers, hosts int) (out []string) {
		e := New(plan, Config{Seed: 1, Workers: workers, Assets: assets.New(assets.Limits{Hosts: hosts, Services: 10, PerHost: 10})})
		e.Process(traffic, func(a *alert.Alert) {
			if a.Assets == nil {
				a.Assets = &alert.Assets{}
			}
			out = append(out, fmt.Sprintln(a.Number, a.Src, a.Assets.Src.MAC, a.Assets.Dst.MAC))
		})
		return out
	}
	want := of(1, 1000)
	var card [11]string // of each address
	for i, line := range want {
		src := byte(i % 11)
		card[src] = fmt.Sprintf("02:00:00:00:00:%02x", i/7%250)
		if is := fmt.Sprintln(i+1, packet.AddrFrom4([4]byte{10, 0, 0, src}), card[src], card[(src+5)%11]); line != is {
			t.Fatalf("alert is %q, want %q", line, is)
		}
	}
	if len(want) != len(traffic) {
		t.Fatalf("%d alerts", len(want))
	}
	if few := of(1, 6); slices.Equal(want, few) {
		t.Error("six hosts are as good as eleven: nothing was given up")
	}
	for _, hosts := range []int{1000, 6} {
		want := of(1, hosts)
		for _, workers := range []int{2, 3, 5} {
			if got := of(workers, hosts); !slices.Equal(want, got) {
				t.Errorf("%d workers and %d hosts give other alerts than one worker", workers, hosts)
			}
		}
	}
}
