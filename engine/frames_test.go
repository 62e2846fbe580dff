package engine

import (
	"encoding/binary"
	"net/netip"

	"github.com/ruleids/ruleids/packet"
)

// seg is one packet of a test: TCP unless said otherwise.
type seg struct {
	at       float64 // seconds
	src, dst string
	sport    uint16
	dport    uint16
	flags    byte
	proto    byte // 0 means TCP
	payload  string
	icmpType byte
}

const second = int64(1e9)

// frame writes a seg as a raw IP frame.
func (s seg) frame() packet.Frame {
	src, dst := netip.MustParseAddr(s.src), netip.MustParseAddr(s.dst)
	proto := s.proto
	if proto == 0 {
		proto = 6
	}
	var l4 []byte
	switch proto {
	case 6:
		l4 = make([]byte, 20)
		binary.BigEndian.PutUint16(l4, s.sport)
		binary.BigEndian.PutUint16(l4[2:], s.dport)
		l4[12], l4[13] = 5<<4, s.flags
	case 17:
		l4 = make([]byte, 8)
		binary.BigEndian.PutUint16(l4, s.sport)
		binary.BigEndian.PutUint16(l4[2:], s.dport)
		binary.BigEndian.PutUint16(l4[4:], uint16(8+len(s.payload)))
	default:
		l4 = make([]byte, 8)
		l4[0] = s.icmpType
	}
	l4 = append(l4, s.payload...)
	var ip []byte
	if src.Is4() {
		ip = make([]byte, 20)
		ip[0], ip[8], ip[9] = 0x45, 64, proto
		binary.BigEndian.PutUint16(ip[2:], uint16(20+len(l4)))
		copy(ip[12:], src.AsSlice())
		copy(ip[16:], dst.AsSlice())
	} else {
		ip = make([]byte, 40)
		ip[0], ip[6], ip[7] = 0x60, proto, 64
		binary.BigEndian.PutUint16(ip[4:], uint16(len(l4)))
		copy(ip[8:], src.AsSlice())
		copy(ip[24:], dst.AsSlice())
	}
	data := append(ip, l4...)
	return packet.Frame{Data: data, Time: int64(s.at * 1e9), Length: uint32(len(data)), Link: packet.LinkRaw}
}

func frames(segs ...seg) []packet.Frame {
	out := make([]packet.Frame, len(segs))
	for i, s := range segs {
		out[i] = s.frame()
	}
	return out
}

// question is the payload of a DNS query for a name of one or more labels.
func question(name string) string {
	m := []byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	start := 0
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			m = append(m, byte(i-start))
			m = append(m, name[start:i]...)
			start = i + 1
		}
	}
	return string(append(m, 0, 0, 16, 0, 1))
}
