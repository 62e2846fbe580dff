package bpf

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// write appends a record as a kernel of the layout writes it: filled up before the frame, so that what follows an Ethernet
// header is aligned, and behind it, unless it is the last.
func (l layout) write(to []byte, seconds, micros int64, frame []byte, length uint32, last bool) []byte {
	number := func(v int64) {
		if l.timeBytes == 8 {
			to = binary.NativeEndian.AppendUint64(to, uint64(v))
		} else {
			to = binary.NativeEndian.AppendUint32(to, uint32(v))
		}
	}
	start := len(to)
	number(seconds)
	number(micros)
	to = binary.NativeEndian.AppendUint32(to, uint32(len(frame)))
	to = binary.NativeEndian.AppendUint32(to, length)
	header := (14+l.header()+l.align-1)/l.align*l.align - 14 // as bpfattach computes it
	to = binary.NativeEndian.AppendUint16(to, uint16(header))
	to = append(to, make([]byte, start+header-len(to))...)
	to = append(to, frame...)
	for !last && (len(to)-start)%l.align != 0 {
		to = append(to, 0xee)
	}
	return to
}

// TestRecords reads buffers as macOS and OpenBSD, and as FreeBSD, write them.
func TestRecords(t *testing.T) {
	for name, l := range map[string]layout{"32 bits": layout32, "64 bits": layout64} {
		t.Run(name, func(t *testing.T) {
			frames := [][]byte{{1}, {2, 3, 4}, bytes.Repeat([]byte{5}, 60), {6, 7}}
			var buf []byte
			for i, f := range frames {
				buf = l.write(buf, 1_800_000_000+int64(i), 999_999, f, uint32(len(f)+i), i == len(frames)-1)
			}
			rest, n := buf, 0
			for {
				r, more, ok, err := l.next(rest)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if want := (1_800_000_000+int64(n))*1e9 + 999_999_000; r.time != want {
					t.Errorf("record %d is of %d, want %d", n, r.time, want)
				}
				if !bytes.Equal(r.data, frames[n]) || r.length != uint32(len(frames[n])+n) {
					t.Errorf("record %d is %x of %d", n, r.data, r.length)
				}
				rest, n = more, n+1
			}
			if n != len(frames) {
				t.Errorf("%d records", n)
			}
		})
	}
}

// TestRecordBytes reads a buffer as macOS has it, byte by byte, on machines of its byte order.
func TestRecordBytes(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("macOS runs on little-endian machines alone")
	}
	buf := []byte{
		0x00, 0xd2, 0x49, 0x6b, // 1800000000
		0x40, 0xe2, 0x01, 0x00, // 123456
		3, 0, 0, 0, // captured
		60, 0, 0, 0, // on the wire
		18, 0, // BPF_WORDALIGN(SIZEOF_BPF_HDR + 14) - 14
		0xaa, 0xbb, 0xcc,
	}
	r, rest, ok, err := layout32.next(buf)
	if err != nil || !ok || r.time != 1800000000123456000 || !bytes.Equal(r.data, []byte{0xaa, 0xbb, 0xcc}) || r.length != 60 || len(rest) != 0 {
		t.Errorf("%+v, %x, %v, %v", r, rest, ok, err)
	}
}

func TestBrokenRecords(t *testing.T) {
	whole := layout32.write(nil, 1, 2, []byte{1, 2, 3}, 3, true)
	for name, change := range map[string]func([]byte) []byte{
		"the header is cut":                 func(b []byte) []byte { return b[:10] },
		"the frame is cut":                  func(b []byte) []byte { return b[:len(b)-1] },
		"the header is shorter than itself": func(b []byte) []byte { b[16], b[17] = 0, 0; return b },
		"more is captured than there was":   func(b []byte) []byte { copy(b[12:], []byte{0, 0, 0, 0}); return b },
	} {
		if _, _, ok, err := layout32.next(change(bytes.Clone(whole))); ok || err == nil {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}

// FuzzRecords reads any bytes: it ends, and gives no byte that is not there.
func FuzzRecords(f *testing.F) {
	f.Add(layout32.write(nil, 1, 2, []byte{1, 2, 3}, 3, false), true)
	f.Add(layout64.write(nil, 1, 2, []byte{1, 2, 3}, 3, true), false)
	f.Fuzz(func(t *testing.T, buf []byte, narrow bool) {
		l := layout64
		if narrow {
			l = layout32
		}
		for rest := buf; ; {
			r, more, ok, err := l.next(rest)
			if !ok || err != nil {
				return
			}
			if len(more) > len(rest)-l.header()-len(r.data) {
				t.Fatalf("%d bytes follow a record of %d in %d", len(more), len(r.data), len(rest))
			}
			rest = more
		}
	})
}
