package bpf

import "golang.org/x/sys/unix"

// native is the layout of this system.
var native = layout32

// setFilterRequest also empties the buffer: OpenBSD has no other.
const setFilterRequest = unix.BIOCSETF
