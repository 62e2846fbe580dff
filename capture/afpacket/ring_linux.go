package afpacket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

const (
	// tagBytes is the length of a VLAN tag, and the room that is kept for one before each frame.
	tagBytes = 4

	// headerEnd is where the kernel's headers of a frame end: struct tpacket3_hdr and, at a multiple of 16,
	// struct sockaddr_ll.
	headerEnd = unix.SizeofTpacket3Hdr + unix.SizeofSockaddrLinklayer

	// slotBytes is the size that the kernel wants to know of frames, and does not use with TPACKET_V3.
	slotBytes = 2048

	// runFrames is how many frames of a ring make a Read go on to the next ring: some thousand pay
	// for a round of the workers, and more do not stay in the cache.
	runFrames = 4096
)

// A ring is a packet socket with memory that the kernel writes frames to, in blocks. Blocks are read and
// given back in their order.
type ring struct {
	fd     int
	mem    []byte
	block  int // bytes of a block
	blocks int
	next   int                                // the block that is read next
	held   int                                // blocks before it that the frames of the last Batch are in
	kept   int                                // blocks before those that stay as they are
	keep   int                                // how many of those there are at most
	fenced bool                               // the block before them is with us, so that the kernel writes to none of them
	lease  []uint64                           // of each block the Batch that its frames are in
	forget func(batch uint64, must bool) bool // see Source.Keep; nil where no Batch is kept
	link   packet.LinkType

	frames []packet.Frame // what the last take found
	merged int            // how many of them are in a live.Batch
	losing bool           // a block said that packets were lost
	counts live.Counts
	kernel unix.TpacketStatsV3 // what count asks for

	filter *live.Filter
	// until is the last time (nanoseconds since 1970) at which a frame can have come under another filter; 0
	// where there is none such any more.
	until int64
	snap  uint32
	lo    bool // the loopback interface
	own   bool // frames for other hosts are left out, which come where something else made the interface promiscuous
}

// openRing opens a ring on an interface. Its filter drops everything until setFilter.
func openRing(c *Config, d device, link packet.LinkType) (*ring, error) {
	kind := unix.SOCK_RAW
	if link == packet.LinkRaw {
		kind = unix.SOCK_DGRAM // whatever stands before the network header is left out
	}
	// Protocol 0: nothing comes until the socket is bound to the interface.
	fd, err := unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return nil, fmt.Errorf("a packet socket is not permitted: run as root, or with the capability CAP_NET_RAW: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening a packet socket: %w", err)
	}
	keep := c.KeepBytes / c.BlockBytes
	blocks := c.RingBytes/c.BlockBytes + keep
	r := &ring{fd: fd, block: c.BlockBytes, blocks: blocks, keep: keep, lease: make([]uint64, blocks), link: link, snap: uint32(c.SnapLength), lo: d.loopback, own: !c.Promiscuous && link == packet.LinkEthernet}
	if err := r.setUp(c, d); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

// setUp gives the socket its memory and binds it to the interface.
func (r *ring) setUp(c *Config, d device) error {
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("the kernel has no TPACKET_V3; it needs Linux 3.2 with CONFIG_PACKET_MMAP: %w", err)
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_RESERVE, tagBytes); err != nil {
		return fmt.Errorf("reserving room for VLAN tags: %w", err)
	}
	req := unix.TpacketReq3{
		Block_size: uint32(r.block), Block_nr: uint32(r.blocks),
		Frame_size: slotBytes, Frame_nr: uint32(r.block / slotBytes * r.blocks),
		Retire_blk_tov: uint32(c.BlockTimeout.Milliseconds()),
	}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return fmt.Errorf("the kernel gives no ring of %d blocks of %d bytes; where memory is short, make it smaller: %w", r.blocks, r.block, err)
	}
	mem, err := unix.Mmap(r.fd, 0, r.block*r.blocks, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mapping a ring of %d bytes: %w", r.block*r.blocks, err)
	}
	r.mem = mem
	if err := r.mute(); err != nil {
		return err
	}
	if c.Promiscuous {
		m := unix.PacketMreq{Ifindex: int32(d.index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(r.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m); err != nil {
			return fmt.Errorf("setting promiscuous mode; it can be turned off in the settings: %w", err)
		}
	}
	all := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL})
	if err := unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: d.index}); err != nil {
		return fmt.Errorf("binding a packet socket: %w", err)
	}
	return nil
}

// found makes the ring the first of a group that share packets out among them, and returns the number of the
// group, which the kernel chooses. It may be 0.
func (r *ring) found(defrag bool) (uint16, error) {
	if err := r.join(0, unix.PACKET_FANOUT_FLAG_UNIQUEID, defrag); err != nil {
		return 0, err
	}
	got, err := unix.GetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_FANOUT)
	if err != nil {
		return 0, fmt.Errorf("asking for the number of a fanout group: %w", err)
	}
	return uint16(got), nil
}

