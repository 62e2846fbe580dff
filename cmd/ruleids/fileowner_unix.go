//go:build unix

package main

import (
	"io/fs"
	"syscall"
)

// writableByOthers reports whether a file is not root's own, or can be written by anybody else.
func writableByOthers(st fs.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return st.Mode().Perm()&0o022 != 0 || ok && sys.Uid != 0
}
