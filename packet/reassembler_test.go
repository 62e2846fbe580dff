package packet_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// A piece is one fragment of an IPv4 packet.
type piece struct {
	id   uint16
	at   int // bytes
	more bool
	data []byte
}

// fragment4 writes a piece of a TCP packet from 10.0.0.1 to 10.0.0.2.
func (f piece) frame() packet.Frame {
	b := make([]byte, 20, 20+len(f.data))
	b[0], b[8], b[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(f.data)))
	binary.BigEndian.PutUint16(b[4:], f.id)
	offset := uint16(f.at / 8)
	if f.more {
		offset |= 0x2000
	}
	binary.BigEndian.PutUint16(b[6:], offset)
	copy(b[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	b = append(b, f.data...)
	return packet.Frame{Data: b, Length: uint32(len(b)), Link: packet.LinkRaw}
}

// segment is a TCP segment: a header of 24 bytes with SYN to port 80, and text.
func segment(text string) []byte {
	h := []byte{0x9c, 0x40, 0, 80, 0, 0, 3, 232, 0, 0, 0, 0, 0x60, 2, 4, 0, 0, 0, 0, 0, 2, 4, 5, 0xb4}
	return append(h, text...)
}

// cut cuts a segment to pieces of n bytes.
func cut(id uint16, b []byte, n int) (ps []piece) {
	for at := 0; at < len(b); at += n {
		ps = append(ps, piece{id, at, at+n < len(b), b[at:min(at+n, len(b))]})
	}
	return ps
}

func TestReassembler(t *testing.T) {
	syn := segment("hello")
	long := segment(string(bytes.Repeat([]byte("x"), 600)))
	for _, c := range []struct {
		name    string
		pieces  []piece
		tcp     int // the piece that has TCP, -1 for none
		payload string
		length  uint32
		overlap int // the piece that overlaps, -1 for none
	}{
		{"8 bytes", cut(1, syn, 8), 3, "hello", 5, -1},
		{"16 bytes", cut(1, syn, 16), 1, "hello", 5, -1},
		{"whole header at once", cut(1, syn, 24), 0, "", 0, -1},
		{"last first", []piece{{1, 24, false, syn[24:]}, {1, 16, true, syn[16:24]}, {1, 0, true, syn[:8]}, {1, 8, true, syn[8:16]}}, 3, "hello", 5, -1},
		{"as much as is kept", cut(1, long, 8), 31, string(long[24:256]), 232, -1},
		{"a piece is missing", []piece{{1, 0, true, syn[:8]}, {1, 16, true, syn[16:24]}, {1, 24, false, syn[24:]}}, -1, "", 0, -1},
		{"two packets", []piece{{1, 0, true, syn[:16]}, {2, 16, false, syn[16:]}}, -1, "", 0, -1},
		{"the same piece twice", []piece{{1, 0, true, syn[:16]}, {1, 0, true, syn[:16]}, {1, 16, false, syn[16:]}}, 2, "hello", 5, -1},
		{"the same place with other bytes", []piece{{1, 0, true, syn[:16]}, {1, 0, true, long[8:24]}, {1, 16, false, syn[16:]}}, 2, "hello", 5, 1},
		{"into the one before", []piece{{1, 0, true, syn[:16]}, {1, 8, false, syn[8:]}}, 1, "hello", 5, 1},
		{"within the one before", []piece{{1, 0, true, syn[:24]}, {1, 8, true, syn[8:16]}}, 0, "", 0, 1},
		{"two ends", []piece{{1, 16, false, syn[16:]}, {1, 8, false, syn[8:16]}}, -1, "", 0, 1},
		{"no whole number of units", []piece{{1, 0, true, syn[:12]}, {1, 8, false, syn[8:]}}, -1, "", 0, -1},
		{"beyond 64 KiB", []piece{{1, 0, true, syn[:8]}, {1, 65528, false, syn[8:]}}, -1, "", 0, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r packet.Reassembler
			var d packet.Decoder
			var p packet.Packet
			for i, piece := range c.pieces {
				f := piece.frame()
				d.Decode(&p, &f)
				if !p.Fragment() {
					t.Fatalf("piece %d is not a fragment", i)
				}
				r.Add(&d, &p)
				if got := p.Has(packet.LayerTCP); got != (i == c.tcp) {
					t.Errorf("piece %d has TCP: %v", i, got)
				}
				if p.FragOverlap != (i == c.overlap) {
					t.Errorf("piece %d overlaps: %v", i, p.FragOverlap)
				}
				if i == c.tcp && c.tcp > 0 && (p.DstPort != 80 || p.TCPFlags != packet.FlagSYN || p.Class != packet.ClassTCP+packet.FlagSYN || string(p.Payload) != c.payload || p.TCPLen != c.length) {
					t.Errorf("piece %d: port %d, flags %d, class %d, %d bytes of %d", i, p.DstPort, p.TCPFlags, p.Class, len(p.Payload), p.TCPLen)
				}
				if f, _ := p.Faults(true); f&^packet.FaultIPSum != 0 {
					t.Errorf("piece %d has faults: %v", i, f)
				}
			}
			if d.Malformed != 0 {
				t.Errorf("%d count as malformed", d.Malformed)
			}
		})
	}
}

// A packet is forgotten after 30 seconds, and before that where there are too many.
func TestReassemblerForgets(t *testing.T) {
	syn := segment("")
	for _, c := range []struct {
		name   string
		others int
		later  int64
		tcp    bool
	}{
		{"at once", 0, 0, true}, {"after 30 s", 0, 30e9, true}, {"after more", 0, 30e9 + 1, false}, {"after many others", 60000, 0, false},
	} {
		var r packet.Reassembler
		var d packet.Decoder
		var p packet.Packet
		add := func(f piece, clock int64) {
			frame := f.frame()
			d.Decode(&p, &frame)
			p.Clock = clock
			r.Add(&d, &p)
		}
		add(piece{1, 0, true, syn[:16]}, 0)
		for i := range c.others {
			add(piece{uint16(i + 2), 0, true, syn[:16]}, 1)
		}
		add(piece{1, 16, false, syn[16:]}, c.later)
		if p.Has(packet.LayerTCP) != c.tcp {
			t.Errorf("%s: TCP is there: %v", c.name, !c.tcp)
		}
		if (r.Evicted > 0) != (c.others > 0) || r.Fragments != uint64(2+c.others) {
			t.Errorf("%s: %d evicted of %d", c.name, r.Evicted, r.Fragments)
		}
	}
}

func FuzzReassembler(f *testing.F) {
	f.Add([]byte{0, 8, 1, 2, 16, 0, 1, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r packet.Reassembler
		d := everything()
		var p packet.Packet
		for len(b) >= 4 {
			n := min(int(b[1]), len(b)-4)
			frame := piece{uint16(b[3] & 1), int(b[0]) * 8, b[2]&1 != 0, b[4 : 4+n]}.frame()
			if b[2]&2 != 0 {
				frame.Data[9] = 17 // UDP, and so tunnels
			}
			d.Decode(&p, &frame)
			if p.Fragment() {
				r.Add(&d, &p)
				p.Faults(true)
			}
			b = b[4+n:]
		}
	})
}
