package bpf

import (
	"encoding/binary"
	"fmt"
)

// A layout is how a kernel writes struct bpf_hdr: a time, the captured and the whole length of the frame in 32 bits each, and
// in 16 bits the length of the header, with what stands between it and the frame (bpf(4)).
type layout struct {
	timeBytes int // of each of the two fields of the time: seconds and microseconds
	align     int // where the next header begins: BPF_ALIGNMENT
}

// The layouts: macOS has struct timeval32 and OpenBSD struct bpf_timeval, FreeBSD has struct timeval of 64 bits.
var (
	layout32 = layout{timeBytes: 4, align: 4}
	layout64 = layout{timeBytes: 8, align: 8}
)

// header is the length of the fields, without what fills the struct up.
func (l layout) header() int { return 2*l.timeBytes + 4 + 4 + 2 }

// A record is a frame in a buffer.
type record struct {
	time   int64 // nanoseconds since 1970
	data   []byte
	length uint32 // on the wire
}

// next returns the first record of a buffer and what follows it; ok is false at its end. The last record need not be
// filled up to the alignment. An error says that the buffer is not what the layout says: the rest of it is lost.
func (l layout) next(buf []byte) (r record, rest []byte, ok bool, err error) {
	if len(buf) == 0 {
		return record{}, nil, false, nil
	}
	if len(buf) < l.header() {
		return record{}, nil, false, fmt.Errorf("%d bytes are left in a buffer of bpf, and a header has %d", len(buf), l.header())
	}
	number := func(at, n int) int64 {
		if n == 8 {
			return int64(binary.NativeEndian.Uint64(buf[at:]))
		}
		return int64(binary.NativeEndian.Uint32(buf[at:]))
	}
	at := 2 * l.timeBytes
	captured, length := number(at, 4), number(at+4, 4)
	start := int64(binary.NativeEndian.Uint16(buf[at+8:]))
	if start < int64(l.header()) || captured > length || start+captured > int64(len(buf)) {
		return record{}, nil, false, fmt.Errorf("a header of bpf says that %d of %d bytes follow it after %d, and %d bytes are left", captured, length, start, len(buf))
	}
	r = record{
		time: number(0, l.timeBytes)*1e9 + number(l.timeBytes, l.timeBytes)*1e3,
		data: buf[start : start+captured : start+captured], length: uint32(length),
	}
	end := (int(start+captured) + l.align - 1) / l.align * l.align
	return r, buf[min(end, len(buf)):], true, nil
}
