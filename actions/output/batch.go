package output

import "sort"

// A batch is rendered alerts that go out together: at most batchBytes and one record more.
type batch struct {
	buf   []byte
	ends  []int // of each record, in buf
	start int   // where the first record begins that is not written
	first int   // its place in ends
}

// batchBytes is where a batch is full. A write of 64 KiB costs little more than one of a line.
const batchBytes = 64 << 10

// keepBytes is the greatest buffer that an empty batch holds on to.
const keepBytes = 4 * batchBytes

func (b *batch) add(render func([]byte, *event) []byte, e *event) {
	b.buf = render(b.buf, e)
	b.ends = append(b.ends, len(b.buf))
}

// len returns the number of records that are not written.
func (b *batch) len() int { return len(b.ends) - b.first }

func (b *batch) full() bool { return len(b.buf) >= batchBytes }

// bytes returns the records that are not written.
func (b *batch) bytes() []byte { return b.buf[b.start:] }

// record returns one of the records that are not written.
func (b *batch) record(i int) []byte {
	from := b.start
	if i > 0 {
		from = b.ends[b.first+i-1]
	}
	return b.buf[from:b.ends[b.first+i]]
}

// whole returns how many whole records the first n bytes of those not written hold, and how many bytes
// are over.
func (b *batch) whole(n int) (records, rest int) {
	ends := b.ends[b.first:]
	records = sort.Search(len(ends), func(i int) bool { return ends[i] > b.start+n })
	if records > 0 {
		n -= ends[records-1] - b.start
	}
	return records, n
}

// size returns the bytes of the first n records that are not written.
func (b *batch) size(n int) int {
	if n == 0 {
		return 0
	}
	return b.ends[b.first+n-1] - b.start
}

// drop takes n records off.
func (b *batch) drop(n int) {
	if n == 0 {
		return
	}
	b.start = b.ends[b.first+n-1]
	b.first += n
	if b.first < len(b.ends) {
		return
	}
	b.start, b.first, b.buf, b.ends = 0, 0, b.buf[:0], b.ends[:0]
	if cap(b.buf) > keepBytes {
		b.buf = nil
	}
}
