package window

import (
	"runtime"
	"sync"
)

// A Memory hands out zeroed words to the tables of one engine. It takes them from the system in slabs of huge
// pages where there are such: tables are read at random, and with pages of 4 KiB the search for the page
// costs more than the read. Slabs are given back when no table that was made with the Memory is left. A
// Memory may be used by several goroutines. A nil *Memory takes each piece from the Go heap.
type Memory struct {
	mu    sync.Mutex
	rest  []uint64           // what is left of the newest slab
	back  map[int][][]uint64 // pieces that were given back, by length
	slabs *slabs
}

// NewMemory returns a Memory that holds nothing yet.
func NewMemory() *Memory {
	m := &Memory{back: map[int][][]uint64{}, slabs: new(slabs)}
	runtime.AddCleanup(m, (*slabs).release, m.slabs)
	return m
}

const (
	firstSlab = 1 << 17 // words: 1 MiB, for those who replay a small capture
	slabWords = 1 << 20 // words: 8 MiB
)

// take returns n zeroed words.
func (m *Memory) take(n int) []uint64 {
	if m == nil {
		return make([]uint64, n)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.back[n]; len(b) > 0 {
		w := b[len(b)-1]
		m.back[n] = b[:len(b)-1]
		clear(w)
		return w
	}
	if n > slabWords/4 {
		return m.slabs.take(n)
	}
	if len(m.rest) < n {
		size := slabWords
		if len(m.slabs.maps) == 0 && n <= firstSlab {
			size = firstSlab
		}
		m.rest = m.slabs.take(size)
	}
	w := m.rest[:n:n]
	m.rest = m.rest[n:]
	return w
}

// give takes words back that take returned.
func (m *Memory) give(w []uint64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.back[len(w)] = append(m.back[len(w)], w)
}
