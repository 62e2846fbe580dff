//go:build !linux

package window

// slabs is memory from the Go heap, where the system's huge pages are not known.
type slabs struct{ maps [][]uint64 }

func (s *slabs) take(n int) []uint64 {
	w := make([]uint64, n)
	s.maps = append(s.maps, w)
	return w
}

func (s *slabs) release() { s.maps = nil }

// populate does nothing: the Go heap is left to the runtime.
func populate([]uint64) {}
