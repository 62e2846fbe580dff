package conversation

import (
	"encoding/binary"

	"github.com/ruleids/ruleids/packet"
)

// unreachable looks at an ICMP message. Where it says that the first packet of a conversation could not be delivered
// (RFC 792 type 3 but for code 4, RFC 4443 type 1) and quotes it, the conversation is refused. Once the other side
// answered it means nothing (RFC 5927).
func (t *Table) unreachable(p *packet.Packet) {
	const (
		unreachable4, tooBig = 3, 4
		unreachable6         = 1
	)
	if t.cfg.Need.Layers() == 0 {
		return
	}
	v4 := p.Layers&packet.LayerICMP != 0
	if v4 && (p.ICMPType != unreachable4 || p.ICMPCode == tooBig) || !v4 && p.ICMPType != unreachable6 {
		return
	}
	k, dir, seq, ok := quoted(p.Payload, v4)
	if !ok || k.addr(dir) != p.Dst || !t.sound(p) { // errors go to whoever sent what they quote
		return
	}
	k.within(p)
	r := t.find(t.place(&k, dir))
	if r == 0 {
		return
	}
	e := t.entry(r)
	if e.state != pending || e.flags&answered != 0 || dir != e.opener() || k.proto() == protoTCP && e.flags&synSeen != 0 && seq+1 != e.base[dir] {
		return
	}
	e.state = refused
	t.raise(r, packet.ConnRefused, p.Time, false)
	t.settle(r)
}

// quoted returns the conversation of the packet that an ICMP error quotes, which side sent it, and its TCP sequence number.
func quoted(b []byte, v4 bool) (k key, dir int, seq uint32, ok bool) {
	var src, dst packet.Addr
	var proto byte
	if v4 {
		if len(b) < 20 || b[0]>>4 != 4 || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
			return k, 0, 0, false
		}
		n := int(b[0]&15) * 4
		if n < 20 || len(b) < n+8 {
			return k, 0, 0, false
		}
		src, dst, proto = packet.AddrFrom4([4]byte(b[12:])), packet.AddrFrom4([4]byte(b[16:])), b[9]
		b = b[n:]
	} else {
		if len(b) < 48 || b[0]>>4 != 6 {
			return k, 0, 0, false
		}
		src, dst, proto = packet.AddrFrom16([16]byte(b[8:])), packet.AddrFrom16([16]byte(b[24:])), b[6]
		b = b[40:]
	}
	if proto != protoTCP && proto != protoUDP {
		return k, 0, 0, false
	}
	k, dir = keyBetween(src, dst, binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), proto)
	return k, dir, binary.BigEndian.Uint32(b[4:]), true
}
