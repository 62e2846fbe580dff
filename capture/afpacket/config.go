package afpacket

import (
	"time"

	"github.com/ruleids/ruleids/capture/live"
)

// What a Config has where it says 0.
const (
	DefaultRingBytes    = 64 << 20
	DefaultBlockBytes   = 256 << 10
	DefaultBlockTimeout = 4 * time.Millisecond
)

// A Config says what to capture and how. Its zero values stand for the defaults above; only
// Interfaces must be set.
type Config struct {
	// Interfaces are the names of the interfaces to capture from, each once.
	Interfaces []string

	// Rings is the number of rings on each interface, at most 256; 0 is one. The kernel writes to several rings
	// from several CPUs at once, and shares the packets out by flow.
	Rings int

	// RingBytes is the size of one ring, rounded down to whole blocks, of which it has at least four and at
	// most 1 GiB. It is taken from the memory of the kernel at once and cannot be swapped out. A small packet
	// takes about 90 bytes more than its own length.
	RingBytes int

	// KeepBytes is what each ring has besides, for frames that stay as they are for some Batches more: see Source.Keep.
	KeepBytes int

	// BlockBytes is what the ring is cut into, and what the kernel hands over at once: a power of two, at least
	// a page. A frame that is larger is cut to it. Where RingBytes is below four default blocks, the
	// default is smaller. On a quiet link a block holds the packets of one BlockTimeout, so a ring of few blocks
	// is soon full when it is not read, however few packets come.
	BlockBytes int

	// BlockTimeout is how long a packet waits for its block to fill before the block is handed over as it is,
	// to a millisecond. The default is one tick of most kernels: what a rule has kept out is kept out that much sooner,
	// and where packets come so quickly that it would matter, blocks fill before.
	BlockTimeout time.Duration

	// SnapLength is how many bytes of a frame are captured, at least 68.
	SnapLength int

	// Promiscuous says whether to see frames for other hosts too. The interface is put back when
	// the last of its rings is closed, also if the process is killed. Without it frames for other hosts, which come where
	// something else has made the interface promiscuous, and on switches that flood, are counted and left out: no host takes them.
	Promiscuous bool

	// Defrag has the kernel put IPv4 fragments together before they come to the rings. Rules then see a scan
	// that hides in tiny fragments, and no rule sees a fragment.
	Defrag bool

	// Wait says whether Open waits for an interface that does not exist, as for one that vanishes later, instead of
	// failing.
	Wait bool

	// Filter says which packets to capture; nil is all. It can be replaced by SetFilter.
	Filter *live.Filter
}
