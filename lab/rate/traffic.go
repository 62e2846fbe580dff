package main

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// cycle is how many frames are made; they are sent over and over.
const cycle = 16384

// A traffic is a kind of made-up frames, of one length, the same every time.
type traffic struct {
	name   string
	frames func(length int) [][]byte
}

// traffics lists the kinds: what a network looks like, and a single flow.
func traffics() []traffic {
	return []traffic{{"mix", mix}, {"flow", singleFlow}}
}

const (
	flagFIN = 1
	flagSYN = 2
	flagPSH = 8
	flagACK = 16

	minFrame = 64 // the shortest frame that holds a DNS question

	// headBytes is how much of each frame differs from the next; what is behind is zero.
	headBytes = minFrame
)

// A frameWriter makes frames of one length into one piece of memory.
type frameWriter struct {
	*rand.Rand
	length int
	frames [][]byte
}

func newFrameWriter(length, n int) *frameWriter {
	w := &frameWriter{Rand: rand.New(rand.NewPCG(1, uint64(length))), length: length}
	memory := make([]byte, length*n)
	for i := range n {
		w.frames = append(w.frames, memory[i*length:][:length:length])
	}
	return w
}

// ethernet and IPv4, by the fields that differ. Checksums are left out: nothing here looks at them. The destination
// is the address of no interface, so that the stack lets go of the packet once the taps have it.
func (w *frameWriter) ip(f []byte, proto byte, src, dst netip.Addr, payload int) []byte {
	copy(f, []byte{2, 0, 0, 0, 0, 10, 2, 0, 0, 0, 0, 7, 8, 0, 0x45})
	binary.BigEndian.PutUint16(f[16:], uint16(20+payload))
	binary.BigEndian.PutUint16(f[18:], uint16(w.Uint32()))
	f[20], f[22], f[23] = 0x40, 64, proto
	copy(f[26:], src.AsSlice())
	copy(f[30:], dst.AsSlice())
	return f[34:]
}

func (w *frameWriter) tcp(f []byte, src, dst netip.AddrPort, flags byte, payload int) {
	b := w.ip(f, 6, src.Addr(), dst.Addr(), 20+payload)
	binary.BigEndian.PutUint16(b, src.Port())
	binary.BigEndian.PutUint16(b[2:], dst.Port())
	binary.BigEndian.PutUint32(b[4:], w.Uint32())
	binary.BigEndian.PutUint32(b[8:], w.Uint32())
	b[12], b[13] = 5<<4, flags
	binary.BigEndian.PutUint16(b[14:], 64240)
}

func (w *frameWriter) udp(f []byte, src, dst netip.AddrPort, payload int) []byte {
	b := w.ip(f, 17, src.Addr(), dst.Addr(), 8+payload)
	binary.BigEndian.PutUint16(b, src.Port())
	binary.BigEndian.PutUint16(b[2:], dst.Port())
	binary.BigEndian.PutUint16(b[4:], uint16(8+payload))
	return b[8:]
}

// mix is what a network of clients and servers looks like: 90% TCP of 4,000 flows, both ways, a part of it without
// data, some of it connections that begin and end; 6% QUIC; 4% DNS questions. All clients are home addresses.
func mix(length int) [][]byte {
	w := newFrameWriter(length, cycle)
	const flows = 4000
	client := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i % 1000 / 250), byte(i % 250)}), uint16(20000+i))
	}
	server := func(i int, port uint16) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{93, byte(i % 7), byte(i % 31), byte(i % 199)}), port)
	}
	for _, f := range w.frames {
		i := w.IntN(flows)
		c, s := client(i), server(i, 443)
		switch p := w.IntN(1000); {
		case p < 8:
			w.tcp(f, c, s, flagSYN, 0)
		case p < 16:
			w.tcp(f, s, c, flagSYN|flagACK, 0)
		case p < 32:
			w.tcp(f, c, s, flagFIN|flagACK, 0)
		case p < 500:
			w.tcp(f, c, s, flagACK, 0)
		case p < 900:
			w.tcp(f, s, c, flagACK|flagPSH, length-54)
		case p < 960:
			w.udp(f, s, c, length-42)
		default:
			question := w.udp(f, c, server(0, 53), 22)
			binary.BigEndian.PutUint16(question, uint16(w.Uint32()))
			copy(question[2:], []byte{1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, byte('a' + w.IntN(26)), 2, 'i', 'o', 0, 0, 1, 0, 1})
		}
	}
	return w.frames
}

// singleFlow is data of one TCP connection from a server, one way.
func singleFlow(length int) [][]byte {
	w := newFrameWriter(length, cycle)
	src, dst := netip.MustParseAddrPort("93.0.0.1:443"), netip.MustParseAddrPort("10.1.0.1:20000")
	for _, f := range w.frames {
		w.tcp(f, src, dst, flagACK, length-54)
	}
	return w.frames
}

// scanner is where the scan of the overload check comes from.
var scanner = netip.AddrFrom4([4]byte{198, 51, 100, 7})

// scan is a connection attempt to each of n ports of a host.
func scan(length, n int) [][]byte {
	w := newFrameWriter(length, n)
	for i, f := range w.frames {
		w.tcp(f, netip.AddrPortFrom(scanner, 40000), netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 10}), uint16(1000+i)), flagSYN, 0)
	}
	return w.frames
}
