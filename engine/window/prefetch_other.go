//go:build !amd64 && !arm64

package window

// prefetch is left out where there is no instruction known for it: it changes no result.
func prefetch(*uint64) {}

func prefetchByte(*byte) {}

func prefetchWords(_, _ *uint64) {}
