// Package live is what all sources of packets on network interfaces have in common: the batches that they fill, what they
// count, what they tell of their interfaces, and which packets are captured at all. A source has a package of its own:
// afpacket on Linux, bpf on macOS, FreeBSD and OpenBSD, npcap on Windows.
package live

import "github.com/ruleids/ruleids/packet"

// DefaultSnapLength is how many bytes of a frame are captured where nothing else is said: MAXIMUM_SNAPLEN of libpcap, which
// is whole frames, of offloads too.
const DefaultSnapLength = 262144

// A Batch is what one Read returns. The zero value is ready; use the same one again and again, and reading
// allocates no more once it has grown.
type Batch struct {
	// Frames are what came, of all interfaces, roughly in order of time. Their bytes lie in the rings
	// and are valid until the next Read or Release; they may be written to. There are none where
	// nothing came for as long as Read was to wait, or something else ended it.
	Frames []packet.Frame

	// Now is what packet time has come to, in nanoseconds since 1970: frames of later Batches
	// are hardly ever older. On a quiet link it goes on with the clock of the system, a little behind it.
	Now int64

	// Lost is the number of packets that were lost, for want of room in a ring or before they came to one, and that no
	// Batch before told of. Those before the rings are looked for ten times a second.
	Lost uint64

	// Losing says that packets were lost while the frames of this Batch were captured: what is
	// counted in it may be too low.
	Losing bool

	// Number counts the Batches with frames of a source that keeps them, and Room is how many bytes of its memory these lie in; 0
	// where a source does not.
	Number uint64
	Room   int

	// Events is what happened to interfaces since the Read before, in its order.
	Events []Event
}
