package main

import (
	"bufio"
	"encoding/binary"
	"io"
)

// A writer writes Ethernet frames as a classic pcap file with nanosecond times. Payloads but those of DNS are
// zeros, unless there is a filler; lengths, sequence numbers and checksums are right.
type writer struct {
	out    *bufio.Writer
	frame  [1514]byte
	header [16]byte
	n      int // frames so far
	err    error
	// filler fills the payload of a packet between two ports, place saying where in the stream it is; nil for zeros.
	filler func(payload []byte, sport, dport uint16, place uint32)
}

func newWriter(w io.Writer) *writer {
	out := bufio.NewWriterSize(w, 1<<20)
	var h [24]byte
	le := binary.LittleEndian
	le.PutUint32(h[0:], 0xa1b23c4d)
	le.PutUint16(h[4:], 2)
	le.PutUint16(h[6:], 4)
	le.PutUint32(h[16:], 65535)
	le.PutUint32(h[20:], 1)
	_, err := out.Write(h[:])
	return &writer{out: out, err: err}
}

const (
	// start is the time of the first packet: 2026-01-01 00:00:00 UTC, in nanoseconds since 1970.
	start = int64(1767225600e9)
	// frameLeast is the shortest frame of Ethernet (IEEE 802.3, section 3.2.6), its check sequence included.
	frameLeast = 64
	// frameMost is the longest frame of the bench: a tunnel's header short of what Ethernet could carry.
	frameMost = 1500

	etherHeader, ipHeader, tcpHeader, udpHeader = 14, 20, 20, 8

	tcpMost = frameMost - etherHeader - ipHeader - tcpHeader // payload
)

// put writes the first n bytes of the frame, padded to the least, at a time in nanoseconds from start.
func (w *writer) put(at int64, n int) {
	if n < frameLeast {
		clear(w.frame[n:frameLeast])
		n = frameLeast
	}
	t := start + at
	le := binary.LittleEndian
	le.PutUint32(w.header[0:], uint32(t/1e9))
	le.PutUint32(w.header[4:], uint32(t%1e9))
	le.PutUint32(w.header[8:], uint32(n))
	le.PutUint32(w.header[12:], uint32(n))
	if w.err == nil {
		_, w.err = w.out.Write(w.header[:])
	}
	if w.err == nil {
		_, w.err = w.out.Write(w.frame[:n])
	}
	w.n++
}

// gateway is the hardware address that everything outside is behind.
const gateway = uint64(0x02_00_00_00_00_01)

// mac is the hardware address that stands for an address on the link that is captured.
func mac(a uint32) uint64 {
	if a>>24 == 10 {
		return 0x02_00<<32 | uint64(a)
	}
	return gateway
}

// ether lays out an Ethernet header.
func (w *writer) ether(src, dst uint64, kind uint16) {
	be := binary.BigEndian
	be.PutUint16(w.frame[0:], uint16(dst>>32))
	be.PutUint32(w.frame[2:], uint32(dst))
	be.PutUint16(w.frame[6:], uint16(src>>32))
	be.PutUint32(w.frame[8:], uint32(src))
	be.PutUint16(w.frame[12:], kind)
}

// ip lays out Ethernet and IPv4 headers and returns the size bytes behind them, cleared.
func (w *writer) ip(src, dst uint32, proto byte, size int) []byte {
	w.ether(mac(src), mac(dst), 0x0800)
	h := w.frame[etherHeader : etherHeader+ipHeader]
	be := binary.BigEndian
	h[0], h[1] = 0x45, 0
	be.PutUint16(h[2:], uint16(ipHeader+size))
	be.PutUint16(h[4:], uint16(w.n))
	be.PutUint16(h[6:], 0x4000) // don't fragment
	h[8], h[9] = 64, proto
	be.PutUint16(h[10:], 0)
	be.PutUint32(h[12:], src)
	be.PutUint32(h[16:], dst)
	be.PutUint16(h[10:], ^checksum(0, h))
	b := w.frame[etherHeader+ipHeader:][:size]
	clear(b)
	return b
}

