package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// benchPackets is how many packets a benchmark's file has.
const benchPackets = 2_000_000

// benchClassic returns a pcap file of n packets of size bytes each.
func benchClassic(order byteOrder, n, size int) []byte {
	f := buildClassic(order, magicMicro, 2, 4, 65535, 1)
	data := make([]byte, size)
	for i := range n {
		f = appendRecord(f, order, uint32(1.7e9)+uint32(i/1000), uint32(i%1000), data, uint32(size))
	}
	return f
}

// benchNG returns a pcapng file of n packets of size bytes each.
func benchNG(order byteOrder, n, size int) []byte {
	f := buildSection(order)
	f = appendBlock(f, order, blockInterface, buildInterface(order, 1, 0))
	data := make([]byte, size)
	for i := range n {
		f = appendBlock(f, order, blockEnhanced, buildEnhanced(order, 0, uint64(1.7e15)+uint64(i), data, uint32(size)))
	}
	return f
}

// drain reads r to its end and returns how many packets it gave.
func drain(r *Reader, b *Batch) (n int, err error) {
	for {
		if err = r.Read(b); err != nil {
			return n, err
		}
		n += len(b.Frames)
	}
}

// BenchmarkRead reads regular files from the page cache: the copy that read(2) makes is in the
// figures. BenchmarkParse leaves all but a memmove of it out.
func BenchmarkRead(b *testing.B) {
	for _, bench := range []struct {
		name string
		file []byte
	}{
		{"pcap", benchClassic(binary.LittleEndian, benchPackets, 60)},
		{"pcap-big-endian", benchClassic(binary.BigEndian, benchPackets, 60)},
		{"pcap-1000-byte", benchClassic(binary.LittleEndian, benchPackets/10, 1000)},
		{"pcapng", benchNG(binary.LittleEndian, benchPackets, 60)},
		{"pcapng-big-endian", benchNG(binary.BigEndian, benchPackets, 60)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			name := filepath.Join(b.TempDir(), "x")
			if err := os.WriteFile(name, bench.file, 0o600); err != nil {
				b.Fatal(err)
			}
			benchOpen(b, name, len(bench.file))
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, bench := range []struct {
		name string
		file []byte
	}{
		{"pcap", benchClassic(binary.LittleEndian, benchPackets, 60)},
		{"pcapng", benchNG(binary.LittleEndian, benchPackets, 60)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.file)))
			b.ReportAllocs()
			var batch Batch
			total := 0
			for b.Loop() {
				r, err := NewReader("x", bytes.NewReader(bench.file))
				if err != nil {
					b.Fatal(err)
				}
				n, err := drain(r, &batch)
				if err != io.EOF {
					b.Fatal(err)
				}
				total += n
			}
			b.ReportMetric(float64(total)/1e6/b.Elapsed().Seconds(), "Mpackets/s")
		})
	}
}

func BenchmarkGzip(b *testing.B) {
	plain := benchClassic(binary.LittleEndian, benchPackets/4, 60)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(plain); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	name := filepath.Join(b.TempDir(), "x.gz")
	if err := os.WriteFile(name, packed.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	benchOpen(b, name, len(plain))
}

// benchOpen reads a file again and again.
func benchOpen(b *testing.B, name string, size int) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var batch Batch
	total := 0
	for b.Loop() {
		r, err := Open(name)
		if err != nil {
			b.Fatal(err)
		}
		n, err := drain(r, &batch)
		if err != io.EOF {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
		total += n
	}
	b.ReportMetric(float64(total)/1e6/b.Elapsed().Seconds(), "Mpackets/s")
}
