package host

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

const netstatText = `Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address                                 Foreign Address                               (state)
tcp4       0      0  192.0.2.10.22                                 198.51.100.7.51515                            ESTABLISHED
tcp6       0     36  2001:db8::10.22                               2001:db8:1::7.40000                           ESTABLISHED
tcp6       0      0  fe80::1%en0.22                                fe80::2%en0.40001                             ESTABLISHED
tcp4       0      0  192.0.2.10.50000                              203.0.113.5.443                               ESTABLISHED
tcp4       0      0  192.0.2.10.22                                 203.0.113.9.4444                              TIME_WAIT
tcp4       0      0  *.22                                          *.*                                           LISTEN
`

func TestNetstat(t *testing.T) {
	got := parseNetstat(netstatText, []uint16{22})
	want := []connection{
		{netip.MustParseAddrPort("192.0.2.10:22"), netip.MustParseAddrPort("198.51.100.7:51515")},
		{netip.MustParseAddrPort("[2001:db8::10]:22"), netip.MustParseAddrPort("[2001:db8:1::7]:40000")},
		{netip.MustParseAddrPort("[fe80::1]:22"), netip.MustParseAddrPort("[fe80::2]:40001")},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestScutil(t *testing.T) {
	got := parseScutil(`DNS configuration

resolver #1
  search domain[0] : example.net
  nameserver[0] : 192.0.2.53
  nameserver[1] : 2001:db8::53
  if_index : 15 (en0)
  flags    : Request A records

resolver #2
  domain   : local
  options  : mdns
  timeout  : 5
`)
	if want := []netip.Addr{netip.MustParseAddr("192.0.2.53"), netip.MustParseAddr("2001:db8::53")}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// TestPolled changes what a made-up system tells.
func TestPolled(t *testing.T) {
	gateway := func(i byte) []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, i})} }
	var which atomic.Int32
	which.Store(1)
	h, err := openPolled(Options{SSHPorts: []uint16{22}}, facts{
		addresses: listInterfaces,
		gateways: func() ([]netip.Addr, error) {
			if n := which.Load(); n != 3 {
				return gateway(byte(n)), nil
			}
			return nil, errors.New("no routes")
		},
		resolvers:   func() []netip.Addr { return gateway(53) },
		connections: func(ports []uint16) ([]connection, error) { return parseNetstat(netstatText, ports), nil },
		limit:       "little",
	}, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	info, err := h.Info()
	if err != nil || !slices.Equal(info.Gateways, gateway(1)) || !slices.Equal(info.Resolvers, gateway(53)) || len(info.SSHPeers) != 3 || info.Limit != "little" {
		t.Errorf("%+v, %v", info, err)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil || len(addrs) > 0 && len(info.Addresses) == 0 {
		t.Errorf("addresses %v of %v, %v", info.Addresses, addrs, err)
	}
	<-h.Changes() // that there is something
	which.Store(2)
	<-h.Changes()
	if info, _ = h.Info(); !slices.Equal(info.Gateways, gateway(2)) {
		t.Errorf("%+v", info)
	}
	// What is known stays where the system does not answer.
	which.Store(3)
	for start := time.Now(); err == nil; _, err = h.Info() {
		if time.Since(start) > 10*time.Second {
			t.Fatal("the error is not told")
		}
	}
	if info, _ = h.Info(); !slices.Equal(info.Gateways, gateway(2)) {
		t.Errorf("%+v", info)
	}
}
