package capture

import (
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/ruleids/ruleids/packet"
)

// Block types that are read (draft-ietf-opsawg-pcapng, section 4 and appendix A). All others are skipped.
const (
	blockInterface = 1
	blockObsolete  = 2 // Packet Block, before the Enhanced Packet Block
	blockSimple    = 3
	blockEnhanced  = 6
	blockSection   = magicNG
)

// byteOrderMagic is what a section header holds in the byte order of its section.
const byteOrderMagic = 0x1a2b3c4d

// Bytes of a block up to its data or options, with type and length; and of the length at its end.
const (
	headAny       = 8
	headSection   = 24
	headInterface = 16
	headObsolete  = 28
	headSimple    = 12
	headEnhanced  = 28
	tail          = 4
)

// maxOptions is how many bytes a block whose contents matter may have besides a frame: as much as
// libpcap's and Wireshark's bound for a block.
const maxOptions = 16 << 20

// Options of an interface description.
const (
	optEnd      = 0
	optTSResol  = 9
	optTSOffset = 14
)

// section is the state of a pcapng section, and of a block that is passed over in pieces.
type section struct {
	interfaces []iface
	frame      uint32 // the largest limit of the interfaces
	last       int64  // time of the last packet that had one, for simple packet blocks; kept from section to section

	skip   int64  // bytes to pass over up to the length at the end of the block
	closer uint32 // the length that must be there, 0 when no block is being passed over
	began  int64  // where that block began
}

// iface is what an interface description says.
type iface struct {
	link  packet.LinkType
	limit uint32 // on the bytes of a frame
	snap  uint32 // bytes kept of each packet, 0 for all
	clock clock
}

// blocks is records for pcapng.
func (r *Reader) blocks(b *Batch, pos, end int) (at, need int, err error) {
	s := &r.sect
	data := b.block[:end]
	for {
		if s.closer != 0 {
			if pos, need, err = r.pass(data, pos); need > 0 || err != nil {
				return pos, need, err
			}
		}
		pos = r.fast(b, data, pos)
		h := data[pos:]
		if len(h) < headAny+tail {
			return pos, headAny + tail, nil
		}
		kind, size := r.u32(h), r.u32(h[4:])
		if kind == blockSection {
			// Its byte order comes before everything else, its length too.
			if err = r.startSection(h, pos); err != nil {
				return pos, 0, err
			}
			size = r.u32(h[4:])
		}
		if size < headAny+tail || size%4 != 0 {
			return pos, 0, r.fault(r.base+int64(pos), "block of type %d has a length of %d, which no block can have; the packets before it were read", kind, size)
		}
		head := headOf(kind)
		if head == 0 {
			s.skip, s.closer, s.began = int64(size)-tail, size, r.base+int64(pos)
			continue
		}
		if int64(size) < int64(head+tail) {
			return pos, 0, r.fault(r.base+int64(pos), "%s of %d bytes, %d at least are needed; the packets before it were read", nameOf(kind), size, head+tail)
		}
		if int64(size) > int64(s.frame)+maxOptions {
			return pos, 0, r.fault(r.base+int64(pos), "%s of %d bytes, more than it can have; the packets before it were read", nameOf(kind), size)
		}
		if len(h) < int(size) {
			return pos, int(size), nil
		}
		if end := r.u32(h[size-tail:]); end != size {
			return pos, 0, r.fault(r.base+int64(pos), "%s is %d bytes long by its beginning and %d by its end; the packets before it were read", nameOf(kind), size, end)
		}
		if err = r.block(b, kind, h[:size-tail], r.base+int64(pos)); err != nil {
			return pos, 0, err
		}
		pos += int(size)
	}
}

