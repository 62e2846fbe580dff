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

// ownerOf returns the account that a file belongs to; false where that cannot be told.
func ownerOf(st fs.FileInfo) (user, group int, ok bool) {
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(sys.Uid), int(sys.Gid), true
}
