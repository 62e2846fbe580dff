package window

import (
	"syscall"
	"unsafe"
)

// hugePage is the size of a huge page on the platforms that have one of 2 MiB; elsewhere the advice is for
// runs of pages that are no worse for it.
const hugePage = 2 << 20

// madvHugepage is MADV_HUGEPAGE of madvise(2).
const madvHugepage = 14

// hugePages asks for huge pages for the whole ones inside w. It is advice: failure changes nothing.
func hugePages(w []uint64) {
	if len(w)*8 < hugePage {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&w[0])), len(w)*8)
	skip := int(-uintptr(unsafe.Pointer(&b[0])) & (hugePage - 1))
	n := (len(b) - skip) &^ (hugePage - 1)
	if n <= 0 {
		return
	}
	_ = syscall.Madvise(b[skip:skip+n], madvHugepage)
}
