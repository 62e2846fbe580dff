package afpacket

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// TestTun captures IP packets without a link header.
func TestTun(t *testing.T) {
	enterNamespace(t)
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no tun interfaces here: %v", err)
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lvtun")
	if err != nil {
		t.Fatal(err)
	}
	ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		t.Fatal(err)
	}
	ip(t, "link set lvtun up")
	waitRunning(t, "lvtun")
	f, err := live.NewFilter([]netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, Config{Interfaces: []string{"lvtun"}, Filter: f})
	for _, p := range [][]byte{numbered(1, 7, 3)[14:], numbered(2, 8, 3)[14:]} {
		if _, err := unix.Write(fd, p); err != nil {
			t.Fatal(err)
		}
	}
	got := readFrames(t, s, 1)[0]
	if want := numbered(2, 8, 3)[14:]; got.Link != packet.LinkRaw || !bytes.Equal(got.Data, want) {
		t.Errorf("link %d, % x; want raw, % x", got.Link, got.Data, want)
	}
}

func TestLinkTypes(t *testing.T) {
	for hardware, want := range map[uint16]packet.LinkType{1: packet.LinkEthernet, 772: packet.LinkEthernet, 65534: packet.LinkRaw, 512: packet.LinkRaw, 776: packet.LinkRaw} {
		if got, err := (device{hardware: hardware}).linkType(); got != want || err != nil {
			t.Errorf("ARPHRD %d is link type %d, %v; want %d", hardware, got, err, want)
		}
	}
	for hardware, want := range map[uint16]string{803: "802.11 in monitor mode", 280: "CAN bus", 999: "ARPHRD 999"} {
		if _, err := (device{hardware: hardware}).linkType(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ARPHRD %d: error %v, want one with %q", hardware, err, want)
		}
	}
}
