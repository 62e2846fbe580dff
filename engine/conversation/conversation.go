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
	Datagrams                      // all of this for UDP, too; flow.* are of all packets

	All Need = 1<<iota - 1
)

// A Table is the state of all conversations. It is not safe for concurrent use, but for Hash.
type Table struct {
	cfg     Config
	masks   [9]uint64 // of hashes
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
	if n&(Datagrams|Flows) == 0 {
		l.UDP = 0
	}
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

// A Place is where the conversation of a packet is looked for: two hashes of its key, of which the table compares the upper half of
// one and all of the other, and the side that sent the packet. That two keys share these 96 bits will not happen. The zero
// Place is that of packets that the table does not keep.
type Place struct{ hash, check uint64 }

// The lowest bits of the hash of a Place, which nothing else looks at.
const (
	kept     = 1 << iota // it is not the zero Place
	fromSide             // the second side of the key sent the packet
)

// ID returns a number that all packets of a conversation share; 0 for those that the table does not keep.
func (pl Place) ID() uint64 { return pl.hash &^ fromSide }

func (pl Place) dir() int { return int(pl.hash / fromSide & 1) }

// Place returns where the conversation of a packet is looked for. It reads nothing that Track changes, so that several goroutines
// can look ahead.
func (t *Table) Place(p *packet.Packet) Place {
	if !t.keeps(p) {
		return Place{}
	}
	k, dir := keyOf(p)
	return t.place(&k, dir)
}

// place hashes a key under secret masks, so that nobody outside can choose keys that collide. The parts are multiplied side by
// side, which takes half the time of one after the other.
func (t *Table) place(k *key, dir int) Place {
	m := &t.masks
	a, b, c := mum(k[0]^m[0], k[1]^m[1]), mum(k[2]^m[2], k[3]^m[3]), mum(k[4]^m[4], k[5]^m[5])
	return Place{
		hash:  mum(a+bits.RotateLeft64(b, 23)+c, m[6])&^(fromSide|kept) | kept | uint64(dir)*fromSide,
		check: mum(a^bits.RotateLeft64(c, 31)^m[7], b+m[8]),
	}
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
	return p.Layers&t.cfg.Need.Layers() != 0
}

// Layers returns those of packets that have conversations.
func (n Need) Layers() packet.Layer {
	switch {
	case n&^(Flows|Datagrams) == 0:
		return 0
	case n&Datagrams == 0:
		return packet.LayerTCP
	}
	return packet.LayerTCP | packet.LayerUDP
}

// Prefetch asks for a place in the index, PrefetchEntry for the conversation that it leads to.
func (t *Table) Prefetch(pl Place) {
	if pl.hash != 0 {
		t.index.Prefetch(pl.hash)
	}
}

// PrefetchEntry is for some packets after Prefetch: p is the packet of the place.
func (t *Table) PrefetchEntry(p *packet.Packet, pl Place) {
	if pl.hash == 0 {
		return
	}
	if r := ref(t.index.Likely(pl.hash)); r != 0 {
		if p.TCPFlags&(syn|fin|rst) != 0 || p.Layers&packet.LayerTCP == 0 { // it may begin or end something
			t.ask(r)
		} else {
			window.Prefetch(&t.entry(r).check)
		}
	}
}

// Track gives a packet the fields conn.* and flow.*, and its conversation what it tells. Clock must be set, and the place be
// that of the packet. Events returns what became known: first of all conversations whose deadline has passed, then of the
// packet's own.
func (t *Table) Track(p *packet.Packet, pl Place) {
	t.at, t.seg = 0, Segment{}
	if p.Clock >= t.next || !t.started {
		t.advance(p.Clock)
	}
	if pl.hash == 0 {
		if p.Layers&(packet.LayerICMP|packet.LayerICMPv6) != 0 {
			t.unreachable(p)
		}
		return
	}
	r := t.find(pl)
	if p.Layers&t.cfg.Need.Layers() != 0 {
		r = t.converse(p, r, pl)
	} else if p.Layers&(packet.LayerICMP|packet.LayerICMPv6) != 0 {
		t.unreachable(p)
		r = t.find(pl)
	}
	if t.cfg.Need&Flows != 0 {
		t.flowOf(p, r, pl)
	}
}

// stale reports whether another conversation begins in the place of an entry.
func (t *Table) stale(r ref, clock int64) bool {
	e := t.entry(r)
	return e.state == flowOnly || e.over() && clock-e.seen >= linger
}

// converse is Track for a packet of a conversation. It returns the entry of the packet, 0 for none.
func (t *Table) converse(p *packet.Packet, r ref, pl Place) ref {
	dir := pl.dir()
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
		r = t.udp(p, r, pl)
	} else {
		r = t.tcp(p, r, pl)
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
		e.service = Recognise(p)
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
