package main

import (
	"github.com/ruleids/ruleids/packet"
)

// A detectors is the eight base detectors as one would write them by hand in Go: straight code on the
// same decoder, open-addressed tables of values, rings of times. It has no bound on keys, no
// exceptions, no reload and no second worker: what rules cost is measured against it.
type detectors struct {
	now    int64
	alerts int

	scans  keyed[scanState]
	syns   keyed[ring200]
	pings  keyed[ring100]
	logins keyed[ring30]
	sent   keyed[sums]
	macs   keyed[speaker]

	quiet [8]keyed[int64] // when each key of each detector may fire again

	backdoor, login [1024]uint64
}

const (
	ringSpan  = int64(5e9)
	scanSpan  = int64(10e9)
	loginSpan = int64(30e9)
	sentSpan  = int64(60e9)
	paneSpan  = sentSpan / 64
	day       = int64(86400e9)
)

type scanState struct {
	n     int
	ports [15]uint16
	times [15]int64
}

type ring200 struct {
	n, head int
	times   [200]int64
}

type ring100 struct {
	n, head int
	times   [100]int64
}

type ring30 struct {
	n, head int
	times   [30]int64
}

type sums struct {
	panes [64]int64
	total int64
	last  int64 // pane that is being filled
}

type speaker struct {
	mac     packet.MAC
	seen    int64
	changed int64
}

func newDetectors() *detectors {
	d := &detectors{}
	set := func(m *[1024]uint64, ports ...uint16) {
		for _, p := range ports {
			m[p>>6] |= 1 << (p & 63)
		}
	}
	set(&d.backdoor, 1337, 4444, 4445, 5554, 5555, 6666, 6667, 6668, 6669, 12345, 12346, 20034, 27374, 31337, 31338, 54321)
	set(&d.login, 21, 22, 23, 25, 110, 143, 445, 1433, 3306, 3389, 5432, 5900)
	return d
}

func in(m *[1024]uint64, port uint16) bool { return m[port>>6]>>(port&63)&1 != 0 }

// fire counts an alert of detector i unless its key is quiet.
func (d *detectors) fire(i int, key packet.Addr, cooldown int64) {
	until, _ := d.quiet[i].get(key)
	if d.now < *until {
		return
	}
	*until = d.now + cooldown
	d.alerts++
}

const usual, minute, minutes, hour = int64(15e9), int64(60e9), int64(300e9), int64(3600e9)

func (d *detectors) packet(p *packet.Packet) {
	if p.Time > d.now {
		d.now = p.Time
	}
	switch {
	case p.Layers&packet.LayerIP != 0:
		if home(p.Src) && !home(p.Dst) && !group(p.Dst) {
			d.exfil(p)
		}
		switch {
		case p.Layers&packet.LayerTCP != 0:
			if p.TCPFlags&(packet.FlagSYN|packet.FlagACK) == packet.FlagSYN {
				d.attempt(p)
			}
		case p.Layers&packet.LayerUDP != 0:
			if in(&d.backdoor, p.DstPort) {
				d.fire(3, pair(p), minutes)
			}
		case p.Layers&packet.LayerICMP != 0 && p.ICMPType == 8, p.Layers&packet.LayerICMPv6 != 0 && p.ICMPType == 128:
			r, _ := d.pings.get(p.Src)
			if push(r.times[:], &r.n, &r.head, p.Time, d.now-ringSpan) {
				d.fire(2, p.Src, usual)
			}
		}
		if p.Layers&packet.LayerDNSQuery != 0 && !p.DNSResponse && len(p.QueryName()) > 50 {
			d.fire(5, p.Src, minute)
		}
	case p.Layers&packet.LayerARPIPv4 != 0 && p.ARPSrcIP != packet.AddrFrom4([4]byte{}):
		s, known := d.macs.get(p.ARPSrcIP)
		if known && s.mac != p.ARPSrcMAC && s.seen > d.now-day {
			s.changed = s.seen
		}
		s.mac, s.seen = p.ARPSrcMAC, p.Time
		if s.changed > d.now-day {
			d.fire(4, p.ARPSrcIP, hour)
		}
	}
}

// attempt looks at a TCP SYN.
func (d *detectors) attempt(p *packet.Packet) {
	r, _ := d.syns.get(p.Src)
	if push(r.times[:], &r.n, &r.head, p.Time, d.now-ringSpan) {
		d.fire(1, p.Src, usual)
	}
	s, _ := d.scans.get(p.Src)
	if s.see(p.DstPort, p.Time, d.now-scanSpan) {
		d.fire(0, p.Src, usual)
	}
	if in(&d.backdoor, p.DstPort) {
		d.fire(3, pair(p), minutes)
	}
	if in(&d.login, p.DstPort) {
		l, _ := d.logins.get(p.Src)
		if push(l.times[:], &l.n, &l.head, p.Time, d.now-loginSpan) {
			d.fire(7, p.Src, usual)
		}
	}
}

