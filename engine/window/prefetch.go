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

// prefetchWords is prefetch for the words from one to another, which are not far apart: one call for all lines of the cache.
//
//go:noescape
func prefetchWords(from, to *uint64)
