package live

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// traffic makes random packets: mostly sound ones, of few addresses and ports, so that filters meet them.
type traffic struct{ *rand.Rand }

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func (r traffic) addr4() []byte {
	return []byte{pick(r.Rand, byte(10), 192, 0, 255), byte(r.IntN(3)), byte(r.IntN(2)), byte(r.IntN(256))}
}

func (r traffic) addr6() []byte {
	b := make([]byte, 16)
	copy(b, []byte{0x20, 0x01, 0x0d, 0xb8})
	b[5], b[9], b[15] = byte(r.IntN(3)), byte(r.IntN(2)), byte(r.IntN(256))
	if r.IntN(8) == 0 {
		copy(b, make([]byte, 10))
		b[10], b[11] = 0xff, 0xff
	}
	return b
}

func (r traffic) port() uint16 {
	return pick(r.Rand, 0, 22, 53, 80, 2152, 4789, 6081, 65535, uint16(r.Uint32()))
}

func (r traffic) transport(proto byte) []byte {
	b := make([]byte, r.IntN(60))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	if (proto == 6 || proto == 17) && len(b) >= 4 {
		binary.BigEndian.PutUint16(b, r.port())
		binary.BigEndian.PutUint16(b[2:], r.port())
	}
	if proto == 6 && len(b) >= 14 && r.IntN(8) > 0 {
		b[12] = 5<<4 | pick(r.Rand, byte(0), 0, 0, 1, 15)
	}
	if proto == 17 && len(b) >= 8 && r.IntN(8) > 0 {
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	}
	return b
}

func (r traffic) ipv4() []byte {
	header := pick(r.Rand, 20, 20, 20, 24, 60)
	proto := pick(r.Rand, byte(6), 6, 6, 17, 17, 1, 58, 47, 4, 41, 97, 137, 132, byte(r.Uint32()))
	rest := r.transport(proto)
	b := make([]byte, header, header+len(rest)+8)
	b[0], b[9] = 0x40|byte(header/4), proto
	total := header + len(rest)
	if r.IntN(10) == 0 {
		total = r.IntN(100)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(total))
	if r.IntN(8) == 0 {
		binary.BigEndian.PutUint16(b[6:], uint16(r.Uint32()))
	}
	copy(b[12:], r.addr4())
	copy(b[16:], r.addr4())
	b = append(b, rest...)
	return append(b, make([]byte, r.IntN(8))...) // padding of the link
}

func (r traffic) ipv6() []byte {
	next := pick(r.Rand, byte(6), 6, 6, 17, 17, 58, 1, 0, 44, 60, 51, 59, 41, byte(r.Uint32()))
	rest := r.transport(next)
	b := make([]byte, 40, 100)
	b[0], b[6] = 0x60, next
	length := len(rest)
	if r.IntN(10) == 0 {
		length = r.IntN(80)
	}
	binary.BigEndian.PutUint16(b[4:], uint16(length))
	copy(b[8:], r.addr6())
	copy(b[24:], r.addr6())
	return append(b, rest...)
}

func (r traffic) ip() []byte {
	if r.IntN(2) == 0 {
		return r.ipv4()
	}
	return r.ipv6()
}

func (r traffic) ethernet() []byte {
	b := make([]byte, 12, 200)
	for range pick(r.Rand, 0, 0, 0, 1, 1, 2, 3, 4, 5) {
		b = binary.BigEndian.AppendUint16(b, pick[uint16](r.Rand, 0x8100, 0x88a8, 0x9100))
		b = binary.BigEndian.AppendUint16(b, uint16(r.Uint32()))
	}
	switch r.IntN(12) {
	case 0:
		b = binary.BigEndian.AppendUint16(b, pick[uint16](r.Rand, 0x0806, 0x8035))
		return append(b, make([]byte, pick(r.Rand, 28, 28, 4))...)
	case 1:
		b = binary.BigEndian.AppendUint16(b, pick[uint16](r.Rand, 100, 1500, 1501, 0x88cc, 0x8847, 0x8864, 0x6558, 0x880b, uint16(r.Uint32())))
		return append(b, r.ip()...)
	case 2, 3, 4, 5, 6:
		b = binary.BigEndian.AppendUint16(b, 0x86dd)
		return append(b, r.ipv6()...)
	}
	b = binary.BigEndian.AppendUint16(b, 0x0800)
	return append(b, r.ipv4()...)
}

// frame returns a random frame, now and then damaged.
func (r traffic) frame() packet.Frame {
	f := packet.Frame{Link: packet.LinkEthernet}
	if r.IntN(4) == 0 {
		f.Link = packet.LinkRaw
		f.Data = r.ip()
	} else {
		f.Data = r.ethernet()
	}
	switch r.IntN(8) {
	case 0:
		f.Data = f.Data[:r.IntN(len(f.Data)+1)]
	case 1:
		f.Data[r.IntN(len(f.Data))] = byte(r.Uint32())
	}
	f.Length = uint32(len(f.Data))
	return f
}

func (r traffic) prefix() netip.Prefix {
	a, n := r.addr4(), pick(r.Rand, 0, 1, 8, 8, 15, 16, 24, 31, 32)
	if r.IntN(2) == 0 {
		a, n = r.addr6(), pick(r.Rand, 0, 1, 31, 32, 33, 48, 64, 96, 120, 127, 128)
	}
	addr, _ := netip.AddrFromSlice(a)
	return netip.PrefixFrom(addr, n)
}

func (r traffic) ports() []PortRange {
	var out []PortRange
	for range r.IntN(5) {
		first := r.port()
		out = append(out, PortRange{first, first + uint16(r.IntN(int(min(65535-first, 100))+1))})
	}
	return out
}

func (r traffic) interest() *Interest {
	i := &Interest{TCPPorts: r.ports(), UDPPorts: r.ports()}
	for c := range packet.ClassTCP {
		if r.IntN(2) == 0 {
			i.Classes.Add(c)
		}
	}
	density := pick(r.Rand, 0, 1, 3, 50, 100)
	for c := packet.ClassTCP; c < packet.NumClasses; c++ {
		if r.IntN(100) < density {
			i.Classes.Add(c)
		}
	}
	if r.IntN(6) == 0 { // all of IP, which programs have a short way for
		for c := range packet.Class(packet.NumClasses) {
			if c != packet.ClassARP && c != packet.ClassOther {
				i.Classes.Add(c)
			}
		}
	}
	return i
}

func (r traffic) filter(t testing.TB) *Filter {
	t.Helper()
	var ignore []netip.Prefix
	for range pick(r.Rand, 0, 1, 3, 30) {
		ignore = append(ignore, r.prefix())
	}
	var interest *Interest
	if r.IntN(3) > 0 {
		interest = r.interest()
	}
	f, err := NewFilter(ignore, interest)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
