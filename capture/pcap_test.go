package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

var orders = map[string]byteOrder{"little-endian": binary.LittleEndian, "big-endian": binary.BigEndian}

func TestClassic(t *testing.T) {
	const second = 1_000_000_000
	for name, order := range orders {
		for _, test := range []struct {
			name  string
			magic uint32
			snap  uint32
			link  uint32
			frac  uint32
			want  packet.Frame
		}{
			{"microseconds", magicMicro, 65535, 1, 250_000, packet.Frame{Time: 1_700_000_000*second + 250_000_000, Link: packet.LinkEthernet}},
			{"nanoseconds", magicNano, 65535, 113, 250_000_001, packet.Frame{Time: 1_700_000_000*second + 250_000_001, Link: packet.LinkLinuxSLL}},
			{"modified", magicModified, 65535, 1, 7, packet.Frame{Time: 1_700_000_000*second + 7_000, Link: packet.LinkEthernet}},
			{"no snapshot length", magicMicro, 0, 276, 0, packet.Frame{Time: 1_700_000_000 * second, Link: packet.LinkLinuxSLL2}},
			{"absurd snapshot length", magicMicro, 0xffffffff, 101, 0, packet.Frame{Time: 1_700_000_000 * second, Link: packet.LinkRaw}},
			{"snapshot length below the frame's", magicMicro, 3, 101, 0, packet.Frame{Time: 1_700_000_000 * second, Link: packet.LinkRaw}},
			{"length of the frame check sequence", magicMicro, 65535, 0x4400_0001, 0, packet.Frame{Time: 1_700_000_000 * second, Link: packet.LinkEthernet}},
			{"more than a second of microseconds", magicMicro, 65535, 1, 1_999_999, packet.Frame{Time: 1_700_000_001*second + 999_999_000, Link: packet.LinkEthernet}},
			{"most nanoseconds", magicNano, 65535, 1, 0xffffffff, packet.Frame{Time: 1_700_000_000*second + 0xffffffff, Link: packet.LinkEthernet}},
		} {
			t.Run(name+", "+test.name, func(t *testing.T) {
				file := buildClassic(order, test.magic, 2, 4, test.snap, test.link)
				var want []packet.Frame
				for i, data := range []string{"a frame", "", "another"} {
					file = appendHeader(file, order, 1_700_000_000, test.frac, uint32(len(data)), uint32(5+i))
					if test.magic == magicModified {
						file = append(file, "\x01\x00\x00\x00\x08\x00\x02\x00"...)
					}
					file = append(file, data...)
					f := test.want
					f.Data, f.Length = []byte(data), uint32(5+i) // less than was captured in one, as it may be
					want = append(want, f)
				}
				got, err := readAll(bytes.NewReader(file))
				if err != io.EOF {
					t.Fatal(err)
				}
				sameFrames(t, got, want)
			})
		}
	}
}

func TestClassicExtremeTimes(t *testing.T) {
	order := binary.LittleEndian
	file := buildClassic(order, magicMicro, 2, 4, 0, 1)
	file = appendRecord(file, order, 0, 0, nil, 0)
	file = appendRecord(file, order, 0xffffffff, 0xffffffff, nil, 0)
	got, err := readAll(bytes.NewReader(file))
	if err != io.EOF {
		t.Fatal(err)
	}
	sameFrames(t, got, []packet.Frame{{Link: 1}, {Link: 1, Time: 0xffffffff*1_000_000_000 + 0xffffffff*1000}})
}

func TestClassicHeaderOnly(t *testing.T) {
	got, err := readAll(bytes.NewReader(buildClassic(binary.LittleEndian, magicMicro, 2, 4, 65535, 1)))
	if err != io.EOF || len(got) != 0 {
		t.Errorf("%d frames, %v", len(got), err)
	}
}

