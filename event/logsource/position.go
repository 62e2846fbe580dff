package logsource

import (
	"runtime/debug"
	"strings"
	"sync/atomic"
)

// A position is how far a file was read beyond the mark that was saved last. It is in memory that the kernel keeps in a file, so
// that it is known of a process that was killed, too, and costs nothing to move with each line. Where there is no such memory a
// position is always 0.
//
// It is one number, so that it is never half of one: the generation of the mark in the upper 32 bits, then a bit that says
// that the bytes are of the mark's Aside, then how many bytes were dealt with since. A number of another generation says nothing:
// the mark was saved after it.
type position struct {
	word   *uint64 // nil where there is none
	unused func() error
}

const positionAside = 1 << 31

// positionFile is the file of a position, beside that of the mark; "" for none.
func (m memory) positionFile() string {
	if m == "" {
		return ""
	}
	return strings.TrimSuffix(string(m), ".json") + ".position"
}

// set moves the position to n bytes beyond a mark. Memory of a file that somebody has cut, or for which the disk has no room, is
// given up.
func (p *position) set(generation uint32, aside bool, n int64) {
	if p.word == nil || n < 0 || n >= positionAside {
		return
	}
	defer func() {
		if recover() != nil {
			p.word = nil
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	v := uint64(generation)<<32 | uint64(n)
	if aside {
		v |= positionAside
	}
	atomic.StoreUint64(p.word, v)
}

// get returns what set was given last, here or by a process before.
func (p *position) get() (generation uint32, aside bool, n int64) {
	if p.word == nil {
		return 0, false, 0
	}
	defer func() {
		if recover() != nil {
			p.word, generation, aside, n = nil, 0, false, 0
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	v := atomic.LoadUint64(p.word)
	return uint32(v >> 32), v&positionAside != 0, int64(v & (positionAside - 1))
}

// close gives up the memory; the file stays.
func (p *position) close() {
	if p.unused != nil {
		_ = p.unused()
	}
	*p = position{}
}
