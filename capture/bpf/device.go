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
	// dropped is how many frames found no room since it was opened, modulo 2³².
	dropped func() (uint32, error)
}
