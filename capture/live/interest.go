package live

import (
	"fmt"
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// An Interest is the packets that something can look at: those whose class is in Classes, and besides
// the TCP and UDP packets from or to a port of TCPPorts and UDPPorts. The zero value is none.
//
// Classes and ports are what packet.Decode finds: inside a tunnel, of the innermost packet. Whatever may be
// a tunnel, or has a header that is broken or that the filter does not know its way around,
// counts as interesting. So a Filter never drops a packet that is in its Interest; it may let others through.
type Interest struct {
	Classes  ClassSet
	TCPPorts []PortRange
	UDPPorts []PortRange
}

// A PortRange is the ports from First to Last, both included.
type PortRange struct {
	First, Last uint16
}

// String returns "53" or "8000-8010".
func (r PortRange) String() string {
	if r.First == r.Last {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// A ClassSet is a set of classes of packets. The zero value is empty.
type ClassSet [packet.NumClasses / 64]uint64

// Add adds a class. It must be below packet.NumClasses.
func (s *ClassSet) Add(c packet.Class) { s[c/64] |= 1 << (c % 64) }

// Has reports whether a class is in the set.
func (s *ClassSet) Has(c packet.Class) bool { return s[c/64]>>(c%64)&1 != 0 }

// hasPort reports whether a port is in any of the ranges.
func hasPort(ranges []PortRange, port uint16) bool {
	return slices.ContainsFunc(ranges, func(r PortRange) bool { return r.First <= port && port <= r.Last })
}
