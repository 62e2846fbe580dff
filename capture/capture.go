// Package capture says where packets come from: capture files; package live and those beside it have
// interfaces.
//
// A Reader reads pcap and pcapng files, plain or in gzip, and fills Batches:
//
//	r, err := capture.Open("x.pcapng.gz")
//	…
//	var b capture.Batch
//	for {
//		err := r.Read(&b)
//		// use b.Frames
//		if err != nil {
//			break // io.EOF, or *capture.Fault
//		}
//	}
//
// No frame of a Batch points into memory of the Reader, so one goroutine may fill a Batch while
// another works on the one before.
package capture

import "github.com/ruleids/ruleids/packet"

// A Batch is a run of frames with the memory that holds their bytes. The zero value is ready, and
// a Batch may be read to by any number of Readers in turn; after a few reads it has grown to what
// it needs and reading allocates no more. Frames are valid until the Batch is read to again.
type Batch struct {
	Frames []packet.Frame
	block  []byte
	used   int
}

// Size returns how many bytes of memory the records of the frames take, and how many there are for them.
func (b *Batch) Size() (used, all int) { return b.used, len(b.block) }

// reserve makes the block at least n bytes long without keeping what it holds.
func (b *Batch) reserve(n int) {
	if len(b.block) < n {
		b.block = make([]byte, n)
	}
}

// grow makes the block n bytes long and keeps its first bytes. No frame may point into it.
func (b *Batch) grow(n, keep int) {
	block := make([]byte, n)
	copy(block, b.block[:keep])
	b.block = block
}
