package packet

import "math/bits"

// Bounds on what a Reassembler keeps.
const (
	fragmentKeep  = 256  // bytes from the beginning of what an IP packet carries: the transport header and what is said first
	fragmentSets  = 256  // a packet's place is one of fragmentWays in one of these
	fragmentWays  = 4    //
	fragmentUnits = 8192 // of eight bytes in what an IP packet can carry
	fragmentSpan  = int64(30e9)
)

// A Reassembler finds the transport headers that are spread over fragments: it keeps the first 256 bytes of what each IP
// packet carries for 30 seconds of packet time, of 1,024 packets at once; where there are more, the oldest go first.
//
// The fragment that completes these bytes, or the packet, has the transport layers and fields, in the place of the
// first fragment, as in Wireshark; a first fragment that holds its whole transport header has them itself, and the others
// then have none. Where fragments overlap, the byte that came first is kept: hosts refuse such packets (RFC 5722; Linux
// for IPv4 too). Fragments must come in their order. The zero value is ready, and takes memory with the first fragment.
type Reassembler struct {
	Seed uint64 // of the places of packets, so that a sender cannot choose those of others
	sets *[fragmentSets][fragmentWays]assembly

	// Fragments counts those that were looked at, Evicted the packets that were given up to make room.
	Fragments, Evicted uint64
}

// An assembly is what is known of one IP packet in fragments.
type assembly struct {
	src, dst Addr
	since    int64 // time of its first fragment
	id       uint32
	end      uint32 // length of what the packet carries; 0 while the last fragment has not come
	total    uint32 // bytes that came, each once
	proto    uint8
	version  uint8
	used     bool
	given    bool // a fragment had the transport layers
	cut      bool // the capture left out some of the bytes to be kept
	units    [fragmentUnits / 64]uint64
	starts   [fragmentUnits / 64]uint64 // where fragments begin
	kept     [fragmentKeep]byte
}

// Fragment reports whether the packet is a part of an IP packet.
func (p *Packet) Fragment() bool { return p.Layers&LayerIP != 0 && (p.MF || p.FragOffset != 0) }

// Add looks at the next fragment in order of the input; Clock must be set. Where it completes the transport header, p gets
// its layers and fields, which d decodes; Payload then is memory of its own.
func (r *Reassembler) Add(d *Decoder, p *Packet) {
	r.Fragments++
	from, n := uint32(p.FragOffset)*8, p.fragmentLen
	if n == 0 || from+n > 1<<16 || p.MF && n%8 != 0 { // no host takes it
		return
	}
	a := r.find(p)
	p.FragOverlap = a.mark(from, n, p.MF, p.fragment)
	if p.FragOffset == 0 && p.Class != ClassIP {
		a.given = true
	}
	whole := a.end != 0 && a.total >= a.end
	defer func() { a.used = !whole }()
	if a.given || a.cut {
		return
	}
	have := a.contiguous()
	if a.end != 0 {
		have = min(have, a.end)
	}
	if have < fragmentKeep && !whole || have == 0 {
		return
	}
	a.given = true
	bytes := append([]byte(nil), a.kept[:min(have, fragmentKeep)]...)
	wire := max(int(a.end), len(bytes))
	broken := d.Malformed
	if p.IPVersion == 6 {
		d.extensions(p, p.fragmentProto, bytes, wire, 1)
	} else {
		d.transport(p, p.fragmentProto, bytes, wire, 1)
	}
	p.apart = true
	if p.Malformed {
		d.Malformed = broken // the frame is counted once
	}
	p.Malformed = p.Malformed || d.Malformed != broken
}

// find returns the assembly of a fragment's packet, a new one where there is none.
func (r *Reassembler) find(p *Packet) *assembly {
	if r.sets == nil {
		r.sets = new([fragmentSets][fragmentWays]assembly)
	}
	h := r.Seed ^ (p.Src.Lo^p.Src.Hi*0x9e3779b97f4a7c15)*0xbf58476d1ce4e5b9 ^ bits.RotateLeft64(p.Dst.Lo^p.Dst.Hi, 29) ^ uint64(p.IPID)*0x94d049bb133111eb
	set := &r.sets[h*0x9e3779b97f4a7c15>>(64-8)]
	oldest := &set[0]
	for i := range set {
		a := &set[i]
		if a.used && p.Clock-a.since > fragmentSpan {
			a.used = false
		}
		if a.used && a.id == p.IPID && a.proto == p.fragmentProto && a.version == p.IPVersion && a.src == p.Src && a.dst == p.Dst {
			return a
		}
		if !a.used && oldest.used || a.used == oldest.used && a.since < oldest.since {
			oldest = a
		}
	}
	if oldest.used {
		r.Evicted++
	}
	*oldest = assembly{src: p.Src, dst: p.Dst, since: p.Clock, id: p.IPID, proto: p.fragmentProto, version: p.IPVersion, used: true}
	return oldest
}

// mark notes that n bytes came, and reports whether some came before in another way.
func (a *assembly) mark(from, n uint32, more bool, b []byte) (overlap bool) {
	first, last := from/8, (from+n-1)/8
	if !more {
		overlap = a.end != 0 && a.end != from+n
		if a.end == 0 {
			a.end = from + n
		}
	}
	had := uint32(0)
	for u := first; u <= last; u++ {
		if a.units[u/64]>>(u%64)&1 != 0 {
			had++
		}
	}
	if had > 0 {
		// The same fragment once more is none.
		again := had == last-first+1 && a.starts[first/64]>>(first%64)&1 != 0 && a.boundary(last+1)
		overlap = overlap || !again
	}
	for u := first; u <= last; u++ {
		bit := uint64(1) << (u % 64)
		at := u * 8
		size := min(8, from+n-at)
		if a.units[u/64]&bit == 0 {
			a.units[u/64] |= bit
			a.total += size
			if at < fragmentKeep {
				a.cut = a.cut || at-from+size > uint32(len(b))
				if !a.cut {
					copy(a.kept[at:], b[at-from:][:size])
				}
			}
		} else if at < fragmentKeep && at-from+size <= uint32(len(b)) && string(a.kept[at:at+size]) != string(b[at-from:][:size]) {
			overlap = true
		}
	}
	a.starts[first/64] |= 1 << (first % 64)
	return overlap
}

// boundary reports whether no fragment that came goes on from the unit before to this one.
func (a *assembly) boundary(u uint32) bool {
	return u >= fragmentUnits || a.units[u/64]>>(u%64)&1 == 0 || a.starts[u/64]>>(u%64)&1 != 0
}

// contiguous returns how many bytes from the beginning on came, as far as they are kept.
func (a *assembly) contiguous() uint32 {
	const first = fragmentKeep / 8
	return 8 * min(first, uint32(bits.TrailingZeros64(^a.units[0])))
}
