package evidence

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/packet"
)

const (
	// chunkBytes is the size of a chunk, as much as capture files are read at once, and chunkFrames how many frames a chunk of
	// copies has at most: smaller ones leave room unused.
	chunkBytes  = 256 << 10
	chunkFrames = chunkBytes / 128
	// frameRoom is what a chunk needs besides for each of its frames.
	frameRoom = 48
	// leastChunks is how many there are at least, and spare the share of them that is written while the others are looked at.
	leastChunks = 12
	spare       = 5
	// maxFrame bounds what is kept of a frame: what libpcap and Wireshark take.
	maxFrame = 256 << 10
)

// A chunk is a piece of the ring. Its frames below filled never change but by begin and own; one goroutine adds to them.
type chunk struct {
	mu     sync.Mutex // held by who reads frames of it, or takes them away
	seq    int
	first  uint64 // number of the first frame
	frames []packet.Frame
	ends   []ends // of the frames: found while they are in the cache, which they are not when somebody looks for them
	count  int    // that were added
	filled atomic.Int32

	data   []byte         // where copies are; nil where the chunk has none
	copies []packet.Frame // of which frames are these, where it has copies
	used   int            // bytes of it
	whole  bool           // its frames came as they were read, and none is added
	held   capture.Batch  // what came as it was read
	lease  uint64         // the Batch of a source in whose memory the frames lie; 0 for none
	spare  []packet.Frame // memory of frames that is free with the chunk
}

// begin empties a chunk, and returns memory for frames that was its. Nothing else may look at it.
func (c *chunk) begin(seq int, first uint64) (spare []packet.Frame) {
	c.seq, c.first, c.used, c.count = seq, first, 0, 0
	c.filled.Store(0)
	spare, c.spare = c.spare, nil
	c.whole, c.lease = false, 0
	return spare
}

// len returns how many frames there are.
func (c *chunk) len() int { return int(c.filled.Load()) }

// add copies a frame, whose time is earlier by shift; false where there is no room. Others see it with the next publish: telling
// them of each would have a processor wait for its memory.
func (c *chunk) add(f *packet.Frame, shift int64) bool {
	n := min(len(f.Data), maxFrame)
	if c.whole {
		return false
	}
	if c.count == 0 {
		c.copied()
	}
	if c.used+n > len(c.data) || c.count == len(c.frames) {
		return false
	}
	data := c.data[c.used : c.used+n : c.used+n]
	copy(data, f.Data)
	c.frames[c.count] = packet.Frame{Data: data, Time: f.Time - shift, Length: max(f.Length, uint32(n)), Link: f.Link}
	c.ends[c.count] = endsOf(f)
	c.count++
	c.used += n
	return true
}

// copied has frames be those that are copied.
func (c *chunk) copied() {
	if c.data == nil {
		c.data, c.copies, c.held = make([]byte, chunkBytes), make([]packet.Frame, chunkFrames), capture.Batch{}
	}
	c.frames = c.copies
	if cap(c.ends) < chunkFrames {
		c.ends = make([]ends, chunkFrames)
	}
	c.ends = c.ends[:chunkFrames]
}

// borrow makes frames that lie in the memory of a source those of the chunk, which is empty: as many as there would be room for
// copies of. It returns how many.
func (c *chunk) borrow(frames []packet.Frame, lease uint64) (n int) {
	c.ends = c.ends[:0]
	for used := 0; n < min(len(frames), chunkFrames); n++ {
		f := &frames[n]
		if used += min(len(f.Data), maxFrame); used > chunkBytes {
			break
		}
		c.ends = append(c.ends, endsOf(f))
	}
	c.frames, c.count, c.whole, c.lease = frames[:n:n], n, true, lease
	return n
}

// own copies what was borrowed, and returns memory for frames that was its.
func (c *chunk) own() (spare []packet.Frame) {
	frames := c.frames
	c.used, c.count, c.whole = 0, 0, false
	for i := range frames {
		c.add(&frames[i], 0) // there is room: borrow saw to it
	}
	spare, c.spare = c.spare, nil
	c.whole, c.lease = true, 0
	return spare
}

// hold makes the frames of a batch those of the chunk, which is empty, and gives the batch memory that it has no more use for.
func (c *chunk) hold(b *capture.Batch) {
	*b, c.held = c.held, *b
	c.data, c.copies, c.whole = nil, nil, true
	c.frames, c.count, c.ends = c.held.Frames, len(c.held.Frames), c.ends[:0]
	for i := range c.frames {
		c.ends = append(c.ends, endsOf(&c.frames[i]))
	}
}

// publish has others see what was added.
func (c *chunk) publish() { c.filled.Store(int32(c.count)) }

// Ends are digests of the only two addresses of a frame.
type ends [2]uint32

// hidden are the ends of a frame that has to be decoded to know them. No frame goes from the broadcast address to it.
var hidden = ends{^uint32(0), ^uint32(0)}

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

// endsOf returns the ends of a frame where they are plain to see: of IPv4 and IPv6 in Ethernet, with at most one tag, that carry
// TCP, ICMP, or UDP that is no tunnel.
func endsOf(f *packet.Frame) ends {
	b := f.Data
	if f.Link != packet.LinkEthernet || len(b) < v4Ends+8+tagBytes {
		return hidden
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
				return hidden
			}
		default:
			return hidden
		}
		return ends{binary.BigEndian.Uint32(b[v4Ends:]), binary.BigEndian.Uint32(b[v4Ends+4:])}
	case typeIPv6:
		if len(b) < v6Ports+4 {
			return hidden
		}
		switch b[v6Proto] {
		case protoTCP, protoICM6:
		case protoUDP:
			if tunnels(b[v6Ports:]) {
				return hidden
			}
		default:
			return hidden
		}
		return ends{fold6(b[v6Ends:]), fold6(b[v6Ends+16:])}
	}
	return hidden
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
