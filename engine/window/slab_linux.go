package window

import (
	"syscall"
	"unsafe"
)

const (
	hugePage     = 2 << 20 // bytes; where huge pages are of another size the advice does no harm
	madvHugepage = 14      // MADV_HUGEPAGE of madvise(2), which package syscall has not on every platform
	madvPopulate = 23      // MADV_POPULATE_WRITE, since Linux 5.14
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
	if s.maps == nil {
		s.maps = make([][]byte, 0, 128) // for 1 GiB, so that a slab allocates nothing besides
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

// populate has the system make the pages of words that take returned, or of some of them, which may be in use. It does
// so in a system call, in which no other goroutine waits for this one, as it would for one that meets a missing
// page. Where the system cannot, pages are made when they are written.
func populate(w []uint64) {
	if len(w) == 0 {
		return
	}
	page := uintptr(syscall.Getpagesize())
	into := uintptr(unsafe.Pointer(&w[0])) & (page - 1) // the page begins in the same slab
	b := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(&w[0]), -int(into))), uintptr(len(w))*8+into)
	_ = syscall.Madvise(b, madvPopulate)
}
