//go:build !linux

package window

func hugePages([]uint64) {}
