package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"

	"github.com/ruleids/ruleids/packet"
)

// readAll reads what src holds to its end; frames are copied, since a Batch is used again.
func readAll(src io.Reader) ([]packet.Frame, error) {
	r, err := NewReader("x.pcap", src)
	if err != nil {
		return nil, err
	}
	return readRest(r)
}

func readRest(r *Reader) (all []packet.Frame, err error) {
	var b Batch
	for {
		if err = r.Read(&b); err != nil {
			if len(b.Frames) > 0 {
				return nil, errors.New("frames together with an error")
			}
			return all, err
		}
		if len(b.Frames) == 0 {
			return nil, errors.New("neither frames nor an error")
		}
		for _, f := range b.Frames {
			f.Data = bytes.Clone(f.Data)
			all = append(all, f)
		}
	}
}

// pack compresses a file.
func pack(t testing.TB, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sameFrames holds frames against those that are due.
func sameFrames(t *testing.T, got, want []packet.Frame) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d frames, want %d", len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i].Data, want[i].Data) || got[i].Time != want[i].Time || got[i].Length != want[i].Length || got[i].Link != want[i].Link {
			t.Fatalf("frame %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}

// mixed returns a pcap and a pcapng file with the same frames of many sizes, more than a block of
// them, and the frames.
func mixed(seed uint64) (classic, ng []byte, frames []packet.Frame) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	order := binary.LittleEndian
	classic = buildClassic(order, magicMicro, 2, 4, 262144, 1)
	ng = append(buildSection(order), appendBlock(nil, order, blockInterface, buildInterface(order, 1, 0))...)
	for i := range 3000 {
		data := make([]byte, rnd.IntN(400))
		switch rnd.IntN(300) {
		case 0:
			data = make([]byte, maxFrame-rnd.IntN(2))
		case 1, 2:
			data = make([]byte, 60000+rnd.IntN(5000))
		case 3, 4, 5, 6:
			data = nil
		}
		for j := range data {
			data[j] = byte(i + j)
		}
		micros := uint64(1.7e15) + uint64(i)*1001
		classic = appendRecord(classic, order, uint32(micros/1e6), uint32(micros%1e6), data, uint32(len(data)+i))
		ng = appendBlock(ng, order, blockEnhanced, buildEnhanced(order, 0, micros, data, uint32(len(data)+i)))
		if i%100 == 0 {
			ng = appendBlock(ng, order, 0x0bad, make([]byte, rnd.IntN(700_000))) // a custom block, which is passed over
		}
		frames = append(frames, packet.Frame{Data: data, Time: int64(micros) * 1000, Length: uint32(len(data) + i), Link: 1})
	}
	return classic, ng, frames
}

// However the bytes come in, the frames are the same.
func TestReadPieces(t *testing.T) {
	classic, ng, frames := mixed(1)
	for name, file := range map[string][]byte{"pcap": classic, "pcapng": ng} {
		for how, wrap := range map[string]func(io.Reader) io.Reader{
			"whole":         func(r io.Reader) io.Reader { return r },
			"half":          iotest.HalfReader,
			"data with EOF": iotest.DataErrReader,
			"odd pieces":    func(r io.Reader) io.Reader { return pieces{r, rand.New(rand.NewPCG(2, 2))} },
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				got, err := readAll(wrap(bytes.NewReader(file)))
				if err != io.EOF {
					t.Fatal(err)
				}
				sameFrames(t, got, frames)
			})
		}
	}
	small, _, _ := mixed(3)
	small = small[:20_000]
	want, wantErr := readAll(bytes.NewReader(small))
	got, err := readAll(iotest.OneByteReader(bytes.NewReader(small)))
	if err == nil || err.Error() != wantErr.Error() {
		t.Errorf("byte by byte: %v, want %v", err, wantErr)
	}
	sameFrames(t, got, want)
}

// pieces gives from 1 to 5,000 bytes at a time.
type pieces struct {
	r   io.Reader
	rnd *rand.Rand
}

func (p pieces) Read(b []byte) (int, error) {
	return p.r.Read(b[:min(len(b), 1+p.rnd.IntN(5000))])
}

// Two Batches in turn: the frames of one stay as they are while the other is filled.
func TestReadAlternates(t *testing.T) {
	classic, ng, frames := mixed(4)
	for name, file := range map[string][]byte{"pcap": classic, "pcapng": ng} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader(name, bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			var batches [2]Batch
			var got []packet.Frame
			for i := 0; ; i++ {
				err := r.Read(&batches[i%2])
				for _, f := range batches[(i+1)%2].Frames { // of the read before
					f.Data = bytes.Clone(f.Data)
					got = append(got, f)
				}
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			sameFrames(t, got, frames)
		})
	}
}

