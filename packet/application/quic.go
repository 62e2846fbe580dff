package application

import (
	"math/bits"
	"unsafe"
)

// Bounds of what a QUIC keeps.
const (
	maxHalves   = 1024    // hellos that are not whole yet, of MaxHead bytes each
	maxSeen     = 1 << 12 // connections whose hello was seen
	maxDatagram = 9216    // the longest datagram that is opened: a jumbo frame
	maxConnID   = 20      // RFC 9000 section 17.2
)

// QUICBound returns how many hellos a QUIC keeps at most that are not whole, and the bytes that all of it takes.
func QUICBound() (hellos int, bytes int64) {
	const entry = 16 // of the map
	return maxHalves, maxHalves*int64(unsafe.Sizeof(half{})+entry) + maxSeen*int64(unsafe.Sizeof(asked{})+8) + maxDatagram
}

// A QUIC opens Initial packets and puts the hellos in them together. The keys of a client are derived once for each
// connection. The zero value is ready; it must not be used by two goroutines at once.
//
// What a server says in its Initial packets is protected with keys that only the client's first packet tells: its hello is
// read where that was seen.
type QUIC struct {
	plain   []byte   // of the packet at hand, its header in front
	seen    []uint64 // by the low bits of a connection: that its hello was given
	asked   []asked  // by the low bits of a flow: what its client began with
	halves  []*half
	oldest  int            // of halves, where the next goes once they are all there
	by      map[uint64]int // connection to place in halves
	scratch half
}

// asked is how a client began a connection whose server did not say its hello yet.
type asked struct {
	flow    uint64 // 0 where the server did
	version *quicVersion
	id      [maxConnID]byte
	n       uint8
}

// A half is a hello of which some bytes are there, and the keys of its connection.
type half struct {
	connection uint64
	keys       initialKeys
	have       [MaxHead / 64]uint64
	data       [MaxHead]byte
}

// Hello looks into a datagram of a flow, either direction of which flow stands for, and returns the ClientHello or the
// ServerHello that it completes, a handshake message: each once for a connection, and nil otherwise. The message is valid
// until the next call. It allocates where a connection begins.
func (q *QUIC) Hello(flow uint64, datagram []byte) []byte {
	if !IsInitial(datagram) || len(datagram) > maxDatagram {
		return nil
	}
	for IsInitial(datagram) { // several may be in one datagram (RFC 9000 section 12.2)
		p, ok := parseInitial(datagram)
		if !ok {
			break
		}
		datagram = datagram[p.end:]
		hello, theirs := q.serverHello(flow, &p)
		if !theirs {
			hello = q.clientHello(flow, &p)
		}
		if hello != nil {
			return hello
		}
	}
	return nil
}

// clientHello is Hello for a packet that a client may have sent.
func (q *QUIC) clientHello(flow uint64, p *initial) []byte {
	if len(p.dcid) == 0 {
		return nil
	}
	id := connection(flow, p.dcid)
	if q.seen != nil && q.seen[id%maxSeen] == id {
		return nil
	}
	h := q.half(id)
	if h == nil && !q.begin(id, p.version, p.dcid, "client in") {
		return nil
	}
	hello, theirs := q.add(h, p)
	if theirs {
		q.ask(flow, p)
	}
	return hello
}

// serverHello is Hello for a packet that may come from the server of a connection that a client began. theirs is true
// where it does.
func (q *QUIC) serverHello(flow uint64, p *initial) (hello []byte, theirs bool) {
	if q.asked == nil {
		return nil, false
	}
	a := &q.asked[flow%maxSeen]
	if a.flow != flow|1 || a.version != p.version || string(p.dcid) == string(a.id[:a.n]) {
		return nil, false
	}
	id := connection(flow, a.id[:a.n]) ^ 2
	h := q.half(id)
	if h == nil && !q.begin(id, a.version, a.id[:a.n], "server in") {
		return nil, false
	}
	if hello, theirs = q.add(h, p); hello != nil {
		a.flow = 0
	}
	return hello, theirs
}

// begin makes the scratch ready for a connection, with the keys of one of its sides.
func (q *QUIC) begin(id uint64, v *quicVersion, dcid []byte, side string) bool {
	h := &q.scratch
	h.connection, h.have = id, [MaxHead / 64]uint64{}
	return h.keys.derive(v, dcid, side)
}

