package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	xdp "github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// A site is a network namespace of its own, with a thread that lives in it on one CPU. Processes that the thread
// starts are born there too. Namespace and interfaces vanish with the thread, at the latest with this process.
type site struct {
	cpu    int
	thread int // its id, by which other programs find the namespace
	work   chan func()
	dev    *os.File // /proc/net/dev as the namespace has it
}

// newSite makes a namespace, and keeps its thread on a CPU.
func newSite(cpu int) (*site, error) {
	s := &site{cpu: cpu, work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := s.enter()
		ready <- err
		if err != nil {
			return
		}
		for f := range s.work {
			f()
		}
	}()
	if err := <-ready; err != nil {
		return nil, err
	}
	return s, nil
}

// enter moves the calling thread into new namespaces. That of mounts is for /sys, which shows the network
// namespace of the process that mounted it.
func (s *site) enter() error {
	s.thread = unix.Gettid()
	if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("making a network namespace: %w; run this as root", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts to the namespace: %w", err)
	}
	if err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err != nil {
		return fmt.Errorf("mounting /sys: %w", err)
	}
	for _, name := range []string{"all", "default"} {
		// Where there is no IPv6 there is no file, and nothing that would send by itself.
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0)
	}
	var set unix.CPUSet
	set.Set(s.cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pinning a thread to CPU %d: %w", s.cpu, err)
	}
	var err error
	s.dev, err = os.Open("/proc/thread-self/net/dev")
	return err
}

// hurry puts what the thread does before all else that wants its CPU, but for a part in twenty that the kernel keeps
// for others. Programs that it starts are not to inherit that.
func (s *site) hurry() error {
	return s.do(func() error {
		err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}, 0)
		if err != nil {
			return fmt.Errorf("raising the priority of a thread: %w", err)
		}
		return nil
	})
}

// do runs f on the thread of the site.
func (s *site) do(f func() error) error {
	done := make(chan error)
	s.work <- func() { done <- f() }
	return <-done
}

// run runs a program in the site to its end.
func (s *site) run(name string, args ...string) error {
	return s.do(func() error {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
		}
		return nil
	})
}

// start starts a program in the site.
func (s *site) start(cmd *exec.Cmd) error {
	return s.do(cmd.Start)
}

// close ends the thread.
func (s *site) close() error {
	close(s.work)
	return s.dev.Close()
}

// linkCounts are the kernel's counts of an interface.
type linkCounts struct {
	received  uint64 // that the stack took
	refused   uint64 // that it did not take on the way in
	sent      uint64
	discarded uint64 // on the way out
}

// counts reads the counts of an interface of the site.
func (s *site) counts(name string) (linkCounts, error) {
	var c linkCounts
	if _, err := s.dev.Seek(0, 0); err != nil {
		return c, err
	}
	for sc := bufio.NewScanner(s.dev); sc.Scan(); {
		head, tail, ok := strings.Cut(sc.Text(), ":")
		if !ok || strings.TrimSpace(head) != name {
			continue
		}
		// bytes packets errs drop fifo frame compressed multicast, then bytes packets errs drop of what was sent.
		f := strings.Fields(tail)
		if len(f) < 12 {
			break
		}
		var errs []error
		for _, x := range []struct {
			to *uint64
			at int
		}{{&c.received, 1}, {&c.refused, 3}, {&c.sent, 9}, {&c.discarded, 11}} {
			n, err := strconv.ParseUint(f[x.at], 10, 64)
			*x.to = n
			errs = append(errs, err)
		}
		return c, errors.Join(errs...)
	}
	return c, fmt.Errorf("the kernel has no counts of interface %s", name)
}

// The two ends of the link.
const (
	sendingEnd   = "rate0"
	receivingEnd = "rate1"
)

// join lays a veth pair from one site to the other. The stack's work on what comes in is done by the CPU that sends,
// as the kernel does by default, or by that of the receiving site, as where the interrupts of a card go there.
func join(from, to *site, stackOnReceiver bool) error {
	for _, args := range []string{
		fmt.Sprintf("link add %s type veth peer name %s netns %d", sendingEnd, receivingEnd, to.thread),
		"link set " + sendingEnd + " arp off up",
	} {
		if err := from.run("ip", strings.Fields(args)...); err != nil {
			return err
		}
	}
	if err := to.run("ip", "link", "set", receivingEnd, "arp", "off", "up"); err != nil {
		return err
	}
	return to.do(func() error {
		if err := poll(receivingEnd); err != nil {
			return err
		}
		mask := "0"
		if stackOnReceiver {
			mask = strconv.FormatUint(1<<to.cpu, 16)
		}
		return os.WriteFile("/sys/class/net/"+receivingEnd+"/queues/rx-0/rps_cpus", []byte(mask), 0)
	})
}

// poll makes an end of a veth pair take packets in as a network card does, in a NAPI poll, which is how those come
// that no socket has sent: it does so where it has an XDP program. This one lets everything pass.
func poll(name string) error {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	const pass = 2 // XDP_PASS
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "MIT", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, pass), asm.Return()}})
	if err != nil {
		return fmt.Errorf("loading an XDP program: %w", err)
	}
	_, err = xdp.AttachXDP(xdp.XDPOptions{Program: prog, Interface: link.Index})
	return err // it stays for as long as the process
}
