package live

import "github.com/ruleids/ruleids/packet"

// Counts are what rings count, from Open on. Interfaces that were gone in between go on counting
// where they were.
type Counts struct {
	Received uint64 // packets that the filter let through and that found room in a ring
	Dropped  uint64 // packets that the filter let through and that found no room: they are lost
	Stalls   uint64 // times that a ring was full and the kernel stopped writing to it
	Losing   uint64 // blocks that the kernel marked as written after packets were lost (TP_STATUS_LOSING)
	Frames   uint64 // frames that Read returned; it trails Received by what is in the rings
	Bytes    uint64 // the lengths of these frames on the wire
	// Elsewhere are frames for other hosts that came although the interface was not to be promiscuous.
	Elsewhere uint64
	Stale     uint64 // frames that came under a filter which was replaced meanwhile, and that the new one does not want
}

// Add adds the counts of d.
func (c *Counts) Add(d Counts) {
	c.Received += d.Received
	c.Dropped += d.Dropped
	c.Stalls += d.Stalls
	c.Losing += d.Losing
	c.Frames += d.Frames
	c.Bytes += d.Bytes
	c.Stale += d.Stale
	c.Elsewhere += d.Elsewhere
}

// Stats are the counts of a Source.
type Stats struct {
	Counts
	Missed     uint64           // of all interfaces
	Interfaces []InterfaceStats // sorted by name
}

// InterfaceStats are the counts of one interface, and its state.
type InterfaceStats struct {
	Name string
	Counts
	// Missed is how many packets the interface and the kernel have dropped since Open before they came to any
	// socket: rx_missed_errors and rx_dropped of "ip -s -s link". They are not in Dropped, and the filter might not have
	// let all of them through. Cards also count packets there that were for others.
	Missed   uint64
	Up       bool            // packets can come from it now
	Err      error           // why it is not up; nil where it is
	Link     packet.LinkType // of its frames; that of the last time where it is not up
	Reopened uint64          // times that its rings were opened again
	Limit    string          // what cannot be seen of it in the way that it is captured, for people; "" for nothing
	Rings    []Counts        // of its rings, since they were opened; none where they are not
}
