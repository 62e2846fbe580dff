package main

import "github.com/ruleids/ruleids/packet"

// A detectors is the eight base detectors as one would write them by hand in Go, as fast as we know how: on the
// same decoder, with tables of values whose hot part is a cache line, and with a look ahead at the lines that
// a run of packets will need. It has no bound on keys, no late packets, no reload, no seed
// and no second worker: what all of that costs is part of the comparison.
type detectors struct {
	decoder packet.Decoder
	p       packet.Packet
	number  uint64
	clock   int64
	found   outcome
	ids     [8]uint64

	// What a run of packets has to do with the two large tables.
	attempts, uploads []event
	sink              uint64

	sources keyed[source] // of SYN
	busy    []busySource
	senders keyed[sender]
	panes   [][paneCount]int64 // of senders
	pings   keyed[ring]
	macs    keyed[speaker]

	quiet [8]keyed[int64] // when each key of each detector may fire again

	backdoor, login, service [1024]uint64
}

// The detectors, in the order of their names in base.
const (
	portScan = iota
	synFlood
	icmpFlood
	suspiciousPort
	arpSpoof
	dnsTunnel
	dataExfil
	bruteForce
)

const (
	second    = int64(1e9)
	minute    = 60 * second
	hour      = 3600 * second
	day       = 24 * hour
	floodSpan = 5 * second
	scanSpan  = 10 * second
	loginSpan = 30 * second
	sentSpan  = 60 * second

	scanPorts, floodSYNs, floodPings, loginAttempts = 15, 200, 100, 30
	exfilBytes                                      = 5_000_000
	tunnelName                                      = 50

	paneCount = 64
	paneSpan  = sentSpan / paneCount
)

// runLength is how many packets are decoded before the tables are looked at.
const runLength = 64

// An event is a packet that concerns a large table.
type event struct {
	key       packet.Addr
	hash      uint64
	at, clock int64
	number    uint64
	n         uint32 // bytes
	port      uint16
	pair      packet.Addr // of source and destination, for a backdoor's port
}

// A source is the SYNs of an address that has sent few lately, in one cache line with its key. None of three
// detectors can fire on those.
type source struct {
	times [fewSYNs]int64
	ports [fewSYNs]uint16
	n     uint16
	busy  uint32 // index + 1 of what it has when it has sent more
}

const fewSYNs = 4

// A busySource is the state of the three detectors that count SYNs by source.
type busySource struct {
	scan           scanState
	syns, attempts ring
}

type scanState struct {
	n     int
	times [scanPorts]int64
	ports [scanPorts]uint16
}

// A sender is what an address at home has sent to the outside.
type sender struct {
	total  int64 // of the window
	newest int64 // bytes of the newest pane, which are not among panes yet
	pane   int64 // its number
	panes  int32 // index
}

type speaker struct {
	mac     packet.MAC
	seen    int64
	changed int64
}

func newDetectors() *detectors {
	d := &detectors{decoder: packet.Decoder{NeedDNS: true}}
	for i, name := range base {
		d.ids[i] = ruleID(name)
	}
	set := func(m *[1024]uint64, ports ...uint16) {
		for _, p := range ports {
			m[p>>6] |= 1 << (p & 63)
		}
	}
	set(&d.backdoor, 1337, 4444, 4445, 5554, 5555, 6666, 6667, 6668, 6669, 12345, 12346, 20034, 27374, 31337, 31338, 54321)
	set(&d.login, 21, 22, 23, 25, 110, 143, 445, 1433, 3306, 3389, 5432, 5900)
	set(&d.service, 53, 67, 69, 123, 137, 161, 389, 443, 500, 1194, 1645, 1646, 1701, 1718, 1719, 1812, 1813, 1900, 3478, 3479, 3702, 3799, 4500, 4789, 5060, 5061, 5349, 5353, 5355, 19302, 51820)
	return d
}

func in(m *[1024]uint64, port uint16) bool { return m[port>>6]>>(port&63)&1 != 0 }

// process takes a batch of frames.
func (d *detectors) process(fs []packet.Frame) {
	for len(fs) > 0 {
		n := min(runLength, len(fs))
		d.attempts, d.uploads = d.attempts[:0], d.uploads[:0]
		for i := range fs[:n] {
			d.decoder.Decode(&d.p, &fs[i])
			d.number++
			if d.p.Time > d.clock {
				d.clock = d.p.Time
			}
			d.packet(&d.p)
		}
		fs = fs[n:]
		for i := range d.uploads {
			d.sink += d.senders.touch(d.uploads[i].hash)
		}
		for i := range d.attempts {
			d.sink += d.sources.touch(d.attempts[i].hash)
		}
		for i := range d.uploads {
			d.upload(&d.uploads[i])
		}
		for i := range d.attempts {
			d.attempt(&d.attempts[i])
		}
	}
}

