package main

import (
	"errors"
	"fmt"
	"net"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

const (
	// batch is how many frames the kernel sends at once, and makes ready for one call.
	batch = 16

	// run is how many frames are sent as fast as can be before a look at the clock.
	run = 1 << 17

	// turn is how long a call to the kernel takes at most. Between two there is a pause of some milliseconds.
	turn = time.Second

	// liveFrames is BPF_F_TEST_XDP_LIVE_FRAMES of linux/bpf.h.
	liveFrames = 1 << 1
)

// A generator sends frames at a rate. A packet socket gets half a million packets a second out of a CPU, which is no
// load for a receiver; so it is done by a program in the kernel, which runs on each of an endless row of empty frames
// (the "live frames" of BPF_PROG_RUN): it waits until the next packet is due, fills the frame in and has it sent. So
// packets come at an even pace, but for being sent by batches.
type generator struct {
	site   *site
	socket int // for single frames
	heads  *ebpf.Map
	state  *ebpf.Map
	flood  *ebpf.Program
	link   int
	length int
}

// A pace is what the program goes by: a value of its map.
type pace struct {
	Next  uint64 // the number of the next frame
	Limit uint64 // and where to stop
	Start uint64 // nanoseconds of CLOCK_MONOTONIC
	Gap   uint64 // from one to the next, in nanoseconds / 65,536
}

// Places of the fields of a pace.
const (
	paceNext, paceLimit, paceStart, paceGap = 0, 8, 16, 24
	gapShift                                = 16
)

// looks is how often the program looks at the clock for one frame. Where that is not enough it lets the frame go, and
// waits with the next one.
const looks = 2000

// mostLate is how many nanoseconds late a frame may be for those after it to come so much the faster.
const mostLate = 200_000

// newGenerator opens what it needs on the sending end.
func newGenerator(s *site) (*generator, error) {
	g := &generator{site: s}
	if err := s.do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0) // protocol 0: it receives nothing
		if err != nil {
			return fmt.Errorf("opening a packet socket: %w", err)
		}
		g.socket = fd
		link, err := net.InterfaceByName(sendingEnd)
		if err != nil {
			return err
		}
		g.link = link.Index
		if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: link.Index}); err != nil {
			return err
		}
		if g.heads, err = ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: headBytes, MaxEntries: cycle}); err != nil {
			return fmt.Errorf("making a map for frames: %w", err)
		}
		if g.state, err = ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: uint32(unsafe.Sizeof(pace{})), MaxEntries: 1}); err != nil {
			return fmt.Errorf("making a map for the pace: %w", err)
		}
		if g.flood, err = ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: g.program(), License: "MIT"}); err != nil {
			return fmt.Errorf("loading the program that sends: %w", err)
		}
		return nil
	}); err != nil {
		return nil, err // what was opened goes with the process
	}
	return g, nil
}

// What an XDP program returns, and where struct xdp_md has the packet.
const (
	xdpAborted, xdpDrop = 0, 1
	xdpData, xdpDataEnd = 0, 4
)

