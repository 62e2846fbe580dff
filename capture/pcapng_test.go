package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// everyBlock returns a section with each kind of block, known or not, and three frames.
func everyBlock(order byteOrder) []byte {
	f := buildSection(order, buildOption(order, 4, []byte("test")...)...)
	f = appendBlock(f, order, blockInterface, buildInterface(order, 1, 60, buildOption(order, optTSResol, 9)...))
	f = appendBlock(f, order, 4, make([]byte, 21)) // name resolution
	f = appendBlock(f, order, blockEnhanced, buildEnhanced(order, 0, 1, []byte("enhanced"), 99, buildOption(order, 1, []byte("comment")...)...))
	f = appendBlock(f, order, blockObsolete, buildObsolete(order, 0, 2, []byte("obsolete!"), 99))
	f = appendBlock(f, order, 0x40000bad, make([]byte, 8)) // custom
	f = appendBlock(f, order, 5, make([]byte, 12))         // interface statistics
	f = appendBlock(f, order, blockSimple, buildSimple(order, []byte("simple"), 6))
	return appendBlock(f, order, 0xfedcba98, nil)
}

func TestNG(t *testing.T) {
	for name, order := range orders {
		section, block, option := buildSection(order), appendBlock, buildOption
		describe := func(f []byte, link uint16, snap uint32, options ...byte) []byte {
			return block(f, order, blockInterface, buildInterface(order, link, snap, options...))
		}
		frame := func(f []byte, number uint32, when uint64, data string, options ...byte) []byte {
			return block(f, order, blockEnhanced, buildEnhanced(order, number, when, []byte(data), 77, options...))
		}
		other := map[bool]byteOrder{true: binary.BigEndian, false: binary.LittleEndian}[name == "little-endian"]
		for _, test := range []struct {
			name string
			file func(f []byte) []byte
			want []packet.Frame
		}{
			{"section alone", func(f []byte) []byte { return f }, nil},
			{"every block", func([]byte) []byte { return everyBlock(order) }, []packet.Frame{
				{Data: []byte("enhanced"), Time: 1, Length: 99, Link: 1},
				{Data: []byte("obsolete!"), Time: 2, Length: 99, Link: 1},
				{Data: []byte("simple"), Time: 2, Length: 6, Link: 1}, // it has no time, so the last one
			}},
			{"interfaces of several links and clocks", func(f []byte) []byte {
				f = describe(f, 1, 0)
				f = describe(f, 113, 0, append(option(order, 2, []byte("name")...), option(order, optTSResol, 9)...)...)
				f = frame(f, 1, 5, "b")
				f = frame(f, 0, 5, "a")
				f = describe(f, 276, 0, append(option(order, optTSResol, 0x80|10), option(order, optTSOffset, order.AppendUint64(nil, 100)...)...)...)
				f = frame(f, 2, 512, "c")
				return frame(f, 0, 6, "")
			}, []packet.Frame{
				{Data: []byte("b"), Time: 5, Length: 77, Link: 113},
				{Data: []byte("a"), Time: 5000, Length: 77, Link: 1},
				{Data: []byte("c"), Time: 100_500_000_000, Length: 77, Link: 276},
				{Data: nil, Time: 6000, Length: 77, Link: 1},
			}},
			{"sections, the second in the other byte order and with interfaces of its own", func(f []byte) []byte {
				f = frame(describe(f, 1, 0), 0, 1, "first")
				f = append(f, buildSection(other)...)
				f = block(f, other, blockInterface, buildInterface(other, 101, 0))
				f = block(f, other, blockEnhanced, buildEnhanced(other, 0, 2, []byte("second"), 6))
				f = append(f, section...)
				return frame(describe(f, 12, 0), 0, 3, "third")
			}, []packet.Frame{
				{Data: []byte("first"), Time: 1000, Length: 77, Link: 1},
				{Data: []byte("second"), Time: 2000, Length: 6, Link: 101},
				{Data: []byte("third"), Time: 3000, Length: 77, Link: 12},
			}},
			{"simple packets, cut to the snapshot length", func(f []byte) []byte {
				f = describe(f, 1, 4)
				f = block(f, order, blockSimple, buildSimple(order, []byte("four"), 1000))
				return block(f, order, blockSimple, buildSimple(order, []byte("two"), 3))
			}, []packet.Frame{
				{Data: []byte("four"), Length: 1000, Link: 1},
				{Data: []byte("two"), Length: 3, Link: 1},
			}},
			{"frame longer than the snapshot length and than the packet", func(f []byte) []byte {
				return block(describe(f, 1, 2), order, blockEnhanced, buildEnhanced(order, 0, 0, []byte("longer"), 3))
			}, []packet.Frame{{Data: []byte("longer"), Length: 3, Link: 1}}},
			{"end of options before their end", func(f []byte) []byte {
				return frame(describe(f, 1, 0, append(option(order, optEnd), option(order, optTSResol, 9)...)...), 0, 1, "x")
			}, []packet.Frame{{Data: []byte("x"), Time: 1000, Length: 77, Link: 1}}},
			{"block much longer than what is read at once", func(f []byte) []byte {
				f = frame(describe(f, 1, 0), 0, 1, "before")
				f = block(f, order, 0x0bad, make([]byte, 3*blockSize+1))
				f = frame(f, 0, 2, "options", make([]byte, 2*blockSize)...)
				return frame(f, 0, 3, "after")
			}, []packet.Frame{
				{Data: []byte("before"), Time: 1000, Length: 77, Link: 1},
				{Data: []byte("options"), Time: 2000, Length: 77, Link: 1},
				{Data: []byte("after"), Time: 3000, Length: 77, Link: 1},
			}},
			{"minor version 2", func([]byte) []byte {
				return frame(describe(block(nil, order, blockSection, buildSectionBody(order, 1, 2)), 1, 0), 0, 1, "x")
			}, []packet.Frame{{Data: []byte("x"), Time: 1000, Length: 77, Link: 1}}},
		} {
			t.Run(name+", "+test.name, func(t *testing.T) {
				got, err := readAll(bytes.NewReader(test.file(bytes.Clone(section))))
				if err != io.EOF {
					t.Fatal(err)
				}
				sameFrames(t, got, test.want)
			})
		}
	}
}