// fast takes enhanced packet blocks, of which most files consist, as long as all is in order, and
// returns where it stopped. Whatever is not in order is left to blocks, which says what it is.
func (r *Reader) fast(b *Batch, data []byte, pos int) int {
	swap, interfaces, frames, last := r.swap, r.sect.interfaces, b.Frames, r.sect.last
	for {
		h := data[pos:]
		if len(h) < headEnhanced+tail {
			break
		}
		_ = h[headEnhanced-1]
		kind, size := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
		number := binary.LittleEndian.Uint32(h[8:])
		high, low := binary.LittleEndian.Uint32(h[12:]), binary.LittleEndian.Uint32(h[16:])
		captured, length := binary.LittleEndian.Uint32(h[20:]), binary.LittleEndian.Uint32(h[24:])
		ends := size
		if swap {
			kind, size, number = bits.ReverseBytes32(kind), bits.ReverseBytes32(size), bits.ReverseBytes32(number)
			high, low = bits.ReverseBytes32(high), bits.ReverseBytes32(low)
			captured, length = bits.ReverseBytes32(captured), bits.ReverseBytes32(length)
		}
		if kind != blockEnhanced || uint64(size) > uint64(len(h)) || size < headEnhanced+tail || size%4 != 0 ||
			binary.LittleEndian.Uint32(h[size-tail:]) != ends || uint64(number) >= uint64(len(interfaces)) {
			break
		}
		in := &interfaces[number]
		if captured > in.limit || captured > size-headEnhanced-tail {
			break
		}
		last = in.clock.time(uint64(high)<<32 | uint64(low))
		stop := headEnhanced + captured
		frames = append(frames, packet.Frame{Data: h[headEnhanced:stop:stop], Time: last, Length: length, Link: in.link})
		pos += int(size)
	}
	b.Frames, r.sect.last = frames, last
	return pos
}

// headOf returns the least bytes up to data or options of a block that is read, and 0 of others.
func headOf(kind uint32) int {
	switch kind {
	case blockEnhanced:
		return headEnhanced
	case blockSimple:
		return headSimple
	case blockObsolete:
		return headObsolete
	case blockInterface:
		return headInterface
	case blockSection:
		return headSection
	}
	return 0
}

// nameOf returns the name of a block that is read.
func nameOf(kind uint32) string {
	switch kind {
	case blockEnhanced:
		return "enhanced packet block"
	case blockSimple:
		return "simple packet block"
	case blockObsolete:
		return "packet block"
	case blockInterface:
		return "interface description"
	}
	return "section header"
}

// u32 reads four bytes in the byte order of the section.
func (r *Reader) u32(p []byte) uint32 {
	v := binary.LittleEndian.Uint32(p)
	if r.swap {
		v = bits.ReverseBytes32(v)
	}
	return v
}

// pass moves on in a block that is skipped, however long, and checks its end.
func (r *Reader) pass(data []byte, pos int) (at, need int, err error) {
	s := &r.sect
	n := min(s.skip, int64(len(data)-pos))
	pos += int(n)
	if s.skip -= n; s.skip > 0 || len(data)-pos < tail {
		return pos, tail, nil
	}
	if end := r.u32(data[pos:]); end != s.closer {
		return pos, 0, r.fault(s.began, "block is %d bytes long by its beginning and %d by its end; the packets before it were read", s.closer, end)
	}
	s.closer = 0
	return pos + tail, 0, nil
}

// startSection takes the byte order and checks the version of a section that begins with h, of
// which twelve bytes are there at least.
func (r *Reader) startSection(h []byte, pos int) error {
	switch {
	case binary.LittleEndian.Uint32(h[8:]) == byteOrderMagic:
		r.order, r.swap = binary.LittleEndian, false
	case binary.BigEndian.Uint32(h[8:]) == byteOrderMagic:
		r.order, r.swap = binary.BigEndian, true
	default:
		return r.fault(r.base+int64(pos), "section header without a byte order (% x where 1a2b3c4d is due)", h[8:12])
	}
	return nil
}