// Appending to the data of a frame must not write to the frame behind it.
func TestReadDataIsCapped(t *testing.T) {
	classic, _, _ := mixed(5)
	r, err := NewReader("x", bytes.NewReader(classic))
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	if err := r.Read(&b); err != nil {
		t.Fatal(err)
	}
	for i, f := range b.Frames {
		if cap(f.Data) != len(f.Data) {
			t.Fatalf("frame %d has room for %d bytes behind its %d", i, cap(f.Data), len(f.Data))
		}
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	for name, file := range map[string][]byte{
		"pcap":   benchClassic(binary.LittleEndian, 200_000, 60),
		"pcapng": benchNG(binary.LittleEndian, 200_000, 60),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := NewReader("x", bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			var batches [2]Batch
			for i := range 6 {
				if err := r.Read(&batches[i%2]); err != nil {
					t.Fatal(err)
				}
			}
			i := 0
			if n := testing.AllocsPerRun(20, func() {
				if err := r.Read(&batches[i%2]); err != nil {
					t.Fatal(err)
				}
				i++
			}); n != 0 {
				t.Errorf("%v allocations a batch", n)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	classic, ng, frames := mixed(6)
	dir := t.TempDir()
	for name, file := range map[string][]byte{
		"x.pcap": classic, "x.pcapng": ng, "x.pcap.gz": pack(t, classic), "named-wrong.pcap": pack(t, ng),
		"two-members.gz": append(pack(t, classic[:1000]), pack(t, classic[1000:])...),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if size, ok := r.Size(); size != int64(len(file)) || !ok {
				t.Errorf("Size is %d, %v; want %d", size, ok, len(file))
			}
			got, err := readRest(r)
			if err != io.EOF {
				t.Fatal(err)
			}
			sameFrames(t, got, frames)
			if r.Offset() != int64(len(file)) {
				t.Errorf("Offset is %d at the end of %d bytes", r.Offset(), len(file))
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
	}

	if _, err := Open(filepath.Join(dir, "none.pcap")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "none.pcap") {
		t.Errorf("file that is not there: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("directory: %v", err)
	}
}

func TestStandardInput(t *testing.T) {
	classic, _, frames := mixed(7)
	for name, file := range map[string][]byte{"pcap": classic, "gzip": pack(t, classic)} {
		t.Run(name, func(t *testing.T) {
			in, out, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			stdin := os.Stdin
			os.Stdin = in
			defer func() { os.Stdin = stdin }()
			wrote := make(chan error, 1)
			go func() {
				_, err := out.Write(file)
				wrote <- errors.Join(err, out.Close())
			}()
			r, err := Open("-")
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := r.Size(); ok {
				t.Error("a pipe has a size")
			}
			got, err := readRest(r)
			if err != io.EOF {
				t.Fatal(err)
			}
			if err := errors.Join(<-wrote, r.Close()); err != nil {
				t.Fatal(err)
			}
			sameFrames(t, got, frames)
		})
	}
}

// What a pipe has given is delivered before it is asked for more.
func TestReadWaitsForNoMore(t *testing.T) {
	order := binary.LittleEndian
	pipe := script{
		buildClassic(order, magicMicro, 2, 4, 0, 1),
		appendRecord(nil, order, 1, 0, []byte("first"), 5),
		appendRecord(nil, order, 2, 0, []byte("second"), 6),
	}
	r, err := NewReader("pipe", &pipe)
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	for i, want := range []string{"first", "second"} {
		if err := r.Read(&b); err != nil {
			t.Fatal(err)
		}
		if len(b.Frames) != 1 || string(b.Frames[0].Data) != want || len(pipe) != 1-i {
			t.Errorf("frames %+v with %d pieces left, want %q with %d", b.Frames, len(pipe), want, 1-i)
		}
	}
}

// script gives one piece at each read.
type script [][]byte

func (s *script) Read(p []byte) (int, error) {
	if len(*s) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*s)[0])
	*s = (*s)[1:]
	return n, nil
}

func TestGzipFaults(t *testing.T) {
	classic, _, frames := mixed(8)
	packed := pack(t, classic)
	damaged := bytes.Clone(packed)
	damaged[len(damaged)-6]++ // the checksum
	for _, test := range []struct {
		name string
		file []byte
		says string
		all  bool
	}{
		{"cut in the middle", packed[:len(packed)/2], "cut short", false},
		{"cut in the checksum", packed[:len(packed)-3], "cut short", true},
		{"cut in the header", packed[:5], "cut short", false},
		{"wrong checksum", damaged, "damaged", true},
		{"something behind", append(bytes.Clone(packed), "something else"...), "damaged", true},
		{"gzip in gzip", pack(t, packed), "gzip file inside a gzip file", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.gz")
			if err := os.WriteFile(path, test.file, 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := Open(path)
			var got []packet.Frame
			if err == nil {
				defer r.Close()
				got, err = readRest(r)
			}
			var f *Fault
			if !errors.As(err, &f) || !strings.Contains(f.Reason, test.says) || !f.Inflated {
				t.Fatalf("error %v, want a fault of the uncompressed data that says %q", err, test.says)
			}
			if test.all {
				sameFrames(t, got, frames)
				return
			}
			sameFrames(t, got, frames[:len(got)])
			if strings.HasSuffix(test.name, "middle") && len(got) == 0 {
				t.Error("no frames before the fault")
			}
		})
	}
}

func TestReadError(t *testing.T) {
	classic, _, frames := mixed(9)
	cause := errors.New("disk on fire")
	r, err := NewReader("x.pcap", io.MultiReader(bytes.NewReader(classic[:100_000]), iotest.ErrReader(cause)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := readRest(r)
	var f *Fault
	if !errors.As(err, &f) || !errors.Is(err, cause) || f.Offset != 100_000 {
		t.Fatalf("error %v", err)
	}
	sameFrames(t, got, frames[:len(got)])
	var b Batch
	if again := r.Read(&b); again != err {
		t.Errorf("another Read says %v", again)
	}
	if _, err := readAll(iotest.ErrReader(cause)); !errors.Is(err, cause) {
		t.Errorf("error at once: %v", err)
	}
	if _, err := readAll(stuck{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("source that gives nothing: %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestForeignFormats(t *testing.T) {
	pad := strings.Repeat("\x00", 40)
	for head, says := range map[string]string{
		"":                     "file is empty",
		"\xd4\xc3":             "file header cut short: 2 of 24 bytes",
		"\xd4\xc3\xb2\xa1\x02": "file header cut short: 5 of 24 bytes",
		"snoop\x00\x00\x00\x00\x00\x00\x02" + pad: `it looks like a snoop file); convert it with: editcap -F pcap "odd name.pcap" out.pcap`,
		"\x28\xb5\x2f\xfd" + pad:                  `it looks like a zstd file); unpack it first: zstd -d "odd name.pcap"`,
		"BZh91AY" + pad:                           "it looks like a bzip2 file",
		"<html><body>not found</body></html>":     "it begins with 3c 68 74 6d",
		"\x00\x00\x00\x00\x5f\x5f\x5f\x5f\x02\x04\x00\x60\x00\x00\x00\x3c" + pad: "it looks like an ERF file",
	} {
		_, err := NewReader("odd name.pcap", strings.NewReader(head))
		var f *Fault
		if !errors.As(err, &f) || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "odd name.pcap: byte 0: ") {
			t.Errorf("%.12q: %v, want %q", head, err, says)
		}
	}
}

// spent returns how many bytes f allocates.
func spent(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzReader: whatever the bytes, no panic, no endless loop, frames that lie within the file, and
// memory in proportion to it.
func FuzzReader(f *testing.F) {
	order := binary.BigEndian
	f.Add(appendRecord(buildClassic(binary.LittleEndian, magicMicro, 2, 4, 0, 1), binary.LittleEndian, 1, 2, []byte("frame"), 9))
	f.Add(appendRecord(buildClassic(order, magicNano, 2, 4, 0, 0xf0000001), order, 1, 2, []byte("frame"), 9))
	f.Add(everyBlock(order))
	f.Add(everyBlock(binary.LittleEndian))
	f.Add(pack(f, everyBlock(order)))
	var batch Batch
	f.Fuzz(func(t *testing.T, file []byte) {
		n, total := 0, 0
		var err error
		got := spent(func() {
			var r *Reader
			if r, err = NewReader("x", bytes.NewReader(file)); err != nil {
				return
			}
			for err == nil {
				if err = r.Read(&batch); err == nil && len(batch.Frames) == 0 {
					t.Fatal("neither frames nor an error")
				}
				for _, f := range batch.Frames {
					total += len(f.Data)
				}
				n += len(batch.Frames)
			}
		})
		var fault *Fault
		if err != io.EOF && !errors.As(err, &fault) {
			t.Fatalf("error %v", err)
		}
		if bytes.HasPrefix(file, gzipMagic) {
			return // may hold more than itself
		}
		if total > len(file) || n > len(file)/12 {
			t.Errorf("%d frames of %d bytes together in a file of %d", n, total, len(file))
		}
		if limit := uint64(2<<20 + 40*len(file)); got > limit {
			t.Errorf("allocated %d bytes for a file of %d", got, len(file))
		}
	})
}