// checksum adds the 16-bit words of b to a sum of the Internet checksum (RFC 1071).
func checksum(sum uint64, b []byte) uint16 {
	for ; len(b) >= 4; b = b[4:] {
		sum += uint64(binary.BigEndian.Uint32(b))
	}
	if len(b) >= 2 {
		sum += uint64(b[0])<<24 | uint64(b[1])<<16
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint64(b[0]) << 24
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// pseudo is the checksum's sum of the pseudo-header of TCP and UDP (RFC 9293, section 3.1; RFC 768).
func pseudo(src, dst uint32, proto byte, size int) uint64 {
	return uint64(src) + uint64(dst) + uint64(proto) + uint64(size)
}

// Flags of TCP.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// A segment is the header of a TCP packet.
type segment struct {
	src, dst     uint32
	sport, dport uint16
	seq, ack     uint32
	flags        byte
	payload      int // bytes
}

func (w *writer) tcp(at int64, s segment) {
	size := tcpHeader + s.payload
	l4 := w.ip(s.src, s.dst, 6, size)
	be := binary.BigEndian
	be.PutUint16(l4[0:], s.sport)
	be.PutUint16(l4[2:], s.dport)
	be.PutUint32(l4[4:], s.seq)
	be.PutUint32(l4[8:], s.ack)
	l4[12], l4[13] = tcpHeader/4<<4, s.flags
	be.PutUint16(l4[14:], 64240)
	sum := l4[:tcpHeader] // zeros add nothing
	if w.filler != nil {
		w.filler(l4[tcpHeader:], s.sport, s.dport, s.seq)
		sum = l4
	}
	be.PutUint16(l4[16:], ^checksum(pseudo(s.src, s.dst, 6, size), sum))
	w.put(at, etherHeader+ipHeader+size)
}

// probe writes a SYN.
func (w *writer) probe(at int64, src, dst uint32, sport, dport uint16) {
	w.tcp(at, segment{src: src, dst: dst, sport: sport, dport: dport, seq: uint32(w.n) * 7919, flags: syn})
}

// udp lays out a datagram; fill writes its payload, and may be nil.
func (w *writer) udp(at int64, src, dst uint32, sport, dport uint16, payload int, fill func([]byte)) {
	size := udpHeader + payload
	l4 := w.ip(src, dst, 17, size)
	be := binary.BigEndian
	be.PutUint16(l4[0:], sport)
	be.PutUint16(l4[2:], dport)
	be.PutUint16(l4[4:], uint16(size))
	sum := l4[:udpHeader]
	if fill == nil && w.filler != nil {
		fill = func(b []byte) { w.filler(b, sport, dport, uint32(w.n)) }
	}
	if fill != nil {
		fill(l4[udpHeader:])
		sum = l4
	}
	be.PutUint16(l4[6:], ^checksum(pseudo(src, dst, 17, size), sum))
	w.put(at, etherHeader+ipHeader+size)
}

// An exchange is a question to a DNS server.
type exchange struct {
	client uint32
	port   uint16
	id     uint16
	kind   uint16 // of record: 1 for A, 28 for AAAA
	name   string
}

// dns writes the question, or its answer with one record (RFC 1035, section 4.1).
func (w *writer) dns(at int64, server uint32, x exchange, answer bool) {
	record := 0
	if answer {
		record = 12 + 4
		if x.kind == 28 {
			record = 12 + 16
		}
	}
	size := 12 + len(x.name) + 2 + 4 + record
	src, dst, sport, dport := x.client, server, x.port, uint16(53)
	if answer {
		src, dst, sport, dport = dst, src, dport, sport
	}
	w.udp(at, src, dst, sport, dport, size, func(m []byte) {
		be := binary.BigEndian
		be.PutUint16(m[0:], x.id)
		m[2], m[5] = 1, 1 // recursion desired, one question
		label, p := 12, 13
		for i := range len(x.name) {
			if x.name[i] == '.' {
				m[label] = byte(p - label - 1)
				label = p
			} else {
				m[p] = x.name[i]
			}
			p++
		}
		m[label] = byte(p - label - 1)
		p++ // the root
		be.PutUint16(m[p:], x.kind)
		m[p+3] = 1
		if !answer {
			return
		}
		m[2], m[3], m[7] = 0x81, 0x80, 1
		r := m[p+4:]
		be.PutUint16(r[0:], 0xc00c) // the name of the question
		be.PutUint16(r[2:], x.kind)
		r[5] = 1
		be.PutUint32(r[6:], 300)
		be.PutUint16(r[10:], uint16(record-12))
		be.PutUint32(r[record-4:], 52<<24|uint32(x.id))
	})
}

// echo writes a ping, of type 8, or its answer, of type 0.
func (w *writer) echo(at int64, src, dst uint32, kind byte) {
	l4 := w.ip(src, dst, 1, 64)
	l4[0] = kind
	be := binary.BigEndian
	be.PutUint16(l4[6:], uint16(w.n))
	be.PutUint16(l4[2:], ^checksum(0, l4[:8]))
	w.put(at, etherHeader+ipHeader+64)
}

// arp writes an ARP packet (RFC 826): src is said to be at from.
func (w *writer) arp(at int64, from uint64, src, dst uint32, op byte) {
	to := uint64(1<<48 - 1)
	if op == 2 {
		to = mac(dst)
	}
	w.ether(from, to, 0x0806)
	b := w.frame[etherHeader : etherHeader+28]
	clear(b)
	be := binary.BigEndian
	copy(b, []byte{0, 1, 8, 0, 6, 4, 0, op})
	be.PutUint16(b[8:], uint16(from>>32))
	be.PutUint32(b[10:], uint32(from))
	be.PutUint32(b[14:], src)
	be.PutUint32(b[24:], dst)
	w.put(at, etherHeader+28)
}
