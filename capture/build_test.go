package capture

import "encoding/binary"

// byteOrder both writes and reads; binary.LittleEndian and BigEndian do.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// The functions here build capture files byte by byte, right or wrong as the test wants them.

// buildClassic returns the file header of a pcap file; link may have bits of the upper half.
func buildClassic(order byteOrder, magic uint32, major, minor uint16, snap, link uint32) []byte {
	f := order.AppendUint32(nil, magic)
	f = order.AppendUint16(f, major)
	f = order.AppendUint16(f, minor)
	f = append(f, make([]byte, 8)...)
	f = order.AppendUint32(f, snap)
	return order.AppendUint32(f, link)
}

// appendRecord appends a record of a pcap file.
func appendRecord(f []byte, order byteOrder, sec, frac uint32, data []byte, length uint32) []byte {
	f = appendHeader(f, order, sec, frac, uint32(len(data)), length)
	return append(f, data...)
}

// appendHeader appends the header of a record of a pcap file, whatever it claims.
func appendHeader(f []byte, order byteOrder, sec, frac, captured, length uint32) []byte {
	f = order.AppendUint32(f, sec)
	f = order.AppendUint32(f, frac)
	f = order.AppendUint32(f, captured)
	return order.AppendUint32(f, length)
}

// appendBlock appends a pcapng block with a body, padded to 32 bits.
func appendBlock(f []byte, order byteOrder, kind uint32, body []byte) []byte {
	size := uint32(len(body)+3)&^3 + 12
	f = order.AppendUint32(f, kind)
	f = order.AppendUint32(f, size)
	f = append(f, body...)
	f = append(f, make([]byte, -len(body)&3)...)
	return order.AppendUint32(f, size)
}

// buildSection returns a section header block, with options as given.
func buildSection(order byteOrder, options ...byte) []byte {
	return appendBlock(nil, order, blockSection, buildSectionBody(order, 1, 0, options...))
}

func buildSectionBody(order byteOrder, major, minor uint16, options ...byte) []byte {
	body := order.AppendUint32(nil, byteOrderMagic)
	body = order.AppendUint16(body, major)
	body = order.AppendUint16(body, minor)
	body = order.AppendUint64(body, ^uint64(0))
	return append(body, options...)
}

// buildInterface returns the body of an interface description, with options as given.
func buildInterface(order byteOrder, link uint16, snap uint32, options ...byte) []byte {
	body := order.AppendUint16(nil, link)
	body = order.AppendUint16(body, 0)
	body = order.AppendUint32(body, snap)
	return append(body, options...)
}

// buildOption returns an option, padded to 32 bits.
func buildOption(order byteOrder, code uint16, value ...byte) []byte {
	o := order.AppendUint16(nil, code)
	o = order.AppendUint16(o, uint16(len(value)))
	o = append(o, value...)
	return append(o, make([]byte, -len(value)&3)...)
}

// buildEnhanced returns the body of an enhanced packet block, with options as given.
func buildEnhanced(order byteOrder, number uint32, when uint64, data []byte, length uint32, options ...byte) []byte {
	body := order.AppendUint32(nil, number)
	body = order.AppendUint32(body, uint32(when>>32))
	body = order.AppendUint32(body, uint32(when))
	body = order.AppendUint32(body, uint32(len(data)))
	body = order.AppendUint32(body, length)
	body = append(body, data...)
	body = append(body, make([]byte, -len(data)&3)...)
	return append(body, options...)
}

// buildObsolete returns the body of a packet block.
func buildObsolete(order byteOrder, number uint16, when uint64, data []byte, length uint32) []byte {
	body := order.AppendUint16(nil, number)
	body = order.AppendUint16(body, 0xffff) // drops are not known
	body = order.AppendUint32(body, uint32(when>>32))
	body = order.AppendUint32(body, uint32(when))
	body = order.AppendUint32(body, uint32(len(data)))
	body = order.AppendUint32(body, length)
	return append(body, data...)
}

// buildSimple returns the body of a simple packet block.
func buildSimple(order byteOrder, data []byte, length uint32) []byte {
	return append(order.AppendUint32(nil, length), data...)
}
