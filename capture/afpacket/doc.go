// Package afpacket captures packets from network interfaces: AF_PACKET sockets with TPACKET_V3 rings, on
// Linux, without cgo.
//
//	src, err := afpacket.Open(afpacket.Config{Interfaces: []string{"eth0"}, Promiscuous: true})
//	…
//	var b live.Batch
//	for {
//		err := src.Read(&b, time.Second)
//		if err != nil {
//			break // io.EOF: somebody called Close
//		}
//		// use b.Frames; where there are none, time has come to b.Now
//	}
//
// # Frames
//
// Nothing is copied: the frames of a Batch lie in the ring, in blocks that go back to the kernel with
// the next Read. An interface may have several rings, which the kernel fills on several CPUs and among
// which it shares the packets out by flow; both directions of a flow come to the same ring. Read merges
// all rings by time. A block comes to Read when it is full or Config.BlockTimeout after its first packet,
// so order between rings holds within about that time; within a ring it holds, unless the clock is set back.
//
// Frames are as on the wire. A VLAN tag that the network card or the kernel took off is put back. What
// the kernel joined (GRO) or has not yet cut up (TSO) is one frame of up to 64 KiB, or more: who wants
// to count packets turns that off ("ethtool -K eth0 gro off lro off"). Fragments come as they are,
// unless Config.Defrag asks the kernel to put IPv4 ones together. On the loopback interface, where
// every packet passes twice, it is seen once.
//
// Times are those of the kernel's clock (CLOCK_REALTIME) in nanoseconds, taken when the packet came into
// the network stack where the kernel noted that, otherwise when it was written to the ring. Those of
// network cards are not used: few cards keep them to the clock of the system.
//
// # Overload
//
// A ring that is full loses the newest packets: the kernel does not overwrite what has not been read,
// and does not slow the network down. It counts each packet that the filter lets through and that
// finds no room; a freeze of the ring is counted as a stall. What the network card or the kernel lost before
// the taps is in InterfaceStats.Missed. Read says in Batch.Lost how many packets are known to be lost since
// the Read before, in either way, and in Batch.Losing whether a Batch comes from such a time. Stats has the
// sums, and never resets them, not when an interface was gone either. So every packet that came to an
// interface and that the filter wants is in a Batch, in Dropped, or in Missed.
//
// A ring that is not read for a while holds as many packets as fit its bytes, or as many BlockTimeouts as it has
// blocks, whichever ends first: 64 MiB of small packets are about 440,000, and the default of 256
// blocks lasts for 2.5 seconds on a link that is not busy.
//
// What is left out first under overload is up to the Filter: it is evaluated in the kernel, before a
// packet takes room in a ring.
//
// # Privileges
//
// Open needs CAP_NET_RAW, and so does Read when an interface has come back and its rings are opened again.
// Nothing else is needed; SetFilter, Stats and Close need none.
package afpacket
