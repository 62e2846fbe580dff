package agent

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

const (
	// selfTestWithin bounds a self-test, and selfTestFor how long what it blocks is kept out if it never comes to the release.
	selfTestWithin = 50 * time.Second
	selfTestFor    = time.Minute
	stepWithin     = 10 * time.Second
	// selfTestPorts are the ports that the made source tries, selfTestEvery apart.
	selfTestPorts = 200
	selfTestEvery = 10 * time.Millisecond
)

// selfTestSources are who the made packets come from: addresses for documentation (RFC 5737, RFC 3849), which no host has.
var selfTestSources = []string{"203.0.113.253", "198.51.100.253", "192.0.2.253", "2001:db8:ffff::253"}

// errSelfTesting is returned while another run goes on: two would take each other's address.
var errSelfTesting = errors.New("a self-test is running already")

// A selfTest is one run.
type selfTest struct {
	d     *Daemon
	ctx   context.Context
	steps []api.SelfTestStep
}

// SelfTest tries the chain from a packet to what is done about it: the packet loop, the rules that run, in an engine of their own, a
// decision, the firewall, the release, and the test message of each notifier. Nothing of it comes to the outputs.
func (d *Daemon) SelfTest(ctx context.Context) (*api.SelfTest, error) {
	if !d.testing.TryLock() {
		return nil, errSelfTesting
	}
	defer d.testing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, selfTestWithin)
	defer cancel()
	t := &selfTest{d: d, ctx: ctx}
	t.step("packets", t.packets)
	t.step("rules", t.rules)
	t.decide()
	for _, name := range d.notifiers.all.Names() {
		t.step("notifier "+name, func(ctx context.Context) (string, error) {
			return "it took the test message", d.notifiers.all.Test(ctx, name)
		})
	}
	for _, o := range d.Status(ctx).Outputs {
		t.step("output "+o.Kind+" "+o.Name, func(context.Context) (string, error) {
			if o.Error != "" {
				return "", errors.New(o.Error)
			}
			return fmt.Sprintf("it has written %d alerts, of which none is of this test", o.Written), nil
		})
	}
	return &api.SelfTest{Steps: t.steps}, nil
}

// errSkipped is the error of a step that has nothing to try.
var errSkipped = errors.New("skipped")

// step runs one step, timed, and reports whether it works.
func (t *selfTest) step(name string, run func(context.Context) (string, error)) bool {
	ctx, cancel := context.WithTimeout(t.ctx, stepWithin)
	defer cancel()
	begin := time.Now()
	says, err := run(ctx)
	s := api.SelfTestStep{Step: name, OK: err == nil, Says: says, Seconds: time.Since(begin).Seconds()}
	if errors.Is(err, errSkipped) {
		s.Skipped = true
	} else if err != nil {
		s.Says = err.Error()
	}
	t.steps = append(t.steps, s)
	return s.OK
}

// packets asks the packet loop, between two batches, and whether packets can come.
func (t *selfTest) packets(ctx context.Context) (string, error) {
	paused := false
	if err := t.d.loop.do(ctx, func() { paused = t.d.loop.paused }); err != nil {
		return "", err
	}
	if paused {
		return "", errors.New("the daemon is paused; ruleids resume ends that")
	}
	if err := t.d.capture.health(); err != nil {
		return "", err
	}
	return fmt.Sprintf("the packet loop answers, and %s can bring packets", t.d.capture.names()), nil
}

// rules runs a made scan through the rules that run, in an engine that nothing else sees.
func (t *selfTest) rules(context.Context) (string, error) {
	loaded := t.d.loaded.Load()
	if loaded.Plan == nil {
		return "", errors.New("no rules run")
	}
	e := engine.New(loaded.Plan, engine.Config{Workers: 1, Checksums: engine.ChecksumsOff, Agent: t.d.work.Agent})
	fired, first := map[string]int{}, -1
	for _, source := range selfTestSources {
		e.Process(scan(netip.MustParseAddr(source), time.Now()), func(a *alert.Alert) {
			if fired[a.Rule]++; first < 0 {
				first = int(a.Number)
			}
		})
	}
	if len(fired) == 0 {
		return "", fmt.Errorf("none of %d rules fires on a scan of %d ports by each of %d sources: is port_scan switched off?", enabled(loaded.Rules), selfTestPorts, len(selfTestSources))
	}
	return fmt.Sprintf("a made scan of %d ports fires %s, the first at packet %d", selfTestPorts, strings.Join(slices.Sorted(maps.Keys(fired)), ", "), first), nil
}

