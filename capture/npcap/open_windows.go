package npcap

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Open begins to capture, by Npcap where that is installed and else by raw sockets, whose interfaces have a Limit. An
// interface that does not exist is an error but for Config.Wait, as is a missing right.
func Open(c Config) (*Source, error) {
	l, err := load()
	if errors.Is(err, errNoNpcap) {
		return open(c, rawSockets{})
	}
	if err != nil {
		return nil, err
	}
	return open(c, l)
}

// npfPrefix is before the GUID of an adapter in the names of Npcap's devices.
const npfPrefix = `\Device\NPF_`

// adapters returns the interfaces of this host, with the names that Get-NetAdapter shows.
func adapters() ([]Interface, error) {
	var out []Interface
	err := eachAdapter(func(a *windows.IpAdapterAddresses) {
		device := npfPrefix + windows.BytePtrToString(a.AdapterName)
		if a.IfType == windows.IF_TYPE_SOFTWARE_LOOPBACK {
			device = npfPrefix + "Loopback"
		}
		out = append(out, Interface{Name: windows.UTF16PtrToString(a.FriendlyName), Device: device, Up: a.OperStatus == windows.IfOperStatusUp})
	})
	return out, err
}

// ipv4Of returns the first IPv4 address of an interface.
func ipv4Of(device string) (addr [4]byte, ok bool, err error) {
	err = eachAdapter(func(a *windows.IpAdapterAddresses) {
		if npfPrefix+windows.BytePtrToString(a.AdapterName) != device && !(a.IfType == windows.IF_TYPE_SOFTWARE_LOOPBACK && device == npfPrefix+"Loopback") {
			return
		}
		for u := a.FirstUnicastAddress; u != nil && !ok; u = u.Next {
			if ip := u.Address.IP().To4(); ip != nil {
				addr, ok = [4]byte(ip), true
			}
		}
	})
	return addr, ok, err
}

// eachAdapter calls do for every adapter, whose memory is valid meanwhile.
func eachAdapter(do func(*windows.IpAdapterAddresses)) error {
	const flags = windows.GAA_FLAG_SKIP_ANYCAST | windows.GAA_FLAG_SKIP_MULTICAST | windows.GAA_FLAG_SKIP_DNS_SERVER
	for size := uint32(16 << 10); ; {
		room := make([]byte, size)
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&room[0]))
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, flags, 0, first, &size)
		switch {
		case errors.Is(err, windows.ERROR_BUFFER_OVERFLOW) && size > uint32(len(room)):
			continue
		case errors.Is(err, windows.ERROR_NO_DATA):
			return nil
		case err != nil:
			return err
		}
		for a := first; a != nil; a = a.Next {
			do(a)
		}
		return nil
	}
}
