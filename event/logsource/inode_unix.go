//go:build unix

package logsource

import (
	"io/fs"
	"syscall"
)

// inodeOf returns what tells a file from others while both are there.
func inodeOf(st fs.FileInfo) uint64 {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return uint64(sys.Ino)
	}
	return 0
}