// scan makes a connection attempt to each of many ports of a host that does not exist.
func scan(src netip.Addr, begin time.Time) []packet.Frame {
	out := make([]packet.Frame, selfTestPorts)
	for i := range out {
		b := make([]byte, 12, 80)
		if src.Is4() {
			at := src.As4()
			b = append(b, 8, 0, 0x45, 0, 0, 40, 0, byte(i), 0, 0, 64, 6, 0, 0)
			b = append(append(b, at[:]...), 192, 0, 2, 254)
		} else {
			at := src.As16()
			b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64)
			b = append(append(b, at[:]...), 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe)
		}
		b = append(b, 0x9c, 0x40) // from port 40000
		b = binary.BigEndian.AppendUint16(b, uint16(1+i))
		b = append(b, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, packet.FlagSYN, 4, 0, 0, 0, 0, 0)
		out[i] = packet.Frame{Data: b, Time: begin.Add(time.Duration(i) * selfTestEvery).UnixNano(), Length: uint32(len(b)), Link: packet.LinkEthernet}
	}
	return out
}

// decide has a made source kept out, looks whether the firewall has it, and releases it.
func (t *selfTest) decide() {
	p := t.d.decisions
	var target decision.Target
	free := false
	for _, s := range selfTestSources {
		if target, _ = decision.ParseTarget(s); len(p.store.Covering(target)) == 0 {
			free = true
			break
		}
	}
	if !free {
		t.step("decision", func(context.Context) (string, error) {
			return "all addresses that it could try are kept out already", errSkipped
		})
		return
	}
	by := decision.Origin{Source: decision.SourcePerson, Who: "selftest"}
	var made decision.Outcome
	t.step("decision", func(ctx context.Context) (string, error) {
		v := p.decide(ctx, []decision.Request{{Kind: decision.Quarantine, Target: target, For: selfTestFor, Reason: "test of the chain; no host has this address", By: by}})[0]
		made = v.Outcome
		switch {
		case v.Err != nil:
			return "", v.Err
		case v.Outcome != decision.Decided && v.Outcome != decision.Recorded:
			return "", fmt.Errorf("%s: %s", v.Outcome, v.Detail)
		}
		return fmt.Sprintf("%s is %s", target, v.Outcome), nil
	})
	held := func(ctx context.Context, want bool) error {
		f, ok := p.firewall.(decision.Firewall)
		if !ok {
			return errors.New("the firewall cannot be asked")
		}
		members, err := f.List(ctx)
		if err != nil {
			return err
		}
		if has := slices.ContainsFunc(members, func(m decision.Member) bool { return m.Target == target }); has != want {
			return fmt.Errorf("%s is in the firewall: %v, and should be: %v", target, has, want)
		}
		return nil
	}
	t.step("firewall", func(ctx context.Context) (string, error) {
		if made != decision.Decided {
			return "nothing is put into it: the mode is monitor, or the decision failed", errSkipped
		}
		return fmt.Sprintf("it has %s", target), held(ctx, true)
	})
	t.step("release", func(ctx context.Context) (string, error) {
		if made != decision.Decided && made != decision.Recorded {
			return "there is nothing to release", errSkipped
		}
		v := p.decide(ctx, []decision.Request{{Kind: decision.Release, Target: target, Reason: "test of the chain", By: by}})[0]
		if v.Err != nil {
			return "", v.Err
		}
		if v.Outcome != decision.Released {
			return "", fmt.Errorf("%s: %s", v.Outcome, v.Detail)
		}
		if made == decision.Decided {
			return fmt.Sprintf("%s is out of the firewall again", target), held(ctx, false)
		}
		return fmt.Sprintf("%s is released", target), nil
	})
}
