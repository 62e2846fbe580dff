package evidence

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/ruleids/ruleids/packet"
)

const (
	// chunkBytes is the size of a chunk, and chunkFrames how many frames it has at most: smaller ones leave room unused.
	chunkBytes  = 512 << 10
	chunkFrames = chunkBytes / 128
	// frameRoom is what a chunk needs besides for each of its frames.
	frameRoom = 32
	// leastChunks is how many there are at least, and spare the share of them that is written while the others are looked at.
	leastChunks = 6
	spare       = 5
	// maxFrame bounds what is kept of a frame: what libpcap and Wireshark take.
	maxFrame = 256 << 10
)

// A chunk is a piece of the ring. Its frames below filled never change; one goroutine adds to them.
type chunk struct {
	seq    int
	first  uint64 // number of the first frame
	data   []byte
	used   int // bytes,
	count  int // and frames, that were added
	frames []frame
	filled atomic.Int32
}

// A frame is one that was copied.
type frame struct {
	time   int64
	at, n  uint32 // of its bytes in the chunk
	length uint32 // on the wire
	ends   [2]uint32
	link   packet.LinkType
	plain  bool // ends are digests of its only two addresses; else it has to be decoded to know them
}

func newChunk() *chunk {
	return &chunk{data: make([]byte, chunkBytes), frames: make([]frame, chunkFrames)}
}

// begin empties a chunk. Nobody else may look at it.
func (c *chunk) begin(seq int, first uint64) {
	c.seq, c.first, c.used, c.count = seq, first, 0, 0
	c.filled.Store(0)
}

// len returns how many frames there are.
func (c *chunk) len() int { return int(c.filled.Load()) }

// add copies a frame, whose time is earlier by shift; false where there is no room. Others see it with the next publish: telling
// them of each would have a processor wait for its memory.
func (c *chunk) add(f *packet.Frame, shift int64) bool {
	n, i := min(len(f.Data), maxFrame), c.count
	if c.used+n > len(c.data) || i == len(c.frames) {
		return false
	}
	copy(c.data[c.used:], f.Data[:n])
	to := &c.frames[i]
	to.time, to.at, to.n, to.length, to.link = f.Time-shift, uint32(c.used), uint32(n), max(f.Length, uint32(n)), f.Link
	to.ends, to.plain = endsOf(f)
	c.used += n
	c.count++
	return true
}

// publish has others see what was added.
func (c *chunk) publish() { c.filled.Store(int32(c.count)) }

// frame returns frame i as it was captured. Its bytes are valid as long as the chunk is.
func (c *chunk) frame(i int) packet.Frame {
	f := &c.frames[i]
	return packet.Frame{Data: c.data[f.at : f.at+f.n : f.at+f.n], Time: f.time, Length: f.length, Link: f.link}
}

// Where things are in an Ethernet frame without a tag (RFC 894, RFC 791, RFC 8200).
const (
	atType    = 12
	tagBytes  = 4
	v4Proto   = 23
	v4Ends    = 26
	v6Proto   = 20
	v6Ends    = 22
	v6Ports   = 54
	typeIPv4  = 0x0800
	typeIPv6  = 0x86dd
	typeVLAN  = 0x8100
	protoICMP = 1
	protoTCP  = 6
	protoUDP  = 17
	protoICM6 = 58
)

// endsOf returns digests of the addresses of a frame, where it is plain to see that it has no others: IPv4 and IPv6 in
// Ethernet, with at most one tag, that carry TCP, ICMP, or UDP that is no tunnel.
func endsOf(f *packet.Frame) (ends [2]uint32, plain bool) {
	b := f.Data
	if f.Link != packet.LinkEthernet || len(b) < v4Ends+8+tagBytes {
		return ends, false
	}
	kind := binary.BigEndian.Uint16(b[atType:])
	if kind == typeVLAN {
		b = b[tagBytes:]
		kind = binary.BigEndian.Uint16(b[atType:])
	}
	switch kind {
	case typeIPv4:
		switch b[v4Proto] {
		case protoTCP, protoICMP:
		case protoUDP:
			if at := 14 + int(b[14]&15)*4; at+4 > len(b) || tunnels(b[at:]) {
				return ends, false
			}
		default:
			return ends, false
		}
		return [2]uint32{binary.BigEndian.Uint32(b[v4Ends:]), binary.BigEndian.Uint32(b[v4Ends+4:])}, true
	case typeIPv6:
		if len(b) < v6Ports+4 {
			return ends, false
		}
		switch b[v6Proto] {
		case protoTCP, protoICM6:
		case protoUDP:
			if tunnels(b[v6Ports:]) {
				return ends, false
			}
		default:
			return ends, false
		}
		return [2]uint32{fold6(b[v6Ends:]), fold6(b[v6Ends+16:])}, true
	}
	return ends, false
}

// tunnels reports whether ports may be those of VXLAN, GENEVE or GTP-U.
func tunnels(ports []byte) bool {
	for _, p := range [2]uint16{binary.BigEndian.Uint16(ports), binary.BigEndian.Uint16(ports[2:])} {
		switch p {
		case 2152, 4789, 6081, 8472:
			return true
		}
	}
	return false
}

// fold6 makes a digest of an IPv6 address.
func fold6(b []byte) uint32 {
	x := binary.BigEndian.Uint64(b) * 0x9e3779b97f4a7c15
	x ^= binary.BigEndian.Uint64(b[8:])
	return uint32(x) ^ uint32(x>>32)
}
