package host

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// sshdConfig returns where the settings of OpenSSH's server are.
func sshdConfig() string { return filepath.Join(os.Getenv("ProgramData"), "ssh", "sshd_config") }

var getExtendedTCPTable = windows.NewLazySystemDLL("iphlpapi.dll").NewProc("GetExtendedTcpTable")

// lookAt takes in what the adapters of this host tell.
func lookAt(f *Info) error {
	const flags = windows.GAA_FLAG_SKIP_ANYCAST | windows.GAA_FLAG_SKIP_MULTICAST | windows.GAA_FLAG_INCLUDE_GATEWAYS
	for size := uint32(16 << 10); ; {
		room := make([]byte, size)
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&room[0]))
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, flags, 0, first, &size)
		if errors.Is(err, windows.ERROR_BUFFER_OVERFLOW) && size > uint32(len(room)) {
			continue
		}
		if err != nil && !errors.Is(err, windows.ERROR_NO_DATA) {
			return err
		}
		if err == nil {
			for a := first; a != nil; a = a.Next {
				f.add(a)
			}
		}
		for _, list := range []*[]netip.Addr{&f.Addresses, &f.Broadcasts, &f.Gateways, &f.Resolvers, &f.Servers} {
			*list = sortedAddresses(*list)
		}
		return nil
	}
}

// add adds what one adapter tells.
func (f *Info) add(a *windows.IpAdapterAddresses) {
	for u := a.FirstUnicastAddress; u != nil; u = u.Next {
		addr, ok := addrOf(u.Address)
		if !ok {
			continue
		}
		f.Addresses = append(f.Addresses, addr)
		if b, ok := broadcastOf(netip.PrefixFrom(addr, int(u.OnLinkPrefixLength))); ok {
			f.Broadcasts = append(f.Broadcasts, b)
		}
	}
	for g := a.FirstGatewayAddress; g != nil; g = g.Next {
		if addr, ok := addrOf(g.Address); ok {
			f.Gateways = append(f.Gateways, addr)
		}
	}
	for d := a.FirstDnsServerAddress; d != nil; d = d.Next {
		if addr, ok := addrOf(d.Address); ok {
			f.Resolvers = append(f.Resolvers, addr)
		}
	}
	for _, s := range []windows.SocketAddress{a.Dhcpv4Server, a.Dhcpv6Server} {
		if addr, ok := addrOf(s); ok {
			f.Servers = append(f.Servers, addr)
		}
	}
}

func addrOf(s windows.SocketAddress) (netip.Addr, bool) {
	if s.Sockaddr == nil {
		return netip.Addr{}, false
	}
	addr, ok := netip.AddrFromSlice(s.IP())
	return addr.Unmap(), ok && !addr.IsUnspecified()
}

// connectionsTo returns the established TCP connections with local ports.
func connectionsTo(ports []uint16) (out []connection, err error) {
	const ownerPIDConnections = 4 // TCP_TABLE_OWNER_PID_CONNECTIONS
	for _, family := range []uintptr{windows.AF_INET, windows.AF_INET6} {
		for size := uint32(16 << 10); ; {
			room := make([]byte, size)
			code, _, _ := getExtendedTCPTable.Call(uintptr(unsafe.Pointer(&room[0])), uintptr(unsafe.Pointer(&size)), 0, family, ownerPIDConnections, 0)
			if windows.Errno(code) == windows.ERROR_INSUFFICIENT_BUFFER && size > uint32(len(room)) {
				continue
			}
			if code != 0 {
				return out, windows.Errno(code)
			}
			out = append(out, establishedIn(room, family == windows.AF_INET6, ports)...)
			break
		}
	}
	return out, nil
}

// rdpPort is the registered port of remote desktops.
const rdpPort = 3389

// remotePorts returns the port of remote desktops.
func remotePorts() []uint16 {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp`, registry.QUERY_VALUE)
	if err != nil {
		return []uint16{rdpPort}
	}
	defer k.Close()
	if n, _, err := k.GetIntegerValue("PortNumber"); err == nil && n > 0 && n < 1<<16 {
		return []uint16{uint16(n)}
	}
	return []uint16{rdpPort}
}

// timeServers returns the servers that tell this host the time: "time.windows.com,0x9 192.0.2.1" in the settings of W32Time.
func timeServers() (out []Name) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\W32Time\Parameters`, registry.QUERY_VALUE)
	if err != nil {
		return nil
	}
	defer k.Close()
	text, _, err := k.GetStringValue("NtpServer")
	if err != nil {
		return nil
	}
	for _, word := range strings.Fields(text) {
		name, _, _ := strings.Cut(word, ",")
		out = append(out, Name{Host: name, What: "a time server"})
	}
	return out
}

// broadcastOf returns the address of all hosts of an IPv4 network; none for networks without one (RFC 3021).
func broadcastOf(p netip.Prefix) (netip.Addr, bool) {
	if !p.Addr().Is4() || p.Bits() < 0 || p.Bits() > 30 {
		return netip.Addr{}, false
	}
	b := p.Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	return netip.AddrFrom4(b), true
}
