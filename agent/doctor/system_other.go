//go:build !linux

package doctor

import (
	"errors"
	"io/fs"
	"os"
)

// What follows is known of Linux alone.

func (d *doctor) capabilities() {}
func (d *doctor) interfaces()   {}
func (d *doctor) memory()       {}
func (d *doctor) bpf()          {}
func (d *doctor) clock()        {}
func (d *doctor) inotify()      {}

func privileged() bool { return os.Geteuid() == 0 }

func freeOf(string) (free, all, inodes uint64, err error) {
	return 0, 0, 0, errors.New("this system is not asked")
}

func (d *doctor) unwritable(string, fs.FileInfo) string { return "" }
