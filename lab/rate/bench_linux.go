package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/stdlib"
)

// A bench is two sites with a link, and a generator at one end.
type bench struct {
	from, to  *site
	generator *generator
	program   string // of ruleids
	dir       string // for its files
	ring      int    // bytes
	queue     []byte // what backlog held; nil where it was left alone
}

// backlog is the setting of how many packets may wait for a CPU to which another hands them. It is one for the whole
// machine. Its default of 1,000 is the traffic of a millisecond: as long as the scheduler gives another process without a
// thought. It stands for the queue of a card, which has room for 4,096 and more.
const (
	backlog       = "/proc/sys/net/core/netdev_max_backlog"
	backlogFrames = 16384
)

// newBench builds the sites. The files of what runs there go below a new directory.
func newBench(program string, sendCPU, receiveCPU, ring int, stackOnReceiver bool) (*bench, error) {
	b := &bench{program: program, ring: ring}
	if err := b.build(sendCPU, receiveCPU, stackOnReceiver); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) build(sendCPU, receiveCPU int, stackOnReceiver bool) (err error) {
	if b.dir, err = os.MkdirTemp("", "ruleids-rate-"); err != nil {
		return err
	}
	if b.from, err = newSite(sendCPU); err != nil {
		return err
	}
	if b.to, err = newSite(receiveCPU); err != nil {
		return err
	}
	if stackOnReceiver {
		queue, err := os.ReadFile(backlog)
		if err != nil {
			return err
		}
		if err := os.WriteFile(backlog, fmt.Append(nil, backlogFrames), 0); err != nil {
			return err
		}
		b.queue = queue
	}
	if err := join(b.from, b.to, stackOnReceiver); err != nil {
		return err
	}
	if b.generator, err = newGenerator(b.from); err != nil {
		return err
	}
	return b.from.hurry()
}

// close takes down what was built. Everything but the setting of the queue goes with the process at the latest, so there
// is nothing to do about errors.
func (b *bench) close() {
	if b.queue != nil {
		_ = os.WriteFile(backlog, b.queue, 0)
	}
	if b.generator != nil {
		_ = b.generator.close()
	}
	for _, s := range []*site{b.from, b.to} {
		if s != nil {
			_ = s.close()
		}
	}
	_ = os.RemoveAll(b.dir)
}

// eve returns the path of the daemon's alerts.
func (b *bench) eve() string { return filepath.Join(b.dir, eveFile) }

// A contender is a program that is measured.
type contender struct {
	name  string
	start func(b *bench) (receiver, error)
	// wants says which frames its filter lets through; nil is all.
	wants *live.Filter
}

// contenders lists them, with tcpdump first: it is what the other is compared with.
func contenders() ([]contender, error) {
	_, plan, diags := engine.Load(rules.Options{Stdlib: stdlib.FS()}, engine.Options{})
	if diags.HasErrors() {
		return nil, diags
	}
	filter, err := agent.Filter(nil, false, plan)
	if err != nil {
		return nil, err
	}
	return []contender{
		{name: "tcpdump", start: func(b *bench) (receiver, error) { return startTcpdump(b.to, b.ring) }},
		{name: "ruleids", wants: filter, start: func(b *bench) (receiver, error) { return startRuleids(b.to, b.program, b.dir, b.ring, "") }},
	}, nil
}

// wanted counts the frames that a filter lets through among the first n of a cycle that is sent over and over.
func wanted(f *live.Filter, frames [][]byte, n int) uint64 {
	if f == nil || n == 0 {
		return uint64(n)
	}
	all, some := 0, 0
	for i, data := range frames {
		if f.Match(&packet.Frame{Data: data, Length: uint32(len(data)), Link: packet.LinkEthernet}) {
			all++
			if i < n%len(frames) {
				some++
			}
		}
	}
	return uint64(n/len(frames)*all + some)
}

// A trial is one run at one rate.
type trial struct {
	sending
	accepted uint64        // by the receiving end of the link
	refused  uint64        // by the link, or by the receiving stack before any socket
	busy     time.Duration // CPU time of the receiver
	expected uint64        // of those sent, what the filter of the receiver lets through
	received
}

// loss says what was lost, or "".
func (t *trial) loss() string {
	sent := uint64(t.frames + t.aside)
	switch {
	case t.accepted != sent || t.refused != 0: // before any socket
		return fmt.Sprintf("of %d packets the link took %d, and the stack dropped %d", sent, t.accepted, t.refused)
	case t.dropped != 0:
		return fmt.Sprintf("the socket dropped %d of %d packets", t.dropped, t.expected)
	case t.passed != t.expected:
		return fmt.Sprintf("the socket took %d of %d packets", t.passed, t.expected)
	case t.seen != t.expected:
		return fmt.Sprintf("it saw %d of %d packets", t.seen, t.expected)
	}
	return ""
}

// each returns the CPU time of the receiver for one packet.
func (t *trial) each() time.Duration { return t.busy / time.Duration(max(t.seen, 1)) }

// settle is how long a receiver may take to see what is in its ring; tcpdump has blocks wait for one second.
const settle = 3 * time.Second

// try sends for some time and counts what came.
func (b *bench) try(r receiver, wants *live.Filter, frames [][]byte, rate float64, d time.Duration, aside [][]byte) (*trial, error) {
	before, err := r.counts()
	if err != nil {
		return nil, err
	}
	link, err := b.link()
	if err != nil {
		return nil, err
	}
	worked, err := busy(r.process())
	if err != nil {
		return nil, err
	}
	t := &trial{}
	if t.sending, err = b.generator.send(rate, d, aside); err != nil {
		return nil, err
	}
	t.expected = wanted(wants, frames, t.frames) + wanted(wants, aside, t.aside)
	for deadline := time.Now().Add(settle); ; time.Sleep(20 * time.Millisecond) {
		after, err := b.link()
		if err != nil {
			return nil, err
		}
		t.accepted, t.refused = after.received-link.received, after.discarded-link.discarded+after.refused-link.refused
		now, err := r.counts()
		if err != nil {
			return nil, err
		}
		t.received = now.since(before)
		// What was lost will not come, but what is in the ring may.
		if t.busy, err = busy(r.process()); err != nil {
			return nil, err
		}
		t.busy -= worked
		if t.loss() == "" || t.seen == t.passed && t.passed+t.dropped+t.refused >= t.expected || time.Now().After(deadline) {
			return t, nil
		}
	}
}

// link returns what the kernel counted at both ends of the link.
func (b *bench) link() (linkCounts, error) {
	out, err := b.from.counts(sendingEnd)
	if err != nil {
		return out, err
	}
	in, err := b.to.counts(receivingEnd)
	in.sent, in.discarded = out.sent, out.discarded
	return in, err
}