func TestNGFaults(t *testing.T) {
	for name, order := range orders {
		block, option := appendBlock, buildOption
		start := func() []byte {
			f := block(buildSection(order), order, blockInterface, buildInterface(order, 1, 0))
			return block(f, order, blockEnhanced, buildEnhanced(order, 0, 1, []byte("good"), 4))
		}
		after := int64(len(start()))
		with := func(kind uint32, body []byte) []byte {
			// What follows must not be read.
			return block(block(start(), order, kind, body), order, blockEnhanced, buildEnhanced(order, 0, 1, []byte("late"), 4))
		}
		raw := func(words ...uint32) []byte {
			f := start()
			for _, w := range words {
				f = order.AppendUint32(f, w)
			}
			return f
		}
		claim := func(kind uint32, body []byte, word int, value uint32) []byte {
			order.PutUint32(body[4*word:], value)
			return with(kind, body)
		}
		enhanced := func() []byte { return buildEnhanced(order, 0, 1, []byte("four"), 4) }
		obsolete := func() []byte { return buildObsolete(order, 0, 1, []byte("four"), 4) }
		for _, test := range []struct {
			name   string
			file   []byte
			frames int
			offset int64
			says   string
		}{
			{"version 0.1", block(nil, order, blockSection, buildSectionBody(order, 0, 1)), 0, 0, "pcapng version 0.1, where only 1.x"},
			{"section header without a byte order", append([]byte("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00"), make([]byte, 20)...), 0, 0, "without a byte order (00 00 00 00"},
			{"section header too short", order.AppendUint32(order.AppendUint32(order.AppendUint32(order.AppendUint32(nil, blockSection), 16), byteOrderMagic), 16), 0, 0, "section header of 16 bytes, 28 at least"},
			{"length of no block", raw(99, 8, 8, 0), 1, after, "block of type 99 has a length of 8"},
			{"length 0", raw(99, 0, 0), 1, after, "length of 0"},
			{"length not of whole words", raw(99, 18, 0, 0, 18), 1, after, "length of 18"},
			{"another length at the end", raw(99, 16, 0, 20), 1, after, "16 bytes long by its beginning and 20 by its end"},
			{"another length at the end of a packet", raw(blockSimple, 16, 0, 20), 1, after, "16 bytes long by its beginning and 20 by its end"},
			{"unknown block of 4 GiB", raw(99, 0xfffffffc, 0), 1, after, "block cut short: 12 of 4294967292 bytes"},
			{"packet of 4 GiB", raw(blockEnhanced, 0xfffffffc, 0), 1, after, "enhanced packet block of 4294967292 bytes, more than it can have"},
			{"packet of 16 MiB", raw(blockEnhanced, 16<<20, 0), 1, after, "block cut short: 12 of 16777216 bytes"},
			{"block header", raw(99, 32)[:after+7], 1, after, "block header cut short: 7 of 12 bytes"},
			{"block", raw(99, 32, 0, 0), 1, after, "block cut short: 16 of 32 bytes"},
			{"interface that is not there", claim(blockEnhanced, enhanced(), 0, 1), 1, after, "names interface 1 of 1"},
			{"interface of all bits", claim(blockEnhanced, enhanced(), 0, 0xffffffff), 1, after, "names interface 4294967295 of 1"},
			{"obsolete packet of another interface", with(blockObsolete, append([]byte{9, 9}, obsolete()[2:]...)), 1, after, "names interface 2313 of 1"},
			{"packet before interfaces", block(buildSection(order), order, blockEnhanced, enhanced()), 0, 28, "names interface 0 of 0"},
			{"simple packet before interfaces", block(buildSection(order), order, blockSimple, buildSimple(order, nil, 0)), 0, 28, "before any interface description"},
			{"interfaces of the section before", block(append(start(), buildSection(order)...), order, blockEnhanced, enhanced()), 1, after + 28, "names interface 0 of 0"},
			{"packet longer than its block", claim(blockEnhanced, enhanced(), 3, 5), 1, after, "of 36 bytes for 5 bytes of packet"},
			{"packet of 4 GiB in a small block", claim(blockEnhanced, enhanced(), 3, 0xffffffff), 1, after, "of a frame of 4294967295 bytes, more than it can have"},
			{"obsolete packet longer than its block", claim(blockObsolete, obsolete(), 3, 9), 1, after, "packet block of 36 bytes for 9 bytes of packet"},
			{"simple packet longer than its block", with(blockSimple, buildSimple(order, []byte("four"), 5)), 1, after, "simple packet block of 20 bytes for 5"},
			{"packet block too short", with(blockEnhanced, enhanced()[:16]), 1, after, "enhanced packet block of 28 bytes, 32 at least"},
			{"simple packet block too short", with(blockSimple, nil), 1, after, "simple packet block of 12 bytes, 16 at least"},
			{"interface too short", with(blockInterface, make([]byte, 4)), 1, after, "interface description of 16 bytes, 20 at least"},
			{"option longer than its block", with(blockInterface, buildInterface(order, 1, 0, option(order, 2, 1, 2, 3, 4)[:4]...)), 1, after, "an option of 4 bytes where 0 are left"},
			{"resolution of two bytes", with(blockInterface, buildInterface(order, 1, 0, option(order, optTSResol, 6, 6)...)), 1, after, "a time option (9) of 2 bytes"},
			{"offset of four bytes", with(blockInterface, buildInterface(order, 1, 0, option(order, optTSOffset, 1, 2, 3, 4)...)), 1, after, "a time option (14) of 4 bytes"},
		} {
			t.Run(name+", "+test.name, func(t *testing.T) {
				faultOf(t, test.file, test.frames, test.offset, test.says)
			})
		}
	}
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		name       string
		resolution byte
		offset     int64
		time       uint64
		want       int64
	}{
		{"seconds", 0, 0, 3, 3_000_000_000},
		{"microseconds", 6, 0, 1_700_000_000_123_456, 1_700_000_000_123_456_000},
		{"nanoseconds", 9, 0, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789},
		{"picoseconds are cut", 12, 0, 1_999_999, 1999},
		{"10^-28", 28, 0, math.MaxUint64, 1},
		{"10^-29 is nothing", 29, 0, math.MaxUint64, 0},
		{"10^-127", 127, 0, math.MaxUint64, 0},
		{"whole seconds as a power of two", 0x80, 0, 3, 3_000_000_000},
		{"2^-10", 0x80 | 10, 0, 1536, 1_500_000_000},
		{"2^-32, as NTP", 0x80 | 32, 0, 1_700_000_000<<32 | 1<<31, 1_700_000_000_500_000_000},
		{"2^-63", 0x80 | 63, 0, math.MaxUint64, 1_999_999_999},
		{"2^-64", 0x80 | 64, 0, math.MaxUint64, 999_999_999},
		{"2^-93", 0x80 | 93, 0, math.MaxUint64, 1},
		{"2^-127", 0x80 | 127, 0, math.MaxUint64, 0},
		{"last microsecond that fits", 6, 0, math.MaxInt64 / 1000, math.MaxInt64 / 1000 * 1000},
		{"first that does not", 6, 0, math.MaxInt64/1000 + 1, math.MaxInt64},
		{"last nanosecond", 9, 0, math.MaxInt64, math.MaxInt64},
		{"nanoseconds of 64 bits", 9, 0, math.MaxUint64, math.MaxInt64},
		{"seconds that overflow twice", 0, 0, math.MaxUint64, math.MaxInt64},
		{"offset", 6, 10, 1, 10_000_001_000},
		{"offset with time 0", 6, 10, 0, 10_000_000_000},
		{"before 1970", 6, -10, 1, -9_999_999_000},
		{"offset that overflows", 6, math.MaxInt64, 1, math.MaxInt64},
		{"offset that overflows with the time", 9, math.MaxInt64 / 1_000_000_000, 900_000_000, math.MaxInt64},
		{"offset before all time", 6, math.MinInt64, 0, math.MinInt64},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock(test.resolution, test.offset)
			if got := c.time(test.time); got != test.want {
				t.Errorf("time is %d, want %d", got, test.want)
			}
		})
	}
}
