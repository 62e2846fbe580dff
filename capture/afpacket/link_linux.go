package afpacket

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/packet"
)

// A device is what the kernel says of an interface.
type device struct {
	index    int
	up       bool   // IFF_UP: somebody set it up
	running  bool   // IFF_RUNNING: it can carry packets
	loopback bool   // IFF_LOOPBACK
	hardware uint16 // ARPHRD_ number of linux/if_arp.h
}

// errGone is what lookup returns where there is no interface of a name.
var errGone = errors.New("there is no such interface")

// errMissing is why an interface is not up that there has never been.
var errMissing = errors.New("there is no such interface yet; waiting for it")

// lookup asks for an interface by its name, in the network namespace of a socket.
func lookup(socket int, name string) (device, error) {
	var d device
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return d, errGone // the name is longer than any can be
	}
	ask := func(request uint) error {
		err := unix.IoctlIfreq(socket, request, ifr)
		if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) {
			return errGone
		}
		return err
	}
	if err := ask(unix.SIOCGIFINDEX); err != nil {
		return d, err
	}
	d.index = int(ifr.Uint32())
	if err := ask(unix.SIOCGIFFLAGS); err != nil {
		return d, err
	}
	flags := ifr.Uint16()
	d.up, d.running, d.loopback = flags&unix.IFF_UP != 0, flags&unix.IFF_RUNNING != 0, flags&unix.IFF_LOOPBACK != 0
	if err := ask(unix.SIOCGIFHWADDR); err != nil {
		return d, err
	}
	d.hardware = ifr.Uint16() // sa_family of the address
	return d, nil
}

// linkType returns what frames of the interface begin with. Where that is LinkRaw, they are captured without
// their link header.
func (d device) linkType() (packet.LinkType, error) {
	switch d.hardware {
	case unix.ARPHRD_ETHER, unix.ARPHRD_LOOPBACK:
		return packet.LinkEthernet, nil
	case unix.ARPHRD_NONE, unix.ARPHRD_RAWIP, // tun, WireGuard, mobile modems
		unix.ARPHRD_PPP, unix.ARPHRD_TUNNEL, unix.ARPHRD_TUNNEL6, unix.ARPHRD_SIT, unix.ARPHRD_IPGRE, unix.ARPHRD_IP6GRE:
		return packet.LinkRaw, nil
	}
	name := "ARPHRD " + fmt.Sprint(d.hardware)
	switch d.hardware {
	case unix.ARPHRD_IEEE80211, unix.ARPHRD_IEEE80211_PRISM, unix.ARPHRD_IEEE80211_RADIOTAP:
		name = "802.11 in monitor mode"
	case unix.ARPHRD_NETLINK:
		name = "netlink"
	case unix.ARPHRD_CAN:
		name = "CAN bus"
	case unix.ARPHRD_INFINIBAND:
		name = "InfiniBand"
	case unix.ARPHRD_IEEE802154, unix.ARPHRD_IEEE802154_MONITOR:
		name = "802.15.4"
	case unix.ARPHRD_VSOCKMON:
		name = "vsock monitor"
	}
	return 0, fmt.Errorf("its link type is %s, which cannot be captured; Ethernet, loopback, tun, PPP and IP tunnels can", name)
}