// join makes the ring share packets out with the others of a group, by a hash that is the same for both
// directions of a flow.
func (r *ring) join(group uint16, flags uint32, defrag bool) error {
	flags |= unix.PACKET_FANOUT_HASH
	if defrag {
		flags |= unix.PACKET_FANOUT_FLAG_DEFRAG
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, int(flags<<16|uint32(group))); err != nil {
		return fmt.Errorf("joining a fanout group; one ring without defrag needs none: %w", err)
	}
	return nil
}

// setFilter makes the kernel run another filter from the next packet on. Frames that came before are
// still judged by the new one, as they are read.
func (r *ring) setFilter(f *live.Filter, now func() int64) error {
	prog, err := f.Assemble(r.link, r.snap, r.lo)
	if err != nil {
		return err
	}
	if err := r.attach(prog); err != nil {
		return err
	}
	// A packet that is under way on another CPU may still meet the filter before.
	const underWay = 1e6
	r.filter, r.until = f, now()+underWay
	return nil
}

// mute lets nothing more into the ring.
func (r *ring) mute() error {
	return r.attach([]bpf.RawInstruction{{Op: unix.BPF_RET | unix.BPF_K}})
}

// attach replaces the program of the socket.
func (r *ring) attach(prog []bpf.RawInstruction) error {
	ins := make([]unix.SockFilter, len(prog))
	for i, p := range prog {
		ins[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(ins)), Filter: &ins[0]})
	switch {
	case errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("the kernel has no room for a filter of %d instructions; raise net.core.optmem_max, or ignore fewer, larger networks: %w", len(ins), err)
	case err != nil:
		return fmt.Errorf("attaching a filter of %d instructions: %w", len(ins), err)
	}
	return nil
}

// bound reports whether the socket is still bound to an interface: the kernel lets go of one that is removed.
func (r *ring) bound(index int) bool {
	sa, err := unix.Getsockname(r.fd)
	ll, ok := sa.(*unix.SockaddrLinklayer)
	return err == nil && ok && ll.Ifindex == index
}

// take reads blocks that are ready until it has a good many frames, which are then in r.frames, for a Batch of that number. It
// reports whether there was a block.
func (r *ring) take(batch uint64) bool {
	r.frames, r.merged = r.frames[:0], 0
	any := false
	for len(r.frames) < runFrames && r.held < max(1, (r.blocks-r.keep)/2) {
		h := r.header(r.next)
		status := atomic.LoadUint32(&h.Block_status)
		if status&unix.TP_STATUS_USER == 0 {
			break
		}
		if status&unix.TP_STATUS_LOSING != 0 {
			r.counts.Losing++
			r.losing = true
		}
		any = true
		r.walk(r.mem[r.next*r.block:][:r.block], h)
		r.lease[r.next] = batch
		r.held++
		if r.next++; r.next == r.blocks {
			r.next = 0
		}
	}
	return any
}

// header returns the header of a block.
func (r *ring) header(block int) *unix.TpacketHdrV1 {
	desc := (*unix.TpacketBlockDesc)(unsafe.Pointer(&r.mem[block*r.block]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&desc.Hdr))
}

// ready reports whether there is a block to take.
func (r *ring) ready() bool {
	return atomic.LoadUint32(&r.header(r.next).Block_status)&unix.TP_STATUS_USER != 0
}

// walk adds the frames of a block to r.frames.
func (r *ring) walk(block []byte, h *unix.TpacketHdrV1) {
	at := int(h.Offset_to_first_pkt)
	bytes := uint64(0)
	for range h.Num_pkts {
		p := (*unix.Tpacket3Hdr)(unsafe.Pointer(&block[at]))
		from := at + int(p.Mac)
		f := packet.Frame{
			Data:   block[from : from+int(p.Snaplen) : from+int(p.Snaplen)],
			Time:   int64(p.Sec)*1e9 + int64(p.Nsec),
			Length: p.Len,
			Link:   r.link,
		}
		f.Sum = sumOf(p.Status)
		if p.Status&unix.TP_STATUS_VLAN_VALID != 0 && r.link == packet.LinkEthernet {
			untag(&f, p, block, from)
		}
		elsewhere := r.own && kindOf(block, at) == unix.PACKET_OTHERHOST
		at += int(p.Next_offset)
		if elsewhere {
			r.counts.Elsewhere++
			continue
		}
		if r.until != 0 && r.stale(&f) {
			r.counts.Stale++
			continue
		}
		bytes += uint64(f.Length)
		r.frames = append(r.frames, f)
	}
	r.counts.Bytes += bytes
}

