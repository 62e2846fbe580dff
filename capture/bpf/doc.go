// Package bpf captures packets from network interfaces on macOS, FreeBSD and OpenBSD: by the Berkeley Packet Filter, /dev/bpf,
// without cgo. On other systems it reads no interfaces, but its reading of buffers is tested there.
//
// Each interface has a device of its own, whose kernel buffer is read as a whole by a goroutine of its own. It reads while
// the frames of the buffer before are in use; so there are two on this side, besides the two that the kernel fills in turns.
// A frame comes as soon as it is there, on a busy interface with those that came meanwhile. Frames of several
// interfaces are merged by time as far as they come at once.
//
// Times are those of the kernel, in microseconds. Lost packets are those for which there was no room in the kernel's
// buffer (BIOCGSTATS). What is not kept from the buffer by the filter in the kernel, which takes no more than 512
// instructions there, is left out here.
//
// Open needs the right to read /dev/bpf*, and so does Read when an interface has come back: root has it, and on macOS the
// group access_bpf where Wireshark's ChmodBPF made one.
package bpf
