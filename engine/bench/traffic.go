package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// A writer writes Ethernet frames as a classic pcap file with nanosecond times.
type writer struct {
	out    *bufio.Writer
	frame  [1514]byte
	header [16]byte
	n      int
	err    error
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

// start is the time of the first packet: 2026-01-01 00:00:00 UTC, in nanoseconds since 1970.
const start = int64(1767225600e9)

// put writes the first n bytes of the frame at a time, in nanoseconds from start.
func (w *writer) put(at int64, n int) {
	n = max(n, 60) // the least that Ethernet carries
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

// ip lays out Ethernet and IPv4 headers; the transport header and payload take size bytes.
func (w *writer) ip(src, dst uint32, proto byte, size int) []byte {
	f := w.frame[:]
	be := binary.BigEndian
	be.PutUint32(f[0:], 0x02000000)
	be.PutUint16(f[4:], uint16(dst))
	be.PutUint32(f[6:], 0x02000000)
	be.PutUint16(f[10:], uint16(src))
	be.PutUint16(f[12:], 0x0800)
	f[14], f[15] = 0x45, 0
	be.PutUint16(f[16:], uint16(20+size))
	be.PutUint16(f[18:], uint16(w.n))
	be.PutUint16(f[20:], 0x4000)
	f[22], f[23] = 64, proto
	be.PutUint16(f[24:], 0)
	be.PutUint32(f[26:], src)
	be.PutUint32(f[30:], dst)
	clear(f[34 : 34+max(size, 26)])
	return f[34:]
}

const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

func (w *writer) tcp(at int64, src, dst uint32, sport, dport uint16, flags byte, payload int) {
	l4 := w.ip(src, dst, 6, 20+payload)
	be := binary.BigEndian
	be.PutUint16(l4[0:], sport)
	be.PutUint16(l4[2:], dport)
	be.PutUint32(l4[4:], uint32(w.n)*7919)
	l4[12], l4[13] = 5<<4, flags
	be.PutUint16(l4[14:], 64240)
	w.put(at, 54+payload)
}

func (w *writer) udp(at int64, src, dst uint32, sport, dport uint16, payload int) []byte {
	l4 := w.ip(src, dst, 17, 8+payload)
	be := binary.BigEndian
	be.PutUint16(l4[0:], sport)
	be.PutUint16(l4[2:], dport)
	be.PutUint16(l4[4:], uint16(8+payload))
	return l4[8:]
}

// dns writes a query, or an empty response, for a name.
func (w *writer) dns(at int64, src, dst uint32, sport, dport uint16, name string, response bool) {
	size := 12 + len(name) + 2 + 4
	m := w.udp(at, src, dst, sport, dport, size)
	be := binary.BigEndian
	be.PutUint16(m[0:], uint16(w.n))
	m[2], m[5] = 1, 1
	if response {
		m[2] = 0x81
	}
	p, label := 12, 12
	p++
	for i := range len(name) {
		if name[i] == '.' {
			m[label] = byte(p - label - 1)
			label = p
		} else {
			m[p] = name[i]
		}
		p++
	}
	m[label] = byte(p - label - 1)
	m[p], m[p+2], m[p+4] = 0, 1, 1
	w.put(at, 42+size)
}

func (w *writer) icmp(at int64, src, dst uint32, kind byte) {
	l4 := w.ip(src, dst, 1, 64)
	l4[0] = kind
	w.put(at, 34+64)
}

func (w *writer) arp(at int64, mac uint16, src, dst uint32, op byte) {
	f := w.frame[:60]
	clear(f)
	be := binary.BigEndian
	be.PutUint32(f[0:], 0xffffffff)
	be.PutUint16(f[4:], 0xffff)
	be.PutUint32(f[6:], 0x02000000)
	be.PutUint16(f[10:], mac)
	be.PutUint16(f[12:], 0x0806)
	copy(f[14:], []byte{0, 1, 8, 0, 6, 4, 0, op})
	be.PutUint32(f[22:], 0x02000000)
	be.PutUint16(f[26:], mac)
	be.PutUint32(f[28:], src)
	be.PutUint32(f[38:], dst)
	w.put(at, 60)
}

// A flow is one TCP connection of the mixed traffic.
type flow struct {
	client, server uint32
	port, service  uint16
	step, length   uint16
}

var services = [...]uint16{443, 443, 443, 443, 80, 80, 8080, 993, 5222, 22}

// mixed writes n packets over 60 s: 50,000 connections at a time between 10,000 clients at home and
// 10,000 servers outside, DNS, other UDP, ICMP, ARP, and in every hundred packets less than one of an
// attack: scans, SYN and ICMP floods, password guessing, backdoor ports, long DNS names, an upload.
func mixed(w *writer, n int) {
	r := rand.New(rand.NewPCG(1, 2))
	client := func() uint32 { return 10<<24 | 1<<16 | uint32(r.IntN(10000)) }
	server := func() uint32 { return 52<<24 | uint32(r.IntN(10000))*257 }
	flows := make([]flow, 50000)
	fresh := func(f *flow) {
		*f = flow{client: client(), server: server(), port: uint16(32768 + r.IntN(28000)), service: services[r.IntN(len(services))], length: uint16(8 + r.IntN(400))}
	}
	for i := range flows {
		fresh(&flows[i])
		flows[i].step = uint16(r.IntN(int(flows[i].length))) // in the midst of things
	}
	tick := int64(60e9) / int64(n)
	const resolver = uint32(10<<24 | 53)
	for i := range n {
		at := int64(i) * tick
		switch k := r.IntN(1000); {
		case k < 8:
			attack(w, r, at, i)
		case k < 12:
			c := client()
			w.arp(at, uint16(c), c, 10<<24|1, 1)
		case k < 18:
			w.icmp(at, client(), server(), byte(8*r.IntN(2)))
		case k < 58:
			name := fmt.Sprintf("host%d.site%d.example", r.IntN(30), r.IntN(5000))
			if r.IntN(2) == 0 {
				w.dns(at, client(), resolver, uint16(32768+r.IntN(28000)), 53, name, false)
			} else {
				w.dns(at, resolver, client(), 53, uint16(32768+r.IntN(28000)), name, true)
			}
		case k < 120:
			size := []int{30, 200, 1200}[r.IntN(3)]
			if r.IntN(2) == 0 {
				w.udp(at, client(), server(), uint16(32768+r.IntN(28000)), 443, size)
			} else {
				w.udp(at, server(), client(), 443, uint16(32768+r.IntN(28000)), size)
			}
			w.put(at, 42+size)
		default:
			f := &flows[r.IntN(len(flows))]
			step(w, r, at, f)
			if f.step > f.length {
				fresh(f)
			}
		}
	}
}

// step writes the next packet of a connection.
func step(w *writer, r *rand.Rand, at int64, f *flow) {
	up := func(flags byte, payload int) { w.tcp(at, f.client, f.server, f.port, f.service, flags, payload) }
	down := func(flags byte, payload int) { w.tcp(at, f.server, f.client, f.service, f.port, flags, payload) }
	switch {
	case f.step == 0:
		up(syn, 0)
	case f.step == 1:
		down(syn|ack, 0)
	case f.step == 2:
		up(ack, 0)
	case f.step == 3:
		up(ack|psh, 100+r.IntN(400))
	case f.step == f.length-1:
		down(fin|ack, 0)
	case f.step == f.length:
		if r.IntN(8) == 0 {
			up(rst, 0)
		} else {
			up(fin|ack, 0)
		}
	case r.IntN(3) == 0:
		up(ack, 0)
	case r.IntN(4) == 0:
		down(ack|psh, 64+r.IntN(800))
	default:
		down(ack, 1460*(1+r.IntN(4))/4)
	}
	f.step++
}

// attack writes one packet of one of the attacks that go on all the time.
func attack(w *writer, r *rand.Rand, at int64, i int) {
	const outside, home = uint32(198<<24 | 51<<16 | 100<<8), uint32(10<<24 | 1<<16)
	switch r.IntN(8) {
	case 0: // port scans
		w.tcp(at, outside|uint32(r.IntN(4)), home|uint32(r.IntN(256)), 40000, uint16(r.IntN(1024)), syn, 0)
	case 1: // SYN flood
		w.tcp(at, outside|16, home|80, uint16(r.IntN(60000)), 80, syn, 0)
	case 2: // ICMP flood
		w.icmp(at, outside|32, home|uint32(r.IntN(16)), 8)
	case 3: // password guessing
		w.tcp(at, outside|uint32(48+r.IntN(3)), home|22, uint16(r.IntN(60000)), 22, syn, 0)
	case 4: // backdoors
		w.tcp(at, home|uint32(r.IntN(50)), outside|64, uint16(32768+r.IntN(20000)), 31337, syn, 0)
	case 5: // tunnel
		w.dns(at, home|uint32(r.IntN(8)), 10<<24|53, uint16(32768+r.IntN(20000)), 53, fmt.Sprintf("%056x.t.example", i), false)
	case 6: // upload
		w.tcp(at, home|200, outside|80, 50000, 443, ack, 1460)
	case 7: // ARP spoofing
		w.arp(at, uint16(r.IntN(2)), 10<<24|uint32(1+r.IntN(4)), 10<<24|99, 2)
	}
}

// scanner is the address of the one slow scanner in the spoofed traffic.
const scanner = uint32(203<<24 | 113<<8 | 7)

// spoofed writes n packets of 64 bytes over 10 s: SYN and UDP from a million random sources to one
// network, and every 0.6 s a probe of a slow scanner.
func spoofed(w *writer, n int) {
	r := rand.New(rand.NewPCG(3, 4))
	tick := int64(10e9) / int64(n)
	every := n / 17
	for i := range n {
		at := int64(i) * tick
		if i%every == every/2 {
			w.tcp(at, scanner, 10<<24|1<<16|5, 40000, uint16(1000+i/every), syn, 0)
			continue
		}
		src := 100<<24 + uint32(r.IntN(1000000))*3
		if r.IntN(2) == 0 {
			w.tcp(at, src, 10<<24|1<<16|80, uint16(r.IntN(60000)), 80, syn, 0)
		} else {
			w.udp(at, src, 10<<24|1<<16|80, uint16(r.IntN(60000)), 53000, 18)
			w.put(at, 60)
		}
	}
}

// generate writes a capture to a file.
func generate(name string, traffic func(*writer, int), n int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := newWriter(f)
	traffic(w, n)
	if w.err == nil {
		w.err = w.out.Flush()
	}
	if err := f.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}
