package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"

	"github.com/ruleids/ruleids/packet"
)

const (
	// blockSize is how much is read at once. Of the sizes from 32 KiB to 1 MiB this was the
	// fastest, 128 and 512 KiB close behind: a block and its frames stay in the second-level cache
	// until they are parsed. Mapping the file was no faster, and kills the process when the file
	// is cut meanwhile.
	blockSize = 256 << 10

	// maxFrame bounds the bytes of one frame: MAXIMUM_SNAPLEN of libpcap and
	// WTAP_MAX_PACKET_SIZE_STANDARD of Wireshark. More means a corrupt length.
	maxFrame = 262144

	// maxFrameLarge is the same for the link types whose messages may be larger.
	maxFrameLarge = 128 << 20
)

// frameLimit returns how many bytes a frame of a link type may have (max_snaplen_for_dlt in
// libpcap's pcap-common.c).
func frameLimit(link packet.LinkType) uint32 {
	switch link {
	case 220, 231, 249, 279: // USB_LINUX_MMAPPED, DBUS, USBPCAP, EBHSCR
		return maxFrameLarge
	}
	return maxFrame
}

// A Reader reads the packets of one capture file in order. Only Offset may be called while
// another goroutine is in a method of the Reader.
type Reader struct {
	name     string
	src      io.Reader // the pcap or pcapng stream
	file     io.Closer // what Close closes, or nil
	size     int64     // of the file, -1 when that is not known
	taken    *counter
	whole    bool // src gives all it has without waiting: fill blocks
	inflated bool // src is what a gzip file holds

	base int64  // offset in src of the first byte of the block
	rest []byte // what the last block held after its last whole record
	err  error  // what the next Read returns at once

	order  binary.ByteOrder // of the file or section
	swap   bool             // order is big-endian
	ng     bool
	record classic
	sect   section
}

// counter counts the bytes that are read through it.
type counter struct {
	r io.Reader
	n atomic.Int64
}

// Read implements io.Reader.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// Open opens a capture file and reads its header; "-" is standard input. Whether the file is
// compressed with gzip is seen from its first bytes. Errors name the file; a file that is not a
// capture, or that ends within its header, is a *Fault.
func Open(name string) (*Reader, error) {
	f, shown := os.Stdin, "standard input"
	if name != "-" {
		var err error
		if f, err = os.Open(name); err != nil {
			return nil, err
		}
		shown = name
	}
	r := &Reader{name: shown, size: -1}
	if name != "-" {
		r.file = f
	}
	st, err := f.Stat()
	switch {
	case err != nil:
	case st.IsDir():
		err = fmt.Errorf("%s: is a directory, not a capture file; name the files in it", shown)
	case st.Mode().IsRegular():
		r.size, r.whole = st.Size(), true
	}
	if err == nil {
		err = r.start(f)
	}
	if err != nil {
		_ = r.Close() // it was only read from
		return nil, err
	}
	return r, nil
}

// NewReader is Open for what src gives; name stands for it in messages. Read gives out what a
// single read of src gave as soon as that holds a frame, so a pipe that trickles is no delay.
func NewReader(name string, src io.Reader) (*Reader, error) {
	r := &Reader{name: name, size: -1}
	if err := r.start(src); err != nil {
		return nil, err
	}
	return r, nil
}

// start finds out the format and reads the file header.
func (r *Reader) start(src io.Reader) error {
	r.taken = &counter{r: src}
	r.src = r.taken
	var buf [fileHeader]byte
	head, err := r.head(buf[:])
	if err != nil {
		return err
	}
	if bytes.HasPrefix(head, gzipMagic) {
		// flate asks for single bytes of a reader that has them, and makes do with 4 KiB otherwise.
		z, err := gzip.NewReader(bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(head)), r.taken), 64<<10))
		r.inflated = true
		if err != nil {
			return r.readFault(0, err)
		}
		r.src = z
		if head, err = r.head(buf[:]); err != nil {
			return err
		}
	}
	if len(head) >= 4 && binary.BigEndian.Uint32(head) == magicNG {
		r.ng = true
		r.rest = append(r.rest, head...)
		return nil
	}
	return r.startClassic(head)
}

