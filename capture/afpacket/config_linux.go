package afpacket

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/ruleids/ruleids/capture/live"
)

const (
	// minSnapLength is enough for the addresses of an IPv6 packet behind three VLAN tags, which
	// are 66 bytes.
	minSnapLength = 68

	// minBlocks keeps the kernel writing while a block is read.
	minBlocks = 4

	// maxRings bounds the rings of an interface: a fanout group has at most 256 members on older kernels.
	maxRings = 256

	// maxRingBytes is what fits an int everywhere.
	maxRingBytes = 1 << 30
)

// complete returns the Config with defaults in place of zero values, or what is wrong with it.
func (c Config) complete() (Config, error) {
	page := os.Getpagesize()
	if err := live.CheckInterfaces(c.Interfaces); err != nil {
		return c, err
	}
	c.Interfaces = slices.Clone(c.Interfaces)
	c.Rings = cmp.Or(c.Rings, 1)
	if c.Rings < 0 || c.Rings > maxRings {
		return c, fmt.Errorf("live capture: %d rings on an interface; give 1 to %d", c.Rings, maxRings)
	}
	c.RingBytes = cmp.Or(c.RingBytes, DefaultRingBytes)
	if c.RingBytes < minBlocks*page || c.RingBytes > maxRingBytes {
		return c, fmt.Errorf("live capture: a ring of %d bytes; give %d to %d", c.RingBytes, minBlocks*page, maxRingBytes)
	}
	if c.BlockBytes == 0 {
		c.BlockBytes = DefaultBlockBytes
		for c.BlockBytes > page && c.BlockBytes*minBlocks > c.RingBytes {
			c.BlockBytes /= 2
		}
	}
	if c.BlockBytes < page || c.BlockBytes&(c.BlockBytes-1) != 0 {
		return c, fmt.Errorf("live capture: a block of %d bytes; give a power of two, at least %d", c.BlockBytes, page)
	}
	if c.RingBytes/c.BlockBytes < minBlocks {
		return c, fmt.Errorf("live capture: a ring of %d bytes has fewer than %d blocks of %d bytes; make the ring larger or the blocks smaller", c.RingBytes, minBlocks, c.BlockBytes)
	}
	c.RingBytes -= c.RingBytes % c.BlockBytes
	c.BlockTimeout = cmp.Or(c.BlockTimeout, DefaultBlockTimeout)
	if c.BlockTimeout < time.Millisecond || c.BlockTimeout > time.Minute {
		return c, fmt.Errorf("live capture: a block time-out of %v; give 1ms to 1m", c.BlockTimeout)
	}
	c.SnapLength = cmp.Or(c.SnapLength, live.DefaultSnapLength)
	if c.SnapLength < minSnapLength || c.SnapLength > live.DefaultSnapLength {
		return c, fmt.Errorf("live capture: a snap length of %d bytes; give %d to %d", c.SnapLength, minSnapLength, live.DefaultSnapLength)
	}
	return c, nil
}
