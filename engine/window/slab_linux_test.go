package window

import (
	"syscall"
	"testing"
	"unsafe"
)

// missingPages returns how many pages of words the system has not made yet.
func missingPages(t *testing.T, w []uint64) (missing int) {
	t.Helper()
	page := syscall.Getpagesize()
	vec := make([]byte, (len(w)*8+page-1)/page)
	_, _, errno := syscall.Syscall(syscall.SYS_MINCORE, uintptr(unsafe.Pointer(&w[0])), uintptr(len(w)*8), uintptr(unsafe.Pointer(&vec[0])))
	if errno != 0 {
		t.Fatal(errno)
	}
	for _, v := range vec {
		missing += int(^v & 1)
	}
	return missing
}

// TestReservedPagesAreThere: no page of what was reserved, or of the rest of the newest slab, is made while packets
// wait.
func TestReservedPagesAreThere(t *testing.T) {
	const piece = 1 << 14
	m := NewMemory()
	w := m.take(piece)
	populate(w)
	if missingPages(t, w) > 0 {
		t.Skip("this kernel does not make pages ahead; Linux 5.14 does")
	}
	for range 200 {
		m.take(piece)
	}
	before := missingPages(t, m.rest)
	m.reserve(map[int]int{piece: 100})
	if after := missingPages(t, m.rest); before == 0 || after > 0 {
		t.Errorf("of the newest slab %d pages were missing, %d are", before, after)
	}
	if len(m.ready) == 0 {
		t.Fatal("no slab is ready")
	}
	for _, w := range m.ready {
		if n := missingPages(t, w); n > 0 {
			t.Errorf("%d pages of a slab that is ready are missing", n)
		}
	}
}