// head reads the first bytes of the stream; fewer than asked for when it ends before.
func (r *Reader) head(buf []byte) ([]byte, error) {
	n := 0
	for n < len(buf) {
		m, err := r.fill(buf[n:])
		n += m
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, r.readFault(int64(n), err)
		}
	}
	return buf[:n], nil
}

// Size returns the bytes of the file, as it lies on disk, and false when that is not known, as of a pipe.
func (r *Reader) Size() (int64, bool) { return r.size, r.size >= 0 }

// Offset returns how many bytes of the file were read, compressed ones for a gzip file. It may be
// called at any time from any goroutine.
func (r *Reader) Offset() int64 { return r.taken.n.Load() }

// Close closes the file. Batches that were read stay valid.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Read replaces b.Frames by the next frames of the file, at least one. At the end of the file it
// returns io.EOF, and where the file is broken a *Fault, then and ever after, and then without
// frames: what came before was delivered by earlier calls.
//
// How many frames a Batch gets depends on their size: as many as fit 256 KiB, of which the frame
// of unusual size is the exception.
func (r *Reader) Read(b *Batch) error {
	b.Frames = b.Frames[:0]
	if r.err != nil {
		return r.err
	}
	b.reserve(max(r.want(), len(r.rest)))
	pos, end := 0, copy(b.block, r.rest)
	r.rest = r.rest[:0]
	for {
		n, err := r.fill(b.block[end:])
		end += n
		need := 0
		if r.ng {
			pos, need, r.err = r.blocks(b, pos, end)
		} else {
			pos, need, r.err = r.records(b, pos, end)
		}
		switch {
		case r.err != nil:
		case err == io.EOF:
			r.err = r.ending(b.block[pos:end], r.base+int64(pos), need)
		case err != nil:
			r.err = r.readFault(r.base+int64(end), err)
		}
		if r.err != nil || len(b.Frames) > 0 {
			r.base += int64(pos)
			b.used = pos
			r.rest = append(r.rest, b.block[pos:end]...)
			break
		}
		// No frame points into the block yet, so it may be moved.
		r.base += int64(pos)
		end, pos = copy(b.block, b.block[pos:end]), 0
		if end == len(b.block) {
			// The record is larger than the block. Growing as bytes arrive, not to what the
			// record claims, never takes much more than the file has.
			b.grow(min(need, 2*end), end)
		}
	}
	if len(b.Frames) > 0 {
		return nil
	}
	return r.err
}

// want returns how large a block is worth having: no larger than the file.
func (r *Reader) want() int {
	const least = 4 << 10
	if r.inflated || r.size < 0 || r.size >= blockSize {
		return blockSize
	}
	return max(least, int(r.size))
}

// fill reads to p: until it is full where the source does not make us wait, else once.
func (r *Reader) fill(p []byte) (n int, err error) {
	for tries := 0; n < len(p) && err == nil; {
		var m int
		m, err = r.src.Read(p[n:])
		n += m
		if m > 0 && !r.whole {
			break
		}
		if m == 0 && err == nil {
			if tries++; tries == 100 {
				err = io.ErrNoProgress
			}
		}
	}
	return n, err
}

// ending returns what the end of the stream means with rest bytes left over, of which the record
// that begins at offset at needs need: io.EOF where a record would begin, a Fault otherwise.
func (r *Reader) ending(rest []byte, at int64, need int) error {
	if r.ng {
		return r.endingNG(rest, at, need)
	}
	return r.endingClassic(rest, at, need)
}

// fault returns a Fault at an offset of the stream.
func (r *Reader) fault(at int64, format string, args ...any) *Fault {
	return &Fault{File: r.name, Offset: at, Inflated: r.inflated, Reason: fmt.Sprintf(format, args...)}
}

// readFault returns the Fault for an error of the source.
func (r *Reader) readFault(at int64, err error) *Fault {
	var reason string
	switch {
	case r.inflated && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		reason = fmt.Sprintf("the gzip file is cut short after %d bytes; the packets up to there were read; copy the file again", r.Offset())
	case r.inflated && errors.Is(err, gzip.ErrHeader):
		reason = "the gzip file has a damaged header, or something behind its end that is not gzip"
	case r.inflated:
		reason = "the gzip file is damaged: " + err.Error()
	default:
		reason = "reading failed: " + err.Error()
	}
	return &Fault{File: r.name, Offset: at, Inflated: r.inflated, Reason: reason, Err: err}
}
