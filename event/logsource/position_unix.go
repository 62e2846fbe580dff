//go:build unix

package logsource

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openPosition opens the position in a file, which it makes where there is none. On a file system that cannot have memory there is
// none, and the mark alone says how far a file was read.
func openPosition(name string) position {
	if name == "" {
		return position{}
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) && os.MkdirAll(filepath.Dir(name), 0o750) == nil {
		f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err != nil {
		return position{}
	}
	defer f.Close()
	const size = int(unsafe.Sizeof(uint64(0)))
	if st, err := f.Stat(); err != nil || st.Size() < int64(size) {
		if _, err := f.WriteAt(make([]byte, size), 0); err != nil { // written, so that the disk has room for it
			return position{}
		}
	}
	data, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return position{}
	}
	p := position{word: (*uint64)(unsafe.Pointer(&data[0])), unused: func() error { return unix.Munmap(data) }}
	p.set(p.get()) // so that the memory is there: the first line would wait for that, taken but not said to be
	return p
}
