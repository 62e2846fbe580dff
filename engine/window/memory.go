package window

import "sync"

// A Memory hands out zeroed words to the tables of one engine. It takes them from the Go heap in slabs, which
// the kernel is asked to back with huge pages: tables are read at random, and with pages of 4 KiB the search
// for the page costs more than the read. Words hold no pointers, so the garbage collector does not look
// into slabs; it frees one when no table has words of it. A Memory may be used by several goroutines. A nil
// *Memory allocates each piece by itself.
type Memory struct {
	mu   sync.Mutex
	slab []uint64           // what is left of the newest slab
	used bool               // there was a slab before
	back map[int][][]uint64 // pieces that were given back, by length
}

const (
	firstSlab = 1 << 17 // words: 1 MiB, for those who replay a small capture
	slabWords = 1 << 20 // words: 8 MiB
)

// take returns n zeroed words.
func (m *Memory) take(n int) []uint64 {
	if m == nil || n > slabWords/4 {
		w := make([]uint64, n)
		hugePages(w)
		return w
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.back[n]; len(b) > 0 {
		w := b[len(b)-1]
		m.back[n] = b[:len(b)-1]
		clear(w)
		return w
	}
	if len(m.slab) < n {
		size := firstSlab
		if m.used || n > firstSlab {
			size = slabWords
		}
		m.used = true
		m.slab = make([]uint64, size)
		hugePages(m.slab)
	}
	w := m.slab[:n:n]
	m.slab = m.slab[n:]
	return w
}

// give takes words back that take returned.
func (m *Memory) give(w []uint64) {
	if m == nil || len(w) > slabWords/4 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.back == nil {
		m.back = map[int][][]uint64{}
	}
	m.back[len(w)] = append(m.back[len(w)], w)
}
