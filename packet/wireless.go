package packet

import "encoding/binary"

// radiotap decodes a radiotap header, of which only its length and one flag matter here, and the frame behind it.
func (d *Decoder) radiotap(p *Packet, b []byte, wire int) bool {
	const (
		tsft    = 1 << 0
		flags   = 1 << 1
		more    = 1 << 31
		dataPad = 0x20
	)
	if len(b) < 8 {
		return d.fault()
	}
	n := int(binary.LittleEndian.Uint16(b[2:]))
	if n < 8 || n > len(b) {
		return d.fault()
	}
	present := binary.LittleEndian.Uint32(b[4:])
	at := 8
	for word := present; word&more != 0 && at+4 <= n; at += 4 {
		word = binary.LittleEndian.Uint32(b[at:])
	}
	if present&tsft != 0 {
		at = (at+7)&^7 + 8
	}
	padded := present&flags != 0 && at < n && b[at]&dataPad != 0
	return d.wireless(p, b[n:], wire-n, padded)
}

// wireless decodes a data frame of IEEE 802.11 that is not encrypted, and its IEEE 802.2 header. padded says that the
// header is padded to a multiple of four. Frames of other kinds, and several in one (A-MSDU), carry nothing that could be found.
func (d *Decoder) wireless(p *Packet, b []byte, wire int, padded bool) bool {
	const (
		// of the first octet
		kindMask, data = 0x0c, 0x08
		null           = 0x40
		qos            = 0x80
		// of the second
		toAndFromDS = 0x03
		protected   = 0x40
		order       = 0x80
		// of the QoS control field
		several = 0x80
	)
	if len(b) < 2 {
		return d.fault()
	}
	if b[0]&kindMask != data || b[0]&null != 0 || b[1]&protected != 0 {
		return false
	}
	n := 24
	if b[1]&toAndFromDS == toAndFromDS {
		n += 6
	}
	if b[0]&qos != 0 {
		if len(b) < n+2 {
			return d.fault()
		}
		if b[n]&several != 0 {
			return false
		}
		n += 2
		if b[1]&order != 0 {
			n += 4
		}
	}
	if padded {
		n = (n + 3) &^ 3
	}
	if len(b) < n {
		return d.fault()
	}
	return d.llc(p, 0xffff, b[n:], wire-n, 0)
}