// kindOf returns to whom the kernel says that a frame goes: the address of packet(7) behind the frame's header.
func kindOf(block []byte, header int) uint8 {
	const align = 16 // TPACKET_ALIGNMENT of linux/if_packet.h
	const behind = (int(unsafe.Sizeof(unix.Tpacket3Hdr{})) + align - 1) / align * align
	return (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&block[header+behind])).Pkttype
}

// sumOf returns what the kernel knows of a frame's checksums.
func sumOf(status uint32) packet.Sum {
	switch {
	case status&unix.TP_STATUS_CSUMNOTREADY != 0:
		return packet.SumPending
	case status&unix.TP_STATUS_CSUM_VALID != 0:
		return packet.SumValid
	}
	return packet.SumWire
}

// untag puts the tag back that was taken off: behind the addresses, which move down to the room before
// them. f begins at from in its block.
func untag(f *packet.Frame, p *unix.Tpacket3Hdr, block []byte, from int) {
	const addresses = 12
	if len(f.Data) < addresses || int(p.Mac) < headerEnd+tagBytes {
		return
	}
	tpid := uint16(unix.ETH_P_8021Q)
	if p.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		tpid = p.Hv1.Vlan_tpid
	}
	end := from + len(f.Data)
	f.Data = block[from-tagBytes : end : end]
	copy(f.Data, f.Data[tagBytes:tagBytes+addresses])
	binary.BigEndian.PutUint16(f.Data[addresses:], tpid)
	binary.BigEndian.PutUint16(f.Data[addresses+2:], uint16(p.Hv1.Vlan_tci))
	f.Length += tagBytes
}

// stale reports whether a frame came under an earlier filter and is not wanted by this one.
func (r *ring) stale(f *packet.Frame) bool {
	if f.Time > r.until {
		r.until = 0
		return false
	}
	return !r.filter.Match(f)
}

// release gives the blocks that were read back to the kernel, but for those that are kept.
//
// The kernel writes to blocks in their order and stops at one that is not its own. So one block, the fence, keeps it from all that
// come behind, which are its own already: poll says that there is something to read for as long as the newest is not.
func (r *ring) release() {
	fence, kept := r.back(r.kept+r.held), r.kept+r.held
	base := r.blocks - r.keep
	ahead := atomic.LoadUint32(&r.header((r.next + base/2) % r.blocks).Block_status) // where the kernel is before there it is far from the fence
	switch {
	case r.forget == nil || r.keep == 0:
		kept = 0
	case !r.fenced && ahead&unix.TP_STATUS_USER != 0:
		r.forget(r.lease[r.back(0)], true)
		kept = 0
	case kept > r.keep && r.forget(r.lease[r.back(r.keep)], kept > r.keep+base/4):
		kept = r.keep
	}
	to := r.back(kept)
	if kept > 0 {
		r.give(to, unix.TP_STATUS_USER)
	}
	for n := range r.held {
		if at := r.back(n); kept == 0 || at != to {
			r.give(at, unix.TP_STATUS_KERNEL)
		}
	}
	if r.fenced && (kept == 0 || fence != to) {
		r.give(fence, unix.TP_STATUS_KERNEL)
	}
	r.kept, r.held, r.fenced = kept, 0, kept > 0
}

// back returns the block that has n others between it and the one that is read next.
func (r *ring) back(n int) int { return (r.next - n - 1 + 2*r.blocks) % r.blocks }

// give says whose a block is.
func (r *ring) give(block int, status uint32) {
	atomic.StoreUint32(&r.header(block).Block_status, status)
}

// count brings the counts up to date with those of the kernel, which start over each time.
func (r *ring) count() {
	// This is unix.GetsockoptTpacketStatsV3, which allocates, and every Read counts.
	st, size := &r.kernel, uint32(unix.SizeofTpacketStatsV3)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(r.fd), unix.SOL_PACKET, unix.PACKET_STATISTICS,
		uintptr(unsafe.Pointer(st)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return // not of a packet socket with a ring
	}
	r.counts.Received += uint64(st.Packets - st.Drops) // the kernel counts those in both
	r.counts.Dropped += uint64(st.Drops)
	r.counts.Stalls += uint64(st.Freeze_q_cnt)
}

// clearError takes back what a socket reports of its interface, which poll would report again and again.
func (r *ring) clearError() {
	_, _ = unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR)
}

// close gives everything back. No frame of the last Batch may be in use.
func (r *ring) close() error {
	var err error
	if r.kept > 0 {
		r.forget(r.lease[r.back(0)], true)
		r.kept = 0
	}
	if r.mem != nil {
		err = unix.Munmap(r.mem)
		r.mem = nil
	}
	return errors.Join(err, unix.Close(r.fd))
}