// block takes one whole block, without the length at its end, that begins at offset at.
func (r *Reader) block(b *Batch, kind uint32, h []byte, at int64) error {
	s := &r.sect
	switch kind {
	case blockEnhanced:
		return r.frame(b, kind, r.u32(h[8:]), h, at)
	case blockObsolete:
		return r.frame(b, kind, uint32(r.order.Uint16(h[8:])), h, at)
	case blockSimple:
		if len(s.interfaces) == 0 {
			return r.fault(at, "simple packet block before any interface description; the packets before it were read")
		}
		// What was captured is not said: all of the packet, as far as the snapshot length goes.
		in, length := &s.interfaces[0], r.u32(h[8:])
		n := uint64(length)
		if in.snap != 0 {
			n = min(n, uint64(in.snap))
		}
		if n > uint64(in.limit) || n > uint64(len(h)-headSimple) {
			return r.fault(at, "simple packet block of %d bytes for %d bytes of packet; the packets before it were read", len(h)+tail, n)
		}
		stop := headSimple + int(n)
		b.Frames = append(b.Frames, packet.Frame{Data: h[headSimple:stop:stop], Time: s.last, Length: length, Link: in.link})
	case blockInterface:
		return r.describe(h, at)
	case blockSection:
		if major, minor := r.order.Uint16(h[12:]), r.order.Uint16(h[14:]); major != 1 {
			return r.fault(at, "pcapng version %d.%d, where only 1.x can be read; the header is damaged or from a newer program", major, minor)
		}
		s.interfaces, s.frame = s.interfaces[:0], 0
	}
	return nil
}

// frame takes a packet block, enhanced or obsolete: they differ only in how they name the interface.
func (r *Reader) frame(b *Batch, kind, number uint32, h []byte, at int64) error {
	s := &r.sect
	if uint64(number) >= uint64(len(s.interfaces)) {
		return r.fault(at, "%s names interface %d of %d; the packets before it were read", nameOf(kind), number, len(s.interfaces))
	}
	in := &s.interfaces[number]
	_ = h[headEnhanced-1]
	when := uint64(r.u32(h[12:]))<<32 | uint64(r.u32(h[16:]))
	captured, length := r.u32(h[20:]), r.u32(h[24:])
	if captured > in.limit {
		return r.fault(at, "%s of a frame of %d bytes, more than it can have (%d); the packets before it were read", nameOf(kind), captured, in.limit)
	}
	if uint64(captured) > uint64(len(h)-headEnhanced) {
		return r.fault(at, "%s of %d bytes for %d bytes of packet; the packets before it were read", nameOf(kind), len(h)+tail, captured)
	}
	s.last = in.clock.time(when)
	stop := headEnhanced + int(captured)
	b.Frames = append(b.Frames, packet.Frame{Data: h[headEnhanced:stop:stop], Time: s.last, Length: length, Link: in.link})
	return nil
}

// describe takes an interface description.
func (r *Reader) describe(h []byte, at int64) error {
	link := packet.LinkType(r.order.Uint16(h[8:]))
	in := iface{link: link, limit: frameLimit(link), snap: r.u32(h[12:])}
	resolution, offset := byte(6), int64(0) // microseconds since 1970 where nothing else is said
	for p := h[headInterface:]; len(p) >= 4; {
		code, n := r.order.Uint16(p), int(r.order.Uint16(p[2:]))
		if code == optEnd {
			break
		}
		if n > len(p)-4 {
			return r.fault(at, "interface description with an option of %d bytes where %d are left; the packets before it were read", n, len(p)-4)
		}
		value := p[4 : 4+n]
		// An option of a wrong length would put all times wrong, so it is not passed over.
		switch {
		case code == optTSResol && n == 1:
			resolution = value[0]
		case code == optTSOffset && n == 8:
			offset = int64(r.order.Uint64(value))
		case code == optTSResol || code == optTSOffset:
			return r.fault(at, "interface description with a time option (%d) of %d bytes; the packets before it were read", code, n)
		}
		p = p[min(len(p), 4+(n+3)&^3):]
	}
	in.clock = newClock(resolution, offset)
	r.sect.interfaces = append(r.sect.interfaces, in)
	r.sect.frame = max(r.sect.frame, in.limit)
	return nil
}

// endingNG is ending for pcapng.
func (r *Reader) endingNG(rest []byte, at int64, need int) error {
	s := &r.sect
	switch {
	case s.closer != 0:
		return r.fault(s.began, "block cut short: %d of %d bytes; the packets before it were read", at+int64(len(rest))-s.began, s.closer)
	case len(rest) == 0:
		return io.EOF
	case len(rest) < headAny+tail:
		return r.fault(at, "block header cut short: %d of %d bytes; the packets before it were read", len(rest), headAny+tail)
	}
	return r.fault(at, "block cut short: %d of %d bytes; the packets before it were read", len(rest), need)
}