func (d *detectors) exfil(p *packet.Packet) {
	s, _ := d.sent.get(p.Src)
	pane := d.now / paneSpan
	for ; s.last < pane; s.last++ {
		if pane-s.last >= 64 { // long ago
			*s = sums{last: pane}
			break
		}
		s.total -= s.panes[(s.last+1)&63]
		s.panes[(s.last+1)&63] = 0
	}
	s.panes[pane&63] += int64(p.IPLen)
	s.total += int64(p.IPLen)
	if s.total >= 5_000_000 {
		d.fire(6, p.Src, minutes)
	}
}

// push adds a time to a ring and reports whether the ring is full of times after cut.
func push(times []int64, n, head *int, at, cut int64) bool {
	if *n < len(times) {
		i := *head + *n
		if i >= len(times) {
			i -= len(times)
		}
		times[i] = at
		*n++
	} else {
		times[*head] = at
		if *head++; *head == len(times) {
			*head = 0
		}
	}
	return *n == len(times) && times[*head] > cut
}

// see notes a port and reports whether 15 were seen after cut.
func (s *scanState) see(port uint16, at, cut int64) bool {
	oldest, alive := 0, 0
	for i := range s.n {
		if s.ports[i] == port {
			s.times[i] = at
			oldest = -1
		} else if oldest >= 0 && s.times[i] < s.times[oldest] {
			oldest = i
		}
	}
	switch {
	case oldest < 0:
	case s.n < len(s.ports):
		s.ports[s.n], s.times[s.n] = port, at
		s.n++
	default:
		s.ports[oldest], s.times[oldest] = port, at
	}
	for _, t := range s.times[:s.n] {
		if t > cut {
			alive++
		}
	}
	return alive == len(s.ports)
}

func v4(a packet.Addr) (uint32, bool) { return uint32(a.Lo), a.Is4() }

func home(a packet.Addr) bool {
	if v, ok := v4(a); ok {
		return v>>24 == 10 || v>>24 == 127 || v>>20 == 172<<4|1 || v>>16 == 192<<8|168 || v>>16 == 169<<8|254
	}
	return a.Hi>>57 == 0xfc>>1 || a.Hi>>54 == 0xfe80>>6 || a.Hi == 0 && a.Lo == 1
}

func group(a packet.Addr) bool {
	if v, ok := v4(a); ok {
		return v>>28 == 14 || v == 1<<32-1
	}
	return a.Hi>>56 == 0xff
}

// pair folds source and destination to one key.
func pair(p *packet.Packet) packet.Addr {
	return packet.Addr{Hi: p.Src.Hi ^ p.Src.Lo<<32 ^ p.Dst.Lo, Lo: p.Dst.Hi ^ p.Src.Lo}
}

// A keyed is an open-addressed table: hashes beside indices, states in chunks.
type keyed[T any] struct {
	slots []uint64 // upper half of the hash, index + 1
	keys  []packet.Addr
	vals  []*[64]T
}

func (k *keyed[T]) get(a packet.Addr) (*T, bool) {
	if 2*(len(k.keys)+1) > len(k.slots) {
		k.grow()
	}
	h := (a.Lo ^ a.Hi*0x9e3779b97f4a7c15) * 0xa0761d6478bd642f
	h ^= h >> 29
	mask := uint64(len(k.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := k.slots[i]
		if s == 0 {
			n := len(k.keys)
			k.slots[i] = h&^(1<<32-1) | uint64(n+1)
			k.keys = append(k.keys, a)
			if n>>6 == len(k.vals) {
				k.vals = append(k.vals, new([64]T))
			}
			return &k.vals[n>>6][n&63], false
		}
		if s>>32 == h>>32 {
			if n := int(uint32(s)) - 1; k.keys[n] == a {
				return &k.vals[n>>6][n&63], true
			}
		}
	}
}

func (k *keyed[T]) grow() {
	k.slots = make([]uint64, max(64, 2*len(k.slots)))
	mask := uint64(len(k.slots) - 1)
	for n, a := range k.keys {
		h := (a.Lo ^ a.Hi*0x9e3779b97f4a7c15) * 0xa0761d6478bd642f
		h ^= h >> 29
		i := h & mask
		for k.slots[i] != 0 {
			i = (i + 1) & mask
		}
		k.slots[i] = h&^(1<<32-1) | uint64(n+1)
	}
}
