package bpf

import (
	"errors"
	"io"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/packet"
)

// maxInstructions is BPF_MAXINSNS, the longest program that a kernel takes.
const maxInstructions = 512

// Why there is no device.
var (
	errNoInterface = errors.New("there is no such interface")
	errDown        = errors.New("it is down")
)

// A device is an open /dev/bpf that is bound to an interface. Read fills a buffer of its size with records; it returns 0
// where nothing came for a while.
type device struct {
	io.ReadCloser
	layout layout
	link   packet.LinkType
	size   int // of its buffer

	// setFilter has the kernel keep frames out from now on.
	setFilter func([]bpf.RawInstruction) error
	// dropped is how many frames found no room, modulo 2³², since it was opened or, on OpenBSD, since the last filter was set.
	dropped func() (uint32, error)
	// up is whether the interface is: one that is down can be opened, and reads as one on which nothing comes.
	up func() bool
}
