package window

import (
	"syscall"
	"unsafe"
)

const (
	hugePage     = 2 << 20 // bytes; where huge pages are of another size the advice does no harm
	madvHugepage = 14      // MADV_HUGEPAGE of madvise(2), which package syscall has not on every platform
)

// slabs is memory that was mapped from the system.
type slabs struct{ maps [][]byte }

// take maps n zeroed words, of huge pages where they fill some. Where the system has no more it panics, as
// the Go heap would.
func (s *slabs) take(n int) []uint64 {
	size := n * 8
	room := size
	if size >= hugePage {
		room += hugePage // to align
	}
	b, err := syscall.Mmap(-1, 0, room, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic("window: no memory for state: " + err.Error())
	}
	s.maps = append(s.maps, b)
	if size >= hugePage {
		b = b[-uintptr(unsafe.Pointer(&b[0]))&(hugePage-1):]
		_ = syscall.Madvise(b[:size&^(hugePage-1)], madvHugepage) // advice: without it pages are small
	}
	return unsafe.Slice((*uint64)(unsafe.Pointer(&b[0])), n)
}

// release gives the memory back.
func (s *slabs) release() {
	for _, b := range s.maps {
		_ = syscall.Munmap(b) // of what Mmap returned, which cannot fail
	}
	s.maps = nil
}
