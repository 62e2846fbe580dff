package bpf

import "golang.org/x/sys/unix"

// native is the layout of this system.
var native = layout32

// setFilterRequest leaves what is in the buffer there.
const setFilterRequest = unix.BIOCSETFNR
