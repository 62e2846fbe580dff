//go:build amd64 || arm64

package window

// prefetch asks for a word to be brought into the cache and does not wait for it. A load would do the
// same, but the processor can only run so far ahead of a load that has not come back.
//
//go:noescape
func prefetch(p *uint64)

// prefetchByte is prefetch for a byte.
//
//go:noescape
func prefetchByte(p *byte)