// packet looks at what was decoded. Detectors of what is rare are done with it at once.
func (d *detectors) packet(p *packet.Packet) {
	switch {
	case p.Layers&packet.LayerIP != 0:
		if home(p.Src) && !home(p.Dst) && !group(p.Dst) {
			d.uploads = append(d.uploads, event{key: p.Src, hash: hashAddr(p.Src), at: p.Time, clock: d.clock, number: d.number, n: p.IPLen})
		}
		switch {
		case p.Layers&packet.LayerTCP != 0:
			if p.TCPFlags&(packet.FlagSYN|packet.FlagACK) == packet.FlagSYN {
				d.attempts = append(d.attempts, event{key: p.Src, hash: hashAddr(p.Src), at: p.Time, clock: d.clock, number: d.number, port: p.DstPort, pair: pair(p)})
			}
		case p.Layers&packet.LayerUDP != 0:
			if in(&d.backdoor, p.DstPort) && !in(&d.service, p.SrcPort) {
				d.fire(suspiciousPort, pair(p), 5*minute, d.clock, d.number)
			}
			if p.Layers&packet.LayerDNSQuery != 0 {
				d.query(p)
			}
			return
		case p.Layers&packet.LayerICMP != 0 && p.ICMPType == 8, p.Layers&packet.LayerICMPv6 != 0 && p.ICMPType == 128:
			r, _ := d.pings.get(p.Src, hashAddr(p.Src))
			if r.push(floodPings, p.Time, d.clock-floodSpan) {
				d.fire(icmpFlood, p.Src, minute, d.clock, d.number)
			}
		}
		if p.Layers&packet.LayerDNSQuery != 0 {
			d.query(p)
		}
	case p.Layers&packet.LayerARPIPv4 != 0 && p.ARPSrcIP != packet.AddrFrom4([4]byte{}):
		s, known := d.macs.get(p.ARPSrcIP, hashAddr(p.ARPSrcIP))
		if known && s.mac != p.ARPSrcMAC {
			s.changed = s.seen
		}
		s.mac, s.seen = p.ARPSrcMAC, p.Time
		if s.changed > d.clock-day {
			d.fire(arpSpoof, p.ARPSrcIP, hour, d.clock, d.number)
		}
	}
}

func (d *detectors) query(p *packet.Packet) {
	if !p.DNSResponse && len(p.QueryName()) > tunnelName {
		d.fire(dnsTunnel, p.Src, minute, d.clock, d.number)
	}
}

// fire raises an alert of a detector unless its key is quiet.
func (d *detectors) fire(detector int, key packet.Addr, cooldown, clock int64, number uint64) {
	until, _ := d.quiet[detector].get(key, hashAddr(key))
	if clock < *until {
		return
	}
	*until = clock + cooldown
	d.found.alert(d.ids[detector], number)
}

// attempt looks at a SYN.
func (d *detectors) attempt(e *event) {
	if in(&d.backdoor, e.port) {
		d.fire(suspiciousPort, e.pair, 5*minute, e.clock, e.number)
	}
	s, _ := d.sources.get(e.key, e.hash)
	if s.busy == 0 {
		if s.n == fewSYNs {
			s.expire(e.clock - loginSpan)
		}
		if s.n < fewSYNs {
			s.times[s.n], s.ports[s.n] = e.at, e.port
			s.n++
			return
		}
		d.busy = append(d.busy, busySource{})
		s.busy = uint32(len(d.busy))
		b := &d.busy[s.busy-1]
		for i := range s.n {
			b.add(d, s.ports[i], s.times[i], e.clock)
		}
	}
	b := &d.busy[s.busy-1]
	scan, flood, login := b.add(d, e.port, e.at, e.clock)
	if scan {
		d.fire(portScan, e.key, 5*minute, e.clock, e.number)
	}
	if flood {
		d.fire(synFlood, e.key, minute, e.clock, e.number)
	}
	if login {
		d.fire(bruteForce, e.key, 5*minute, e.clock, e.number)
	}
}

// expire drops the SYNs up to cut, the end of the longest window.
func (s *source) expire(cut int64) {
	k := uint16(0)
	for k < s.n && s.times[k] <= cut {
		k++
	}
	copy(s.times[:], s.times[k:s.n])
	copy(s.ports[:], s.ports[k:s.n])
	s.n -= k
}

// add counts a SYN and reports which of the detectors it makes fire.
func (b *busySource) add(d *detectors, port uint16, at, clock int64) (scan, flood, login bool) {
	scan = b.scan.see(port, at, clock-scanSpan)
	flood = b.syns.push(floodSYNs, at, clock-floodSpan)
	if in(&d.login, port) {
		login = b.attempts.push(loginAttempts, at, clock-loginSpan)
	}
	return scan, flood, login
}

// see notes a port and reports whether so many as make a scan were seen after cut.
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
	case s.n < scanPorts:
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
	return alive == scanPorts
}

// upload looks at a packet from home to the outside.
func (d *detectors) upload(e *event) {
	s, known := d.senders.get(e.key, e.hash)
	pane := e.clock / paneSpan
	switch {
	case !known:
		s.panes, s.pane = int32(len(d.panes)), pane
		d.panes = append(d.panes, [paneCount]int64{})
	case s.pane != pane:
		s.move(&d.panes[s.panes], pane)
	}
	s.newest += int64(e.n)
	s.total += int64(e.n)
	if s.total >= exfilBytes {
		d.fire(dataExfil, e.key, 5*minute, e.clock, e.number)
	}
}

// move begins a new pane and lets go of those that have left the window.
func (s *sender) move(panes *[paneCount]int64, pane int64) {
	panes[s.pane%paneCount] = s.newest
	for at := s.pane + 1; at <= min(pane, s.pane+paneCount); at++ {
		s.total -= panes[at%paneCount]
		panes[at%paneCount] = 0
	}
	s.newest, s.pane = 0, pane
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