// add adds a packet to a hello, nil for the one in the scratch, and returns it where it is whole. theirs is false where
// the keys do not fit.
func (q *QUIC) add(h *half, p *initial) (hello []byte, theirs bool) {
	kept := h != nil
	if !kept {
		h = &q.scratch
	}
	frames := q.open(&h.keys, p)
	if frames == nil {
		return nil, false
	}
	if !h.crypto(frames) {
		return nil, true
	}
	n := h.contiguous()
	if n < message || n < min(h.size(), MaxHead) {
		if !kept {
			q.keep()
		}
		return nil, true
	}
	q.settle(h)
	return h.data[:n], true
}

// ask notes that a client began a connection.
func (q *QUIC) ask(flow uint64, p *initial) {
	if q.asked == nil {
		q.asked = make([]asked, maxSeen)
	}
	a := &q.asked[flow%maxSeen]
	*a = asked{flow: flow | 1, version: p.version, n: uint8(len(p.dcid))}
	copy(a.id[:], p.dcid)
}

// size is the length of the message that begins with the bytes that are there, four of them at least.
func (h *half) size() int { return message + int(h.data[1])<<16 + int(h.data[2])<<8 + int(h.data[3]) }

// connection is a hash of a flow and a connection id.
func connection(flow uint64, id []byte) uint64 {
	h := flow ^ uint64(len(id))*0x9e3779b97f4a7c15
	for _, c := range id {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h ^ h>>29 | 1
}

// half returns the half-read hello of a connection, or nil.
func (q *QUIC) half(id uint64) *half {
	if i, ok := q.by[id]; ok {
		return q.halves[i]
	}
	return nil
}

// keep gives the scratch a place of its own, where the oldest was when there is no room.
func (q *QUIC) keep() {
	if q.by == nil {
		q.by = map[uint64]int{}
	}
	i := len(q.halves)
	if i < maxHalves {
		q.halves = append(q.halves, new(half))
	} else {
		i = q.oldest
		q.oldest = (i + 1) % maxHalves
		if q.by[q.halves[i].connection] == i {
			delete(q.by, q.halves[i].connection)
		}
	}
	h := q.halves[i]
	*h = q.scratch
	q.by[h.connection] = i
}

// settle notes that the hello of a connection was given.
func (q *QUIC) settle(h *half) {
	if q.seen == nil {
		q.seen = make([]uint64, maxSeen)
	}
	q.seen[h.connection%maxSeen] = h.connection
	delete(q.by, h.connection)
}

// Types of frames that an Initial packet may have (RFC 9000 section 12.4).
const (
	framePadding = 0
	framePing    = 1
	frameACK     = 2
	frameACKECN  = 3
	frameCrypto  = 6
)

// crypto takes the CRYPTO frames of a packet in, and reports whether there are any.
func (h *half) crypto(b []byte) (any bool) {
	for at := 0; at < len(b); {
		kind := b[at]
		at++
		next := func() (v uint64) {
			v, n := varint(b, at)
			if n == 0 {
				at = len(b) + 1
			}
			at += n
			return v
		}
		switch kind {
		case framePadding, framePing:
		case frameACK, frameACKECN:
			next() // the largest
			next() // the delay
			ranges := next()
			for next(); ranges > 0 && at < len(b); ranges-- {
				next() // a gap
				next() // and what comes before it
			}
			if kind == frameACKECN {
				next()
				next()
				next()
			}
		case frameCrypto:
			offset, length := next(), next()
			if at > len(b) || length > uint64(len(b)-at) {
				return any
			}
			if offset < MaxHead {
				part := b[at : at+int(length)]
				n := copy(h.data[offset:], part)
				h.mark(int(offset), n)
				any = true
			}
			at += int(length)
		default:
			return any
		}
	}
	return any
}

// mark notes bytes that are there.
func (h *half) mark(from, n int) {
	for i := from; i < from+n; i++ {
		if i%64 == 0 && i+64 <= from+n {
			h.have[i/64] = ^uint64(0)
			i += 63
			continue
		}
		h.have[i/64] |= 1 << (i % 64)
	}
}

// contiguous returns how many bytes there are from the first on.
func (h *half) contiguous() int {
	for i, w := range h.have {
		if w != ^uint64(0) {
			return i*64 + bits.TrailingZeros64(^w)
		}
	}
	return MaxHead
}
