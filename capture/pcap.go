package capture

import (
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/ruleids/ruleids/packet"
)

// Sizes of the headers of a pcap file (draft-ietf-opsawg-pcap, sections 4 and 5).
const (
	fileHeader     = 24
	recordHeader   = 16
	modifiedHeader = 24 // recordHeader + interface, protocol, packet type, padding
)

// classic is what a pcap file header says about its records.
type classic struct {
	header int             // bytes of a record header
	unit   int64           // nanoseconds of one unit of the fraction of a second
	link   packet.LinkType // of all frames
	limit  uint32          // on the bytes of a frame
}

// startClassic takes the file header of a pcap file, or says what else the file is.
func (r *Reader) startClassic(head []byte) error {
	if len(head) < 4 {
		return r.fault(0, "%s", notCapture(r.name, head))
	}
	magic := binary.LittleEndian.Uint32(head)
	if !isClassic(magic) {
		magic, r.swap = bits.ReverseBytes32(magic), true
	}
	if !isClassic(magic) {
		return r.fault(0, "%s", notCapture(r.name, head))
	}
	if len(head) < fileHeader {
		return r.fault(0, "file header cut short: %d of %d bytes", len(head), fileHeader)
	}
	r.order = binary.LittleEndian
	if r.swap {
		r.order = binary.BigEndian
	}
	// Versions 2.0 to 2.4 differ in nothing that matters for packets as captured today. Before
	// 2.0 the layout was another, as libpcap and Wireshark say too.
	if major, minor := r.order.Uint16(head[4:]), r.order.Uint16(head[6:]); major != 2 {
		return r.fault(4, "pcap version %d.%d, where only 2.x can be read; the header is damaged or very old", major, minor)
	}
	// Of the last four bytes the upper half tells of a frame check sequence; its reserved bits
	// "MUST be ignored by pcap readers". The snapshot length at head[16:] is not used: files are
	// seen with 0 in it, and with longer frames than it says.
	r.record = classic{header: recordHeader, unit: 1000, link: packet.LinkType(r.order.Uint32(head[20:]))}
	r.record.limit = frameLimit(r.record.link)
	switch magic {
	case magicNano:
		r.record.unit = 1
	case magicModified:
		r.record.header = modifiedHeader
	}
	r.base = fileHeader
	return nil
}

func isClassic(magic uint32) bool {
	return magic == magicMicro || magic == magicNano || magic == magicModified
}

// isFileHeader reports whether a header with no bytes behind it is no record's but that of a file: cat has put one capture
// behind another.
func isFileHeader(h []byte) bool {
	magic := binary.LittleEndian.Uint32(h)
	return isClassic(magic) && string(h[4:8]) == "\x02\x00\x04\x00" || isClassic(bits.ReverseBytes32(magic)) && string(h[4:8]) == "\x00\x02\x00\x04"
}

// records appends the frames of whole records in block[pos:end]. It returns where the first record
// begins that is not whole, how many bytes that needs as far as can be told, and a *Fault where
// one cannot be right.
func (r *Reader) records(b *Batch, pos, end int) (at, need int, err error) {
	rec, swap := r.record, r.swap
	data, frames := b.block[:end], b.Frames
	for {
		h := data[pos:]
		if len(h) < rec.header {
			need = rec.header
			break
		}
		_ = h[15]
		sec, frac := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
		captured, length := binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(h[12:])
		if swap {
			sec, frac = bits.ReverseBytes32(sec), bits.ReverseBytes32(frac)
			captured, length = bits.ReverseBytes32(captured), bits.ReverseBytes32(length)
		}
		if captured > rec.limit {
			err = r.fault(r.base+int64(pos), "record of %d bytes, more than a frame can have (%d); the packets before it were read", captured, rec.limit)
			break
		}
		if captured == 0 && isFileHeader(h) {
			err = r.fault(r.base+int64(pos), "another capture begins here; read each from a file of its own, or join them with mergecap; the packets before it were read")
			break
		}
		stop := rec.header + int(captured)
		if stop > len(h) {
			need = stop
			break
		}
		frames = append(frames, packet.Frame{
			Data: h[rec.header:stop:stop],
			// Seconds are unsigned, so up to the year 2106; no pair of 32-bit numbers overflows.
			Time:   int64(sec)*1e9 + int64(frac)*rec.unit,
			Length: length,
			Link:   rec.link,
		})
		pos += stop
	}
	b.Frames = frames
	return pos, need, err
}

// endingClassic is ending for pcap.
func (r *Reader) endingClassic(rest []byte, at int64, need int) error {
	switch {
	case len(rest) == 0:
		return io.EOF
	case len(rest) < r.record.header:
		return r.fault(at, "record header cut short: %d of %d bytes; the packets before it were read", len(rest), r.record.header)
	}
	return r.fault(at, "record cut short: %d of %d bytes; the packets before it were read", len(rest), need)
}