// program returns what runs on each empty frame.
func (g *generator) program() asm.Instructions {
	p := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMapValue(asm.R7, g.state.FD(), 0),
		asm.LoadMem(asm.R8, asm.R7, paceNext, asm.DWord),
		asm.LoadMem(asm.R1, asm.R7, paceLimit, asm.DWord),
		asm.JGE.Reg(asm.R8, asm.R1, "drop"),
		// Is it due? Without a gap it always is.
		asm.LoadMem(asm.R9, asm.R7, paceGap, asm.DWord),
		asm.JEq.Imm(asm.R9, 0, "due"),
		asm.Mul.Reg(asm.R9, asm.R8),
		asm.RSh.Imm(asm.R9, gapShift),
		asm.LoadMem(asm.R1, asm.R7, paceStart, asm.DWord),
		asm.Add.Reg(asm.R9, asm.R1),
		asm.Mov.Imm(asm.R1, 0),
		asm.StoreMem(asm.RFP, -16, asm.R1, asm.DWord),
		asm.FnKtimeGetNs.Call().WithSymbol("wait"),
		asm.JGE.Reg(asm.R0, asm.R9, "late"),
		asm.LoadMem(asm.R1, asm.RFP, -16, asm.DWord),
		asm.Add.Imm(asm.R1, 1),
		asm.StoreMem(asm.RFP, -16, asm.R1, asm.DWord),
		asm.JLT.Imm(asm.R1, looks, "wait"),
		asm.Ja.Label("drop"),
		// Time that was lost is not made up for: nothing is to come in bursts.
		asm.Sub.Reg(asm.R0, asm.R9).WithSymbol("late"),
		asm.JLE.Imm(asm.R0, mostLate, "due"),
		asm.LoadMem(asm.R1, asm.R7, paceStart, asm.DWord),
		asm.Add.Reg(asm.R0, asm.R1),
		asm.StoreMem(asm.R7, paceStart, asm.R0, asm.DWord),
		// Look up the bytes it begins with.
		asm.Mov.Reg(asm.R1, asm.R8).WithSymbol("due"),
		asm.And.Imm(asm.R1, cycle-1),
		asm.StoreMem(asm.RFP, -8, asm.R1, asm.Word),
		asm.LoadMapPtr(asm.R1, g.heads.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -8),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "aborted"),
		asm.LoadMem(asm.R2, asm.R6, xdpData, asm.Word),
		asm.LoadMem(asm.R3, asm.R6, xdpDataEnd, asm.Word),
		asm.Mov.Reg(asm.R1, asm.R2),
		asm.Add.Imm(asm.R1, headBytes),
		asm.JGT.Reg(asm.R1, asm.R3, "aborted"),
	}
	for at := int16(0); at < headBytes; at += 8 {
		p = append(p, asm.LoadMem(asm.R1, asm.R0, at, asm.DWord), asm.StoreMem(asm.R2, at, asm.R1, asm.DWord))
	}
	return append(p,
		asm.Add.Imm(asm.R8, 1),
		asm.StoreMem(asm.R7, paceNext, asm.R8, asm.DWord),
		asm.Mov.Imm(asm.R1, int32(g.link)),
		asm.Mov.Imm(asm.R2, 0),
		asm.FnRedirect.Call(),
		asm.Return(),
		asm.Mov.Imm(asm.R0, xdpDrop).WithSymbol("drop"),
		asm.Return(),
		asm.Mov.Imm(asm.R0, xdpAborted).WithSymbol("aborted"),
		asm.Return(),
	)
}

// load makes frames what is sent: a cycle of them, all of one length, with nothing but zeros behind headBytes.
func (g *generator) load(frames [][]byte) error {
	if len(frames) != cycle {
		return fmt.Errorf("%d frames, and a cycle has %d", len(frames), cycle)
	}
	g.length = len(frames[0])
	for i, f := range frames {
		if err := g.heads.Put(uint32(i), f[:headBytes]); err != nil {
			return err
		}
	}
	return nil
}

// A sending is what a run of the generator did.
type sending struct {
	frames int // of the flood, from its first frame on
	aside  int // others
	took   time.Duration
}

// rate returns the frames a second.
func (s sending) rate() float64 { return float64(s.frames+s.aside) / s.took.Seconds() }

// send sends the flood from its first frame on at a rate (frames a second; 0 is as fast as can be) for some time, and
// the frames of aside among it at even distances.
func (g *generator) send(rate float64, d time.Duration, aside [][]byte) (s sending, err error) {
	err = g.site.do(func() error {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
			return err
		}
		p := pace{Start: uint64(now.Nano()), Limit: 1 << 40}
		each := uint64(run) // frames of one call
		if rate > 0 {
			p.Gap = uint64(float64(time.Second) / rate * (1 << gapShift))
			p.Limit = uint64(rate * d.Seconds())
			each = uint64(rate * turn.Seconds())
		}
		if n := uint64(len(aside)); n > 0 {
			each = min(each, p.Limit/n)
		}
		if err := g.state.Put(uint32(0), &p); err != nil {
			return err
		}
		empty := make([]byte, g.length)
		for start := time.Now(); s.took < d && p.Next < p.Limit; s.took = time.Since(start) {
			if s.aside < len(aside) {
				if _, err := unix.Write(g.socket, aside[s.aside]); err != nil && !errors.Is(err, unix.ENOBUFS) {
					return fmt.Errorf("sending: %w", err)
				}
				s.aside++
			}
			opt := &ebpf.RunOptions{Data: empty, Repeat: uint32(min(each, p.Limit-p.Next)), Flags: liveFrames, BatchSize: batch}
			if _, err := g.flood.Run(opt); err != nil {
				return fmt.Errorf("running the program that sends: %w", err)
			}
			if err := g.state.Lookup(uint32(0), &p); err != nil {
				return err
			}
		}
		s.frames = int(p.Next)
		return nil
	})
	return s, err
}

func (g *generator) close() error {
	return errors.Join(unix.Close(g.socket), g.flood.Close(), g.heads.Close(), g.state.Close())
}
