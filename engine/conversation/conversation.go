// Package conversation keeps one table of the TCP and UDP conversations that packets belong to: who opened each, how far
// its handshake came, which bytes of each direction were seen, how much was said, and when it ended.
//
// A Table sees every packet once, in the order of the input. It reads no clock: a deadline has passed when a packet brings
// a Clock that is beyond it. The same packets give the same events, on any machine.
//
// A conversation is the two addresses and ports, the protocol, and, in a tunnel, its kind and the outermost addresses: what
// an inner header says cannot disturb the conversations outside. VLANs do not count: mirrors tag some directions and not
// others, and show what is routed between two twice. Conversations are kept in four
// pools, each with a bound of its own, so that a flood fills only the pool that it belongs to:
//
//   - pending: of which only the opener was seen, for 3 s;
//   - settled: what became of them is known (refused, unanswered, closed), or cannot be told; remembered for five minutes;
//   - open TCP and open UDP: both sides take part.
//
// Where a pool is full, the one that waits longest, or was silent for longest, makes room. A SYN flood pushes pending
// ones out, and never an open one.
package conversation

import (
	"math/bits"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// Deadlines, in nanoseconds of packet time.
const (
	// AnswerWait is how long the opener waits for an answer until the conversation is unanswered: three sendings of a SYN
	// by a host that repeats it after a second (RFC 6298 section 2).
	AnswerWait = int64(3e9)
	// SilenceUDP and SilenceTCP end a conversation.
	SilenceUDP = int64(300e9)
	SilenceTCP = int64(3600e9)
	// linger is how long what is over is remembered after its last packet, so that late packets and further tries of the
	// same SYN belong to it. Hosts wait up to 64 s between two of these.
	linger = int64(300e9)
)

// The protocols that have conversations.
const (
	protoTCP = 6
	protoUDP = 17
)

// Limits are how many conversations are kept at once, by pool, and how many message heads.
type Limits struct{ Pending, Settled, TCP, UDP, Heads int }

// DefaultLimits are those that users run.
func DefaultLimits() Limits {
	return Limits{Pending: 1 << 17, Settled: 1 << 16, TCP: 1 << 17, UDP: 1 << 16, Heads: 1 << 12}
}

// Config says what is asked of a Table.
type Config struct {
	Seed uint64
	Need Need
	// Memory is where entries are; nil for the Go heap.
	Memory *window.Memory
	// Limits of zero are DefaultLimits.
	Limits Limits
	// Sound reports whether the hosts take a packet for whole, by its checksums. It is asked for packets that begin or end
	// something, and for those whose bytes are kept. nil takes all for sound.
	Sound func(*packet.Packet) bool
}

// A Need is what the rules ask for, besides the fields of packets in their conversations. What nobody needs is not done.
type Need uint8

// The needs.
const (
	Conversations Need = 1 << iota // conn.* of packets
	Events                         // what became of conversations
	Services                       // what they speak; of events
	Flows                          // flow.*, also of packets that are of no conversation
	Heads                          // the first bytes of each direction
)

// A Table is the state of all conversations. It is not safe for concurrent use, but for Hash.
type Table struct {
	cfg     Config
	masks   [7]uint64 // of hashes
	index   window.Index
	chunks  [][]entry
	flows   [][]flow // as chunks; nil without Flows
	free    ref
	made    int // entries ever used
	pending list
	settled list
	tcpOpen wheel
	udpOpen wheel
	outers  map[ref]packet.Outer
	heads   pool
	events  []Event
	next    int64 // the clock at which a deadline may have passed
	started bool

	// The packet that was tracked last.
	at  ref // its conversation; 0 for none
	dir int
	seg Segment

	stats Stats
}

// Stats are counts since New.
type Stats struct {
	Entries uint64 // conversations and flows that are kept now
	Bytes   uint64 // that they take
	Evicted uint64 // that were given up to make room
	Heads   uint64 // half-read message heads that were given up to make room
}

// New makes an empty table.
func New(cfg Config) *Table {
	if cfg.Limits == (Limits{}) {
		cfg.Limits = DefaultLimits()
	}
	t := &Table{cfg: cfg, index: window.NewIndex(cfg.Memory), outers: map[ref]packet.Outer{}}
	for i := range t.masks {
		t.masks[i] = window.Hash(cfg.Seed, []uint64{uint64(i)}) | 1
	}
	l := cfg.Limits
	t.pending.max, t.settled.max = max(l.Pending, 1), max(l.Settled, 1)
	t.tcpOpen = newWheel(openTCP, SilenceTCP, max(l.TCP, 1))
	t.udpOpen = newWheel(openUDP, SilenceUDP, max(l.UDP, 1))
	t.heads.max = l.Heads
	return t
}

// Needs returns what the table was made for.
func (t *Table) Needs() Need { return t.cfg.Need }

// Need changes what is asked of the table from the next packet on. What is known of conversations stays.
func (t *Table) Need(n Need) {
	if n&Flows == 0 {
		giveChunks(t, t.flows)
		t.flows = nil
	}
	if n&Heads == 0 {
		t.dropHeads()
	}
	t.cfg.Need = n
	if n&Flows != 0 && t.flows == nil {
		for range t.chunks {
			t.flows = append(t.flows, chunk[flow](t))
		}
	}
}

// Stats returns the counts so far.
func (t *Table) Stats() Stats {
	s := t.stats
	s.Entries = uint64(t.index.N)
	s.Bytes = uint64(len(t.chunks))*chunkSize*uint64(entrySize) + uint64(len(t.flows))*chunkSize*uint64(flowSize) + uint64(len(t.index.Slots))*8 + t.heads.bytes()
	return s
}

// Bound returns the bytes that a table for these needs can take at most.
func Bound(n Need, l Limits) int64 {
	entries := l.Pending + l.Settled + l.TCP + l.UDP
	chunks := int64(entries+chunkSize) / chunkSize
	b := chunks*chunkSize*int64(entrySize) + window.IndexSlots(entries)*8
	if n&Flows != 0 {
		b += chunks * chunkSize * int64(flowSize)
	}
	if n&Heads != 0 {
		b += HeadBound(l)
	}
	return b
}

// HeadBound returns the bytes that half-read message heads can take at most.
func HeadBound(l Limits) int64 { return int64(l.Heads) * headSize }

// Hash returns the hash of a packet's conversation under the table's seed; 0 for a packet that the table does not keep.
// It reads nothing that Track changes, so that several goroutines can hash ahead.
func (t *Table) Hash(p *packet.Packet) uint64 {
	if !t.keeps(p) {
		return 0
	}
	k, _ := keyOf(p)
	return t.hash(&k)
}

// hash hashes a key under secret masks, so that nobody outside can choose keys that collide. The halves are multiplied side by
// side, which takes half the time of one after the other.
func (t *Table) hash(k *key) uint64 {
	h := mum(k[0]^t.masks[0], k[1]^t.masks[1]) + bits.RotateLeft64(mum(k[2]^t.masks[2], k[3]^t.masks[3]), 23) + mum(k[4]^t.masks[4], k[5]^t.masks[5])
	return mum(h, t.masks[6]) | 1
}

// mum multiplies to 128 bits and folds the halves.
func mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// keeps reports whether a packet has a place in the table.
func (t *Table) keeps(p *packet.Packet) bool {
	if t.cfg.Need&Flows != 0 {
		return p.Layers&packet.LayerIP != 0
	}
	return p.Layers&(packet.LayerTCP|packet.LayerUDP) != 0
}

// Prefetch asks for the place of a hash in the index, PrefetchEntry for the conversation that it leads to.
func (t *Table) Prefetch(hash uint64) {
	if hash != 0 {
		t.index.Prefetch(hash)
	}
}

// PrefetchEntry is for some packets after Prefetch.
func (t *Table) PrefetchEntry(hash uint64) {
	if hash == 0 {
		return
	}
	if r := ref(t.index.Likely(hash)); r != 0 {
		e := t.entry(r)
		window.Prefetch(&e.key[0])
		window.Prefetch(&e.bytes[0])
	}
}

// Track gives a packet the fields conn.* and flow.*, and its conversation what it tells. Clock must be set, and hash be
// that of the packet. Events returns what became known: first of all conversations whose deadline has passed, then of the
// packet's own.
func (t *Table) Track(p *packet.Packet, hash uint64) {
	t.at, t.seg = 0, Segment{}
	if p.Clock >= t.next || !t.started {
		t.advance(p.Clock)
	}
	if hash == 0 {
		if p.Layers&(packet.LayerICMP|packet.LayerICMPv6) != 0 {
			t.unreachable(p)
		}
		return
	}
	k, dir := keyOf(p)
	r := t.find(&k, hash)
	if p.Layers&(packet.LayerTCP|packet.LayerUDP) != 0 && t.cfg.Need&^Flows != 0 {
		r = t.converse(p, r, &k, hash, dir)
	} else if p.Layers&(packet.LayerICMP|packet.LayerICMPv6) != 0 {
		t.unreachable(p)
		r = t.find(&k, hash)
	}
	if t.cfg.Need&Flows != 0 {
		if r == 0 {
			r = t.find(&k, hash)
		}
		if r == 0 {
			r = t.newEntry(&k, hash, p.Clock)
			t.settle(r)
		}
		t.entry(r).touch(p.Clock)
		t.count(r, dir, p)
	}
}

// stale reports whether another conversation begins in the place of an entry.
func (t *Table) stale(r ref, clock int64) bool {
	e := t.entry(r)
	return e.state == flowOnly || e.over() && clock-e.seen >= linger
}

// converse is Track for a packet of a conversation. It returns the entry of the packet, 0 for none.
func (t *Table) converse(p *packet.Packet, r ref, k *key, hash uint64, dir int) ref {
	p.Layers |= packet.LayerConn
	p.ConnOpen, p.ConnAgain, p.ConnToServer = false, false, false
	if p.Layers&packet.LayerTCP != 0 && p.TCPFlags&(packet.FlagSYN|packet.FlagFIN|packet.FlagRST) != 0 && !t.sound(p) {
		if r != 0 {
			e := t.entry(r)
			p.ConnToServer = dir == e.opener()
			p.ConnOpen = e.flags&whole != 0
		} else {
			p.ConnToServer = opens(p)
		}
		return r
	}
	if p.Layers&packet.LayerUDP != 0 {
		r = t.udp(p, r, k, hash, dir)
	} else {
		r = t.tcp(p, r, k, hash, dir)
	}
	if r == 0 {
		p.ConnToServer = opens(p)
		return 0
	}
	e := t.entry(r)
	t.at, t.dir = r, dir
	p.ConnToServer = dir == e.opener()
	p.ConnOpen = e.flags&whole != 0
	p.ConnAgain = t.seg.Again
	if t.cfg.Need&Services != 0 && e.service == 0 && len(p.Payload) > 0 && e.flags&(told0<<dir) == 0 && (t.seg.First || p.Layers&packet.LayerUDP != 0) {
		e.flags |= told0 << dir
		t.recognise(e, p)
	}
	return r
}

// opens reports whether a packet without a known conversation looks as if it came from the side that opened it: not an
// answer, and not from a well-known port to another.
func opens(p *packet.Packet) bool {
	const wellKnown = 1024 // RFC 6335: system ports are below
	if p.Layers&packet.LayerTCP != 0 {
		switch p.TCPFlags & (packet.FlagSYN | packet.FlagACK) {
		case packet.FlagSYN:
			return true
		case packet.FlagSYN | packet.FlagACK:
			return false
		}
	}
	return p.SrcPort >= wellKnown || p.DstPort < wellKnown
}

func (t *Table) sound(p *packet.Packet) bool { return t.cfg.Sound == nil || t.cfg.Sound(p) }

// A Segment says where the payload of the packet that was tracked last stands in its direction.
type Segment struct {
	First   bool // it begins with the first byte of the direction, or with the first that was seen
	InOrder bool // it goes on where the bytes before it ended
	Again   bool // all of it was seen before
}

// Segment returns what is known of the packet that was tracked last. Of a packet over UDP, First says that no other came
// before it in its direction.
func (t *Table) Segment() Segment { return t.seg }

// Service says what the conversation of the packet that was tracked last speaks, for those who read more of it than the
// table does.
func (t *Table) Service(s packet.Service) {
	if t.at != 0 {
		t.entry(t.at).service = s
	}
}

// Events returns what became known with the packet that was tracked last, in order. They are valid until the next Track.
func (t *Table) Events() []Event { return t.events }

// Clear empties Events.
func (t *Table) Clear() { t.events = t.events[:0] }
