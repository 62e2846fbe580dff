// Package firewall keeps the targets of decisions out: it is the kernel's side of package decision.
//
// The backend "iptables" keeps members in ipsets and has a chain RULEIDS for each of IPv4 and IPv6, with one rule for
// each kind of decision. The backend "nftables" has a table of its own. The kernel ends members by itself when their
// time is over, whether or not the process still lives.
//
// The backend "command" hands everything to a program of the user's. It is run with its arguments and one more word:
//
//   - apply: standard input has a change a line, "add quarantine 198.51.100.7 600", "add block 203.0.113.0/24 0",
//     "remove block 203.0.113.0/24". The number is the seconds after which the program, or what it controls, ends the
//     member by itself; 0 for never. To add a member that is there sets its time again; to remove one that is not there
//     is not an error. A change that cannot be made is told on standard output, "failed 3 the table is full", with the
//     number of its line from 1; all others were made.
//   - list: the members that are there go to standard output, "quarantine 198.51.100.7 480", with the seconds that are
//     left, 0 for never.
//   - repair: what members need to have an effect is put back, and a line in words for each thing that was missing goes
//     to standard output.
//   - flush: everything that the program ever put there is removed.
//
// Exit status 0 says that it was done. After any other, or after command_timeout, nothing is known; standard error says
// why. An address has no length of prefix, a prefix always does. testdata/ipset.sh is an example that works.
package firewall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/setting"
)

// Options are what a Firewall needs from others.
type Options struct {
	Log *slog.Logger // nil for none
}

// A keeper looks after what members need to have an effect: chains, rules, sets.
type keeper interface {
	repair(ctx context.Context) ([]string, error)
	show(ctx context.Context) (State, error)
	flush(ctx context.Context) error
}

type backend interface {
	decision.Firewall
	keeper
}

// A Firewall is a decision.Firewall. Its methods may be called by several goroutines.
type Firewall struct {
	backend
	structure sync.Mutex // one at a time looks at chains and rules; changes of members do not wait for it
	owner     *owner     // of the sets in the kernel; nil for a program of the user's
}

// Open returns the firewall of the settings. It installs nothing, and looks at nothing: the first Apply that adds a
// member makes what that needs. The caller may not change config afterwards.
func Open(config *Config, opt Options) (*Firewall, error) {
	if err := setting.Valid(config); err != nil {
		return nil, err
	}
	opt.Log = cmp.Or(opt.Log, slog.New(slog.DiscardHandler))
	if config.Backend == Command {
		return &Firewall{backend: newCommand(config)}, nil
	}
	b, err := openKernel(config, opt.Log)
	if err != nil {
		return nil, err
	}
	return &Firewall{backend: b, owner: &owner{}}, nil
}

// own makes this process the one that changes the sets, or returns an error that names the one that does already.
func (f *Firewall) own() error {
	if f.owner == nil {
		return nil
	}
	return f.owner.take()
}

// Apply implements decision.Firewall. From the first on, until Close, no other process with a Firewall changes the sets of
// this network namespace.
func (f *Firewall) Apply(ctx context.Context, changes []decision.Change) error {
	if err := f.own(); err != nil {
		return err
	}
	return f.backend.Apply(ctx, changes)
}

// Close implements decision.Firewall.
func (f *Firewall) Close() error {
	err := f.backend.Close()
	if f.owner != nil {
		err = errors.Join(err, f.owner.release())
	}
	return err
}

// Repair looks whether what members need is there, where it should be: where this process made it, or found it. What
// is missing it puts back, and says in words what that was; members it does not put back, but says that some are
// missing, that there are some that were not asked for, or that some end at another time: then it is for the caller to
// Reconcile its Store. It is cheap enough to be called every few seconds: a set that takes long to read is read less often.
// As Apply does, it makes this process the one that changes the sets.
func (f *Firewall) Repair(ctx context.Context) (missing []string, err error) {
	f.structure.Lock()
	defer f.structure.Unlock()
	if err := f.own(); err != nil {
		return nil, err
	}
	return f.repair(ctx)
}

// Show returns what is there. It needs no call of Apply, nor a daemon.
func (f *Firewall) Show(ctx context.Context) (State, error) {
	f.structure.Lock()
	defer f.structure.Unlock()
	return f.show(ctx)
}

// Flush removes all that ruleids ever put there, members and structure, with either backend of the kernel and any
// settings. What is not there is not an error. A daemon that runs in enforce mode puts its own back; where it does so
// while this goes on, so that a chain is in use again before it is removed, this tries again.
func (f *Firewall) Flush(ctx context.Context) error {
	f.structure.Lock()
	defer f.structure.Unlock()
	err := f.flush(ctx)
	for range flushRetries {
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(flushPause):
		}
		err = f.flush(ctx)
	}
	return err
}

// How often Flush tries again, and how long it waits before: somewhat longer than a daemon takes to put its own back.
const (
	flushRetries = 4
	flushPause   = 250 * time.Millisecond
)

// A Count is of packets that were kept out.
type Count struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// seconds is for how long a member is added, rounded up, since kernels count in seconds: 0 for ever. It is not ok for
// a member whose time is over.
func seconds(until, now time.Time, most int64) (n int64, ok bool) {
	if until.IsZero() {
		return 0, true
	}
	d := until.Sub(now)
	if d <= 0 {
		return 0, false
	}
	return min(int64((d+time.Second-1)/time.Second), most), true
}

// fullError is the error of a set that holds as many members as it can.
func fullError(set string, size int) error {
	return fmt.Errorf("the set %s is full with %d members; write a larger set_size", set, size)
}