func TestClassicFaults(t *testing.T) {
	for name, order := range orders {
		good := func() []byte {
			return appendRecord(buildClassic(order, magicMicro, 2, 4, 65535, 1), order, 1, 2, []byte("a frame"), 7)
		}
		usb := func() []byte {
			return appendRecord(buildClassic(order, magicMicro, 2, 4, 65535, 249), order, 1, 2, []byte("a frame"), 7)
		}
		const after = fileHeader + recordHeader + 7
		for _, test := range []struct {
			name   string
			file   []byte
			frames int
			offset int64
			says   string
		}{
			{"version 1", buildClassic(order, magicMicro, 1, 4, 65535, 1), 0, 4, "pcap version 1.4, where only 2.x"},
			{"version 543", buildClassic(order, magicMicro, 543, 0, 65535, 1), 0, 4, "pcap version 543.0"},
			{"record header", append(good(), "0123456789a"...), 1, after, "record header cut short: 11 of 16 bytes"},
			{"record", append(appendHeader(good(), order, 1, 2, 100, 100), "0123456789a"...), 1, after, "record cut short: 27 of 116 bytes"},
			{"largest record", append(appendHeader(good(), order, 1, 2, maxFrame, 100), "0123456789a"...), 1, after, "record cut short: 27 of 262160 bytes"},
			{"record of a byte too much", append(appendHeader(good(), order, 1, 2, maxFrame+1, 100), make([]byte, maxFrame+1)...), 1, after, "record of 262145 bytes, more than a frame can have"},
			{"another capture", append(good(), good()...), 1, after, "another capture begins here"},
			{"another capture of the other byte order", append(good(), buildClassic(orders[map[string]string{"little-endian": "big-endian", "big-endian": "little-endian"}[name]], magicNano, 2, 4, 65535, 1)...), 1, after, "another capture begins here"},
			{"record of 4 GiB", append(appendHeader(good(), order, 1, 2, 0xffffffff, 100), make([]byte, 50)...), 1, after, "record of 4294967295 bytes"},
			{"record of 100 MiB, two blocks of it there", append(appendHeader(usb(), order, 1, 2, 100<<20, 100), make([]byte, 2*blockSize)...), 1, after, "record cut short: 524304 of 104857616 bytes"},
			{"record of 100 MiB", append(appendHeader(usb(), order, 1, 2, 100<<20, 100), make([]byte, 50)...), 1, after, "record cut short: 66 of 104857616 bytes"},
		} {
			t.Run(name+", "+test.name, func(t *testing.T) {
				faultOf(t, test.file, test.frames, test.offset, test.says)
			})
		}
	}
}

// faultOf reads a file that is broken at an offset, within the memory that it deserves.
func faultOf(t *testing.T, file []byte, frames int, offset int64, says string) {
	t.Helper()
	var got []packet.Frame
	var err error
	bytesSpent := spent(func() { got, err = readAll(bytes.NewReader(file)) })
	if len(got) != frames {
		t.Errorf("%d frames, want %d", len(got), frames)
	}
	var f *Fault
	if !errors.As(err, &f) {
		t.Fatalf("error %v, want a Fault", err)
	}
	if f.Offset != offset || !strings.Contains(f.Reason, says) || f.File != "x.pcap" {
		t.Errorf("fault %v, want %q at byte %d", err, says, offset)
	}
	if limit := uint64(1<<20 + 8*len(file)); bytesSpent > limit {
		t.Errorf("allocated %d bytes for a file of %d", bytesSpent, len(file))
	}
}

// TestEveryPrefix cuts files at every byte: each prefix gives the frames that lie wholly within
// it, and then the end or a Fault that names the record that is cut.
func TestEveryPrefix(t *testing.T) {
	for name, order := range orders {
		var ends []int // where records end, with how many frames there are then
		classic := buildClassic(order, magicMicro, 2, 4, 65535, 1)
		ends = append(ends, len(classic))
		for i := range 4 {
			classic = appendRecord(classic, order, 1, 2, make([]byte, i*5), 20)
			ends = append(ends, len(classic))
		}
		t.Run("pcap, "+name, func(t *testing.T) {
			everyPrefix(t, classic, func(n int) (frames, start int) {
				start = 0
				for i, end := range ends {
					if end <= n {
						frames, start = i, end
					}
				}
				return frames, start
			})
		})

		ng := everyBlock(order)
		t.Run("pcapng, "+name, func(t *testing.T) {
			everyPrefix(t, ng, func(n int) (frames, start int) {
				for at := 0; at < n; {
					kind := order.Uint32(ng[at:])
					size := int(order.Uint32(ng[at+4:]))
					if at+size > n {
						break
					}
					at += size
					start = at
					switch kind {
					case blockEnhanced, blockSimple, blockObsolete:
						frames++
					}
				}
				return frames, start
			})
		})
	}
}

// everyPrefix reads every prefix of a file; at says how many frames lie in n bytes and where the
// last whole record ends.
func everyPrefix(t *testing.T, file []byte, at func(n int) (frames, start int)) {
	for n := range len(file) + 1 {
		frames, start := at(n)
		got, err := readAll(bytes.NewReader(file[:n]))
		if len(got) != frames {
			t.Errorf("%d bytes: %d frames, want %d (%v)", n, len(got), frames, err)
		}
		if start == n && n > 0 {
			if err != io.EOF {
				t.Errorf("%d bytes: error %v, want io.EOF", n, err)
			}
			continue
		}
		var f *Fault
		if !errors.As(err, &f) {
			t.Errorf("%d bytes: error %v, want a Fault", n, err)
		} else if f.Offset != int64(start) {
			t.Errorf("%d bytes: fault at byte %d, want %d", n, f.Offset, start)
		}
	}
}
