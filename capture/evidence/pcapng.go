package evidence

import (
	"encoding/binary"

	"github.com/ruleids/ruleids/packet"
)

// Blocks and options of pcapng (draft-ietf-opsawg-pcapng, sections 3.5 and 4).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6
	byteOrder      = 0x1a2b3c4d

	optEnd         = 0
	optComment     = 1
	optApplication = 4 // of a section
	optResolution  = 9 // of an interface

	nanoseconds = 9 // 10^-9 s
)

// A writer makes the blocks of one file. It has an interface for each link type, in the order in which they came.
type writer struct {
	comment string // of the section
	fired   string // of the packet that fired the alert
	links   []packet.LinkType
	written int // bytes in the file
}

// blockSize is how many bytes a frame takes without a comment; that of an interface is in it, once.
func blockSize(f *packet.Frame) int64 { return int64(32 + (len(f.Data)+3)&^3) }

// begin appends the head of the file.
func (w *writer) begin(dst []byte) []byte {
	at := len(dst)
	dst = le.AppendUint32(dst, blockSection)
	dst = le.AppendUint32(dst, 0)
	dst = le.AppendUint32(dst, byteOrder)
	dst = le.AppendUint16(dst, 1)
	dst = le.AppendUint16(dst, 0)
	dst = le.AppendUint64(dst, ^uint64(0)) // a length that is not said
	dst = option(dst, optComment, w.comment)
	dst = option(dst, optApplication, "ruleids")
	dst = le.AppendUint32(dst, optEnd)
	return closeBlock(dst, at)
}

// packet appends a frame.
func (w *writer) packet(dst []byte, f *packet.Frame, fired bool) []byte {
	number := -1
	for n, l := range w.links {
		if l == f.Link {
			number = n
		}
	}
	if number < 0 {
		number = len(w.links)
		w.links = append(w.links, f.Link)
		at := len(dst)
		dst = le.AppendUint32(dst, blockInterface)
		dst = le.AppendUint32(dst, 0)
		dst = le.AppendUint16(dst, uint16(f.Link))
		dst = le.AppendUint16(dst, 0)
		dst = le.AppendUint32(dst, maxFrame)
		dst = option(dst, optResolution, string([]byte{nanoseconds}))
		dst = le.AppendUint32(dst, optEnd)
		dst = closeBlock(dst, at)
	}
	at, when := len(dst), uint64(max(f.Time, 0))
	dst = le.AppendUint32(dst, blockPacket)
	dst = le.AppendUint32(dst, 0)
	dst = le.AppendUint32(dst, uint32(number))
	dst = le.AppendUint32(dst, uint32(when>>32))
	dst = le.AppendUint32(dst, uint32(when))
	dst = le.AppendUint32(dst, uint32(len(f.Data)))
	dst = le.AppendUint32(dst, max(f.Length, uint32(len(f.Data))))
	dst = pad(append(dst, f.Data...), at)
	if fired {
		dst = option(dst, optComment, w.fired)
		dst = le.AppendUint32(dst, optEnd)
	}
	return closeBlock(dst, at)
}

var le = binary.LittleEndian

// option appends an option, filled up to 32 bits.
func option(dst []byte, code uint16, value string) []byte {
	value = value[:min(len(value), 0xffff)]
	at := len(dst)
	dst = le.AppendUint16(dst, code)
	dst = le.AppendUint16(dst, uint16(len(value)))
	return pad(append(dst, value...), at)
}

// pad fills what begins at at up to 32 bits.
func pad(dst []byte, at int) []byte {
	for (len(dst)-at)%4 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

// closeBlock ends the block that begins at at with its length, and puts that to its beginning.
func closeBlock(dst []byte, at int) []byte {
	n := uint32(len(dst) - at + 4)
	le.PutUint32(dst[at+4:], n)
	return le.AppendUint32(dst, n)
}
