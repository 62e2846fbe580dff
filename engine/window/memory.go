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
	out   int        // words that tables have
	ready [][]uint64 // slabs whose pages are there, to follow the newest
	ahead bool       // one is to be ready always
	busy  bool       // it is being made
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
	m.out += n
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
		m.next(n)
	}
	w := m.rest[:n:n]
	m.rest = m.rest[n:]
	return w
}

// next begins a slab that has room for n words.
func (m *Memory) next(n int) {
	last := len(m.ready) - 1
	switch {
	case last >= 0:
		m.rest, m.ready = m.ready[last], m.ready[:last]
	case len(m.slabs.maps) == 0 && n <= firstSlab:
		m.rest = m.slabs.take(firstSlab)
	default:
		m.rest = m.slabs.take(slabWords)
	}
	if m.ahead && !m.busy && len(m.ready) == 0 {
		m.busy = true
		go func() {
			m.prepare()
			m.mu.Lock()
			defer m.mu.Unlock()
			m.busy = false
		}()
	}
}

// prepare makes a slab ready.
func (m *Memory) prepare() {
	m.mu.Lock()
	w := m.slabs.take(slabWords)
	m.mu.Unlock()
	populate(w)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ready = append(m.ready, w)
}

// reserve makes memory ready for so many pieces of each length, as far as tables have as much now, and from then on
// for what comes. A page is made by the system when it is first written, and that of a huge one takes 0.2 ms, or
// 5 ms in a virtual machine whose host has no memory behind it yet: too long between two packets.
func (m *Memory) reserve(pieces map[int]int) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.ahead = true
	need, rest := 0, m.rest
	for n, count := range pieces {
		if n <= slabWords/4 {
			need += n * max(0, count-len(m.back[n]))
		}
	}
	need = min(need, m.out) - len(rest) - len(m.ready)*slabWords
	m.mu.Unlock()
	populate(rest)
	for ; need > 0; need -= slabWords {
		m.prepare()
	}
}

// Take returns n zeroed words for who is no table of windows; Give takes them back.
func (m *Memory) Take(n int) []uint64 { return m.take(n) }

// Give takes words back that Take returned.
func (m *Memory) Give(w []uint64) { m.give(w) }

// give takes words back that take returned.
func (m *Memory) give(w []uint64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out -= len(w)
	m.back[len(w)] = append(m.back[len(w)], w)
}
